/* SPDX-License-Identifier: MIT */
#include "client/child.h"
#include "client/watch/backlog.h"
#include "client/watch/target.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

enum {
	SHOW_PATIENCE = 60000,   /* [ms] */
	SYNC_PATIENCE = 3600000, /* [ms] */
	SHOW_MAX = 1 << 20       /* [bytes] */
};

/* Run `task`, what it prints going to `out`; `what` is it for a person. */
static int run_task(const char *const *argv, const char *what, int out, uint64_t timeout,
		    int stop_fd, struct ts_error *err)
{
	int status = 0;
	TS_AUTOCLOSE int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct child c = {.argv = argv, .in = null, .out = out, .own_group = true};
	int code = child_start(&c, err);
	if (code == TS_OK) {
		code = child_wait(&c, timeout, stop_fd, &status, err);
	}
	return code == TS_OK && status != 0
		       ? ts_fail(err, TS_EREFUSED, "`task %s` failed with exit status %d.", what,
				 status)
		       : code;
}

static int look(struct target *t, bool *ret_changed, struct ts_error *err)
{
	struct backlog b;
	int code = backlog_read(t->folder.data, &b, err);
	if (code == TS_OK) {
		*ret_changed = b.unsent && b.hash != t->seen;
		t->seen = b.hash;
	}
	return code;
}

static int run_sync(struct target *t, int stop_fd, struct target_result *ret, struct ts_error *err)
{
	/* Without `gc`, numbers that somebody has just read stay what they are. */
	static const char *const argv[] = {"task",
					   "rc.confirmation=off",
					   "rc.recurrence.confirmation=off",
					   "rc.bulk=0",
					   "rc.detection=off",
					   "rc.color=off",
					   "rc.verbose=nothing",
					   "rc.gc=off",
					   "sync",
					   NULL};
	(void)t;
	*ret = (struct target_result){0};
	return run_task(argv, "sync", STDERR_FILENO, SYNC_PATIENCE, stop_fd, err);
}

static int run_wait(struct target *t, int cancel_fd, struct ts_error *err)
{
	struct backlog b;
	int code = backlog_read(t->folder.data, &b, err);
	if (code != TS_OK || !b.has_key) {
		return code != TS_OK ? code
				     : ts_fail(err, TS_EUNSUPPORTED, "There was no sync yet.");
	}
	struct sync s = {
		.remote = &t->remote,
		.settings = t->settings,
		.place = t->place,
		.cancel_fd = cancel_fd,
		.dial = TS_TAKE(t->dial),
		.keep = true,
	};
	code = sync_wait_key(&s, &b.key, t->settings->watch_wait, err);
	t->dial = s.dial;
	return code;
}

/* Taskwarrior's configuration */

static int read_all(int fd, struct ts_buf *to, struct ts_error *err)
{
	char bytes[4096];
	ssize_t n;
	off_t at = 0;
	while ((n = pread(fd, bytes, sizeof(bytes), at)) > 0 && to->len < SHOW_MAX) {
		ts_buf_add(to, bytes, (size_t)n);
		at += n;
	}
	return n < 0 ? ts_fail_errno(err, errno, "Can't read what `task` printed") : TS_OK;
}

/* Every setting as `name=value`, included files read, paths whole. */
static int show(struct ts_buf *to, struct ts_error *err)
{
	/* Where there is no configuration, nobody answers that one should be made. */
	static const char *const argv[] = {"task", "rc.verbose=nothing", "_show", NULL};
	TS_AUTOCLOSE int out = memfd_create("task", MFD_CLOEXEC);
	if (out < 0) {
		return ts_fail_errno(err, errno, "Can't make room for what `task` prints");
	}
	int code = run_task(argv, "_show", out, SHOW_PATIENCE, -1, err);
	if (code == TS_EREFUSED) {
		code = ts_fail(err, TS_EINVAL,
			       "Taskwarrior's configuration can't be read: `task "
			       "_show` failed.");
	}
	if (code == TS_OK) {
		code = read_all(out, to, err);
	}
	return code == TS_OK && to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : code;
}

