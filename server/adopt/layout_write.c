/* SPDX-License-Identifier: MIT */
#include "server/adopt/layout_write.h"

#include "common/base/file.h"
#include "server/adopt/layout_internal.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <sys/stat.h>

struct work {
	const struct layout_request *request;
	struct layout_counts *counts;
	struct ts_txn *txn;
	char *place;        /* where it is built */
	const char *folder; /* of the organization in work */
	const struct ts_org *org;
	struct ts_error *err;
};

static int out_of_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory.");
}

/* A file with one line, or none. */
static int write_small(const char *folder, const char *name, const char *line, struct ts_error *err)
{
	LAYOUT_FILE(f);
	int code = layout_open(folder, name, &f, err);
	if (line[0] != '\0') {
		ts_buf_printf(&f.text, "%s\n", line);
	}
	return code == TS_OK ? layout_end(&f, err) : code;
}

/* Which name do the user's clients send? */
struct calling {
	struct work *w;
	const struct ts_user *user;
	size_t aliases;
	bool taken; /* the name found is another user's as well: theirs are told apart by the key */
	char name[TS_NAME_MAX + 1];
};

static int consider(struct ts_slice alias, void *arg)
{
	struct calling *c = arg;
	struct ts_user other;
	int code = ts_user_get(c->w->txn, c->w->org, alias, &other, c->w->err);
	if (code != TS_OK && code != TS_ENOTFOUND) {
		return code;
	}
	if (c->aliases++ == 0 || (code == TS_OK && !c->taken)) {
		memcpy(c->name, alias.data, alias.len);
		c->name[alias.len] = '\0';
		c->taken = code == TS_OK;
	}
	return TS_OK;
}

static int write_name(struct work *w, const struct ts_user *user, const char *folder)
{
	struct calling c = {.w = w, .user = user};
	TS_AUTOFREE char *line = NULL;
	(void)snprintf(c.name, sizeof(c.name), "%s", user->name);
	int code = ts_alias_each(w->txn, user, consider, &c, w->err);
	if (code == TS_OK && c.aliases > 0) {
		(void)fprintf(w->request->told,
			      "User '%s' of organization '%s' has other names: Taskserver "
			      "knows '%s' only.\n",
			      user->name, w->org->name, c.name);
	}
	if (code == TS_OK && strchr(c.name, '#') != NULL) {
		(void)fprintf(w->request->told,
			      "Taskserver reads the name '%s' up to its '#' only.\n", c.name);
	}
	if (code == TS_OK && asprintf(&line, "user=%s", c.name) < 0) {
		line = NULL;
		code = out_of_memory(w->err);
	}
	return code == TS_OK ? write_small(folder, "config", line, w->err) : code;
}

static int write_user(const struct ts_user *user, void *arg)
{
	struct work *w = arg;
	TS_AUTOFREE char *folder = NULL;
	if (asprintf(&folder, "%s/users/%s", w->folder, ts_uuid_text(&user->key).text) < 0) {
		folder = NULL;
		return out_of_memory(w->err);
	}
	int code = layout_folder(folder, w->folder, w->err);
	if (code == TS_OK) {
		code = write_name(w, user, folder);
	}
	if (code == TS_OK && user->suspended) {
		code = write_small(folder, "suspended", "", w->err);
	}
	w->counts->users++;
	return code == TS_OK ? layout_history(w->txn, user, folder, w->counts, w->err) : code;
}

static int write_users(struct work *w, const struct ts_org *org)
{
	struct ts_user user;
	if (w->request->user == NULL) {
		return ts_user_each(w->txn, org, write_user, w, w->err);
	}
	int code = ts_user_get(w->txn, org, ts_slice_of(w->request->user), &user, w->err);
	return code == TS_OK ? write_user(&user, w) : code;
}

