/* SPDX-License-Identifier: MIT */
/* Organizations and users, each as Taskserver has it: a folder with a few small files. */
#include "server/adopt/adopt_internal.h"
#include "server/adopt/free_name.h"

#include <stdio.h>

/* One organization while it is taken over. */
struct org_work {
	struct adoption *a;
	struct ts_org org;
	const char *folder; /* its path */
	const char *shown;  /* … below the old directory */
};

static int out_of_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory.");
}

static int found(struct adoption *a, enum finding kind, const char *folder, const char *name,
		 const char *text, struct ts_error *err)
{
	TS_BUF(path);
	ts_buf_printf(&path, "%s/%s", folder, name);
	return path.failed ? out_of_memory(err)
			   : report_add(&a->report, kind, path.data, 0, err, "%s", text);
}

/* Files that nobody reads are named, so that somebody may look at them. */
static int tell_others(struct adoption *a, const char *path, const char *shown,
		       const char *const known[], bool folders_known, struct ts_error *err)
{
	TS_CLEANUP(old_list_done) struct old_list l = {0};
	int code = old_list(path, &l, err);
	for (size_t i = 0; i < l.count && code == TS_OK; i++) {
		const struct old_entry *e = &l.at[i];
		bool is_known = folders_known && e->folder;
		for (size_t k = 0; known[k] != NULL && !is_known; k++) {
			is_known = strcmp(known[k], e->name) == 0;
		}
		if (!is_known) {
			code = found(a, FOUND_FILE, shown, e->name, "nothing reads it", err);
		}
	}
	return code;
}

struct new_user {
	struct org_work *w;
	const struct old_user *old;
	int64_t created;
	struct ts_uuid key;
	bool has_key; /* the folder's name is a UUID, and nobody else's */
	struct ts_user user;
};

static int try_user(struct ts_slice name, void *arg, struct ts_error *err)
{
	struct new_user *n = arg;
	struct ts_txn *t = n->w->a->txn;
	struct ts_user there;
	int code = ts_user_get(t, &n->w->org, name, &there, err);
	if (code != TS_ENOTFOUND) {
		return code == TS_OK ? TS_EEXIST : code;
	}
	return n->has_key ? ts_user_add_with_key(t, &n->w->org, name, &n->key, n->created, &n->user,
						 err)
			  : ts_user_add(t, &n->w->org, name, n->created, &n->user, err);
}

/* Is the key one, and free? Two folders may differ in upper and lower case only. */
static int look_at_key(struct new_user *n, struct ts_error *err)
{
	struct ts_user there;
	n->has_key = ts_uuid_parse(ts_slice_of(n->old->folder), &n->key);
	int code = n->has_key ? ts_user_by_key(n->w->a->txn, &n->w->org, &n->key, &there, err)
			      : TS_ENOTFOUND;
	n->has_key = n->has_key && code == TS_ENOTFOUND;
	return code == TS_ENOTFOUND ? TS_OK : code;
}

/* The name that clients send goes on to open the account. */
static int tell_name(struct new_user *n, const char *path, struct ts_error *err)
{
	struct report *r = &n->w->a->report;
	const char *old = n->old->name;
	if (old == NULL) {
		return report_add(r, FOUND_NAME, path, 0, err,
				  "a user without a name, whom nobody could log in as, is '%s' now",
				  n->user.name);
	}
	if (strcmp(old, n->user.name) == 0) {
		return TS_OK;
	}
	int code = ts_alias_add(n->w->a->txn, &n->user, ts_slice_of(old), err);
	if (code == TS_EINVAL) {
		return report_add(r, FOUND_NAME, path, 0, err,
				  "the name '%.300s' is not allowed; the user is '%s' now, and the "
				  "clients have to be told",
				  old, n->user.name);
	}
	return code == TS_OK ? report_add(r, FOUND_NAME, path, 0, err,
					  "another user is called '%.300s'; this one is '%s' now, "
					  "and clients may go on to use the old name",
					  old, n->user.name)
			     : code;
}

