/* SPDX-License-Identifier: MIT */
#pragma once

#include "common/base/error.h"

struct hostport {
	char host[256]; /* brackets of an IPv6 address taken off */
	char port[6];
};

/* A port that can be named to others: 1 to 65535. TS_EINVAL with a sentence. */
int hostport_check_port(const char *text, struct ts_error *err) TS_MUST_CHECK;
/* Read `host:port` or `[address]:port`, port 1 to 65535. TS_EINVAL with a sentence. */
int hostport_parse(const char *text, struct hostport *ret, struct ts_error *err) TS_MUST_CHECK;
