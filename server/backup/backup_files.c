/* SPDX-License-Identifier: MIT */
/* What belongs into a back-up, but for the store. */
#include "server/backup/backup.h"

#include "server/setup/enrol.h"

#include <errno.h>
#include <fts.h>

static int no_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory for a back-up.");
}

const char *backup_path_of(const char *name)
{
	size_t len = strlen(BACKUP_FILES);
	return strncmp(name, BACKUP_FILES, len) == 0 ? name + len : name;
}

static bool is_there(const struct backup_files *f, const char *path)
{
	for (const char *at = f->names.data; at != NULL && *at != '\0'; at += strlen(at) + 1) {
		if (strcmp(backup_path_of(at), path) == 0) {
			return true;
		}
	}
	return false;
}

static void add(struct backup_files *f, const char *prefix, const char *path)
{
	if (!is_there(f, path)) {
		ts_buf_printf(&f->names, "%s%s%c", prefix, path, '\0');
	}
}

/* Everything below DIR/pki; no link is followed, for it may lead anywhere. */
static int find_pki(const char *data, struct backup_files *f, struct ts_error *err)
{
	TS_AUTOFREE char *path = NULL;
	if (asprintf(&path, "%s/pki", data) < 0) {
		return no_memory(err);
	}
	char *const roots[] = {path, NULL};
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	if (walk == NULL) {
		return ts_fail_errno(err, errno, "Can't look into %s", path);
	}
	int rc = TS_OK;
	for (FTSENT *e = fts_read(walk); e != NULL && rc == TS_OK; e = fts_read(walk)) {
		if (e->fts_info == FTS_F) {
			add(f, "", e->fts_path + strlen(data) + 1);
		} else if (e->fts_info == FTS_DNR || (e->fts_info == FTS_NS && e->fts_level > 0)) {
			rc = ts_fail_errno(err, e->fts_errno, "Can't read %s", e->fts_path);
		}
	}
	(void)fts_close(walk);
	return rc;
}

/* A file that a setting names: it is in the data directory, or its owner has to save it. */
static void add_named(const char *data, const char *path, struct backup_files *f)
{
	if (path[0] == '\0' || access(path, F_OK) != 0) {
		return;
	}
	TS_AUTOFREE char *whole = realpath(path, NULL);
	TS_AUTOFREE char *root = realpath(data, NULL);
	if (whole == NULL || root == NULL) {
		return;
	}
	size_t len = strlen(root);
	if (strncmp(whole, root, len) == 0 && whole[len] == '/') {
		add(f, BACKUP_FILES, whole + len + 1);
	} else {
		ts_buf_printf(&f->outside, "%s\n", path);
	}
}

static int find_named(const struct settings *s, const char *data, struct backup_files *f,
		      struct ts_error *err)
{
	const char *const paths[] = {s->ca_cert,    s->server_cert, s->server_key, s->server_ca,
				     s->server_crl, s->client_cert, s->client_key};
	TS_BUF(key);
	for (size_t i = 0; i < TS_COUNT_OF(paths); i++) {
		add_named(data, paths[i], f);
	}
	if (enrol_ca_key(s->ca_cert, &key, NULL) == TS_OK) {
		add_named(data, key.data, f);
	}
	return f->names.failed || f->outside.failed ? no_memory(err) : TS_OK;
}

int backup_files_find(const struct settings *s, const char *data, struct backup_files *ret,
		      struct ts_error *err)
{
	TS_BUF(config);
	*ret = (struct backup_files){0};
	ts_buf_printf(&config, "%s/" BACKUP_CONFIG, data);
	if (config.failed) {
		return no_memory(err);
	}
	if (access(config.data, F_OK) == 0) {
		add(ret, "", BACKUP_CONFIG);
	}
	int rc = find_pki(data, ret, err);
	if (rc == TS_OK) {
		rc = find_named(s, data, ret, err);
	}
	if (rc != TS_OK) {
		backup_files_done(ret);
	}
	return rc;
}

void backup_files_done(struct backup_files *f)
{
	ts_buf_done(&f->names);
	ts_buf_done(&f->outside);
}
