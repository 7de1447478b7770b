/* SPDX-License-Identifier: MIT */
#include "common/base/file.h"
#include "common/conf/conf.h"
#include "test/unit/unit.h"

#include <stdio.h>
#include <sys/stat.h>

struct sample {
	char *name, *colour;
	bool lit;
	uint64_t count, size, time;
};

static const struct ts_conf_item items[] = {
	{"name", TS_CONF_STR, offsetof(struct sample, name), 0, 0, NULL, "nobody", "g", "d"},
	{"colour", TS_CONF_CHOICE, offsetof(struct sample, colour), 0, 0, "red|deep blue|", "red",
	 "g", "d"},
	{"lit", TS_CONF_BOOL, offsetof(struct sample, lit), 0, 0, NULL, "off", "g", "d"},
	{"count", TS_CONF_INT, offsetof(struct sample, count), 1, 9, NULL, "3", "g", "d"},
	{"size", TS_CONF_SIZE, offsetof(struct sample, size), 0, UINT64_C(1) << 40, NULL, "64K",
	 "g", "d"},
	{"time", TS_CONF_TIME, offsetof(struct sample, time), 0, UINT64_C(1) << 40, NULL, "30s",
	 "g", "d"},
	{"old", TS_CONF_NONE, 0, 0, 0, NULL, "", "g", "d"},
};
static const struct ts_conf_table table = {items, TS_COUNT_OF(items)};

static const struct {
	const char *name, *value;
	int code;
	const char *printed; /* as it is read back */
} values[] = {
	{"name", "", TS_OK, ""},
	{"name", "a = b", TS_OK, "a = b"},
	{"colour", "Deep Blue", TS_OK, "deep blue"},
	{"colour", "", TS_OK, "red"},
	{"colour", "green", TS_EINVAL, "red"},
	{"colour", "red|deep blue", TS_EINVAL, "red"},
	{"lit", "on", TS_OK, "on"},
	{"lit", "YES", TS_OK, "on"},
	{"lit", "1", TS_OK, "on"},
	{"lit", "false", TS_OK, "off"},
	{"lit", "", TS_OK, "off"},
	{"lit", "maybe", TS_EINVAL, "off"},
	{"count", "9", TS_OK, "9"},
	{"count", "10", TS_EINVAL, "3"},
	{"count", "0", TS_EINVAL, "3"},
	{"count", "-1", TS_EINVAL, "3"},
	{"count", "1K", TS_EINVAL, "3"},
	{"count", "4 ", TS_OK, "4"},
	{"count", "", TS_OK, "3"},
	{"count", "18446744073709551616", TS_EINVAL, "3"},
	{"size", "0", TS_OK, "0"},
	{"size", "1048576", TS_OK, "1M"},
	{"size", "1000", TS_OK, "1000"},
	{"size", "2g", TS_OK, "2G"},
	{"size", "1 K", TS_OK, "1K"},
	{"size", "K", TS_EINVAL, "64K"},
	{"size", "1KK", TS_EINVAL, "64K"},
	{"size", "18014398509481984K", TS_EINVAL, "64K"},
	{"time", "2", TS_OK, "2s"},
	{"time", "250ms", TS_OK, "250ms"},
	{"time", "90m", TS_OK, "90m"},
	{"time", "120m", TS_OK, "2h"},
	{"time", "1500ms", TS_OK, "1500ms"},
	{"time", "soon", TS_EINVAL, "30s"},
	{"old", "anything", TS_OK, ""},
	{"none", "x", TS_ENOTFOUND, NULL},
};

static const struct ts_conf_item *item_of(const char *name)
{
	for (size_t i = 0; i < TS_COUNT_OF(items); i++) {
		if (strcmp(items[i].name, name) == 0) {
			return &items[i];
		}
	}
	return NULL;
}

START_TEST(values_are_read_and_printed)
{
	struct sample s;
	struct ts_error err = {0};
	TS_BUF(printed);
	ck_assert_int_eq(ts_conf_init(&table, &s, &err), TS_OK);
	int code = ts_conf_set(&table, &s, values[_i].name, values[_i].value, &err);
	ck_assert_msg(code == values[_i].code, "%s=%s: %d %s", values[_i].name, values[_i].value,
		      code, err.text);
	ck_assert(code == TS_OK || err.text[0] != '\0');
	if (values[_i].printed != NULL) {
		ts_conf_print(item_of(values[_i].name), &s, &printed);
		ck_assert_slice(ts_buf_slice(&printed), values[_i].printed);
	}
	ts_conf_done(&table, &s);
}
END_TEST

