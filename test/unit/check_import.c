/* SPDX-License-Identifier: MIT */
#include "client/import/import.h"
#include "common/import/task_reader.h"
#include "common/import/taskwarrior_line.h"
#include "test/unit/replica_fixture.h"

#include <stdlib.h>

#define ONE "{\"uuid\":\"7f1c1f6e-0000-4000-8000-000000000001\",\"description\":\"one\"}"
#define TWO "{\"uuid\":\"7f1c1f6e-0000-4000-8000-000000000002\",\"description\":\"two\"}"
#define KEY "7f1c1f6e-0000-4000-8000-00000000000f\n"

/* What a reader is fed, and the records that it cuts: J or L, the line, the text; or !, the line,
 * why. */
static const struct row {
	const char *in, *want;
} rows[] = {
	{"", ""},
	{"\n \n,]\n", ""},
	{"{}", "J1{}|"},
	{ONE "\n" TWO "\n", "J1" ONE "|J2" TWO "|"},
	{"[\n" ONE ",\n" TWO "\n]\n", "J2" ONE "|J3" TWO "|"},
	{"[" ONE "," TWO "]", "J1" ONE "|J1" TWO "|"},
	{ONE TWO, "J1" ONE "|J1" TWO "|"},
	{KEY ONE "\n" KEY "null\n\n", "J2" ONE "|"},
	{"[ {\n  \"a\": [\n    {\"b\":1}\n  ]\n}\n]", "J1{   \"a\": [     {\"b\":1}   ] }|"},
	{"{\"a\":\"}]\\\"{\\\\\"}", "J1{\"a\":\"}]\\\"{\\\\\"}|"},
	{"[description:\"x\" uuid:\"y\"]\n[a:\"b\"]",
	 "L1[description:\"x\" uuid:\"y\"]|L2[a:\"b\"]|"},
	{"[a:\"b\"]\r\n", "L1[a:\"b\"]|"},
	{"rubbish\n" ONE, "!1it is neither a task nor a sync key|J2" ONE "|"},
	{"{\"a\":\"cut off\n" ONE, "!1it ends in the middle of a text|J2" ONE "|"},
	{"{\"a\":\"b\",\n" ONE "\n", "!1it has no end|J2" ONE "|"},
	{ONE "\n{\"a\":", "J1" ONE "|!2it has no end|"},
	{"{\"a\":\"", "!1it has no end|"},
};

static int note(const struct ts_task_record *record, void *arg, struct ts_error *err)
{
	struct ts_buf *to = arg;
	(void)err;
	ts_buf_printf(to, "%c%zu",
		      record->fault != NULL ? '!'
		      : record->is_line     ? 'L'
					    : 'J',
		      record->line);
	if (record->fault != NULL) {
		ts_buf_add_str(to, record->fault);
	} else {
		ts_buf_add_slice(to, record->text);
	}
	ts_buf_add_char(to, '|');
	return TS_OK;
}

/* In pieces of each length. */
START_TEST(cuts_records)
{
	const struct ts_slice in = ts_slice_of(rows[_i].in);
	for (size_t piece = 1; piece <= in.len + 1; piece++) {
		TS_BUF(got);
		TS_CLEANUP(ts_task_reader_done)
		struct ts_task_reader r = {.each = note, .arg = &got};
		for (size_t at = 0; at < in.len; at += piece) {
			const size_t left = in.len - at;
			const struct ts_slice part = {in.data + at, left < piece ? left : piece};
			ck_assert_int_eq(ts_task_reader_feed(&r, part, NULL), TS_OK);
		}
		ck_assert_int_eq(ts_task_reader_end(&r, NULL), TS_OK);
		ck_assert_slice(ts_buf_slice(&got), rows[_i].want);
	}
}
END_TEST

