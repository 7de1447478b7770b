/* SPDX-License-Identifier: MIT */
#include "common/base/file.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#include <sys/stat.h>

static mode_t mode_of(const char *path)
{
	struct stat st;
	ck_assert_int_eq(stat(path, &st), 0);
	return st.st_mode & 0777;
}

static void expect(const char *path, const char *want)
{
	TS_BUF(text);
	ck_assert_int_eq(ts_file_read(path, 100, &text, NULL), TS_OK);
	ck_assert_slice(ts_buf_slice(&text), want);
}

START_TEST(new_files_never_replace)
{
	FOLDER(f);
	struct folder_path path = folder_at(&f, "x");
	ck_assert_int_eq(ts_file_write(path.text, TS_SLICE("one"), 0600, TS_FILE_NEW, NULL), TS_OK);
	ck_assert_int_eq(ts_file_write(path.text, TS_SLICE("two"), 0644, TS_FILE_NEW, NULL),
			 TS_EEXIST);
	expect(path.text, "one");
	ck_assert_int_eq(mode_of(path.text), 0600);
	ck_assert_int_eq(ts_file_write(path.text, TS_SLICE("two"), 0644, TS_FILE_REPLACE, NULL),
			 TS_OK);
	expect(path.text, "two");
	ck_assert_int_eq(mode_of(path.text), 0644);
	/* Nothing else is left behind. */
	ck_assert_int_eq(unlink(path.text), 0);
	ck_assert_int_eq(rmdir(f.path), 0);
}
END_TEST

START_TEST(failures_have_a_sentence_with_the_path)
{
	FOLDER(f);
	TS_BUF(text);
	struct ts_error err = {0};
	struct folder_path path = folder_at(&f, "missing/x");
	ck_assert_int_eq(ts_file_read(path.text, 100, &text, &err), TS_ENOTFOUND);
	ck_assert_ptr_nonnull(strstr(err.text, path.text));
	ck_assert_int_eq(ts_file_write(path.text, TS_SLICE("x"), 0600, TS_FILE_NEW, &err),
			 TS_ENOTFOUND);
	ck_assert_int_eq(ts_file_read(f.path, 100, &text, &err), TS_EIO);
	path = folder_at(&f, "x");
	ck_assert_int_eq(ts_file_write(path.text, TS_SLICE("12345"), 0600, TS_FILE_NEW, &err),
			 TS_OK);
	ck_assert_int_eq(ts_file_read(path.text, 4, &text, &err), TS_ETOOBIG);
}
END_TEST

START_TEST(reading_appends)
{
	FOLDER(f);
	TS_BUF(text);
	struct folder_path path = folder_at(&f, "x");
	ck_assert_int_eq(ts_file_write(path.text, TS_SLICE(""), 0600, TS_FILE_NEW, NULL), TS_OK);
	ts_buf_add_str(&text, "before");
	ck_assert_int_eq(ts_file_read(path.text, 0, &text, NULL), TS_OK);
	ck_assert_str_eq(text.data, "before");
}
END_TEST

START_TEST(directories_are_made_with_those_above)
{
	FOLDER(f);
	bool made = false;
	struct ts_error err = {0};
	struct folder_path path = folder_at(&f, "a/b/c"), file = folder_at(&f, "a/file");
	ck_assert_int_eq(ts_dir_make(path.text, 0700, &made, NULL), TS_OK);
	ck_assert(made);
	ck_assert_int_eq(mode_of(folder_at(&f, "a").text), 0700);
	ck_assert_int_eq(ts_dir_make(path.text, 0700, &made, NULL), TS_OK);
	ck_assert(!made);
	ck_assert_int_eq(ts_file_write(file.text, TS_SLICE(""), 0600, TS_FILE_NEW, NULL), TS_OK);
	ck_assert_int_eq(ts_dir_make(file.text, 0700, &made, &err), TS_EEXIST);
	ck_assert_int_ne(ts_dir_make(folder_at(&f, "a/file/x").text, 0700, &made, &err), TS_OK);
}
END_TEST

UNIT_MAIN("file", {new_files_never_replace, 0}, {failures_have_a_sentence_with_the_path, 0},
	  {reading_appends, 0}, {directories_are_made_with_those_above, 0})