static int tell_user(struct new_user *n, const char *path, struct ts_error *err)
{
	struct report *r = &n->w->a->report;
	int code = tell_name(n, path, err);
	if (code == TS_OK && !n->has_key) {
		code = report_add(r, FOUND_KEY, path, 0, err,
				  "its name can't be the key of user '%s', who got a new one: "
				  "the clients have to be told",
				  n->user.name);
	}
	if (code == TS_OK && n->old->unfinished) {
		const bool taken = strcmp(n->old->data, "tx.tmp.data") == 0;
		code = found(n->w->a, taken ? FOUND_TMP_TAKEN : FOUND_FILE, path, "tx.tmp.data",
			     taken ? "there was no tx.data, so it was taken"
				   : "a write that Taskserver never finished nor confirmed",
			     err);
	}
	return code;
}

static int make_user(struct new_user *n, const char *path, struct ts_error *err)
{
	struct adoption *a = n->w->a;
	TS_BUF(name);
	const char *wish = n->old->name != NULL ? n->old->name : n->old->folder;
	int code = adopt_begin(a, err);
	if (code == TS_OK) {
		code = look_at_key(n, err);
	}
	if (code == TS_OK) {
		code = free_name_add(ts_slice_of(wish), &name, try_user, n, err);
	}
	if (code == TS_OK && n->old->suspended) {
		n->user.suspended = true;
		code = ts_user_update(a->txn, &n->user, err);
	}
	a->uncommitted++;
	a->report.totals.users++;
	a->report.totals.users_suspended += n->old->suspended;
	return code == TS_OK ? tell_user(n, path, err) : code;
}

/* An account is as old as its config, but not younger than its first task. */
static int64_t created(const struct adoption *a, const struct old_user *u, const char *data)
{
	const int64_t now = a->request->now;
	int64_t t = u->created > 0 && u->created < now ? u->created : now;
	int64_t first = data != NULL ? adopt_history_begin(data) : 0;
	return first > 0 && first < t ? first : t;
}

static int take_user(struct org_work *w, const struct old_user *u, const char *folder,
		     const char *shown, struct ts_error *err)
{
	static const char *const known[] = {"config", "suspended", "tx.data", "tx.tmp.data", NULL};
	TS_BUF(data);
	TS_BUF(data_shown);
	if (u->data != NULL) {
		ts_buf_printf(&data, "%s/%s", folder, u->data);
		ts_buf_printf(&data_shown, "%s/%s", shown, u->data);
	}
	if (data.failed || data_shown.failed) {
		return out_of_memory(err);
	}
	struct new_user n = {.w = w, .old = u, .created = created(w->a, u, data.data)};
	int code = make_user(&n, shown, err);
	if (code == TS_OK) {
		code = tell_others(w->a, folder, shown, known, false, err);
	}
	if (code == TS_OK && u->data != NULL) {
		code = adopt_history(w->a, &n.user, data.data, data_shown.data, err);
	}
	return code;
}

static int take_users(struct org_work *w, struct ts_error *err)
{
	static const char *const none[] = {NULL};
	TS_CLEANUP(old_users_done) struct old_users users = {0};
	TS_BUF(path);
	TS_BUF(shown);
	ts_buf_printf(&path, "%s/users", w->folder);
	ts_buf_printf(&shown, "%s/users", w->shown);
	const size_t path_len = path.len, shown_len = shown.len;
	int code = path.failed || shown.failed ? out_of_memory(err)
					       : old_users(path.data, &users, err);
	if (code == TS_OK && old_has(w->folder, "users")) {
		code = tell_others(w->a, path.data, shown.data, none, true, err);
	}
	for (size_t i = 0; i < users.count && code == TS_OK; i++) {
		const struct old_user *u = &users.at[i];
		path.len = path_len;
		shown.len = shown_len;
		ts_buf_printf(&path, "/%s", u->folder);
		ts_buf_printf(&shown, "/%s", u->folder);
		if (path.failed || shown.failed) {
			return out_of_memory(err);
		}
		code = u->name == NULL && u->data == NULL
			       ? report_add(&w->a->report, FOUND_EMPTY_USER, shown.data, 0, err,
					    "it holds neither a name nor tasks")
			       : take_user(w, u, path.data, shown.data, err);
	}
	return code;
}

static int try_org(struct ts_slice name, void *arg, struct ts_error *err)
{
	struct org_work *w = arg;
	return ts_org_add(w->a->txn, name, w->a->request->now, err);
}

