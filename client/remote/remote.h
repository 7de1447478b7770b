/* SPDX-License-Identifier: MIT */
/*
 * A remote: where to sync to, and as whom. Each has a folder of its own, config/remotes/NAME:
 *
 *	remote.conf      the settings below, mode 0600
 *	ca.pem, certificate.pem, key.pem
 *
 * Where a path in remote.conf is relative, it is so to that folder; `credential:NAME` is the file
 * NAME of systemd's $CREDENTIALS_DIRECTORY.
 */
#pragma once

#include "client/place.h"
#include "client/settings.h"
#include "common/net/hostport.h"
#include "common/tls/tls.h"

struct remote {
	char *name;   /* as its folder; TS_NAME_MAX */
	char *folder; /* absolute */

	/* remote.conf */
	char *server; /* host:port; an IPv6 address with brackets or without */
	char *org, *user;
	char *secret;         /* the user's key; "": see secret_file and secret_command */
	char *secret_file;    /* a path; credential:NAME works */
	char *secret_command; /* run with sh -c, its first line counts */
	char *ca, *certificate, *key, *crl; /* paths */
	char *trust;                        /* strict, ignore hostname, allow all */
	char *priorities;                   /* GnuTLS; "": ours */
	bool resume;                        /* keep TLS sessions */
};

extern const struct ts_conf_item remote_items[];
extern const size_t remote_item_count;

/*
 * Read remotes/NAME; `name` NULL: the setting `remote`, or the only one there is. TS_ENOTFOUND and
 * TS_EINVAL with a sentence that says what to do.
 */
int remote_read(const struct place *place, const struct settings *s, const char *name,
		struct remote *ret, struct ts_error *err) TS_MUST_CHECK;
void remote_done(struct remote *r);
/* Call `each` with the names of the remotes that there are, in order. */
int remote_each(const struct place *place, int (*each)(const char *name, void *arg), void *arg,
		struct ts_error *err) TS_MUST_CHECK;

/* A file setting's path: absolute, credentials looked up. TS_EINVAL, TS_ENOTFOUND. */
int remote_path(const struct remote *r, const char *setting, struct ts_buf *to,
		struct ts_error *err) TS_MUST_CHECK;
/* The user's key, from wherever it is kept. *to is wiped by the caller. A command that gives it is
 * ended when `cancel_fd` (-1: none) becomes readable: TS_ECANCELED. */
int remote_secret(const struct remote *r, int cancel_fd, struct ts_buf *to,
		  struct ts_error *err) TS_MUST_CHECK;
int remote_address(const struct remote *r, struct hostport *ret,
		   struct ts_error *err) TS_MUST_CHECK;
/* TLS credentials from the files. */
int remote_creds(const struct remote *r, struct ts_tls_creds **ret,
		 struct ts_error *err) TS_MUST_CHECK;

/* What can be a remote's name: a word, because it is a folder's name. */
bool remote_name_ok(const char *name);

/* What `taskc setup` writes. Every pointer is text, PEM for the last three; "" or NULL: none. */
struct remote_new {
	const char *name, *server, *org, *user, *secret, *trust, *priorities;
	const char *device; /* for taskc.conf where that names none */
	struct ts_slice ca, certificate, key;
};
/*
 * Make the remote's folder and files, readable by nobody else, in place of another one of that name
 * if `replace`: all of it or nothing. *ret_made: false where the same was there already. TS_EEXIST:
 * another one of that name is there; TS_EINVAL: the certificate and the key are of no use.
 */
int remote_write(const struct place *place, const struct remote_new *n, bool replace,
		 bool *ret_made, struct ts_error *err) TS_MUST_CHECK;
