/* SPDX-License-Identifier: MIT */
/* taskd restore [--check] [--store-only] [--force] FILE|- */
#include "server/backup/restore.h"
#include "server/command/command.h"

#include "common/base/file.h"
#include "common/cli/options.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>

enum { CHECK, STORE_ONLY, OPTIONS };

static const struct ts_option options[OPTIONS] = {
	[CHECK] = {.name = "check"},
	[STORE_ONLY] = {.name = "store-only"},
};

static void tell(const struct command_line *cl, const struct restore_wish *wish,
		 const struct restored *r)
{
	command_say(cl,
		    "Back-up made %s of %s: users %" PRIu64 ", versions %" PRIu64 ", files %zu\n",
		    r->made, r->from.len > 0 ? r->from.data : "-", r->store.users,
		    r->store.versions, r->files);
	if (wish->check) {
		command_say(cl, "It is complete, and every checksum is right.\n");
	} else {
		command_say(cl, "Restored into %s\n", wish->data);
	}
}

static int run(struct command_line *cl, const struct restore_wish *wish, const char *from,
	       struct ts_error *err)
{
	struct restored r;
	struct stat st;
	bool standard = strcmp(from, "-") == 0;
	TS_AUTOCLOSE int fd = standard ? dup(STDIN_FILENO) : open(from, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return ts_fail_errno(err, errno, "Can't read %s", from);
	}
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		return ts_fail(err, TS_EINVAL, "%s is a directory: name the back-up in it.", from);
	}
	int rc = restore(wish, fd, &r, err);
	if (rc == TS_OK) {
		tell(cl, wish, &r);
		restored_done(&r);
	}
	return rc;
}

/* A look needs room, but no data directory. */
static int check(struct command_line *cl, struct restore_wish *wish, const char *from,
		 struct ts_error *err)
{
	TS_BUF(folder);
	const char *temporary = getenv("TMPDIR");
	ts_buf_printf(&folder, "%s/taskd-restore.XXXXXX",
		      temporary != NULL && temporary[0] != '\0' ? temporary : "/var/tmp");
	if (folder.failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (mkdtemp(folder.data) == NULL) {
		return ts_fail_errno(err, errno, "Can't make %s", folder.data);
	}
	wish->data = folder.data;
	int rc = run(cl, wish, from, err);
	int end = ts_dir_remove(folder.data, rc == TS_OK ? err : NULL);
	return rc == TS_OK ? end : rc;
}

static int cmd_restore(struct command_line *cl, struct ts_error *err)
{
	struct ts_option_values values[OPTIONS] = {0};
	TS_BUF(data);
	int rc = ts_options_read(&cl->argc, cl->argv, options, OPTIONS, values, err);
	if (rc != TS_OK) {
		return rc;
	}
	if (cl->argc != 1) {
		return TS_EUSAGE;
	}
	struct restore_wish wish = {.check = values[CHECK].count > 0,
				    .force = cl->force,
				    .store_only = values[STORE_ONLY].count > 0};
	if (wish.check) {
		return check(cl, &wish, cl->argv[0], err);
	}
	if (cl->data == NULL || cl->data[0] == '\0') {
		return ts_fail(err, TS_EINVAL, "The '--data' option is required.");
	}
	rc = command_absolute(cl->data, &data, err);
	wish.data = data.data;
	return rc == TS_OK ? run(cl, &wish, cl->argv[0], err) : rc;
}

const struct command command_restore = {
	.name = "restore",
	.run = cmd_restore,
	.flags = COMMAND_OPTIONS,
	.usage = "[options] [--store-only] [--force] <file> | -\n"
		 "[options] --check <file> | -",
	.help = "Puts a back-up into the data directory, which is made where it is missing: the\n"
		"store, and unless --store-only the configuration and the certificates. All of it\n"
		"is unpacked and checked first. What is there already is left alone, and the\n"
		"command fails, but with --force, which renames it to <name>.before-restore\n"
		"(or .before-restore.2 and so on: what was kept once stays). No server may run on\n"
		"the directory. Paths in the configuration that lead into the\n"
		"directory that the back-up was made of are changed to lead into this one. A\n"
		"back-up that was packed with gzip, xz or zstd is unpacked. --check only looks\n"
		"whether it is complete and right; that needs room in $TMPDIR or /var/tmp.",
};
