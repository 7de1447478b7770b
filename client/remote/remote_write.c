/* SPDX-License-Identifier: MIT */
/* Making a remote: its folder is complete before it gets its name. */
#include "client/remote/remote.h"

#include "common/base/file.h"
#include "common/store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

enum { FILE_SIZE_MAX = 1 << 20 };

static const char *const own_files[] = {"remote.conf", "ca.pem", "certificate.pem", "key.pem"};

/* A new remote in work. */
struct work {
	const struct remote_new *wanted;
	struct ts_buf folder;    /* where it will be */
	struct ts_buf temporary; /* where it is until then, "" */
	struct ts_buf conf;      /* the text of remote.conf */
};

static void remove_own(const char *folder)
{
	TS_BUF(path);
	for (size_t i = 0; i < TS_COUNT_OF(own_files); i++) {
		if (place_path(&path, NULL, folder, own_files[i], NULL) == TS_OK) {
			(void)unlink(path.data);
		}
	}
	(void)rmdir(folder);
}

static void work_done(struct work *w)
{
	if (w->temporary.len > 0) {
		remove_own(w->temporary.data);
	}
	if (w->conf.data != NULL) {
		explicit_bzero(w->conf.data, w->conf.len);
	}
	ts_buf_done(&w->folder);
	ts_buf_done(&w->temporary);
	ts_buf_done(&w->conf);
}

static const char *text_of(const char *text)
{
	return text != NULL ? text : "";
}

static void add(struct work *w, const char *name, const char *value)
{
	if (value != NULL && value[0] != '\0') {
		ts_conf_add(&w->conf, name, value);
	}
}

/* What isn't there is said, since the settings have defaults. */
static void add_file(struct work *w, const char *name, struct ts_slice pem, const char *file)
{
	ts_conf_add(&w->conf, name, pem.len > 0 ? file : "");
}

static void write_conf(struct work *w)
{
	const struct remote_new *n = w->wanted;
	ts_buf_add_str(&w->conf, "# How to reach a server, and as whom. Keep it secret.\n");
	add(w, "server", n->server);
	add(w, "org", n->org);
	add(w, "user", n->user);
	add(w, "secret", n->secret);
	add_file(w, "ca", n->ca, "ca.pem");
	add_file(w, "certificate", n->certificate, "certificate.pem");
	add_file(w, "key", n->key, "key.pem");
	add(w, "trust", n->trust);
	add(w, "priorities", n->priorities);
}

/* What is there */

/* Counts the entries that are as the new remote's would be. */
struct comparison {
	struct work *work;
	size_t same;
};

static int compare_entry(const char *name, const char *value, void *arg, struct ts_error *err)
{
	struct comparison *c = arg;
	TS_BUF(line);
	(void)err;
	ts_buf_add_char(&line, '\n');
	ts_conf_add(&line, name, value);
	c->same += !line.failed && strstr(c->work->conf.data, line.data) != NULL;
	return TS_OK;
}

static bool same_conf(struct work *w)
{
	struct comparison c = {.work = w};
	TS_BUF(path);
	size_t lines = 0;
	for (const char *at = w->conf.data; (at = strchr(at, '\n')) != NULL; at++) {
		lines++;
	}
	return place_path(&path, NULL, w->folder.data, "remote.conf", NULL) == TS_OK &&
	       ts_conf_each(path.data, compare_entry, &c, NULL) == TS_OK && c.same == lines - 1;
}

static bool same_file(const struct work *w, const char *name, struct ts_slice pem)
{
	TS_BUF(path);
	TS_BUF(text);
	bool same = pem.len == 0 || (place_path(&path, NULL, w->folder.data, name, NULL) == TS_OK &&
				     ts_file_read(path.data, FILE_SIZE_MAX, &text, NULL) == TS_OK &&
				     ts_slice_eq(ts_buf_slice(&text), pem));
	if (text.data != NULL) {
		explicit_bzero(text.data, text.len);
	}
	return same;
}

