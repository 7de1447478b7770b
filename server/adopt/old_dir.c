/* SPDX-License-Identifier: MIT */
#include "server/adopt/old_dir.h"

#include "common/base/file.h"
#include "common/conf/conf.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

enum { SMALL_FILE = 64 << 10 };

static int out_of_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory.");
}

static char *join(const char *folder, const char *name)
{
	char *path = NULL;
	return asprintf(&path, "%s/%s", folder, name) >= 0 ? path : NULL;
}

/* Everything that is known of `name` in `folder`; false where there is nothing. */
static bool look(const char *folder, const char *name, struct stat *ret)
{
	TS_AUTOFREE char *path = join(folder, name);
	return path != NULL && stat(path, ret) == 0;
}

bool old_has(const char *folder, const char *name)
{
	struct stat st;
	return look(folder, name, &st);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct old_entry *)a)->name, ((const struct old_entry *)b)->name);
}

static int add(struct old_list *l, const char *folder, const char *name, struct ts_error *err)
{
	struct stat st;
	struct old_entry *more = reallocarray(l->at, l->count + 1, sizeof(*more));
	if (more == NULL) {
		return out_of_memory(err);
	}
	l->at = more;
	more[l->count] = (struct old_entry){.name = strdup(name)};
	if (more[l->count].name == NULL) {
		return out_of_memory(err);
	}
	more[l->count++].folder = look(folder, name, &st) && S_ISDIR(st.st_mode);
	return TS_OK;
}

static void close_folder(DIR **d)
{
	if (*d != NULL) {
		(void)closedir(*d);
	}
}

int old_list(const char *path, struct old_list *ret, struct ts_error *err)
{
	TS_CLEANUP(close_folder) DIR *dir = opendir(path);
	TS_CLEANUP(old_list_done) struct old_list l = {0};
	int code = TS_OK;
	if (dir == NULL) {
		return ts_fail_errno(err, errno, "Can't read the folder '%.200s'", path);
	}
	errno = 0;
	for (const struct dirent *e = readdir(dir); e != NULL && code == TS_OK; e = readdir(dir)) {
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0) {
			code = add(&l, path, e->d_name, err);
		}
		errno = 0;
	}
	if (code == TS_OK && errno != 0) {
		return ts_fail_errno(err, errno, "Can't read the folder '%.200s'", path);
	}
	if (code == TS_OK) {
		if (l.count > 1) {
			qsort(l.at, l.count, sizeof(*l.at), by_name);
		}
		*ret = l;
		l = (struct old_list){0};
	}
	return code;
}

void old_list_done(struct old_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->at[i].name);
	}
	free(l->at);
}

static int take_name(const char *name, const char *value, void *arg, struct ts_error *err)
{
	char **ret = arg;
	if (strcmp(name, "user") != 0 || value[0] == '\0') {
		return TS_OK;
	}
	char *copy = strdup(value);
	if (copy == NULL) {
		return out_of_memory(err);
	}
	free(*ret);
	*ret = copy;
	return TS_OK;
}

/* A config that makes no sense has no name: the account is then told of and kept without one. */
static int read_user(const char *folder, struct old_user *u, struct ts_error *err)
{
	TS_AUTOFREE char *path = join(folder, "config");
	struct stat st;
	if (path == NULL) {
		return out_of_memory(err);
	}
	int code = ts_conf_each(path, take_name, &u->name, err);
	if (code != TS_OK && code != TS_ENOTFOUND && code != TS_EINVAL) {
		return code;
	}
	u->created = stat(path, &st) == 0 ? (int64_t)st.st_mtime : 0;
	u->suspended = old_has(folder, "suspended");
	u->unfinished = look(folder, "tx.tmp.data", &st);
	u->size = u->unfinished ? st.st_size : 0;
	u->data = u->unfinished ? "tx.tmp.data" : NULL;
	if (look(folder, "tx.data", &st)) {
		u->data = "tx.data";
		u->size = st.st_size;
	}
	return TS_OK;
}

static int add_user(struct old_users *l, const char *path, const struct old_entry *e,
		    struct ts_error *err)
{
	TS_AUTOFREE char *folder = join(path, e->name);
	struct old_user *more = reallocarray(l->at, l->count + 1, sizeof(*more));
	if (more == NULL || folder == NULL) {
		l->at = more != NULL ? more : l->at;
		return out_of_memory(err);
	}
	l->at = more;
	more[l->count] = (struct old_user){.folder = strdup(e->name)};
	if (more[l->count].folder == NULL) {
		return out_of_memory(err);
	}
	return read_user(folder, &more[l->count++], err);
}

/* Of two users of one name, the one with more history keeps it. */
static int by_size(const void *a, const void *b)
{
	const struct old_user *x = a, *y = b;
	return x->size != y->size ? (x->size < y->size) - (x->size > y->size)
				  : strcmp(x->folder, y->folder);
}

int old_users(const char *path, struct old_users *ret, struct ts_error *err)
{
	TS_CLEANUP(old_list_done) struct old_list entries = {0};
	TS_CLEANUP(old_users_done) struct old_users l = {0};
	*ret = (struct old_users){0};
	if (access(path, F_OK) != 0 && errno == ENOENT) {
		return TS_OK;
	}
	int code = old_list(path, &entries, err);
	for (size_t i = 0; i < entries.count && code == TS_OK; i++) {
		code = entries.at[i].folder ? add_user(&l, path, &entries.at[i], err) : TS_OK;
	}
	if (code == TS_OK) {
		if (l.count > 1) {
			qsort(l.at, l.count, sizeof(*l.at), by_size);
		}
		*ret = l;
		l = (struct old_users){0};
	}
	return code;
}

void old_users_done(struct old_users *u)
{
	for (size_t i = 0; i < u->count; i++) {
		free(u->at[i].folder);
		free(u->at[i].name);
	}
	free(u->at);
}

int old_first_line(const char *folder, const char *name, struct ts_buf *to, struct ts_error *err)
{
	TS_AUTOFREE char *path = join(folder, name);
	TS_BUF(text);
	if (path == NULL) {
		return out_of_memory(err);
	}
	int code = ts_file_read(path, SMALL_FILE, &text, err);
	if (code == TS_OK) {
		struct ts_slice rest = ts_buf_slice(&text);
		ts_buf_add_slice(to, ts_slice_trim(ts_slice_cut(&rest, '\n')));
	}
	return code;
}