START_TEST(a_record_has_a_limit)
{
	TS_BUF(got);
	TS_CLEANUP(ts_task_reader_done) struct ts_task_reader r = {.each = note, .arg = &got};
	TS_AUTOFREE char *blanks = malloc(TS_TASK_RECORD_MAX);
	memset(blanks, ' ', TS_TASK_RECORD_MAX);
	ck_assert_int_eq(ts_task_reader_feed(&r, TS_SLICE("{"), NULL), TS_OK);
	ck_assert_int_eq(
		ts_task_reader_feed(&r, (struct ts_slice){blanks, TS_TASK_RECORD_MAX}, NULL),
		TS_OK);
	ck_assert_int_eq(ts_task_reader_feed(&r, TS_SLICE("}\n{}"), NULL), TS_OK);
	ck_assert_slice(ts_buf_slice(&got), "!1it is too long for a task|J2{}|");
	ck_assert_uint_le(r.text.len, TS_TASK_RECORD_MAX);
}
END_TEST

static const struct line {
	const char *line, *want; /* NULL: it is none */
} lines[] = {
	{"[]", "{}"},
	{"[description:\"a\" uuid:\"b\"]", "{\"description\":\"a\",\"uuid\":\"b\"}"},
	{"[d:\"x &open;y&close; \\\"q\\\" \\/ \\\\ z\\nn&dquot;&amp;\"]",
	 "{\"d\":\"x [y] \\\"q\\\" / \\\\ z\\nn\\\"&amp;\"}"},
	{"[tags:\"a,b\" tags_a:\"x\" tag_c:\"x\"]", "{\"tags\":[\"a\",\"b\",\"a\",\"c\"]}"},
	{"[depends:\"u,v\" dep_u:\"x\"]", "{\"depends\":[\"u,v\",\"u\"]}"},
	{"[annotation_12:\"a b\" annotation_13:\"c\" d:\"e\"]",
	 "{\"d\":\"e\",\"annotations\":[{\"entry\":\"12\",\"description\":\"a b\"},"
	 "{\"entry\":\"13\",\"description\":\"c\"}]}"},
	{"[annotation_x:\"a\"]", "{\"annotation_x\":\"a\"}"},
	{"[d:\"ends in \\\\\"]", "{\"d\":\"ends in \\\\\"}"},
	{"[d:\"x\"", NULL},
	{"[d:\"x", NULL},
	{"[d:\"x\\\"]", NULL},
	{"[d]", NULL},
	{"[:\"x\"]", NULL},
	{"", NULL},
	{"[d:\"\xff\"]", NULL},
};

START_TEST(reads_taskwarriors_lines)
{
	TS_BUF(got);
	struct ts_error err = {0};
	int code = ts_taskwarrior_line_to_json(ts_slice_of(lines[_i].line), &got, &err);
	ck_assert_int_eq(code, lines[_i].want != NULL ? TS_OK : TS_EMALF);
	if (code == TS_OK) {
		ck_assert_slice(ts_buf_slice(&got), lines[_i].want);
	}
}
END_TEST

