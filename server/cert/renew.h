/* SPDX-License-Identifier: MIT */
/* The renewal of the server's own certificate and of its authority's. */
#pragma once

#include "common/tls/pki.h"
#include "server/settings.h"

enum cert_result {
	CERT_KEPT, /* it is good, or not ours to renew */
	CERT_RENEWED
};

/*
 * Put a certificate with new dates in the place of server.cert, with the same key and names, where
 * the end of the one that is there is near (cert.ahead), or `anyway`. Only one that the authority
 * of ca.cert has signed is touched, and only where a later end comes of it. On a failure the one
 * that was there is.
 *
 * `anyway`: TS_EINVAL with the reason where it can't be.
 */
int cert_renew_server(const struct settings *s, bool anyway, enum cert_result *ret,
		      struct ts_error *err) TS_MUST_CHECK;
/* The same for ca.cert. What it has signed stays good; but nothing outlives the certificate that
 * clients believe it by, so they need the new one. */
int cert_renew_ca(const struct settings *s, struct ts_error *err) TS_MUST_CHECK;

/* When a client's certificate shall end that is made now: after cert.life, or `days` where that is
 * not 0, at the latest with the authority's certificate, which ends at `ca_end`. */
int64_t cert_client_end(const struct settings *s, uint64_t days, int64_t ca_end, int64_t now);