static bool same_remote(struct work *w)
{
	return same_conf(w) && same_file(w, "ca.pem", w->wanted->ca) &&
	       same_file(w, "certificate.pem", w->wanted->certificate) &&
	       same_file(w, "key.pem", w->wanted->key);
}

static bool is_there(const struct work *w)
{
	TS_BUF(path);
	return place_path(&path, NULL, w->folder.data, "remote.conf", NULL) == TS_OK &&
	       access(path.data, F_OK) == 0;
}

/* Writing */

static int make_temporary(struct work *w, const struct place *place, struct ts_error *err)
{
	TS_BUF(remotes);
	int rc = place_path(&remotes, err, place->config, "remotes", NULL);
	if (rc == TS_OK) {
		rc = ts_dir_make(remotes.data, 0700, NULL, err);
	}
	if (rc == TS_OK) {
		rc = place_path(&w->temporary, err, place->config, "remote.XXXXXX", NULL);
	}
	if (rc == TS_OK && mkdtemp(w->temporary.data) == NULL) {
		rc = ts_fail_errno(err, errno, "A folder can't be made in %s", place->config);
		ts_buf_clear(&w->temporary);
	}
	return rc;
}

static int write_file(struct work *w, const char *name, struct ts_slice text, struct ts_error *err)
{
	TS_BUF(path);
	int rc = place_path(&path, err, w->temporary.data, name, NULL);
	return rc == TS_OK && text.len > 0 ? ts_file_write(path.data, text, 0600, TS_FILE_NEW, err)
					   : rc;
}

static int write_files(struct work *w, struct ts_error *err)
{
	const struct ts_slice texts[] = {ts_buf_slice(&w->conf), w->wanted->ca,
					 w->wanted->certificate, w->wanted->key};
	int rc = TS_OK;
	for (size_t i = 0; rc == TS_OK && i < TS_COUNT_OF(own_files); i++) {
		rc = write_file(w, own_files[i], texts[i], err);
	}
	return rc;
}

/* The sentence without the folder, which nobody will ever see. */
static void cut_folder(char *text, const char *folder)
{
	const size_t len = strlen(folder) + 1;
	for (char *at; (at = strstr(text, folder)) != NULL && strlen(at) >= len;) {
		memmove(at, at + len, strlen(at + len) + 1);
	}
}

/* That TLS can do something with them. */
static int check_files(struct work *w, struct ts_error *err)
{
	struct ts_error why = {0};
	TS_CLEANUP(ts_tls_creds_unref_p) struct ts_tls_creds *creds = NULL;
	const struct remote_new *n = w->wanted;
	const struct remote r = {.name = (char *)(uintptr_t)n->name,
				 .folder = w->temporary.data,
				 .ca = n->ca.len > 0 ? "ca.pem" : "",
				 .certificate = n->certificate.len > 0 ? "certificate.pem" : "",
				 .key = n->key.len > 0 ? "key.pem" : "",
				 .crl = "",
				 .trust = (char *)(uintptr_t)text_of(n->trust),
				 .priorities = (char *)(uintptr_t)text_of(n->priorities)};
	int rc = remote_creds(&r, &creds, &why);
	if (rc != TS_OK) {
		cut_folder(why.text, w->temporary.data);
		return ts_fail(err, rc, "%s", why.text);
	}
	return TS_OK;
}

/* Taking the place */

static int exchange(const char *one, const char *other)
{
	TS_BUF(aside);
	if (renameat2(AT_FDCWD, one, AT_FDCWD, other, RENAME_EXCHANGE) == 0) {
		return 0;
	}
	/* Some file systems can't: then there is a moment without. */
	ts_buf_printf(&aside, "%s.old", one);
	if (aside.failed || rename(other, aside.data) != 0) {
		return -1;
	}
	if (rename(one, other) != 0) {
		int number = errno;
		(void)!rename(aside.data, other);
		errno = number;
		return -1;
	}
	return rename(aside.data, one);
}

