/* SPDX-License-Identifier: MIT */
#include "server/backup/unpack.h"

#include "common/base/file.h"
#include "common/tls/sha256.h"
#include "server/backup/backup.h"
#include "server/backup/tar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { CHUNK = 256 * 1024, SMALL_MOST = 16 << 20 /* [bytes] of any file but the store's parts */ };

struct unpacking {
	struct tar_in *tar;
	struct ts_sha256 *hash;
	struct unpacked *result;
	const char *to;
	struct ts_buf sums; /* as they are */
	struct ts_buf told; /* SHA256SUMS: as they should be */
	unsigned parts;     /* of the store, so far */
	int store;          /* its file, or -1 */
	char chunk[CHUNK];
};

static int no_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory for a back-up.");
}

/* What comes from an archive is never trusted to be a path. */
static bool is_harmless(const char *name)
{
	struct ts_slice rest = ts_slice_of(name);
	while (rest.data != NULL) {
		struct ts_slice word = ts_slice_cut(&rest, '/');
		if (word.len == 0 || ts_slice_eq(word, TS_SLICE(".")) ||
		    ts_slice_eq(word, TS_SLICE(".."))) {
			return false;
		}
	}
	return true;
}

static bool starts(const char *name, const char *with)
{
	return strncmp(name, with, strlen(with)) == 0;
}

/* Reading entries */

static int read_all(struct unpacking *u, size_t most, struct ts_buf *to, struct ts_error *err)
{
	size_t got = 1;
	int rc = TS_OK;
	while (rc == TS_OK && got > 0) {
		rc = tar_in_read(u->tar, u->chunk, CHUNK, &got, err);
		if (rc != TS_OK) {
			return rc;
		}
		if (to->len + got > most) {
			return ts_fail(err, TS_EMALF, "The archive is no back-up of taskd.");
		}
		ts_buf_add(to, u->chunk, got);
	}
	ts_sha256_add(u->hash, ts_buf_slice(to));
	return to->failed ? no_memory(err) : rc;
}

static int make_folders(struct unpacking *u, const char *name, struct ts_error *err)
{
	TS_BUF(path);
	const char *slash = strrchr(name, '/');
	ts_buf_printf(&path, "%s/%.*s", u->to, slash != NULL ? (int)(slash - name) : 0, name);
	return path.failed ? no_memory(err) : ts_dir_make(path.data, 0700, NULL, err);
}

static int take_file(struct unpacking *u, const struct tar_entry *e, struct ts_error *err)
{
	TS_BUF(data);
	TS_BUF(path);
	int rc = read_all(u, SMALL_MOST, &data, err);
	if (rc == TS_OK) {
		rc = make_folders(u, e->name, err);
	}
	ts_buf_printf(&path, "%s/%s", u->to, e->name);
	ts_buf_add(&u->result->names, e->name, strlen(e->name) + 1);
	if (rc == TS_OK && (path.failed || u->result->names.failed)) {
		rc = no_memory(err);
	}
	if (rc == TS_OK) {
		mode_t mode = (e->mode & 0777) | 0600;
		rc = ts_file_write(path.data, ts_buf_slice(&data), mode, TS_FILE_NEW, err);
		u->result->files++;
	}
	if (data.len > 0) {
		explicit_bzero(data.data, data.len);
	}
	return rc;
}

static int write_store(struct unpacking *u, size_t len, struct ts_error *err)
{
	if (ts_file_write_all(u->store, (struct ts_slice){u->chunk, len}) != 0) {
		return ts_fail_errno(err, errno, "Can't write the store into %s", u->to);
	}
	return TS_OK;
}

