/* SPDX-License-Identifier: MIT */
#include "client/cert/own.h"

#include "common/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { FILE_SIZE_MAX = 1 << 20 };

void own_file_done(struct own_file *f)
{
	ts_buf_done(&f->path);
	ts_buf_done(&f->text);
}

int own_file_read(const struct remote *r, const char *setting, struct own_file *ret,
		  struct ts_error *err)
{
	TS_BUF(path);
	*ret = (struct own_file){0};
	if (setting[0] == '\0' || strncmp(setting, "credential:", 11) == 0) {
		return TS_OK;
	}
	int code = remote_path(r, setting, &path, err);
	if (code == TS_OK) {
		code = ts_file_read(path.data, FILE_SIZE_MAX, &ret->text, err);
	}
	if (code != TS_OK) {
		return code;
	}
	TS_AUTOFREE char *real = realpath(path.data, NULL);
	ts_buf_add_str(&ret->path, real != NULL ? real : path.data);
	return ret->path.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

/* What a crash leaves has always the same name, and is written over. */
static int write_beside(const char *beside, struct ts_slice text, mode_t mode)
{
	const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
	TS_AUTOCLOSE int fd = open(beside, flags, 0600);
	return fd < 0 || fchmod(fd, mode) < 0 || ts_file_write_all(fd, text) < 0 || fsync(fd) < 0
		       ? -1
		       : 0;
}

int own_file_replace(const struct own_file *f, struct ts_slice text, struct ts_error *err)
{
	TS_BUF(beside);
	struct stat st;
	const char *path = f->path.data;
	const mode_t mode = stat(path, &st) == 0 ? st.st_mode & 0777 : 0600;
	ts_buf_printf(&beside, "%s.new", path);
	if (beside.failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (write_beside(beside.data, text, mode) == 0 && rename(beside.data, path) == 0 &&
	    ts_file_sync_folder(path) == 0) {
		return TS_OK;
	}
	const int number = errno;
	(void)unlink(beside.data);
	return ts_fail_errno(err, number, "%s can't be written", path);
}

static bool same_owner(const struct ts_cert *a, const struct ts_cert *b)
{
	return ts_cert_same_key(a, b) &&
	       strcmp(ts_cert_common_name(a), ts_cert_common_name(b)) == 0;
}

int own_check(const struct ts_cert *made, const struct ts_cert *old, int64_t now,
	      struct ts_error *err)
{
	if (!same_owner(made, old)) {
		return ts_fail(err, TS_EREFUSED, "it is for another key or name");
	}
	return ts_cert_from(made) <= now && ts_cert_until(made) > ts_cert_until(old)
		       ? TS_OK
		       : ts_fail(err, TS_EREFUSED, "it doesn't begin by now, or end later");
}

/* Authorities */

/* A later certificate of `own` among those offered; *found also where it isn't later. */
static int find_newer(const struct ts_cert *own, struct ts_slice offered, struct ts_cert **ret,
		      bool *found, struct ts_error *err)
{
	struct ts_slice pem;
	int code = TS_OK;
	while (code == TS_OK && ts_cert_cut(&offered, &pem)) {
		TS_CLEANUP(ts_cert_free_p) struct ts_cert *c = NULL;
		code = ts_cert_parse(pem, &c, err);
		if (code != TS_OK || !same_owner(c, own) || !ts_cert_issued_by(c, own)) {
			continue;
		}
		*found = true;
		if (*ret == NULL && ts_cert_until(c) > ts_cert_until(own)) {
			*ret = TS_TAKE(c);
		}
	}
	return code;
}

int own_authorities(struct ts_slice text, struct ts_slice offered, struct ts_buf *to,
		    enum own_authority *ret, struct ts_error *err)
{
	struct ts_slice pem, rest = offered;
	bool found = !ts_cert_cut(&rest, &pem), newer = false;
	int code = TS_OK;
	while (code == TS_OK && ts_cert_cut(&text, &pem)) {
		TS_CLEANUP(ts_cert_free_p) struct ts_cert *own = NULL;
		TS_CLEANUP(ts_cert_free_p) struct ts_cert *later = NULL;
		code = ts_cert_parse(pem, &own, err);
		if (code == TS_OK) {
			code = find_newer(own, offered, &later, &found, err);
		}
		newer = newer || later != NULL;
		ts_buf_add_slice(to, later != NULL ? ts_cert_pem(later) : pem);
	}
	*ret = newer ? OWN_NEWER : found ? OWN_KEPT : OWN_STRANGE;
	return code == TS_OK && to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : code;
}
