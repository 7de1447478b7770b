/* SPDX-License-Identifier: MIT */
/* By what clients believe the server, which may be another authority than the one that signs the
 * clients' own certificates. */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"
#include "server/settings.h"

/*
 * Append the certificates, PEM, that a client's file with authorities is to hold: those of ca.cert
 * where one of them has signed server.cert or the last of its chain, else those of server.ca.
 * Nothing is appended where server.ca is empty: then the authority is a public one, which clients
 * know from their system. TS_EINVAL: server.ca has not signed server.cert.
 */
int cert_chain_roots(const struct settings *s, struct ts_buf *to,
		     struct ts_error *err) TS_MUST_CHECK;