/* A setting's value in `shown`, into *to; "" where it isn't there. */
static int find(struct ts_slice shown, const char *name, struct ts_buf *to, struct ts_error *err)
{
	ts_buf_clear(to);
	ts_buf_add_str(to, "");
	while (shown.data != NULL) {
		struct ts_slice value = ts_slice_cut(&shown, '\n');
		struct ts_slice word = ts_slice_cut(&value, '=');
		if (value.data != NULL && ts_slice_eq(word, ts_slice_of(name))) {
			ts_buf_add_slice(to, value);
			break;
		}
	}
	return to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

static const struct ts_conf_table *remote_table(void)
{
	static struct ts_conf_table table;
	table = (struct ts_conf_table){remote_items, remote_item_count};
	return &table;
}

/* Organization, user and key, with slashes between; a name may hold one behind a backslash. */
static int set_credentials(struct remote *r, char *text, struct ts_error *err)
{
	char *secret = strrchr(text, '/');
	char *user = strchr(text, '/');
	if (user == NULL || secret == user) {
		return ts_fail(err, TS_EINVAL,
			       "Taskwarrior's taskd.credentials are not ORGANIZATION/USER/KEY.");
	}
	*user = '\0';
	*secret = '\0';
	int code = ts_conf_set(remote_table(), r, "org", text, err);
	if (code == TS_OK) {
		code = ts_conf_set(remote_table(), r, "user", user + 1, err);
	}
	return code == TS_OK ? ts_conf_set(remote_table(), r, "secret", secret + 1, err) : code;
}

static int set_files(struct remote *r, struct ts_slice shown, struct ts_error *err)
{
	static const struct {
		const char *theirs, *ours;
	} names[] = {{"taskd.server", "server"},
		     {"taskd.ca", "ca"},
		     {"taskd.certificate", "certificate"},
		     {"taskd.key", "key"},
		     {"taskd.trust", "trust"},
		     {"taskd.ciphers", "priorities"}};
	TS_BUF(value);
	int code = TS_OK;
	for (size_t i = 0; i < TS_COUNT_OF(names) && code == TS_OK; i++) {
		code = find(shown, names[i].theirs, &value, err);
		if (code == TS_OK) {
			code = ts_conf_set(remote_table(), r, names[i].ours, value.data, err);
		}
	}
	return code;
}

/* The account that `task sync` uses. Nothing of it is kept in files of ours. */
static int own_remote(struct remote *r, struct ts_slice shown, struct ts_error *err)
{
	TS_BUF(credentials);
	int code = ts_conf_init(remote_table(), r, err);
	if (code == TS_OK) {
		r->name = strdup("taskwarrior");
		r->folder = strdup("/");
		r->resume = false;
		code = r->name != NULL && r->folder != NULL
			       ? set_files(r, shown, err)
			       : ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (code == TS_OK) {
		code = find(shown, "taskd.credentials", &credentials, err);
	}
	if (code == TS_OK) {
		code = set_credentials(r, credentials.data, err);
	}
	return code;
}

int target_taskwarrior(struct target *ret, const struct place *place,
		       const struct settings *settings, const char *remote, struct ts_error *err)
{
	static const struct target_ops ops = {look, run_sync, run_wait};
	TS_BUF(shown);
	*ret = (struct target){.ops = &ops, .place = place, .settings = settings};
	int code = show(&shown, err);
	if (code == TS_OK) {
		code = find(ts_buf_slice(&shown), "data.location", &ret->folder, err);
	}
	if (code == TS_OK) {
		code = remote != NULL ? remote_read(place, settings, remote, &ret->remote, err)
				      : own_remote(&ret->remote, ts_buf_slice(&shown), err);
	}
	return code;
}
