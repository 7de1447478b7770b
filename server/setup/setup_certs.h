/* SPDX-License-Identifier: MIT */
/* The certificates of a set-up. */
#pragma once

#include "server/setup/setup.h"

enum setup_result { SETUP_KEPT, SETUP_MADE, SETUP_RENEWED };

/* The authority of ca.cert, made where it is missing, and opened. */
int setup_authority(const struct settings *s, const char *host, struct ts_pki_ca **ret,
		    enum setup_result *ret_result, struct ts_error *err) TS_MUST_CHECK;
/*
 * The server's certificate, for wish->hosts and this machine. One that is there is renewed, with
 * the same key because some clients know the server by it, where a host is missing or its end is
 * near. TS_EINVAL: that would be needed, but another authority signed it.
 */
int setup_server_cert(const struct settings *s, const struct ts_pki_ca *ca,
		      const struct setup_wish *wish, enum setup_result *ret_result,
		      struct ts_error *err) TS_MUST_CHECK;