static const struct {
	const char *name, *value, *says;
} wrong[] = {
	{"count", "10", "which is between 1 and 9."},
	{"count", "99999999999999999999999", "which is between 1 and 9."},
	{"count", "many", "which is a number."},
	{"size", "99999999999999999999G", "which is between 0 and 1024G."},
	{"size", "18446744073709551615G", "which is between 0 and 1024G."},
	{"time", "99999999999999999999x", "which is a time, such as"},
};

START_TEST(what_is_wrong_with_a_number_is_told)
{
	struct sample s;
	struct ts_error err = {0};
	ck_assert_int_eq(ts_conf_init(&table, &s, &err), TS_OK);
	ck_assert_int_eq(ts_conf_set(&table, &s, wrong[_i].name, wrong[_i].value, &err), TS_EINVAL);
	ck_assert_msg(strstr(err.text, wrong[_i].says) != NULL, "%s", err.text);
	ts_conf_done(&table, &s);
}
END_TEST

struct place {
	char dir[64], file[96], second[96];
};

static void place_done(struct place *p)
{
	(void)unlink(p->file);
	(void)unlink(p->second);
	(void)rmdir(p->dir);
}

static struct place place_new(void)
{
	struct place p;
	const char *tmp = getenv("TMPDIR");
	(void)snprintf(p.dir, sizeof(p.dir), "%.40s/check_conf.XXXXXX", tmp != NULL ? tmp : "/tmp");
	ck_assert_ptr_nonnull(mkdtemp(p.dir));
	(void)snprintf(p.file, sizeof(p.file), "%s/config", p.dir);
	(void)snprintf(p.second, sizeof(p.second), "%s/second", p.dir);
	return p;
}

static void put(const char *path, const char *text)
{
	ck_assert_int_eq(ts_file_write(path, ts_slice_of(text), 0640, TS_FILE_REPLACE, NULL),
			 TS_OK);
}

static const struct {
	const char *text;
	int code;
	const char *name; /* setting afterwards */
	const char *unknown;
	const char *complaint; /* in the sentence */
} files[] = {
	{"", TS_OK, "nobody", "", NULL},
	{"# only a comment\n\n  \n", TS_OK, "nobody", "", NULL},
	{"name=me\n", TS_OK, "me", "", NULL},
	{"  name = me too # really\r\n", TS_OK, "me too", "", NULL},
	{"name = a\\#b \\\\# c\\ # d\n", TS_OK, "a#b \\# c\\", "", NULL},
	{"name=a\nname=b", TS_OK, "b", "", NULL},
	{"name=\n", TS_OK, "", "", NULL},
	{"foo=1\nname=x\nbar=2\n", TS_OK, "x", "foo bar", NULL},
	{"name=x\n\nnonsense\n", TS_EINVAL, NULL, NULL, "config:3: Malformed entry 'nonsense'"},
	{"=x\n", TS_EINVAL, NULL, NULL, "config:1:"},
	{"count=99\n", TS_EINVAL, NULL, NULL, "config:1: '99' is no value for 'count'"},
	{"include /nonexistent/file\n", TS_EINVAL, NULL, NULL, "/nonexistent/file"},
};

START_TEST(files_are_read)
{
	TS_CLEANUP(place_done) struct place p = place_new();
	TS_BUF(unknown);
	struct ts_error err = {0};
	struct sample s;
	ck_assert_int_eq(ts_conf_init(&table, &s, &err), TS_OK);
	put(p.file, files[_i].text);
	int code = ts_conf_read(&table, &s, p.file, &unknown, &err);
	ck_assert_msg(code == files[_i].code, "%d %s", code, err.text);
	if (code == TS_OK) {
		ck_assert_str_eq(s.name, files[_i].name);
		ck_assert_slice(ts_buf_slice(&unknown), files[_i].unknown);
	} else {
		ck_assert_msg(strstr(err.text, files[_i].complaint) != NULL, "%s", err.text);
	}
	ts_conf_done(&table, &s);
}
END_TEST

