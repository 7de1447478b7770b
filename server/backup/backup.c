/* SPDX-License-Identifier: MIT */
#include "server/backup/backup.h"

#include "common/base/date.h"
#include "common/base/file.h"
#include "common/tls/sha256.h"
#include "server/backup/tar.h"

#include <config.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>

enum {
	PART_BYTES = 8 << 20, /* of the store at a time */
	FILE_MOST = 16 << 20  /* [bytes] of a certificate's or a configuration's file */
};

/* An archive in the making. */
struct making {
	struct tar_out *tar;
	struct ts_sha256 *hash;
	struct ts_buf sums; /* SHA256SUMS so far */
	int64_t now;
	struct backup_counts counts;
};

static int no_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory for a back-up.");
}

static int add(struct making *m, const char *name, mode_t mode, int64_t modified,
	       struct ts_slice data, struct ts_error *err)
{
	char sum[TS_SHA256_TEXT + 1];
	ts_sha256_add(m->hash, data);
	ts_sha256_take(m->hash, sum);
	ts_buf_printf(&m->sums, "%s  %s\n", sum, name);
	m->counts.files++;
	m->counts.bytes += data.len;
	return tar_out_add(m->tar, name, mode, modified, data, err);
}

static int add_header(struct making *m, const char *data, struct ts_error *err)
{
	TS_BUF(text);
	ts_buf_printf(&text, BACKUP_HEADER "\nmade %s by taskd " PACKAGE_VERSION "\ndata %s\n",
		      ts_date_text(m->now).text, data);
	if (text.failed) {
		return no_memory(err);
	}
	return add(m, BACKUP_FIRST, 0600, m->now, ts_buf_slice(&text), err);
}

static int add_file(struct making *m, const char *data, const char *name, struct ts_error *err)
{
	TS_BUF(path);
	TS_BUF(text);
	struct stat st;
	ts_buf_printf(&path, "%s/%s", data, backup_path_of(name));
	if (path.failed) {
		return no_memory(err);
	}
	if (stat(path.data, &st) != 0) {
		return ts_fail_errno(err, errno, "Can't read %s", path.data);
	}
	int rc = ts_file_read(path.data, FILE_MOST, &text, err);
	if (rc == TS_OK) {
		rc = add(m, name, st.st_mode & 0777, st.st_mtime, ts_buf_slice(&text), err);
	}
	if (text.len > 0) {
		explicit_bzero(text.data, text.len); /* some are keys */
	}
	return rc;
}

static int add_files(struct making *m, const char *data, const struct backup_files *files,
		     struct ts_error *err)
{
	int rc = TS_OK;
	const char *end = files->names.data + files->names.len;
	for (const char *at = files->names.data; at < end && rc == TS_OK; at += strlen(at) + 1) {
		rc = add_file(m, data, at, err);
	}
	return rc;
}

/* The store comes through a pipe from a thread of its own. */
struct copy {
	struct ts_store *store;
	int to;
	struct ts_error err;
};

static void *run_copy(void *arg)
{
	struct copy *c = arg;
	c->err.code = ts_store_copy(c->store, c->to, &c->err);
	(void)close(c->to);
	return NULL;
}

/* As much as there is, up to a part. */
static int read_part(int fd, char *to, size_t *ret_len, struct ts_error *err)
{
	size_t len = 0;
	while (len < PART_BYTES) {
		ssize_t n = read(fd, to + len, PART_BYTES - len);
		if (n < 0 && errno != EINTR) {
			return ts_fail_errno(err, errno, "Can't read the store's copy");
		}
		if (n == 0) {
			break;
		}
		len += n > 0 ? (size_t)n : 0;
	}
	*ret_len = len;
	return TS_OK;
}

static int add_parts(struct making *m, int fd, struct ts_error *err)
{
	TS_AUTOFREE char *part = malloc(PART_BYTES);
	if (part == NULL) {
		return no_memory(err);
	}
	size_t len = PART_BYTES;
	int rc = TS_OK;
	for (unsigned i = 1; rc == TS_OK && len == PART_BYTES; i++) {
		char name[64];
		(void)snprintf(name, sizeof(name), BACKUP_STORE "%s.%06u", ts_store_file, i);
		rc = read_part(fd, part, &len, err);
		if (rc == TS_OK && len > 0) {
			rc = add(m, name, 0600, m->now, (struct ts_slice){part, len}, err);
		}
	}
	return rc;
}

static int add_store(struct making *m, struct ts_store *store, struct ts_error *err)
{
	int ends[2];
	pthread_t thread;
	if (pipe2(ends, O_CLOEXEC) != 0) {
		return ts_fail_errno(err, errno, "Can't make a pipe");
	}
	struct copy copy = {.store = store, .to = ends[1]};
	int failure = pthread_create(&thread, NULL, run_copy, &copy);
	if (failure != 0) {
		(void)close(ends[0]);
		(void)close(ends[1]);
		return ts_fail_errno(err, failure, "Can't start a thread");
	}
	int rc = add_parts(m, ends[0], err);
	(void)close(ends[0]); /* where it failed, the thread's next write does as well */
	(void)pthread_join(thread, NULL);
	return rc == TS_OK && copy.err.code != TS_OK
		       ? ts_fail(err, copy.err.code, "%s", copy.err.text)
		       : rc;
}

/* Not a line of it counts for itself. */
static int add_sums(struct making *m, struct ts_error *err)
{
	if (m->sums.failed) {
		return no_memory(err);
	}
	int rc = tar_out_add(m->tar, BACKUP_SUMS, 0600, m->now, ts_buf_slice(&m->sums), err);
	return rc == TS_OK ? tar_out_finish(m->tar, err) : rc;
}

static int make(struct making *m, const char *data, const struct backup_files *files,
		struct ts_store *store, struct ts_error *err)
{
	int rc = add_header(m, data, err);
	if (rc == TS_OK) {
		rc = add_files(m, data, files, err);
	}
	if (rc == TS_OK) {
		rc = add_store(m, store, err);
	}
	return rc == TS_OK ? add_sums(m, err) : rc;
}

int backup_write(const char *data, const struct backup_files *files, struct ts_store *store, int fd,
		 struct backup_counts *ret, struct ts_error *err)
{
	TS_CLEANUP(tar_out_free_p) struct tar_out *tar = NULL;
	TS_CLEANUP(ts_sha256_free_p) struct ts_sha256 *hash = NULL;
	int rc = tar_out_new(fd, &tar, err);
	if (rc == TS_OK) {
		rc = ts_sha256_new(&hash, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	struct making m = {.tar = tar, .hash = hash, .now = ts_date_now()};
	rc = make(&m, data, files, store, err);
	ts_buf_done(&m.sums);
	if (rc == TS_OK) {
		*ret = m.counts;
	}
	return rc;
}
