/* SPDX-License-Identifier: MIT */
/*
 * Set-up in one step: make what is missing in a data directory, and leave what is there.
 *
 *	DIR/config				the settings, with server=*:PORT
 *	DIR/pki/ca.cert.pem, ca.key.pem		certificate authority
 *	DIR/pki/server.cert.pem, server.key.pem	the server's
 *	DIR/pki/clients/			clients' certificates, without keys
 *	DIR/bundles/ORG-USER-DEVICE.sh		bundles, to be handed to the users and removed
 *	DIR/…					the store with an organization and a user
 *
 * Where the configuration names certificates that lie elsewhere, those are used.
 */
#pragma once

#include "common/tls/pki.h"
#include "server/command/command.h"

struct setup_wish {
	const char *const *hosts; /* names and addresses that the server is reached by */
	size_t host_count;
	bool hosts_given; /* false: it is this machine's own name */
	const char *org, *user;
	bool account_given; /* false: they are made where there is no user yet */
	const char *port;
	enum ts_key_type client_key, server_key;
};

/* `cl->data` names the directory, by an absolute path. Says on standard output what it made and
 * what to do next. Safe to run again. */
int setup(const struct command_line *cl, const struct setup_wish *wish,
	  struct ts_error *err) TS_MUST_CHECK;