START_TEST(includes_are_followed_but_not_for_ever)
{
	TS_CLEANUP(place_done) struct place p = place_new();
	TS_BUF(text);
	struct ts_error err = {0};
	struct sample s;
	ck_assert_int_eq(ts_conf_init(&table, &s, &err), TS_OK);
	ck_assert_int_eq(ts_conf_read(&table, &s, p.file, NULL, &err), TS_ENOTFOUND);
	ts_buf_printf(&text, "name=one\ninclude %s\n", p.second);
	put(p.file, text.data);
	put(p.second, "name=two\n");
	ck_assert_int_eq(ts_conf_read(&table, &s, p.file, NULL, &err), TS_OK);
	ck_assert_str_eq(s.name, "two");
	ts_buf_clear(&text);
	ts_buf_printf(&text, "include %s\n", p.file);
	put(p.second, text.data);
	ck_assert_int_eq(ts_conf_read(&table, &s, p.file, NULL, &err), TS_EINVAL);
	ts_conf_done(&table, &s);
}
END_TEST

static const struct {
	const char *before, *name, *value;
	int code;
	bool found;
	const char *after;
} edits[] = {
	{"", "a", "1", TS_OK, false, "a=1\n"},
	{"a=1\n", "a", "2", TS_OK, true, "a=2\n"},
	{"# a=1\nb=2 # two\n a = 1 \nc=3", "a", "x y", TS_OK, true,
	 "# a=1\nb=2 # two\na=x y\nc=3\n"},
	{"a=1\nb=2\na=3\n", "a", "4", TS_OK, true, "a=4\nb=2\n"},
	{"a=1\nb=2\n", "a", NULL, TS_OK, true, "b=2\n"},
	{"b=2", "a", NULL, TS_OK, false, "b=2"},
	{"a=1\n", "a", "", TS_OK, true, "a=\n"},
	{"nonsense\na=1\n", "a", "2", TS_OK, true, "nonsense\na=2\n"},
	{"a=1\n", "a", "x\nb=2", TS_EINVAL, false, "a=1\n"},
	{"a=1\n", "a", "x#y \\# z", TS_OK, true, "a=x\\#y \\\\# z\n"},
	{"a=1\n", "", "x", TS_EINVAL, false, "a=1\n"},
	{"a=1\n", "b=c", "x", TS_EINVAL, false, "a=1\n"},
	{"a=1\n", "b\nc", "x", TS_EINVAL, false, "a=1\n"},
};

START_TEST(files_are_edited_in_place)
{
	TS_CLEANUP(place_done) struct place p = place_new();
	TS_BUF(text);
	struct ts_error err = {0};
	struct stat st;
	bool found = false;
	put(p.second, edits[_i].before);
	ck_assert_int_eq(symlink("second", p.file), 0);
	int code = ts_conf_edit(p.file, edits[_i].name, edits[_i].value, &found, &err);
	ck_assert_msg(code == edits[_i].code, "%d %s", code, err.text);
	ck_assert_int_eq(found, edits[_i].found);
	ck_assert_int_eq(ts_file_read(p.second, 1000, &text, &err), TS_OK);
	ck_assert_slice(ts_buf_slice(&text), edits[_i].after);
	ck_assert_int_eq(lstat(p.file, &st), 0);
	ck_assert(S_ISLNK(st.st_mode));
	ck_assert_int_eq(stat(p.file, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
}
END_TEST

START_TEST(a_missing_file_is_made)
{
	TS_CLEANUP(place_done) struct place p = place_new();
	struct stat st;
	bool found = true;
	ck_assert_int_eq(ts_conf_edit(p.file, "a", NULL, &found, NULL), TS_OK);
	ck_assert(!found);
	ck_assert_int_ne(stat(p.file, &st), 0);
	ck_assert_int_eq(ts_conf_edit(p.file, "a", "1", &found, NULL), TS_OK);
	ck_assert_int_eq(stat(p.file, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

UNIT_MAIN("conf", {values_are_read_and_printed, TS_COUNT_OF(values)},
	  {what_is_wrong_with_a_number_is_told, TS_COUNT_OF(wrong)},
	  {files_are_read, TS_COUNT_OF(files)}, {includes_are_followed_but_not_for_ever, 0},
	  {files_are_edited_in_place, TS_COUNT_OF(edits)}, {a_missing_file_is_made, 0})
