/* SPDX-License-Identifier: MIT */
/* What a shell makes of a bundle, whatever the names in it are. */
#include "common/base/file.h"
#include "server/setup/bundle.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#include <sys/stat.h>
#include <sys/wait.h>

static const char *const hostile[] = {
	"alice",
	"First Last",
	"it's",
	"''",
	"'; touch broken; '",
	"$(touch broken)",
	"`touch broken`",
	"${HOME}",
	"a\\b",
	"-rf",
	"--",
	"*",
	"\"double\"",
	"END-OF-CA",
	"\xE2\x82\xAC & < > | # !",
};

static void must_write(const struct folder *f, const char *name, struct ts_slice text, mode_t mode)
{
	struct folder_path path = folder_at(f, name);
	ck_assert_int_eq(ts_file_write(path.text, text, mode, TS_FILE_REPLACE, NULL), TS_OK);
}

/* What `sh` printed, and that it was content. */
static void run(struct folder *f, const char *command, struct ts_buf *to)
{
	TS_BUF(line);
	ts_buf_printf(&line, "cd '%s' && { %s; } >out", f->path, command);
	ck_assert_int_eq(system(line.data), 0);
	struct folder_path out = folder_at(f, "out");
	ck_assert_int_eq(ts_file_read(out.text, 100000, to, NULL), TS_OK);
}

START_TEST(quoted_words_come_out_as_they_went_in)
{
	FOLDER(f);
	TS_BUF(text);
	TS_BUF(got);
	ts_buf_add_str(&text, "printf %s ");
	bundle_quote(hostile[_i], &text);
	must_write(&f, "script", ts_buf_slice(&text), 0600);
	run(&f, "sh script", &got);
	ck_assert_slice(ts_buf_slice(&got), hostile[_i]);
}
END_TEST

static void print_one(const char *name, struct ts_buf *to)
{
	const struct bundle b = {
		.server = "sync.example.org:53589",
		.org = name,
		.user = name,
		.secret = "7f1c1f6e-0000-4000-8000-00000000000a",
		.trust = "strict",
		.device = name,
		.expires = 1767225600,
		.ca = TS_SLICE("ca\n"),
		.leaf = TS_SLICE("leaf\n"),
		.certificate = TS_SLICE("certificate"),
		.key = TS_SLICE("$key\n"),
	};
	bundle_print(&b, to);
	ck_assert(!to->failed);
}

START_TEST(bundles_are_scripts)
{
	FOLDER(f);
	TS_BUF(text);
	TS_BUF(got);
	print_one(hostile[_i], &text);
	ck_assert(ts_slice_starts(ts_buf_slice(&text),
				  TS_SLICE("#!/bin/sh\n# taskd bundle, version 1\n")));
	must_write(&f, "bundle", ts_buf_slice(&text), 0600);
	run(&f, "sh -n bundle", &got);
	ck_assert_uint_eq(got.len, 0);
}
END_TEST

/* Stands for Taskwarrior: it writes down how it was called. */
static const char fake_task[] = "#!/bin/sh\n"
				"[ \"$1\" = --version ] && { echo 2.6.2; exit; }\n"
				"printf '%s\\n' \"$TASKRC\" \"$@\" >>\"$CALLS\"\n";

START_TEST(bundles_call_taskwarrior_with_each_option)
{
	FOLDER(f);
	TS_BUF(text);
	TS_BUF(got);
	TS_BUF(want);
	print_one(hostile[_i], &text);
	must_write(&f, "bundle", ts_buf_slice(&text), 0600);
	must_write(&f, "task", ts_slice_of(fake_task), 0700);
	run(&f,
	    "mkdir 'my home' && CALLS=$PWD/calls PATH=$PWD:$PATH HOME=\"$PWD/my home\" "
	    "XDG_CONFIG_HOME= TASKRC= sh bundle >/dev/null && cat calls",
	    &got);
	ts_buf_printf(&want,
		      "\ntaskd.credentials\n--\n%s/%s/7f1c1f6e-0000-4000-8000-00000000000a\n",
		      hostile[_i], hostile[_i]);
	ck_assert_ptr_nonnull(strstr(got.data, want.data));
	ts_buf_clear(&want);
	ts_buf_printf(&want, "\ntaskd.ca\n--\n%s/my home/.taskd/ca.cert.pem\n", f.path);
	ck_assert_ptr_nonnull(strstr(got.data, want.data));
	ck_assert_int_ne(access(folder_at(&f, "broken").text, F_OK), 0);
}
END_TEST

static const struct {
	const char *file, *contents;
} written[] = {
	{"ca.cert.pem", "ca\n"},
	{"server.cert.pem", "leaf\n"},
	{"client.cert.pem", "certificate\n"},
	{"client.key.pem", "$key\n"},
};

START_TEST(bundles_write_their_files_for_nobody_else)
{
	FOLDER(f);
	TS_BUF(text);
	TS_BUF(got);
	TS_BUF(path);
	struct stat st;
	print_one("alice", &text);
	must_write(&f, "bundle", ts_buf_slice(&text), 0600);
	must_write(&f, "task", ts_slice_of(fake_task), 0700);
	run(&f,
	    "for i in 1 2; do CALLS=$PWD/calls PATH=$PWD:$PATH TASKRC=new/work.rc sh bundle; done",
	    &got);
	ts_buf_printf(&path, "%s/new/work.rc.taskd/%s", f.path, written[_i].file);
	ck_assert_int_eq(stat(path.data, &st), 0);
	ck_assert_int_eq(st.st_mode & 0777, 0600);
	ts_buf_clear(&got);
	ck_assert_int_eq(ts_file_read(path.data, 1000, &got, NULL), TS_OK);
	ck_assert_slice(ts_buf_slice(&got), written[_i].contents);
}
END_TEST

UNIT_MAIN("bundle", {quoted_words_come_out_as_they_went_in, TS_COUNT_OF(hostile)},
	  {bundles_are_scripts, TS_COUNT_OF(hostile)},
	  {bundles_call_taskwarrior_with_each_option, TS_COUNT_OF(hostile)},
	  {bundles_write_their_files_for_nobody_else, TS_COUNT_OF(written)})
