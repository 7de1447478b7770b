/* SPDX-License-Identifier: MIT */
/* Giving a device what was made for it. */
#include "server/setup/enrol_internal.h"

#include "common/base/file.h"
#include "server/cert/devices.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

int enrol_no_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "There is no memory for a bundle.");
}

void enrol_wipe(struct ts_buf *secret)
{
	if (secret->len > 0) {
		explicit_bzero(secret->data, secret->len);
	}
}

struct work {
	struct ts_buf path, cert; /* of the certificate */
	struct ts_buf bundle;
	int lock;
};

static void work_done(struct work *w)
{
	enrol_wipe(&w->bundle);
	ts_buf_done(&w->bundle);
	ts_buf_done(&w->cert);
	ts_buf_done(&w->path);
	ts_close_p(&w->lock);
}

/* Until the lock is closed nobody else gives a device anything. */
static int lock_clients(const struct enrolment *e, int *ret_fd, struct ts_error *err)
{
	TS_BUF(folder);
	ts_buf_printf(&folder, "%s/pki/clients", e->data);
	int rc = folder.failed ? enrol_no_memory(err) : ts_dir_make(folder.data, 0700, NULL, err);
	if (rc != TS_OK) {
		return rc;
	}
	*ret_fd = open(folder.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd >= 0 && flock(*ret_fd, LOCK_EX) == 0
		       ? TS_OK
		       : ts_fail_errno(err, errno, "Can't lock '%s'", folder.data);
}

static int check_names(const struct enrolment *e, struct ts_error *err)
{
	struct ts_error why = {0};
	int rc = ts_name_check(ts_slice_of(e->device), &why);
	return rc == TS_OK
		       ? TS_OK
		       : ts_fail(err, rc, "'%s' can't be a device's name. %s", e->device, why.text);
}

static int check_new(const struct enrolment *e, const struct work *w, struct ts_error *err)
{
	return access(w->path.data, F_OK) != 0
		       ? TS_OK
		       : ts_fail(err, TS_EEXIST,
				 "The device '%s' has a certificate already, %s; choose another "
				 "name with --device, or give it a new one with --renew.",
				 e->device, w->path.data);
}

/* The device that gets another certificate. One that was made before devices were registered is
 * known by its file only. */
static int find_old(const struct enrolment *e, const struct work *w, struct ts_txn *t,
		    struct ts_device *ret, struct ts_error *err)
{
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	int rc = ts_device_by_name(t, e->user_id, ts_slice_of(e->device), ret, err);
	if (rc == TS_OK && !ret->certificate) {
		return ts_fail(err, TS_EINVAL,
			       "'%s' is a program that came without a certificate; there is "
			       "nothing to renew.",
			       e->device);
	}
	if (rc != TS_ENOTFOUND) {
		return rc;
	}
	if (ts_cert_open(w->path.data, &cert, NULL) != TS_OK) {
		return ts_fail(err, TS_ENOTFOUND,
			       "The user '%s' has no device '%s' to renew; 'taskd device list' "
			       "shows the names.",
			       e->user, e->device);
	}
	return cert_device(cert, ts_slice_of(e->device), ret, err);
}

static int check_old(const struct enrolment *e, const struct work *w, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct ts_device old;
	int rc = ts_txn_begin(e->store, TS_READ, &t, err);
	return rc == TS_OK ? find_old(e, w, t, &old, err) : rc;
}

static int check_device(const struct enrolment *e, const struct work *w, struct ts_error *err)
{
	return e->renew ? check_old(e, w, err) : check_new(e, w, err);
}

/* All that can be refused is refused before the first file is written. */
static int prepare(const struct enrolment *e, struct work *w, struct ts_error *err)
{
	int rc = check_names(e, err);
	if (rc == TS_OK) {
		enrol_cert_path(e, &w->path);
		rc = w->path.failed ? enrol_no_memory(err) : check_device(e, w, err);
	}
	if (rc == TS_OK) {
		rc = enrol_make(e, &w->cert, &w->bundle, err);
	}
	if (rc == TS_OK) {
		rc = lock_clients(e, &w->lock, err);
	}
	return rc == TS_OK ? check_device(e, w, err) : rc;
}

static int keep_cert(const struct enrolment *e, const struct work *w, struct ts_error *err)
{
	enum ts_file_how how = e->renew ? TS_FILE_REPLACE : TS_FILE_NEW;
	return ts_file_write(w->path.data, ts_buf_slice(&w->cert), 0600, how, err);
}

static int renew_device(const struct enrolment *e, const struct work *w, struct ts_txn *t,
			struct ts_device *d, struct ts_error *err)
{
	struct ts_device old;
	int rc = find_old(e, w, t, &old, err);
	if (rc == TS_OK) {
		rc = ts_device_put(t, e->user_id, &old, err);
	}
	return rc == TS_OK ? cert_device_renew(t, e->user_id, &old, d, err) : rc;
}

static int register_device(const struct enrolment *e, const struct work *w, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	struct ts_device d;
	int rc = ts_cert_parse(ts_buf_slice(&w->cert), &cert, err);
	if (rc == TS_OK) {
		rc = cert_device(cert, ts_slice_of(e->device), &d, err);
	}
	if (rc == TS_OK) {
		rc = ts_txn_begin(e->store, TS_WRITE, &t, err);
	}
	if (rc == TS_OK) {
		rc = e->renew ? renew_device(e, w, t, &d, err)
			      : cert_device_add(t, e->user_id, &d, err);
	}
	return rc == TS_OK ? ts_txn_commit(TS_TAKE(t), err) : rc;
}

/* In this order, so that what a crash leaves is a device that nobody has used, which the next try
 * replaces. */
static int settle(const struct enrolment *e, const struct work *w, struct ts_error *err)
{
	int rc = register_device(e, w, err);
	return rc == TS_OK ? keep_cert(e, w, err) : rc;
}

int enrol_to_stream(const struct enrolment *e, FILE *to, struct ts_error *err)
{
	TS_CLEANUP(work_done) struct work w = {.lock = -1};
	int rc = prepare(e, &w, err);
	if (rc == TS_OK) {
		rc = settle(e, &w, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	if (fwrite(w.bundle.data, 1, w.bundle.len, to) != w.bundle.len || fflush(to) != 0) {
		rc = ts_fail_errno(err, errno, "The bundle can't be written");
		(void)(e->renew || unlink(w.path.data) == 0);
	}
	return rc;
}

static int choose_output(const struct enrolment *e, struct ts_buf *path, struct ts_error *err)
{
	TS_BUF(folder);
	if (e->output == NULL) {
		enrol_bundle_path(e, path);
		ts_buf_printf(&folder, "%s/bundles", e->data);
		return path->failed || folder.failed ? enrol_no_memory(err)
						     : ts_dir_make(folder.data, 0700, NULL, err);
	}
	ts_buf_add_str(path, e->output);
	if (path->failed) {
		return enrol_no_memory(err);
	}
	return access(path->data, F_OK) != 0
		       ? TS_OK
		       : ts_fail(err, TS_EEXIST, "%s is there already.", path->data);
}

/* The certificate comes last: a device that has one has its bundle and is registered, whenever a
 * crash comes. */
int enrol_to_file(const struct enrolment *e, struct ts_buf *ret_path, struct ts_error *err)
{
	TS_CLEANUP(work_done) struct work w = {.lock = -1};
	TS_BUF(path);
	enum ts_file_how how = e->output == NULL ? TS_FILE_REPLACE : TS_FILE_NEW;
	int rc = choose_output(e, &path, err);
	if (rc == TS_OK) {
		rc = prepare(e, &w, err);
	}
	if (rc == TS_OK) {
		rc = ts_file_write(path.data, ts_buf_slice(&w.bundle), 0600, how, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	rc = settle(e, &w, err);
	if (rc != TS_OK) {
		(void)unlink(path.data);
		return rc;
	}
	ts_buf_add_slice(ret_path, ts_buf_slice(&path));
	return ret_path->failed ? enrol_no_memory(err) : TS_OK;
}
