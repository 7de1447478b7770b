/* SPDX-License-Identifier: MIT */
#include "server/backup/restore.h"

#include "common/base/file.h"
#include "common/conf/conf.h"
#include "server/backup/backup.h"
#include "server/backup/unpack.h"
#include "server/datalock.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

#define STAGE "restore.new"
#define ASIDE ".before-restore"

enum { COMPARED_MOST = 16 << 20 /* [bytes] */ };

struct work {
	const struct restore_wish *wish;
	struct unpacked unpacked;
	struct ts_buf stage; /* DIR/restore.new */
};

static int no_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory for a back-up.");
}

/* What the back-up says of itself. */
static void read_header(struct work *w, struct restored *ret)
{
	struct ts_slice rest = ts_buf_slice(&w->unpacked.header);
	while (rest.data != NULL) {
		struct ts_slice line = ts_slice_cut(&rest, '\n');
		if (ts_slice_starts(line, TS_SLICE("made "))) {
			struct ts_slice made = ts_slice_skip(line, strlen("made "));
			(void)snprintf(ret->made, sizeof(ret->made), "%.*s", TS_SLICE_ARGS(made));
		} else if (ts_slice_starts(line, TS_SLICE("data "))) {
			ts_buf_add_slice(&ret->from, ts_slice_skip(line, strlen("data ")));
		}
	}
}

static int look_at_store(struct work *w, struct restored *ret, struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *txn = NULL;
	int rc = ts_store_open(w->stage.data, false, &store, err);
	if (rc == TS_OK) {
		rc = ts_txn_begin(store, TS_READ, &txn, err);
	}
	if (rc == TS_OK) {
		ts_store_stats(txn, &ret->store);
	}
	return rc == TS_ENOTFOUND ? ts_fail(err, TS_EDAMAGED, "The back-up's store is damaged.")
				  : rc;
}

/* Clients may have later sync keys than the store that is put back: what they come with then is
 * merged with what it ends with. */

struct marking {
	struct ts_txn *txn;
	struct ts_buf users; /* struct ts_user[] */
	struct ts_error *err;
};

static int take_user(const struct ts_user *user, void *arg)
{
	struct marking *m = arg;
	ts_buf_add(&m->users, user, sizeof(*user));
	return m->users.failed ? no_memory(m->err) : TS_OK;
}

static int take_users(const struct ts_org *org, void *arg)
{
	struct marking *m = arg;
	return ts_user_each(m->txn, org, take_user, m, m->err);
}

static int mark_user(struct ts_txn *t, struct ts_user *user, struct ts_error *err)
{
	struct ts_transaction newest;
	int rc = ts_transaction_newest(t, user->id, &newest, err);
	if (rc != TS_OK) {
		return rc;
	}
	user->restored = newest.last + 1;
	return ts_user_update(t, user, err);
}

static int mark_users(struct ts_txn *t, struct ts_error *err)
{
	struct marking m = {.txn = t, .err = err};
	int rc = ts_org_each(t, take_users, &m, err);
	struct ts_user *users = (struct ts_user *)(void *)m.users.data;
	for (size_t i = 0; rc == TS_OK && i < m.users.len / sizeof(*users); i++) {
		rc = mark_user(t, &users[i], err);
	}
	ts_buf_done(&m.users);
	return rc;
}

static int mark(struct work *w, struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *txn = NULL;
	int rc = ts_store_open(w->stage.data, false, &store, err);
	if (rc == TS_OK) {
		rc = ts_txn_begin(store, TS_WRITE, &txn, err);
	}
	if (rc == TS_OK) {
		rc = mark_users(txn, err);
	}
	return rc == TS_OK ? ts_txn_commit(TS_TAKE(txn), err) : rc;
}

/* The configuration names files by their whole paths, which are others here. */

struct moved {
	const char *config;
	struct ts_slice from;
	const char *to;
};

static int move_setting(const char *name, const char *value, void *arg, struct ts_error *err)
{
	const struct moved *m = arg;
	TS_BUF(now);
	struct ts_slice is = ts_slice_of(value);
	if (!ts_slice_starts(is, m->from) || value[m->from.len] != '/') {
		return TS_OK;
	}
	ts_buf_printf(&now, "%s%s", m->to, value + m->from.len);
	return now.failed ? no_memory(err) : ts_conf_edit(m->config, name, now.data, NULL, err);
}