static int make_org(const struct work *w, const struct ts_org *org)
{
	TS_BUF(below);
	int code = layout_folder(w->folder, w->place, w->err);
	for (const char *const *name = (const char *const[]){"groups", "users", NULL};
	     *name != NULL && code == TS_OK; name++) {
		ts_buf_clear(&below);
		ts_buf_printf(&below, "%s/%s", w->folder, *name);
		code = below.failed ? out_of_memory(w->err)
				    : layout_folder(below.data, w->folder, w->err);
	}
	if (code == TS_OK && org->suspended) {
		code = write_small(w->folder, "suspended", "", w->err);
	}
	if (code == TS_OK && org->redirect[0] != '\0') {
		code = write_small(w->folder, "redirect", org->redirect, w->err);
	}
	return code;
}

static int write_org(const struct ts_org *org, void *arg)
{
	struct work *w = arg;
	TS_AUTOFREE char *folder = NULL;
	if (asprintf(&folder, "%s/orgs/%s", w->place, org->name) < 0) {
		folder = NULL;
		return out_of_memory(w->err);
	}
	w->folder = folder;
	w->org = org;
	w->counts->orgs++;
	int code = make_org(w, org);
	return code == TS_OK ? write_users(w, org) : code;
}

static int write_all(struct work *w)
{
	TS_AUTOFREE char *orgs = NULL;
	struct ts_org org;
	if (asprintf(&orgs, "%s/orgs", w->place) < 0) {
		orgs = NULL;
		return out_of_memory(w->err);
	}
	int code = layout_config(w->place, w->request, w->err);
	if (code == TS_OK) {
		code = layout_folder(orgs, w->place, w->err);
	}
	if (code == TS_OK && w->request->org == NULL) {
		return ts_org_each(w->txn, write_org, w, w->err);
	}
	if (code == TS_OK) {
		code = ts_org_get(w->txn, ts_slice_of(w->request->org), &org, w->err);
	}
	return code == TS_OK ? write_org(&org, w) : code;
}

void layout_tell(const struct layout_counts *c, FILE *to, const char *folder)
{
	if (to == NULL) {
		return;
	}
	(void)fprintf(to,
		      "Wrote %s: organizations %" PRIu64 ", users %" PRIu64 ", task lines %" PRIu64
		      ", sync keys %" PRIu64 ".\n",
		      folder, c->orgs, c->users, c->states, c->keys);
	if (c->rejects > 0) {
		(void)fprintf(to, "In quarantine, and not written: %" PRIu64 ".\n", c->rejects);
	}
}

static bool is_empty(const char *path)
{
	DIR *dir = opendir(path);
	size_t entries = 0;
	if (dir == NULL) {
		return false;
	}
	while (readdir(dir) != NULL) {
		entries++;
	}
	(void)closedir(dir);
	return entries <= 2;
}

/* The place beside the new directory; nothing that is there is ever touched. */
static int make_place(struct work *w, struct ts_error *err)
{
	const char *to = w->request->to;
	size_t len = strlen(to);
	while (len > 1 && to[len - 1] == '/') {
		len--;
	}
	if (access(to, F_OK) == 0 && !is_empty(to)) {
		return ts_fail(err, TS_EEXIST,
			       "'%.200s' is there already, and nothing is written over it.", to);
	}
	if (asprintf(&w->place, "%.*s.new", (int)len, to) < 0) {
		w->place = NULL;
		return out_of_memory(err);
	}
	return layout_folder(w->place, w->request->data, err);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static int finish(const struct work *w, struct ts_error *err)
{
	return rename(w->place, w->request->to) == 0
		       ? TS_OK
		       : ts_fail_errno(err, errno, "Can't give '%.200s' its name", w->place);
}

int layout_write(struct ts_store *store, const struct layout_request *r, struct layout_counts *ret,
		 struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct work w = {.request = r, .counts = ret, .err = err};
	*ret = (struct layout_counts){0};
	int code = ts_txn_begin(store, TS_READ, &t, err);
	w.txn = t;
	if (code == TS_OK) {
		code = make_place(&w, err);
	}
	if (code != TS_OK) {
		free(w.place);
		return code;
	}
	code = write_all(&w);
	if (code == TS_OK) {
		code = finish(&w, err);
	}
	if (code != TS_OK) {
		(void)nftw(w.place, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	}
	free(w.place);
	return code;
}