/* Import a text, as a file; *refused is counted. */
static struct ts_import_counts import(struct rep *r, const char *text, int64_t now,
				      enum import_how how, bool dry)
{
	TS_CLEANUP(ts_import_free_p) struct ts_import *i = NULL;
	struct ts_import_counts counts;
	int fds[2];
	ck_assert_int_eq(pipe(fds), 0);
	ck_assert_int_eq(write(fds[1], text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fds[1]);
	rep_ok(r, ts_import_new(now, 100, NULL, NULL, &i, &r->err));
	rep_ok(r, ts_import_read(i, fds[0], "test", &r->err));
	(void)close(fds[0]);
	rep_ok(r, import_store(i, &r->r, how, dry, &counts, &r->err));
	return counts;
}

static void ck_counts(struct ts_import_counts c, size_t added, size_t changed, size_t same,
		      size_t refused)
{
	ck_assert_uint_eq(c.added, added);
	ck_assert_uint_eq(c.changed, changed);
	ck_assert_uint_eq(c.same, same);
	ck_assert_uint_eq(c.refused, refused);
}

#define TASK(n, more)                                                                              \
	"{\"uuid\":\"7f1c1f6e-0000-4000-8000-00000000000" n                                        \
	"\",\"entry\":\"20200101T000000Z\"," more "}\n"
#define OLD "\"modified\":\"20200101T000000Z\",\"description\":\"d\","
#define NEW "\"modified\":\"20210101T000000Z\",\"description\":\"d\","

START_TEST(replaces)
{
	REP(r);
	ck_counts(import(&r, TASK("1", NEW "\"project\":\"p\",\"priority\":\"H\"") "{}\n",
			 1700000000, IMPORT_REPLACE, false),
		  1, 0, 0, 1);
	ck_counts(import(&r, TASK("1", OLD "\"project\":\"q\""), 1700000000, IMPORT_REPLACE, true),
		  0, 1, 0, 0);
	ck_assert_str_eq(rep_words(&r, 1).text, "description=d entry=20200101T000000Z priority=H "
						"project=p status=pending");
	ck_counts(import(&r, TASK("1", OLD "\"project\":\"q\""), 1700000000, IMPORT_REPLACE, false),
		  0, 1, 0, 0);
	ck_counts(import(&r, TASK("1", OLD "\"project\":\"q\""), 1800000000, IMPORT_REPLACE, false),
		  0, 0, 1, 0);
	ck_assert_str_eq(rep_words(&r, 1).text,
			 "description=d entry=20200101T000000Z project=q status=pending");
}
END_TEST

START_TEST(merges)
{
	static const char *const texts[] = {
		TASK("1", NEW "\"project\":\"new\""),
		TASK("1", OLD "\"project\":\"old\",\"priority\":\"H\"")};
	for (size_t first = 0; first < 2; first++) {
		REP(r);
		ck_counts(import(&r, texts[first], 1700000000, IMPORT_MERGE, false), 1, 0, 0, 0);
		ck_counts(import(&r, texts[1 - first], 1700000000, IMPORT_MERGE, false), 0, 1, 0,
			  0);
		ck_assert_str_eq(rep_words(&r, 1).text,
				 "description=d entry=20200101T000000Z priority=H project=new "
				 "status=pending");
		ck_counts(import(&r, texts[first], 1700000001, IMPORT_MERGE, false), 0, 0, 1, 0);
		ck_counts(import(&r, texts[1 - first], 1700000001, IMPORT_MERGE, false), 0, 0, 1,
			  0);
	}
}
END_TEST

/* Numbers in the order of the file; none for what is closed. */
START_TEST(gives_short_numbers)
{
	static const char text[] = TASK("3", OLD "\"status\":\"pending\"")
		TASK("2", OLD "\"status\":\"completed\"") TASK("1", OLD "\"status\":\"pending\"");
	for (int how = IMPORT_REPLACE; how <= IMPORT_MERGE; how++) {
		REP(r);
		uint64_t number;
		struct ts_transaction tr;
		const struct ts_uuid one = uuid_of(1), two = uuid_of(2);
		ck_counts(import(&r, text, 1700000000, (enum import_how)how, false), 3, 0, 0, 0);
		struct ts_txn *t = rep_begin(&r);
		rep_ok(&r, ts_number_of(t, r.r.user, &one, &number, &r.err));
		ck_assert_uint_eq(number, how == IMPORT_REPLACE ? 2 : 1);
		ck_assert_int_eq(ts_number_of(t, r.r.user, &two, &number, NULL), TS_ENOTFOUND);
		rep_ok(&r, ts_transaction_newest(t, r.r.user, &tr, &r.err));
		ck_assert_str_eq(tr.what, "import");
		ck_assert(!tr.received);
		ts_txn_abort(t);
	}
}
END_TEST

/* Each state of a task in the order of the file, as in the data of taskd; and one without uuid or
 * date is new. */
START_TEST(takes_states_in_order)
{
	REP(r);
	ck_counts(import(&r,
			 TASK("1", OLD "\"project\":\"a\"") KEY TASK("1", NEW "\"project\":\"b\"")
				 KEY "{ \"description\":\"no uuid\"}\n{\"x\":1}\n",
			 1700000000, IMPORT_REPLACE, false),
		  2, 1, 0, 1);
	ck_assert_str_eq(rep_words(&r, 1).text,
			 "description=d entry=20200101T000000Z project=b status=pending");
}
END_TEST

UNIT_MAIN("import", {cuts_records, TS_COUNT_OF(rows)}, {a_record_has_a_limit, 0},
	  {reads_taskwarriors_lines, TS_COUNT_OF(lines)}, {replaces, 0}, {merges, 0},
	  {gives_short_numbers, 0}, {takes_states_in_order, 0})
