/* SPDX-License-Identifier: MIT */
/* taskd backup [--keep N] FILE|DIRECTORY|- */
#include "server/backup/backup.h"
#include "server/command/command.h"

#include "common/base/date.h"
#include "common/base/file.h"
#include "common/cli/options.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <libgen.h>
#include <stdio.h>
#include <sys/stat.h>

/* The files that a directory of back-ups holds, by the time of each. */
#define NAME    "taskd-%s.tar"
#define PATTERN "taskd-????????T??????Z.tar"

#define OWN_FILES "/proc/self/fd"

struct target {
	const char *given; /* as on the command line */
	bool directory, stream;
	struct ts_buf path;
};

static int no_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory for a back-up.");
}

static int choose_path(struct target *t, struct ts_error *err)
{
	struct stat st;
	const bool there = stat(t->given, &st) == 0;
	t->directory = there && S_ISDIR(st.st_mode);
	t->stream = there && !t->directory && !S_ISREG(st.st_mode);
	if (t->directory) {
		ts_buf_printf(&t->path, "%s/" NAME, t->given, ts_date_text(ts_date_now()).text);
	} else {
		ts_buf_add_str(&t->path, t->given);
	}
	return t->path.failed ? no_memory(err) : TS_OK;
}

/* What is missing in a back-up has to be told even with --quiet. */
static void tell_outside(const struct backup_files *files)
{
	struct ts_slice rest = ts_buf_slice(&files->outside);
	while (rest.len > 0) {
		struct ts_slice path = ts_slice_cut(&rest, '\n');
		(void)fprintf(stderr,
			      "Not in the back-up, because it isn't in the data directory: %.*s\n",
			      TS_SLICE_ARGS(path));
	}
}

static int write_to(struct command_line *cl, int fd, struct backup_counts *ret,
		    struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	TS_CLEANUP(backup_files_done) struct backup_files files = {0};
	TS_BUF(data);
	int rc = command_absolute(cl->data, &data, err);
	if (rc == TS_OK) {
		rc = command_store(cl, &store, err);
	}
	if (rc == TS_OK) {
		rc = backup_files_find(cl->settings, data.data, &files, err);
	}
	if (rc == TS_OK) {
		rc = backup_write(data.data, &files, store, fd, ret, err);
	}
	if (rc == TS_OK) {
		tell_outside(&files);
	}
	return rc;
}

/* A file that has no name yet, where the system has such: nothing stays of a back-up that was
 * interrupted. Elsewhere it is called `part`. */
