/* SPDX-License-Identifier: MIT */
/*
 * A bundle: one file that holds all that a client needs. It is a shell script, which `sh FILE`
 * applies to a Taskwarrior 2.x, and as a file of these lines it is read by other programs:
 *
 *	#!/bin/sh
 *	# taskd bundle, version 1
 *	name='value'			one a line; a ' inside is spelled '\''
 *	…
 *	ca() { cat <<'END-OF-CA'	PEM, between this line and the marker alone
 *	…
 *	END-OF-CA
 *	}
 *	server_certificate() { cat <<'END-OF-SERVER-CERTIFICATE'
 *	certificate() { cat <<'END-OF-CERTIFICATE'
 *	key() { cat <<'END-OF-KEY'
 *	…				the rest is the script's business
 *
 * The CA is what clients believe the server by; an empty one is what the system knows. The server's
 * certificate is for programs that know a server by it; it isn't in the CA's file,
 * because Taskwarrior would remark on it at each sync.
 *
 * The names are server (host:port, an IPv6 address without brackets), org, user, secret,
 * credentials (ORG/USER/SECRET, as Taskwarrior wants them), trust, device and expires (a date as in
 * task JSON).
 */
#pragma once

#include "common/base/buf.h"

struct bundle {
	const char *server, *org, *user, *secret, *trust, *device;
	int64_t expires; /* [s since 1970] the end of the client's certificate */
	struct ts_slice ca, leaf, certificate, key; /* PEM; leaf is the server's */
};

void bundle_print(const struct bundle *b, struct ts_buf *to);
/* `text` as one word of a shell, in quotes. */
void bundle_quote(const char *text, struct ts_buf *to);
/* The same for people to read and copy: in quotes only where it needs them. */
void bundle_add_word(const char *text, struct ts_buf *to);
