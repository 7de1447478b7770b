/* SPDX-License-Identifier: MIT */
/* The configuration, the files that it names, and who may read them. */
#include "client/setup/doctor_internal.h"

#include <errno.h>
#include <sys/stat.h>

void doctor_settings(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	TS_BUF(path);
	if (place_path(&path, NULL, d->wish->place->config, "taskc.conf", NULL) != TS_OK) {
		ts_checkup_fail(&d->checkup, TS_ENOMEM, "", "Out of memory.");
	} else if (d->wish->fault->text[0] != '\0') {
		ts_checkup_fail(&d->checkup, d->wish->fault->code,
				"edit the file; `taskc config` lists what can be set", "%s",
				d->wish->fault->text);
	} else if (access(path.data, F_OK) != 0) {
		ts_checkup_ok(&d->checkup, "There is no %s; the defaults hold.", path.data);
	} else {
		ts_checkup_ok(&d->checkup, "%s is in order.", path.data);
	}
}

/* Only that there is a secret: whether it is right, the server says. */
static int check_secret(const struct remote *r, struct ts_error *err)
{
	TS_BUF(secret);
	int rc = remote_secret(r, -1, &secret, err);
	if (secret.len > 0) {
		explicit_bzero(secret.data, secret.len);
	}
	return rc;
}

void doctor_remote(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	struct ts_error err = {0};
	struct remote *r = &d->remote;
	int rc = remote_read(d->wish->place, d->wish->settings, d->wish->remote, r, &err);
	if (rc == TS_OK) {
		rc = remote_address(r, &d->address, &err);
	}
	if (rc == TS_OK && (r->org[0] == '\0' || r->user[0] == '\0')) {
		rc = ts_fail(&err, TS_EINVAL, "The remote %s has no `org` or no `user`.", r->name);
	}
	if (rc == TS_OK) {
		rc = check_secret(r, &err);
	}
	if (rc == TS_OK) {
		ts_checkup_ok(&d->checkup, "'%s' is %s as %s/%s.", r->name, r->server, r->org,
			      r->user);
		return;
	}
	ts_checkup_fail(&d->checkup, rc,
			r->name != NULL ? "edit remote.conf, or apply the bundle again with `taskc "
					  "setup FILE --replace`"
					: "",
			"%s", err.text);
}

/* The settings that are files; `secret`: nobody else may read it. */
static const struct {
	const char *name;
	size_t at;
	bool secret;
} files[] = {
	{"ca", offsetof(struct remote, ca), false},
	{"certificate", offsetof(struct remote, certificate), false},
	{"key", offsetof(struct remote, key), true},
	{"crl", offsetof(struct remote, crl), false},
	{"secret.file", offsetof(struct remote, secret_file), true},
};

static const char *setting_at(const struct remote *r, size_t i)
{
	return *(char *const *)(const void *)((const char *)r + files[i].at);
}

static bool check_file(struct doctor *d, size_t i)
{
	TS_BUF(path);
	struct ts_error err = {0};
	int rc = remote_path(&d->remote, setting_at(&d->remote, i), &path, &err);
	if (rc == TS_OK && access(path.data, R_OK) != 0) {
		rc = ts_fail_errno(&err, errno, "%s can't be read", path.data);
	}
	if (rc != TS_OK) {
		ts_checkup_fail(&d->checkup, rc, DOCTOR_NEW_BUNDLE,
				"The file of the setting `%s`: %s", files[i].name, err.text);
	}
	return rc == TS_OK;
}

void doctor_files(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	bool good = true;
	size_t count = 0;
	for (size_t i = 0; i < TS_COUNT_OF(files); i++) {
		if (setting_at(&d->remote, i)[0] != '\0') {
			good = check_file(d, i) && good;
			count++;
		}
	}
	if (good) {
		ts_checkup_ok(&d->checkup, "All %zu files that remote.conf names are there.",
			      count);
	}
}

static bool check_mode(struct doctor *d, const char *path)
{
	struct stat st;
	if (stat(path, &st) != 0 || (st.st_mode & 077) == 0) {
		return true;
	}
	TS_BUF(advice);
	ts_buf_printf(&advice, "chmod 600 '%s'", path);
	ts_checkup_fail(&d->checkup, TS_EINVAL, advice.failed ? "" : advice.data,
			"%s has mode %04o: others on this machine can use it.", path,
			(unsigned)st.st_mode & 07777);
	return false;
}

/* Systemd's credentials are in its own care. */
void doctor_modes(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	TS_BUF(path);
	bool good = place_path(&path, NULL, d->remote.folder, "remote.conf", NULL) != TS_OK ||
		    check_mode(d, path.data);
	for (size_t i = 0; i < TS_COUNT_OF(files); i++) {
		const char *setting = setting_at(&d->remote, i);
		if (files[i].secret && setting[0] != '\0' &&
		    strncmp(setting, "credential:", strlen("credential:")) != 0 &&
		    remote_path(&d->remote, setting, &path, NULL) == TS_OK) {
			good = check_mode(d, path.data) && good;
		}
	}
	if (good) {
		ts_checkup_ok(&d->checkup, "Nobody else can read the keys.");
	}
}