/* What else somebody kept in the folder moves along, such as a file for the secret. */
static void move_others(const char *from, const char *to)
{
	DIR *folder = opendir(from);
	if (folder == NULL) {
		return;
	}
	TS_BUF(old);
	TS_BUF(new);
	for (const struct dirent *e; (e = readdir(folder)) != NULL;) {
		bool own = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
		for (size_t i = 0; i < TS_COUNT_OF(own_files); i++) {
			own = own || strcmp(e->d_name, own_files[i]) == 0;
		}
		if (!own && place_path(&old, NULL, from, e->d_name, NULL) == TS_OK &&
		    place_path(&new, NULL, to, e->d_name, NULL) == TS_OK) {
			(void)!rename(old.data, new.data);
		}
	}
	(void)closedir(folder);
}

static int put_in_place(struct work *w, struct ts_error *err)
{
	const char *from = w->temporary.data, *to = w->folder.data;
	bool there = access(to, F_OK) == 0;
	if ((there ? exchange(from, to) : rename(from, to)) != 0) {
		return ts_fail_errno(err, errno, "%s can't be written", to);
	}
	if (there) {
		move_others(from, to);
	}
	return ts_file_sync_folder(to) == 0
		       ? TS_OK
		       : ts_fail_errno(err, errno, "%s can't be written to the disk", to);
}

static int make(struct work *w, const struct place *place, struct ts_error *err)
{
	int rc = make_temporary(w, place, err);
	if (rc == TS_OK) {
		rc = write_files(w, err);
	}
	if (rc == TS_OK) {
		rc = check_files(w, err);
	}
	return rc == TS_OK ? put_in_place(w, err) : rc;
}

static int note_device(const char *name, const char *value, void *arg, struct ts_error *err)
{
	(void)err;
	*(bool *)arg = *(bool *)arg || (strcmp(name, "device") == 0 && value[0] != '\0');
	return TS_OK;
}

static int write_device(const struct place *place, const char *device, struct ts_error *err)
{
	TS_BUF(path);
	bool named = false;
	int rc = place_path(&path, err, place->config, "taskc.conf", NULL);
	if (rc == TS_OK) {
		rc = ts_conf_each(path.data, note_device, &named, err);
	}
	if (rc != TS_OK && rc != TS_ENOTFOUND) {
		return rc;
	}
	return named ? TS_OK : ts_conf_edit(path.data, "device", device, NULL, err);
}

static int check_free(const struct work *w, struct ts_error *err)
{
	return !is_there(w) ? TS_OK
			    : ts_fail(err, TS_EEXIST,
				      "There is another remote '%s' already: --replace takes its "
				      "place, --remote NAME adds one with another name.",
				      w->wanted->name);
}

int remote_write(const struct place *place, const struct remote_new *n, bool replace,
		 bool *ret_made, struct ts_error *err)
{
	TS_CLEANUP(work_done) struct work w = {.wanted = n};
	if (!remote_name_ok(n->name)) {
		return ts_fail(err, TS_EINVAL,
			       "'%.80s' can't be a remote's name: it is a word of at most %d "
			       "bytes without '/', and no '.' at its beginning.",
			       n->name, TS_DEVICE_MAX);
	}
	int rc = place_path(&w.folder, err, place->config, "remotes", n->name, NULL);
	write_conf(&w);
	if (rc == TS_OK && w.conf.failed) {
		rc = ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	*ret_made = rc == TS_OK && !same_remote(&w);
	if (rc != TS_OK || !*ret_made) {
		return rc;
	}
	rc = replace ? TS_OK : check_free(&w, err);
	if (rc == TS_OK) {
		rc = make(&w, place, err);
	}
	return rc == TS_OK && text_of(n->device)[0] != '\0' ? write_device(place, n->device, err)
							    : rc;
}