static int open_store(struct unpacking *u, struct ts_error *err)
{
	TS_BUF(path);
	ts_buf_printf(&path, "%s/%s", u->to, ts_store_file);
	if (path.failed) {
		return no_memory(err);
	}
	u->store = open(path.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return u->store >= 0 ? TS_OK : ts_fail_errno(err, errno, "Can't make %s", path.data);
}

static int take_part(struct unpacking *u, const struct tar_entry *e, struct ts_error *err)
{
	char expected[64];
	size_t got = 1;
	(void)snprintf(expected, sizeof(expected), BACKUP_STORE "%s.%06u", ts_store_file,
		       ++u->parts);
	if (strcmp(e->name, expected) != 0) {
		return ts_fail(err, TS_EMALF, "The back-up has '%.100s' where %s belongs.", e->name,
			       expected);
	}
	int rc = u->store < 0 ? open_store(u, err) : TS_OK;
	while (rc == TS_OK && got > 0) {
		rc = tar_in_read(u->tar, u->chunk, CHUNK, &got, err);
		if (rc == TS_OK) {
			ts_sha256_add(u->hash, (struct ts_slice){u->chunk, got});
			rc = write_store(u, got, err);
		}
	}
	return rc;
}

static int take_header(struct unpacking *u, struct ts_error *err)
{
	const struct ts_slice first = TS_SLICE(BACKUP_HEADER "\n");
	int rc = read_all(u, SMALL_MOST, &u->result->header, err);
	if (rc != TS_OK || ts_slice_starts(ts_buf_slice(&u->result->header), first)) {
		return rc;
	}
	return ts_fail(err, TS_EFORMAT,
		       "The back-up doesn't begin with '" BACKUP_HEADER
		       "': use the version of taskd that made it, or a newer one.");
}

static int take_entry(struct unpacking *u, const struct tar_entry *e, struct ts_error *err)
{
	if (strcmp(e->name, BACKUP_FIRST) == 0) {
		return take_header(u, err);
	}
	if (u->result->header.len == 0) {
		return ts_fail(err, TS_EMALF, "The archive is no back-up of taskd.");
	}
	if (starts(e->name, BACKUP_STORE)) {
		return take_part(u, e, err);
	}
	bool known = strcmp(e->name, BACKUP_CONFIG) == 0 || starts(e->name, BACKUP_PKI) ||
		     starts(e->name, BACKUP_FILES);
	return known ? take_file(u, e, err)
		     : ts_fail(err, TS_EMALF, "The back-up holds '%.100s', which is none of ours.",
			       e->name);
}

/* Checksums */

/* The first line that differs names the file. */
static int compare_sums(const struct unpacking *u, struct ts_error *err)
{
	struct ts_slice is = ts_buf_slice(&u->sums), should = ts_buf_slice(&u->told);
	if (ts_slice_eq(is, should)) {
		return TS_OK;
	}
	struct ts_slice line;
	do {
		line = ts_slice_cut(&is, '\n');
	} while (is.data != NULL && ts_slice_eq(line, ts_slice_cut(&should, '\n')));
	struct ts_slice name = ts_slice_skip(line, TS_SHA256_TEXT + 2);
	return ts_fail(err, TS_EDAMAGED,
		       "The back-up is damaged: the checksum of '%.*s' is not the one that "
		       "SHA256SUMS has.",
		       TS_SLICE_ARGS(name));
}

static int take(struct unpacking *u, const struct tar_entry *e, struct ts_error *err)
{
	char sum[TS_SHA256_TEXT + 1];
	if (!e->regular || !is_harmless(e->name)) {
		return ts_fail(err, TS_EMALF, "The back-up holds '%.100s', which is no file.",
			       e->name);
	}
	if (strcmp(e->name, BACKUP_SUMS) == 0) {
		return read_all(u, SMALL_MOST, &u->told, err);
	}
	int rc = take_entry(u, e, err);
	if (rc == TS_OK) {
		ts_sha256_take(u->hash, sum);
		ts_buf_printf(&u->sums, "%s  %s\n", sum, e->name);
	}
	return rc;
}

static int finish(struct unpacking *u, struct ts_error *err)
{
	if (u->sums.failed || u->told.failed) {
		return no_memory(err);
	}
	if (u->told.len == 0) {
		return ts_fail(err, TS_EMALF,
			       "The back-up is not complete: " BACKUP_SUMS
			       ", which is its end, is missing.");
	}
	int rc = compare_sums(u, err);
	if (rc == TS_OK && u->store < 0) {
		rc = ts_fail(err, TS_EMALF, "The back-up holds no store.");
	}
	if (rc == TS_OK && fsync(u->store) != 0) {
		rc = ts_fail_errno(err, errno, "Can't write the store into %s", u->to);
	}
	return rc;
}

static int run(struct unpacking *u, struct ts_error *err)
{
	struct tar_entry e;
	int rc = TS_OK;
	while (rc == TS_OK && u->told.len == 0) {
		rc = tar_in_next(u->tar, &e, err);
		if (rc == TS_OK) {
			rc = take(u, &e, err);
		}
	}
	return rc == TS_OK || rc == TS_ENOTFOUND ? finish(u, err) : rc;
}

int unpack(int fd, const char *to, struct unpacked *ret, struct ts_error *err)
{
	TS_CLEANUP(tar_in_free_p) struct tar_in *tar = NULL;
	TS_CLEANUP(ts_sha256_free_p) struct ts_sha256 *hash = NULL;
	TS_AUTOFREE struct unpacking *u = calloc(1, sizeof(*u));
	*ret = (struct unpacked){0};
	if (u == NULL) {
		return no_memory(err);
	}
	int rc = tar_in_new(fd, &tar, err);
	if (rc == TS_OK) {
		rc = ts_sha256_new(&hash, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	*u = (struct unpacking){.tar = tar, .hash = hash, .result = ret, .to = to, .store = -1};
	rc = run(u, err);
	ts_close_p(&u->store);
	ts_buf_done(&u->sums);
	ts_buf_done(&u->told);
	if (rc != TS_OK) {
		unpacked_done(ret);
	}
	return rc;
}

void unpacked_done(struct unpacked *u)
{
	ts_buf_done(&u->header);
	ts_buf_done(&u->names);
}
