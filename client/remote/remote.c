/* SPDX-License-Identifier: MIT */
#include "client/remote/remote.h"

#include "client/child.h"
#include "common/base/file.h"
#include "common/store/store.h"
#include "common/wire/message.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define CONF_STRUCT struct remote
#include "common/conf/items.h"

#define ACCOUNT "Account"
#define FILES   "Files"
#define TLS     "TLS"

enum {
	SECRET_MAX = 4096,   /* [bytes] of a file or an answer with a secret in it */
	ASK_PATIENCE = 60000 /* [ms] for secret.command */
};

const struct ts_conf_item remote_items[] = {
	{"server", TEXT(server), .def = "", .group = ACCOUNT,
	 .doc = "Where the server is: `host:port`. Without a port it is 53589."},
	{"org", TEXT(org), .def = "", .group = ACCOUNT, .doc = "The account's organization."},
	{"user", TEXT(user), .def = "", .group = ACCOUNT, .doc = "The account's user name."},
	{"secret", TEXT(secret), .def = "", .group = ACCOUNT,
	 .doc = "The user's key, which the server issued. Whoever can read it can read the tasks."},
	{"secret.file", TEXT(secret_file), .def = "", .group = ACCOUNT,
	 .doc = "A file whose first line is the user's key, instead of `secret`. "
		"`credential:NAME` is the file NAME among systemd's credentials."},
	{"secret.command", TEXT(secret_command), .def = "", .group = ACCOUNT,
	 .doc = "A command, run by sh, that prints the user's key on its first line, instead of "
		"`secret`. It has a minute."},
	{"ca", TEXT(ca), .def = "ca.pem", .group = FILES,
	 .doc = "The certificate of the authority that signed the server's; empty: those that the "
		"system trusts. This and the other paths may be relative to the folder that "
		"`remote.conf` is in, or `credential:NAME`."},
	{"certificate", TEXT(certificate), .def = "certificate.pem", .group = FILES,
	 .doc = "This machine's own certificate."},
	{"key", TEXT(key), .def = "key.pem", .group = FILES, .doc = "The certificate's key."},
	{"crl", TEXT(crl), .def = "", .group = FILES,
	 .doc = "A list of revoked certificates; empty: none."},
	{"trust", CHOICE(trust, "strict|ignore hostname|allow all"), .def = "strict", .group = TLS,
	 .doc = "What is checked of the server's certificate: everything; everything but the "
		"host's name; nothing."},
	{"priorities", TEXT(priorities), .def = "", .group = TLS,
	 .doc = "What of TLS is offered, in GnuTLS's own words; empty: TLS 1.2 and 1.3."},
	{"resume", SWITCH(resume), .def = "on", .group = TLS,
	 .doc = "Keep the TLS session in a file, so that the next sync resumes it with less work, "
		"where the server offers that."},
};
const size_t remote_item_count = TS_COUNT_OF(remote_items);

static const struct ts_conf_table table = {remote_items, TS_COUNT_OF(remote_items)};

/* Finding them */

bool remote_name_ok(const char *name)
{
	struct ts_slice s = ts_slice_of(name);
	return ts_name_check(s, NULL) == TS_OK && s.len <= TS_DEVICE_MAX &&
	       memchr(name, ' ', s.len) == NULL && name[0] != '.';
}

static bool has_conf(const char *folder, const char *name)
{
	TS_BUF(path);
	return remote_name_ok(name) &&
	       place_path(&path, NULL, folder, name, "remote.conf", NULL) == TS_OK &&
	       access(path.data, F_OK) == 0;
}

static int each_in(const char *folder, int (*each)(const char *name, void *arg), void *arg,
		   struct ts_error *err)
{
	struct dirent **list = NULL;
	int count = scandir(folder, &list, NULL, alphasort);
	if (count < 0) {
		return errno == ENOENT ? TS_OK
				       : ts_fail_errno(err, errno, "Could not read %s", folder);
	}
	int code = TS_OK;
	for (int i = 0; i < count; i++) {
		if (code == TS_OK && has_conf(folder, list[i]->d_name)) {
			code = each(list[i]->d_name, arg);
		}
		free(list[i]);
	}
	free(list);
	return code;
}

int remote_each(const struct place *place, int (*each)(const char *name, void *arg), void *arg,
		struct ts_error *err)
{
	TS_BUF(folder);
	int code = place_path(&folder, err, place->config, "remotes", NULL);
	return code == TS_OK ? each_in(folder.data, each, arg, err) : code;
}

static int add_name(const char *name, void *arg)
{
	struct ts_buf *names = arg;
	ts_buf_add_str(names, names->len > 0 ? ", " : "");
	ts_buf_add_str(names, name);
	return TS_OK;
}

