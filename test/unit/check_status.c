/* SPDX-License-Identifier: MIT */
#include "client/sync/status.h"
#include "common/base/file.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#include <sys/stat.h>

static struct place place_in(struct folder *f)
{
	return (struct place){f->path, f->path, f->path};
}

static void put_file(const struct folder *f, const char *text)
{
	struct ts_error err = {0};
	ck_assert_int_eq(ts_file_write(folder_at(f, "home.status").text, ts_slice_of(text), 0600,
				       TS_FILE_REPLACE, &err),
			 TS_OK);
}

START_TEST(what_is_written_is_read)
{
	FOLDER(f);
	const struct place p = place_in(&f);
	struct ts_error err = {0};
	struct stat st;
	const struct sync_status s = {.last_try = 5,
				      .last_success = INT64_C(123456789012),
				      .last_error = 7,
				      .error_code = 3,
				      .error = "It = went wrong.",
				      .messages = "One\nand two",
				      .sent = 1,
				      .received = UINT64_C(5000000000),
				      .conflicts = 3};
	struct sync_status got;
	ck_assert_int_eq(status_write(&p, "home", &s, &err), TS_OK);
	ck_assert_int_eq(status_read(&p, "home", &got, &err), TS_OK);
	ck_assert_int_eq(got.last_try, s.last_try);
	ck_assert_int_eq(got.last_success, s.last_success);
	ck_assert_int_eq(got.last_error, s.last_error);
	ck_assert_int_eq(got.error_code, s.error_code);
	ck_assert_str_eq(got.error, s.error);
	ck_assert_str_eq(got.messages, "One and two");
	ck_assert_uint_eq(got.sent, s.sent);
	ck_assert_uint_eq(got.received, s.received);
	ck_assert_uint_eq(got.conflicts, s.conflicts);
	ck_assert_int_eq(stat(folder_at(&f, "home.status").text, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
}
END_TEST

START_TEST(never_synced)
{
	FOLDER(f);
	const struct place p = place_in(&f);
	struct ts_error err = {0};
	struct sync_status got = {.last_try = 1};
	ck_assert_int_eq(status_read(&p, "home", &got, &err), TS_OK);
	ck_assert_str_eq(err.text, "");
	ck_assert_int_eq(got.last_try, 0);
	ck_assert_int_eq(got.last_success, 0);
}
END_TEST

static const struct {
	const char *text;
	int code;
	int64_t last_success;
} files[] = {
	{"", TS_OK, 0}, /* a power failure */
	{"last_success=9\n", TS_OK, 9},
	{"last_success=9", TS_OK, 9},
	{"of_a_later_version=x\nlast_success=9\n", TS_OK, 9},
	{"last_success=9\nnonsense\n", TS_EDAMAGED, 0},
	{"last_success=yesterday\n", TS_EDAMAGED, 0},
	{"last_success=\n", TS_EDAMAGED, 0},
};

START_TEST(files_of_any_kind)
{
	FOLDER(f);
	const struct place p = place_in(&f);
	struct ts_error err = {0};
	struct sync_status got;
	put_file(&f, files[_i].text);
	ck_assert_msg(status_read(&p, "home", &got, &err) == files[_i].code, "%s: %s",
		      files[_i].text, err.text);
	if (files[_i].code == TS_OK) {
		ck_assert_int_eq(got.last_success, files[_i].last_success);
	}
}
END_TEST

UNIT_MAIN("status", {what_is_written_is_read, 0}, {never_synced, 0},
	  {files_of_any_kind, TS_COUNT_OF(files)})
