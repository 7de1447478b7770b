/* SPDX-License-Identifier: MIT */
/* The data directory, the configuration, and the files that it names. */
#include "server/doctor/doctor_internal.h"

#include "server/setup/enrol.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>

enum { OTHERS = S_IRWXG | S_IRWXO, OTHERS_WRITE = S_IWGRP | S_IWOTH };

/* A copy: what getpwuid() gives lasts until it is called again, perhaps in the same sentence. */
struct name {
	char text[64];
};

static struct name name_of(uid_t uid)
{
	struct name name;
	const struct passwd *p = getpwuid(uid);
	(void)snprintf(name.text, sizeof(name.text), "%.60s",
		       p != NULL ? p->pw_name : "somebody unknown");
	return name;
}

/* Who the server is, or will be. */
static uid_t server_uid(const struct doctor *d)
{
	const char *name = d->settings->run_user;
	const struct passwd *p = name != NULL && name[0] != '\0' ? getpwnam(name) : NULL;
	return p != NULL && geteuid() == 0 ? p->pw_uid : geteuid();
}

void doctor_data(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	const char *data = d->wish->data;
	struct stat st;
	if (stat(data, &st) != 0) {
		ts_checkup_fail(c, TS_ENOTFOUND, "`taskd setup` makes one",
				"The data directory %s can't be looked at: %s.", data,
				strerrordesc_np(errno));
	} else if (access(data, R_OK | W_OK | X_OK) != 0) {
		ts_checkup_fail(c, TS_EIO, "run taskd as the user that the directory belongs to",
				"The data directory %s belongs to %s, and %s may not write there.",
				data, name_of(st.st_uid).text, name_of(geteuid()).text);
	} else if (geteuid() == 0 && st.st_uid != server_uid(d)) {
		ts_checkup_warn(c, "start the server as that user, or set run.user",
				"The data directory %s belongs to %s, and the server would run as "
				"%s.",
				data, name_of(st.st_uid).text, name_of(server_uid(d)).text);
	} else if ((st.st_mode & OTHERS_WRITE) != 0) {
		ts_checkup_warn(c, "chmod go-w", "Others may write into the data directory %s.",
				data);
	} else {
		ts_checkup_ok(c, "The data directory is %s.", data);
	}
}

void doctor_settings(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	if (d->wish->fault->text[0] != '\0') {
		ts_checkup_fail(c, d->wish->fault->code, "see taskdrc(5)", "%s",
				d->wish->fault->text);
	} else if (d->settings->server[0] == '\0') {
		ts_checkup_fail(c, TS_EINVAL, "taskd config server '*:53589'",
				"The setting 'server' doesn't say where to listen.");
	} else if (d->wish->unknown[0] != '\0') {
		ts_checkup_warn(c, "look for a slip of the pen; see taskdrc(5)",
				"The configuration holds names that are no settings: %s.",
				d->wish->unknown);
	} else {
		ts_checkup_ok(c, "The configuration can be read, and every value is in order.");
	}
}

/* The files that settings name; those that may be missing are passed over where they aren't set. */
struct named {
	const char *setting, *path;
	bool needed, secret;
};

enum { NAMED = 5 };

static void list_named(const struct settings *s, struct named to[static NAMED])
{
	const struct named files[NAMED] = {
		{"server.cert", s->server_cert, true, false},
		{"server.key", s->server_key, true, true},
		{"ca.cert", s->ca_cert, strcmp(s->trust, "strict") == 0, false},
		{"server.ca", s->server_ca, false, false},
		{"server.crl", s->server_crl, false, false},
	};
	memcpy(to, files, sizeof(files));
}

static bool check_file(struct ts_checkup *c, const struct named *f)
{
	if (f->path[0] == '\0' && !f->needed) {
		return true;
	}
	if (f->path[0] == '\0') {
		ts_checkup_fail(c, TS_EINVAL, "`taskd setup` makes what is missing",
				"The setting '%s' is empty.", f->setting);
		return false;
	}
	if (access(f->path, R_OK) == 0) {
		return true;
	}
	const char *advice = errno == ENOENT
				     ? "`taskd setup` makes what is missing"
				     : "the user that taskd runs as has to be able to read it";
	ts_checkup_fail(c, errno == ENOENT ? TS_ENOTFOUND : TS_EIO, advice,
			"%s, which '%s' names, can't be read: %s.", f->path, f->setting,
			strerrordesc_np(errno));
	return false;
}

void doctor_files(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	struct named files[NAMED];
	bool good = true;
	list_named(d->settings, files);
	for (size_t i = 0; i < NAMED; i++) {
		good = check_file(c, &files[i]) && good;
	}
	if (good) {
		ts_checkup_ok(c, "The files of certificates and keys are there and can be read.");
	}
}

/* True where only its owner may read it; also where there is none. */
static bool check_secret(struct ts_checkup *c, const char *path, const char *what)
{
	struct stat st;
	if (stat(path, &st) != 0 || (st.st_mode & OTHERS) == 0) {
		return true;
	}
	ts_checkup_warn(c, "chmod 600", "%s, %s, can be read by others: its mode is %03o.", path,
			what, (unsigned)(st.st_mode & 0777));
	return false;
}

void doctor_modes(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	TS_BUF(ca_key);
	TS_BUF(store);
	bool good = check_secret(c, d->settings->server_key, "the server's key");
	if (enrol_ca_key(d->settings->ca_cert, &ca_key, NULL) == TS_OK) {
		good = check_secret(c, ca_key.data, "the authority's key") && good;
	}
	ts_buf_printf(&store, "%s/%s", d->wish->data, ts_store_file);
	if (!store.failed) {
		good = check_secret(c, store.data, "the store with everybody's tasks") && good;
	}
	if (good) {
		ts_checkup_ok(c, "Keys and tasks can be read by their owner only.");
	}
}

void doctor_log(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	const char *path = d->settings->log;
	TS_AUTOFREE char *folder = strdup(path);
	char *slash = folder != NULL ? strrchr(folder, '/') : NULL;
	if (strcmp(d->settings->log_format, "journald") == 0) {
		ts_checkup_ok(c, "The log goes to the journal.");
		return;
	}
	if (path[0] == '\0' || strcmp(path, "-") == 0) {
		ts_checkup_ok(c, "The log goes to standard output.");
		return;
	}
	if (slash != NULL) {
		*slash = '\0';
	}
	bool there = access(path, F_OK) == 0;
	const char *writes = there ? path : slash != NULL && folder[0] != '\0' ? folder : ".";
	if (access(writes, W_OK) != 0) {
		ts_checkup_fail(c, TS_EIO, "make it writable for the user that taskd runs as",
				"The log can't be written to %s: %s.", path,
				strerrordesc_np(errno));
	} else {
		ts_checkup_ok(c, "The log goes to %s.", path);
	}
}