/* *names: all of them, for a sentence. */
static int choose(const struct place *place, const struct settings *s, const char *name,
		  struct ts_buf *names, const char **ret, struct ts_error *err)
{
	int code = remote_each(place, add_name, names, err);
	if (code != TS_OK) {
		return code;
	}
	if (names->failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	*ret = name != NULL ? name : s->remote;
	if ((*ret)[0] == '\0') {
		if (names->len == 0) {
			return ts_fail(err, TS_ENOTFOUND,
				       "There is no remote to sync with yet. `taskc setup FILE` "
				       "makes one from the file that `taskd user bundle` writes on "
				       "the server.");
		}
		if (strchr(names->data, ',') != NULL) {
			return ts_fail(err, TS_EINVAL,
				       "There are several remotes: %.200s. Name one, or set "
				       "`remote` in taskc.conf.",
				       names->data);
		}
		*ret = names->data;
	}
	return TS_OK;
}

/* Reading one */

static int read_conf(struct remote *r, struct ts_error *err)
{
	TS_BUF(path);
	TS_BUF(unknown);
	int code = place_path(&path, err, r->folder, "remote.conf", NULL);
	if (code == TS_OK) {
		code = ts_conf_read(&table, r, path.data, &unknown, err);
	}
	if (code == TS_OK && unknown.len > 0) {
		code = ts_fail(err, TS_EINVAL, "%s has what is no setting: %.100s", path.data,
			       unknown.data);
	}
	return code;
}

static int open_remote(const struct place *place, const char *name, struct remote *r,
		       struct ts_error *err)
{
	TS_BUF(folder);
	int code = place_path(&folder, err, place->config, "remotes", name, NULL);
	if (code == TS_OK) {
		code = ts_conf_init(&table, r, err);
	}
	if (code != TS_OK) {
		return code;
	}
	r->name = strdup(name);
	r->folder = strdup(folder.data);
	return r->name != NULL && r->folder != NULL ? read_conf(r, err)
						    : ts_fail(err, TS_ENOMEM, "Out of memory.");
}

int remote_read(const struct place *place, const struct settings *s, const char *name,
		struct remote *ret, struct ts_error *err)
{
	TS_BUF(names);
	const char *chosen = "";
	*ret = (struct remote){0};
	int code = choose(place, s, name, &names, &chosen, err);
	if (code != TS_OK) {
		return code;
	}
	code = remote_name_ok(chosen) ? open_remote(place, chosen, ret, err) : TS_ENOTFOUND;
	if (code == TS_ENOTFOUND) {
		code = ts_fail(err, TS_ENOTFOUND, "There is no remote '%.64s'%s%.200s.", chosen,
			       names.len > 0 ? "; there is " : "", names.len > 0 ? names.data : "");
	}
	if (code != TS_OK) {
		remote_done(ret);
	}
	return code;
}

void remote_done(struct remote *r)
{
	if (r->secret != NULL) {
		explicit_bzero(r->secret, strlen(r->secret));
	}
	ts_conf_done(&table, r);
	free(r->name);
	free(r->folder);
	*r = (struct remote){0};
}

/* What its settings mean */

static int credential_path(const char *name, struct ts_buf *to, struct ts_error *err)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");
	if (folder == NULL || folder[0] == '\0') {
		return ts_fail(err, TS_ENOTFOUND,
			       "There is no credential '%s': systemd gives some only to units with "
			       "LoadCredential= or SetCredential=.",
			       name);
	}
	return ts_name_check(ts_slice_of(name), NULL) == TS_OK
		       ? place_path(to, err, folder, name, NULL)
		       : ts_fail(err, TS_EINVAL, "'%.100s' is no name of a credential.", name);
}

int remote_path(const struct remote *r, const char *setting, struct ts_buf *to,
		struct ts_error *err)
{
	static const char credential[] = "credential:";
	ts_buf_clear(to);
	if (setting[0] == '\0') {
		return ts_fail(err, TS_EINVAL, "The remote %s has no such file in remote.conf.",
			       r->name);
	}
	if (strncmp(setting, credential, sizeof(credential) - 1) == 0) {
		return credential_path(setting + sizeof(credential) - 1, to, err);
	}
	if (setting[0] != '/') {
		return place_path(to, err, r->folder, setting, NULL);
	}
	ts_buf_add_str(to, setting);
	return to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

/* The first line of `text`, without blanks around it. */
static int take_line(const struct remote *r, struct ts_slice text, struct ts_buf *to,
		     struct ts_error *err)
{
	struct ts_slice line = ts_slice_trim(ts_slice_cut(&text, '\n'));
	if (line.len == 0) {
		return ts_fail(err, TS_EINVAL,
			       "The remote %s has no key of the user's: set `secret`, "
			       "`secret.file` or `secret.command` in its remote.conf.",
			       r->name);
	}
	ts_buf_add_slice(to, line);
	return to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

static void wipe(struct ts_buf *b)
{
	if (b->data != NULL) {
		explicit_bzero(b->data, b->cap);
	}
	ts_buf_done(b);
}

static int secret_from_file(const struct remote *r, struct ts_buf *to, struct ts_error *err)
{
	TS_BUF(path);
	TS_CLEANUP(wipe) struct ts_buf text = {0};
	int code = remote_path(r, r->secret_file, &path, err);
	if (code == TS_OK) {
		code = ts_file_read(path.data, SECRET_MAX, &text, err);
	}
	return code == TS_OK ? take_line(r, ts_buf_slice(&text), to, err) : code;
}

/* Ctrl-C reaches the command as well, which then fails; that is no news. */
static bool is_readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, 0) == 1;
}