static int move_settings(struct work *w, const struct restored *r, struct ts_error *err)
{
	TS_BUF(config);
	ts_buf_printf(&config, "%s/" BACKUP_CONFIG, w->stage.data);
	if (config.failed) {
		return no_memory(err);
	}
	struct moved m = {config.data, ts_buf_slice(&r->from), w->wish->data};
	int rc = m.from.len > 0 ? ts_conf_each(config.data, move_setting, &m, err) : TS_OK;
	return rc == TS_ENOTFOUND ? TS_OK : rc; /* without a configuration there is none to move */
}

/* Taking its place: NAME in the back-up, PATH below the data directory. */

typedef int place_fn(struct work *w, const char *name, const char *path, struct ts_error *err);

static int for_each_file(struct work *w, place_fn *run, struct ts_error *err)
{
	const struct ts_buf *names = &w->unpacked.names;
	const char *end = names->data + names->len;
	int rc = TS_OK;
	for (const char *at = names->data; at < end && rc == TS_OK; at += strlen(at) + 1) {
		rc = w->wish->store_only ? TS_OK : run(w, at, backup_path_of(at), err);
	}
	return rc == TS_OK ? run(w, ts_store_file, ts_store_file, err) : rc;
}

static bool same_bytes(const char *a, const char *b)
{
	TS_BUF(left);
	TS_BUF(right);
	return ts_file_read(a, COMPARED_MOST, &left, NULL) == TS_OK &&
	       ts_file_read(b, COMPARED_MOST, &right, NULL) == TS_OK &&
	       ts_slice_eq(ts_buf_slice(&left), ts_buf_slice(&right));
}

static int check_place(struct work *w, const char *name, const char *path, struct ts_error *err)
{
	TS_BUF(from);
	TS_BUF(to);
	ts_buf_printf(&from, "%s/%s", w->stage.data, name);
	ts_buf_printf(&to, "%s/%s", w->wish->data, path);
	if (from.failed || to.failed) {
		return no_memory(err);
	}
	if (w->wish->force || access(to.data, F_OK) != 0 || same_bytes(from.data, to.data)) {
		return TS_OK;
	}
	return ts_fail(err, TS_EEXIST,
		       "There is a %s already; with --force it makes place and is kept as %s" ASIDE
		       ".",
		       to.data, path);
}

/* What was kept once is never replaced. */
static int put_aside(const char *path, struct ts_buf *aside, struct ts_error *err)
{
	ts_buf_printf(aside, "%s" ASIDE, path);
	for (unsigned n = 2; !aside->failed && access(aside->data, F_OK) == 0; n++) {
		ts_buf_clear(aside);
		ts_buf_printf(aside, "%s" ASIDE ".%u", path, n);
	}
	if (aside->failed) {
		return no_memory(err);
	}
	if (rename(path, aside->data) != 0 && errno != ENOENT) {
		return ts_fail_errno(err, errno, "%s can't be renamed", path);
	}
	return TS_OK;
}

/* Whoever still reads the store that made place goes on with its lock file: to another store, it
 * would tell the wrong state. */
static int put_lock_aside(const char *store, const char *aside, struct ts_error *err)
{
	TS_BUF(from);
	TS_BUF(to);
	ts_buf_printf(&from, "%s" TS_STORE_LOCK, store);
	ts_buf_printf(&to, "%s" TS_STORE_LOCK, aside);
	if (from.failed || to.failed) {
		return no_memory(err);
	}
	if (rename(from.data, to.data) != 0 && errno != ENOENT) {
		return ts_fail_errno(err, errno, "%s can't be renamed", from.data);
	}
	return TS_OK;
}

/* Make place for the file. */
static int make_place(const char *name, const char *path, struct ts_error *err)
{
	TS_BUF(aside);
	int rc = put_aside(path, &aside, err);
	return rc == TS_OK && strcmp(name, ts_store_file) == 0
		       ? put_lock_aside(path, aside.data, err)
		       : rc;
}