static int read_redirect(struct org_work *w, struct ts_error *err)
{
	TS_BUF(redirect);
	if (!old_has(w->folder, "redirect")) {
		return TS_OK;
	}
	int code = old_first_line(w->folder, "redirect", &redirect, err);
	if (code != TS_OK) {
		return code;
	}
	if (redirect.len == 0 || redirect.len > TS_REDIRECT_MAX) {
		return found(w->a, FOUND_FILE, w->shown, "redirect", "it names no address", err);
	}
	memcpy(w->org.redirect, redirect.data, redirect.len + 1);
	w->a->report.totals.redirects++;
	return TS_OK;
}

static int make_org(struct org_work *w, const char *folder, struct ts_error *err)
{
	struct adoption *a = w->a;
	TS_BUF(name);
	int code = adopt_begin(a, err);
	if (code == TS_OK) {
		code = free_name_add(ts_slice_of(folder), &name, try_org, w, err);
	}
	if (code == TS_OK) {
		code = ts_org_get(a->txn, ts_buf_slice(&name), &w->org, err);
	}
	if (code == TS_OK && strcmp(w->org.name, folder) != 0) {
		code = report_add(&a->report, FOUND_NAME, w->shown, 0, err,
				  "the name is not allowed; the organization is '%s' now, and the "
				  "clients have to be told",
				  w->org.name);
	}
	if (code == TS_OK) {
		code = read_redirect(w, err);
	}
	w->org.suspended = old_has(w->folder, "suspended");
	a->report.totals.orgs++;
	a->report.totals.orgs_suspended += w->org.suspended;
	return code == TS_OK ? ts_org_update(a->txn, &w->org, err) : code;
}

static int take_org(struct adoption *a, const char *name, struct ts_error *err)
{
	static const char *const known[] = {"users", "groups", "suspended", "redirect", NULL};
	TS_BUF(path);
	TS_BUF(shown);
	ts_buf_printf(&path, "%s/orgs/%s", a->old, name);
	ts_buf_printf(&shown, "orgs/%s", name);
	if (path.failed || shown.failed) {
		return out_of_memory(err);
	}
	struct org_work w = {.a = a, .folder = path.data, .shown = shown.data};
	int code = make_org(&w, name, err);
	if (code == TS_OK) {
		code = tell_others(a, w.folder, w.shown, known, false, err);
	}
	return code == TS_OK ? take_users(&w, err) : code;
}

int adopt_accounts(struct adoption *a, struct ts_error *err)
{
	TS_CLEANUP(old_list_done) struct old_list orgs = {0};
	TS_BUF(path);
	ts_buf_printf(&path, "%s/orgs", a->old);
	int code = path.failed ? out_of_memory(err) : old_list(path.data, &orgs, err);
	for (size_t i = 0; i < orgs.count && code == TS_OK; i++) {
		const struct old_entry *e = &orgs.at[i];
		code = e->folder ? take_org(a, e->name, err)
				 : found(a, FOUND_FILE, "orgs", e->name, "nothing reads it", err);
	}
	return code;
}

static uint64_t size_of_org(const struct adoption *a, const char *org)
{
	TS_CLEANUP(old_users_done) struct old_users users = {0};
	TS_BUF(path);
	uint64_t size = 0;
	ts_buf_printf(&path, "%s/orgs/%s/users", a->old, org);
	if (path.failed || old_users(path.data, &users, NULL) != TS_OK) {
		return 0;
	}
	for (size_t i = 0; i < users.count; i++) {
		size += (uint64_t)users.at[i].size;
	}
	return size;
}

uint64_t adopt_size(const struct adoption *a)
{
	TS_CLEANUP(old_list_done) struct old_list orgs = {0};
	TS_BUF(path);
	uint64_t size = 0;
	ts_buf_printf(&path, "%s/orgs", a->old);
	if (path.failed || old_list(path.data, &orgs, NULL) != TS_OK) {
		return 0;
	}
	for (size_t i = 0; i < orgs.count; i++) {
		size += orgs.at[i].folder ? size_of_org(a, orgs.at[i].name) : 0;
	}
	return size;
}