static int run_command(const struct remote *r, int out, int cancel_fd, struct ts_error *err)
{
	const char *const argv[] = {"/bin/sh", "-c", r->secret_command, NULL};
	struct child c = {.argv = argv, .in = -1, .out = out};
	int status = 0;
	int code = child_start(&c, err);
	if (code == TS_OK) {
		code = child_wait(&c, ASK_PATIENCE, cancel_fd, &status, err);
	}
	if (code == TS_ETIMEOUT) {
		return ts_fail(err, TS_EINVAL, "The remote's secret.command took over a minute.");
	}
	if (code == TS_OK && status != 0 && is_readable(cancel_fd)) {
		return ts_fail(err, TS_ECANCELED, "Stopped.");
	}
	return code != TS_OK || status == 0
		       ? code
		       : ts_fail(err, TS_EINVAL,
				 "The remote's secret.command failed with exit status %d.", status);
}

static int secret_from_command(const struct remote *r, int cancel_fd, struct ts_buf *to,
			       struct ts_error *err)
{
	char text[SECRET_MAX];
	TS_AUTOCLOSE int out = memfd_create("secret", MFD_CLOEXEC);
	if (out < 0) {
		return ts_fail_errno(err, errno, "Could not run the remote's secret.command");
	}
	int code = run_command(r, out, cancel_fd, err);
	ssize_t n = code == TS_OK ? pread(out, text, sizeof(text), 0) : 0;
	if (code == TS_OK) {
		code = take_line(r, (struct ts_slice){text, n > 0 ? (size_t)n : 0}, to, err);
	}
	explicit_bzero(text, sizeof(text));
	return code;
}

int remote_secret(const struct remote *r, int cancel_fd, struct ts_buf *to, struct ts_error *err)
{
	if (r->secret[0] != '\0' || (r->secret_file[0] == '\0' && r->secret_command[0] == '\0')) {
		return take_line(r, ts_slice_of(r->secret), to, err);
	}
	return r->secret_file[0] != '\0' ? secret_from_file(r, to, err)
					 : secret_from_command(r, cancel_fd, to, err);
}

int remote_address(const struct remote *r, struct hostport *ret, struct ts_error *err)
{
	char text[400];
	const char *colon = strrchr(r->server, ':');
	if (r->server[0] == '\0') {
		return ts_fail(err, TS_EINVAL, "The remote %s has no `server` in its remote.conf.",
			       r->name);
	}
	bool bracketed = r->server[0] == '[';
	if (colon == NULL || (bracketed && colon[-1] != ']')) {
		(void)snprintf(text, sizeof(text), "%.300s:%d", r->server, TS_MESSAGE_PORT);
	} else if (!bracketed && memchr(r->server, ':', (size_t)(colon - r->server)) != NULL) {
		(void)snprintf(text, sizeof(text), "[%.*s]%.10s",
			       (int)(colon - r->server < 300 ? colon - r->server : 300), r->server,
			       colon);
	} else {
		(void)snprintf(text, sizeof(text), "%.390s", r->server);
	}
	return hostport_parse(text, ret, err);
}

static int path_or_none(const struct remote *r, const char *setting, struct ts_buf *to,
			const char **ret, struct ts_error *err)
{
	int code = setting[0] != '\0' ? remote_path(r, setting, to, err) : TS_OK;
	*ret = code == TS_OK && setting[0] != '\0' ? to->data : NULL;
	return code;
}

int remote_creds(const struct remote *r, struct ts_tls_creds **ret, struct ts_error *err)
{
	TS_BUF(ca);
	TS_BUF(cert);
	TS_BUF(key);
	TS_BUF(crl);
	struct ts_tls_config c = {
		.priorities = r->priorities[0] != '\0' ? r->priorities : NULL,
		.trust = strcmp(r->trust, "strict") == 0      ? TS_TRUST_STRICT
			 : strcmp(r->trust, "allow all") == 0 ? TS_TRUST_ALLOW_ALL
							      : TS_TRUST_IGNORE_HOSTNAME,
	};
	int code = path_or_none(r, r->ca, &ca, &c.ca_file, err);
	code = code == TS_OK ? path_or_none(r, r->certificate, &cert, &c.cert_file, err) : code;
	code = code == TS_OK ? path_or_none(r, r->key, &key, &c.key_file, err) : code;
	code = code == TS_OK ? path_or_none(r, r->crl, &crl, &c.crl_file, err) : code;
	return code == TS_OK ? ts_tls_creds_new(&c, ret, err) : code;
}