/* A folder for the file, the data directory's owner's as everything in it. */
static int make_folder(struct work *w, const char *path, const struct stat *owner,
		       struct ts_error *err)
{
	const char *slash = strchr(path, '/');
	int rc = TS_OK;
	for (; slash != NULL && rc == TS_OK; slash = strchr(slash + 1, '/')) {
		TS_BUF(folder);
		bool made = false;
		ts_buf_printf(&folder, "%s/%.*s", w->wish->data, (int)(slash - path), path);
		rc = folder.failed ? no_memory(err) : ts_dir_make(folder.data, 0700, &made, err);
		if (rc == TS_OK && made && geteuid() == 0) {
			rc = lchown(folder.data, owner->st_uid, owner->st_gid) == 0
				     ? TS_OK
				     : ts_fail_errno(err, errno, "%s can't be given to its owner",
						     folder.data);
		}
	}
	return rc;
}

static int put(struct work *w, const char *name, const char *path, struct ts_error *err)
{
	TS_BUF(from);
	TS_BUF(to);
	struct stat owner;
	ts_buf_printf(&from, "%s/%s", w->stage.data, name);
	ts_buf_printf(&to, "%s/%s", w->wish->data, path);
	if (from.failed || to.failed) {
		return no_memory(err);
	}
	if (stat(w->wish->data, &owner) != 0) {
		return ts_fail_errno(err, errno, "Can't look at %s", w->wish->data);
	}
	int rc = make_folder(w, path, &owner, err);
	if (rc == TS_OK && !same_bytes(from.data, to.data)) {
		rc = make_place(name, to.data, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	bool given = geteuid() != 0 || lchown(from.data, owner.st_uid, owner.st_gid) == 0;
	if (!given || rename(from.data, to.data) != 0 || ts_file_sync_folder(to.data) != 0) {
		return ts_fail_errno(err, errno, "%s can't be put into its place", to.data);
	}
	return TS_OK;
}

static int unpack_and_check(struct work *w, int fd, struct restored *ret, struct ts_error *err)
{
	int rc = unpack(fd, w->stage.data, &w->unpacked, err);
	if (rc != TS_OK) {
		return rc;
	}
	read_header(w, ret);
	ret->files = w->unpacked.files;
	rc = look_at_store(w, ret, err);
	if (rc == TS_OK) {
		rc = mark(w, err);
	}
	return rc == TS_OK ? move_settings(w, ret, err) : rc;
}

static int work(struct work *w, int fd, struct restored *ret, struct ts_error *err)
{
	int rc = ts_dir_remove(w->stage.data, err); /* what an earlier try has left */
	if (rc == TS_OK) {
		rc = ts_dir_make(w->stage.data, 0700, NULL, err);
	}
	if (rc == TS_OK) {
		rc = unpack_and_check(w, fd, ret, err);
	}
	if (rc == TS_OK && !w->wish->check) {
		rc = for_each_file(w, check_place, err);
	}
	if (rc == TS_OK && !w->wish->check) {
		rc = for_each_file(w, put, err);
	}
	int end = ts_dir_remove(w->stage.data, rc == TS_OK ? err : NULL);
	return rc == TS_OK ? end : rc;
}

int restore(const struct restore_wish *wish, int fd, struct restored *ret, struct ts_error *err)
{
	TS_AUTOCLOSE int lock = -1;
	struct work w = {.wish = wish};
	bool made = false;
	*ret = (struct restored){0};
	int rc = ts_dir_make(wish->data, 0700, &made, err);
	if (rc == TS_OK && !wish->check) {
		rc = datalock_take(wish->data, &lock, err);
	}
	ts_buf_printf(&w.stage, "%s/" STAGE, wish->data);
	if (rc == TS_OK) {
		rc = w.stage.failed ? no_memory(err) : work(&w, fd, ret, err);
	}
	unpacked_done(&w.unpacked);
	ts_buf_done(&w.stage);
	if (rc != TS_OK) {
		restored_done(ret);
	}
	if (rc != TS_OK && made) {
		(void)rmdir(wish->data); /* it stays if anything is in it */
	}
	return rc;
}

void restored_done(struct restored *r)
{
	ts_buf_done(&r->from);
}
