/* SPDX-License-Identifier: MIT */
#include "common/log/log.h"
#include "folder.h"
#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

/* The file's contents without the times. */
static void read_log(const char *path, struct ts_buf *ret)
{
	char line[2000];
	FILE *f = fopen(path, "r");
	ck_assert_ptr_nonnull(f);
	ts_buf_clear(ret);
	ts_buf_add(ret, "", 0);
	while (fgets(line, sizeof(line), f) != NULL) {
		ck_assert_uint_gt(strlen(line), 25);
		ck_assert_int_eq(line[10], 'T');
		ck_assert_int_eq(line[23], 'Z');
		ts_buf_add_str(ret, line + 25);
	}
	(void)fclose(f);
}

static const struct {
	const char *value, *text;
} fields[] = {
	{"plain", "plain"},
	{"", "-"},
	{"two words", "\"two words\""},
	{"a=b", "\"a=b\""},
	{"say \"hi\"", "\"say \\\"hi\\\"\""},
	{"back\\slash", "\"back\\\\slash\""},
	{"line\nbreak", "\"line\\x0abreak\""},
	{"\x7f", "\"\\x7f\""},
	{"f\xc3\xbcr", "f\xc3\xbcr"},
	{"f\xc3\xbcr dich", "\"f\xc3\xbcr dich\""},
	{"bad\xff", "\"bad\\xff\""},
	{"\xc2\x9b"
	 "1m",
	 "\"\\xc2\\x9b1m\""},
	{"\xe2\x80\xae"
	 "f\xc3\xbcr",
	 "\"\\xe2\\x80\\xaef\xc3\xbcr\""},
};

START_TEST(structured_lines)
{
	FOLDER(f);
	TS_BUF(got);
	TS_BUF(want);
	struct folder_path path = folder_at(&f, "log");
	struct ts_log_line l;
	ck_assert_int_eq(ts_log_open(path.text, TS_LOG_TEXT, TS_LOG_INFO, NULL), TS_OK);
	ts_log_begin(&l, TS_LOG_INFO, "test");
	ts_log_field(&l, "value", ts_slice_of(fields[_i].value));
	ts_log_number(&l, "number", 7);
	ts_log_end(&l);
	ts_log_close();
	read_log(path.text, &got);
	ts_buf_printf(&want, "info event=test value=%s number=7\n", fields[_i].text);
	ck_assert_str_eq(got.data, want.data);
}
END_TEST

START_TEST(levels)
{
	FOLDER(f);
	TS_BUF(got);
	struct folder_path path = folder_at(&f, "log");
	struct ts_log_line l;
	ck_assert(!ts_log_wants(TS_LOG_ERROR));
	ts_log(TS_LOG_ERROR, "before it is open");
	ck_assert_int_eq(ts_log_open(path.text, TS_LOG_TEXT, TS_LOG_WARNING, NULL), TS_OK);
	ck_assert(ts_log_wants(TS_LOG_WARNING));
	ck_assert(!ts_log_wants(TS_LOG_INFO));
	ts_log(TS_LOG_WARNING, "a\xC2\x85line\nof\xE2\x81\xA6%d", 2);
	ts_log(TS_LOG_INFO, "nobody wants this");
	ts_log_begin(&l, TS_LOG_DEBUG, "nor this");
	ts_log_field(&l, "a", TS_SLICE("b"));
	ts_log_field(&l, "c", TS_SLICE("d"));
	ts_log_end(&l);
	ck_assert_int_eq(ts_log_open(path.text, TS_LOG_TEXT, TS_LOG_DEBUG, NULL), TS_OK);
	ts_log(TS_LOG_DEBUG, "now");
	ts_log_close();
	read_log(path.text, &got);
	ck_assert_str_eq(got.data, "warning a line of 2\ndebug now\n");
}
END_TEST

START_TEST(rotation)
{
	FOLDER(f);
	TS_BUF(got);
	struct folder_path path = folder_at(&f, "log"), old = folder_at(&f, "log.1");
	struct folder_path nowhere = folder_at(&f, "no/such/folder");
	struct ts_error err = {0};
	ck_assert_int_eq(ts_log_open(path.text, TS_LOG_TEXT, TS_LOG_INFO, NULL), TS_OK);
	ts_log(TS_LOG_INFO, "one");
	ck_assert_int_eq(rename(path.text, old.text), 0);
	ts_log(TS_LOG_INFO, "two");
	ck_assert_int_eq(ts_log_open(nowhere.text, TS_LOG_TEXT, TS_LOG_INFO, &err), TS_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(err.text, nowhere.text));
	ck_assert_int_eq(ts_log_open(path.text, TS_LOG_TEXT, TS_LOG_INFO, NULL), TS_OK);
	ts_log(TS_LOG_INFO, "three");
	ts_log_close();
	read_log(old.text, &got);
	ck_assert_str_eq(got.data, "info one\ninfo two\n");
	read_log(path.text, &got);
	ck_assert_str_eq(got.data, "info three\n");
}
END_TEST