static int open_part(const char *part, bool *ret_named)
{
	TS_AUTOFREE char *copy = strdup(part);
	int fd = -1;
	if (copy != NULL && access(OWN_FILES, F_OK) == 0) {
		fd = open(dirname(copy), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
	}
	*ret_named = fd < 0;
	return fd >= 0 ? fd : open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

/* It is complete: onto the disk with it, and into its place. */
static bool settle_part(int fd, bool named, const char *part, const char *path)
{
	char link[sizeof(OWN_FILES) + 16];
	(void)snprintf(link, sizeof(link), OWN_FILES "/%d", fd);
	return fsync(fd) == 0 &&
	       (named || linkat(AT_FDCWD, link, AT_FDCWD, part, AT_SYMLINK_FOLLOW) == 0) &&
	       rename(part, path) == 0 && ts_file_sync_folder(path) == 0;
}

/* Complete and on disk, or not there at all. */
static int write_file(struct command_line *cl, const char *path, struct backup_counts *ret,
		      struct ts_error *err)
{
	TS_BUF(part);
	bool named;
	ts_buf_printf(&part, "%s.%ld", path, (long)getpid());
	if (part.failed) {
		return no_memory(err);
	}
	TS_AUTOCLOSE int fd = open_part(part.data, &named);
	if (fd < 0) {
		return ts_fail_errno(err, errno, "Can't write %s", path);
	}
	int rc = write_to(cl, fd, ret, err);
	if (rc == TS_OK && !settle_part(fd, named, part.data, path)) {
		rc = ts_fail_errno(err, errno, "Can't write %s", path);
	}
	if (rc != TS_OK) {
		(void)unlink(part.data);
	}
	return rc;
}

/* A pipe or a device is written to, and never replaced. */
static int write_stream(struct command_line *cl, const char *path, struct backup_counts *ret,
			struct ts_error *err)
{
	TS_AUTOCLOSE int fd = open(path, O_WRONLY | O_CLOEXEC);
	return fd >= 0 ? write_to(cl, fd, ret, err)
		       : ts_fail_errno(err, errno, "Can't write %s", path);
}

/* Old ones */

static int is_backup(const struct dirent *e)
{
	return fnmatch(PATTERN, e->d_name, 0) == 0;
}

static int remove_old(const char *folder, size_t keep, size_t *ret_removed, struct ts_error *err)
{
	struct dirent **found = NULL;
	int count = scandir(folder, &found, is_backup, alphasort);
	if (count < 0) {
		return ts_fail_errno(err, errno, "Can't look into %s", folder);
	}
	int rc = TS_OK;
	for (int i = 0; i < count; i++) {
		TS_BUF(path);
		ts_buf_printf(&path, "%s/%s", folder, found[i]->d_name);
		bool old = (size_t)(count - i) > keep;
		if (old && (path.failed || unlink(path.data) != 0)) {
			rc = ts_fail_errno(err, errno, "Can't remove an old back-up in %s", folder);
		}
		*ret_removed += old && rc == TS_OK ? 1 : 0;
		free(found[i]);
	}
	free(found);
	return rc;
}

static int parse_keep(const char *text, size_t *ret, struct ts_error *err)
{
	char *end;
	errno = 0;
	unsigned long n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || n == 0) {
		return ts_fail(err, TS_EUSAGE, "'%.40s' is no number of back-ups to keep.", text);
	}
	*ret = n;
	return TS_OK;
}

/* The command */

static int backup_to_stdout(struct command_line *cl, struct ts_error *err)
{
	struct backup_counts counts;
	if (isatty(STDOUT_FILENO)) {
		return ts_fail(err, TS_EINVAL,
			       "A back-up is not for a terminal: send the output to a file or a "
			       "program.");
	}
	return write_to(cl, STDOUT_FILENO, &counts, err);
}

static int backup_to_file(struct command_line *cl, const char *given, const char *keep_text,
			  struct ts_error *err)
{
	struct target t = {.given = given};
	struct backup_counts counts = {0};
	size_t keep = 0, removed = 0;
	int rc = keep_text != NULL ? parse_keep(keep_text, &keep, err) : TS_OK;
	if (rc == TS_OK) {
		rc = choose_path(&t, err);
	}
	if (rc == TS_OK && keep > 0 && !t.directory) {
		rc = ts_fail(err, TS_EUSAGE, "--keep is for a directory, and '%.200s' is none.",
			     given);
	}
	if (rc == TS_OK) {
		rc = (t.stream ? write_stream : write_file)(cl, t.path.data, &counts, err);
	}
	if (rc == TS_OK) {
		command_say(cl, "Back-up: %s (%.1f MiB)\n", t.path.data,
			    (double)counts.bytes / 1048576);
		rc = keep > 0 ? remove_old(given, keep, &removed, err) : TS_OK;
	}
	if (removed > 0) {
		command_say(cl, "Removed, because older: %zu\n", removed);
	}
	ts_buf_done(&t.path);
	return rc;
}

enum { KEEP, OPTIONS };

static const struct ts_option options[OPTIONS] = {
	[KEEP] = {.name = "keep", .value = "N"},
};

static int cmd_backup(struct command_line *cl, struct ts_error *err)
{
	struct ts_option_values values[OPTIONS] = {0};
	int rc = ts_options_read(&cl->argc, cl->argv, options, OPTIONS, values, err);
	if (rc != TS_OK) {
		return rc;
	}
	if (cl->argc != 1) {
		return TS_EUSAGE;
	}
	return strcmp(cl->argv[0], "-") == 0
		       ? backup_to_stdout(cl, err)
		       : backup_to_file(cl, cl->argv[0], ts_option_last(&values[KEEP], NULL), err);
}

const struct command command_backup = {
	.name = "backup",
	.run = cmd_backup,
	.flags = COMMAND_DATA | COMMAND_SETTINGS | COMMAND_OPTIONS,
	.usage = "[options] [--keep <n>] <file> | <directory> | -",
	.help = "Writes everything that makes this server into one tar archive: configuration,\n"
		"certificates and keys, and the store as of one moment. It may run while the\n"
		"server serves. A <file> appears when it is complete; in a <directory> the file\n"
		"is named by the time, and with --keep only the <n> newest stay; - is standard\n"
		"output. The archive holds secrets: keep it as you keep keys.",
};