START_TEST(a_pipe_without_a_reader_is_refused)
{
	FOLDER(f);
	struct folder_path path = folder_at(&f, "pipe");
	char text[100];
	ck_assert_int_eq(mkfifo(path.text, 0600), 0);
	ck_assert_int_eq(ts_log_open(path.text, TS_LOG_TEXT, TS_LOG_INFO, NULL), TS_EIO);
	TS_AUTOCLOSE int reader = open(path.text, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ck_assert_int_eq(ts_log_open(path.text, TS_LOG_TEXT, TS_LOG_INFO, NULL), TS_OK);
	ts_log(TS_LOG_INFO, "hello");
	ck_assert_int_gt(read(reader, text, sizeof(text)), 0);
	ts_log_close();
}
END_TEST

static void *write_many(void *arg)
{
	for (int i = 0; i < 200; i++) {
		struct ts_log_line l;
		ts_log_begin(&l, TS_LOG_INFO, "many");
		ts_log_field(&l, "text", ts_slice_of(arg));
		ts_log_end(&l);
	}
	return NULL;
}

START_TEST(lines_of_many_threads_stay_whole)
{
	FOLDER(f);
	TS_BUF(got);
	struct folder_path path = folder_at(&f, "log");
	pthread_t threads[4];
	char text[] = "the same text in each line";
	ck_assert_int_eq(ts_log_open(path.text, TS_LOG_TEXT, TS_LOG_INFO, NULL), TS_OK);
	for (size_t i = 0; i < TS_COUNT_OF(threads); i++) {
		ck_assert_int_eq(pthread_create(&threads[i], NULL, write_many, text), 0);
	}
	for (int i = 0; i < 50; i++) {
		ck_assert_int_eq(ts_log_open(path.text, TS_LOG_TEXT, TS_LOG_INFO, NULL), TS_OK);
	}
	for (size_t i = 0; i < TS_COUNT_OF(threads); i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	}
	ts_log_close();
	read_log(path.text, &got);
	struct ts_slice rest = ts_buf_slice(&got);
	size_t lines = 0;
	while (rest.len > 0) {
		ck_assert_slice(ts_slice_cut(&rest, '\n'),
				"info event=many text=\"the same text in each line\"");
		lines++;
	}
	ck_assert_uint_eq(lines, 800);
}
END_TEST

/* As JSON */

static const struct {
	const char *value, *text;
} json_values[] = {
	{"plain", "\"plain\""},
	{"", "\"\""},
	{"two words", "\"two words\""},
	{"say \"hi\"", "\"say \\\"hi\\\"\""},
	{"back\\slash", "\"back\\\\slash\""},
	{"line\nbreak", "\"line\\u000abreak\""},
	{"\x7f", "\"\\u007f\""},
	{"f\xc3\xbcr", "\"f\xc3\xbcr\""},
	{"bad\xff", "\"bad\\ufffd\""},
	{"\xe2\x80\xae", "\"\\u202e\""},
	{"\xf0\x9f\x98\x80", "\"\xf0\x9f\x98\x80\""},
};

START_TEST(lines_as_json)
{
	FOLDER(f);
	TS_BUF(want);
	char line[2000] = "";
	struct folder_path path = folder_at(&f, "log");
	struct ts_log_line l;
	ck_assert_int_eq(ts_log_open(path.text, TS_LOG_JSON, TS_LOG_INFO, NULL), TS_OK);
	ts_log_begin(&l, TS_LOG_WARNING, "test");
	ts_log_field(&l, "value", ts_slice_of(json_values[_i].value));
	ts_log_number(&l, "number", -7);
	ts_log_ms(&l, "ms", 1250);
	ts_log_end(&l);
	ts_log_close();
	FILE *file = fopen(path.text, "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(line, sizeof(line), file));
	(void)fclose(file);
	ts_buf_printf(&want,
		      "\"level\":\"warning\",\"event\":\"test\",\"value\":%s,\"number\":-7,"
		      "\"ms\":1.3}\n",
		      json_values[_i].text);
	ck_assert_int_eq(strncmp(line, "{\"time\":\"", 9), 0);
	ck_assert_str_eq(strchr(line, ',') + 1, want.data);
}
END_TEST

static const struct {
	int64_t number;
	uint64_t us;
	const char *text;
} numbers[] = {
	{0, 0, "n=0 ms=0.0"},
	{-1, 49, "n=-1 ms=0.0"},
	{10, 50, "n=10 ms=0.1"},
	{INT64_MAX, 999950, "n=9223372036854775807 ms=1000.0"},
	{INT64_MIN, UINT64_MAX, "n=-9223372036854775808 ms=18446744073709551.6"},
};

START_TEST(numbers_as_text)
{
	struct ts_log_line l = {.wanted = true, .level = TS_LOG_INFO, .event = "e"};
	TS_BUF(text);
	ts_log_number(&l, "n", numbers[_i].number);
	ts_log_ms(&l, "ms", numbers[_i].us);
	ts_log_text(&l, &text);
	ck_assert_str_eq(strchr(text.data, '=') + 3, numbers[_i].text);
	ts_buf_done(&l.values);
}
END_TEST

START_TEST(sentences_as_json)
{
	struct ts_log_line l = {.wanted = true, .level = TS_LOG_ERROR};
	TS_BUF(text);
	ts_log_field(&l, "message", TS_SLICE("It \"broke\"."));
	ts_log_json(&l, &text);
	ck_assert_str_eq(text.data, "{\"time\":\"1970-01-01T00:00:00.000Z\",\"level\":\"error\","
				    "\"message\":\"It \\\"broke\\\".\"}");
	ts_buf_done(&l.values);
}
END_TEST

START_TEST(formats)
{
	ck_assert_int_eq(ts_log_format_parse("text"), TS_LOG_TEXT);
	ck_assert_int_eq(ts_log_format_parse("json"), TS_LOG_JSON);
	ck_assert_int_eq(ts_log_format_parse("journald"), TS_LOG_JOURNALD);
}
END_TEST

static struct ts_buf heard;

static void listen_to(const struct ts_log_line *l)
{
	ts_log_text(l, &heard);
	ts_buf_add_char(&heard, '\n');
}

/* A listener hears what the log doesn't want, and the log stays as it is. */
START_TEST(a_listener)
{
	FOLDER(f);
	TS_BUF(got);
	struct folder_path path = folder_at(&f, "log");
	struct ts_log_line l;
	ck_assert_int_eq(ts_log_open(path.text, TS_LOG_TEXT, TS_LOG_WARNING, NULL), TS_OK);
	ts_log_listen(TS_LOG_INFO, listen_to);
	ck_assert(ts_log_wants(TS_LOG_INFO));
	ck_assert(!ts_log_wants(TS_LOG_DEBUG));
	ts_log_begin(&l, TS_LOG_INFO, "quiet");
	ts_log_field(&l, "user", TS_SLICE("jo"));
	ck_assert_slice(ts_log_get(&l, "user"), "jo");
	ck_assert_uint_eq(ts_log_get(&l, "org").len, 0);
	ts_log_end(&l);
	ts_log(TS_LOG_ERROR, "loud");
	ts_log(TS_LOG_DEBUG, "nobody wants this");
	ts_log_listen(TS_LOG_INFO, NULL);
	ts_log(TS_LOG_WARNING, "later");
	ck_assert(!ts_log_wants(TS_LOG_INFO));
	ts_log_close();
	read_log(path.text, &got);
	ck_assert_str_eq(got.data, "error loud\nwarning later\n");
	ck_assert_ptr_nonnull(strstr(heard.data, " info event=quiet user=jo\n"));
	ck_assert_ptr_nonnull(strstr(heard.data, " error loud\n"));
	ck_assert_ptr_null(strstr(heard.data, "later"));
	ts_buf_done(&heard);
}
END_TEST

START_TEST(more_fields_than_there_is_room_for)
{
	struct ts_log_line l = {.wanted = true, .level = TS_LOG_INFO, .event = "many"};
	TS_BUF(text);
	for (int i = 0; i < TS_LOG_FIELDS + 10; i++) {
		ts_log_number(&l, "n", i);
	}
	ck_assert_uint_eq(l.count, TS_LOG_FIELDS);
	ts_log_text(&l, &text);
	ck_assert_ptr_nonnull(strstr(text.data, " n=47"));
	ts_buf_done(&l.values);
}
END_TEST

UNIT_MAIN("log", {structured_lines, TS_COUNT_OF(fields)}, {levels, 0}, {rotation, 0},
	  {a_pipe_without_a_reader_is_refused, 0}, {lines_of_many_threads_stay_whole, 0},
	  {lines_as_json, TS_COUNT_OF(json_values)}, {sentences_as_json, 0},
	  {numbers_as_text, TS_COUNT_OF(numbers)}, {formats, 0}, {a_listener, 0},
	  {more_fields_than_there_is_room_for, 0})
