/* SPDX-License-Identifier: MIT */
/* IP addresses, and lists of networks that they may be in. Pure: nothing is looked up. */
#pragma once

#include "common/base/error.h"
#include "common/base/slice.h"

#include <sys/socket.h>

enum { TS_ADDRESS_TEXT = 64 };

/* An IPv4 address is kept as IPv6 maps it (::ffff:192.0.2.1), so that a connection is from the same
 * address whichever kind of socket it came to. */
struct ts_address {
	uint8_t bytes[16];
	uint16_t port; /* 0: none */
};

bool ts_address_is_ipv4(const struct ts_address *a);
/* False: neither IPv4 nor IPv6, such as a Unix socket. */
bool ts_address_of(const struct sockaddr *sa, struct ts_address *ret) TS_MUST_CHECK;
/* An address without a port, without brackets. */
bool ts_address_parse(struct ts_slice text, struct ts_address *ret) TS_MUST_CHECK;
/* "192.0.2.1:1234" or "[2001:db8::1]:1234"; without the port, "192.0.2.1" or "2001:db8::1". */
void ts_address_text(const struct ts_address *a, char to[static TS_ADDRESS_TEXT]);
void ts_address_bare_text(const struct ts_address *a, char to[static TS_ADDRESS_TEXT]);

struct ts_network {
	struct ts_address address;
	unsigned bits; /* of the 128 that count */
};

struct ts_networks {
	struct ts_network *at;
	size_t count;
};

/* Read addresses and networks, such as `127.0.0.1 10.0.0.0/8 fd00::/8`, separated by blanks or
 * commas. TS_EINVAL with a sentence that names `setting`, TS_ENOMEM; *ret is empty then. */
int ts_networks_parse(struct ts_slice text, const char *setting, struct ts_networks *ret,
		      struct ts_error *err) TS_MUST_CHECK;
void ts_networks_done(struct ts_networks *n);
/* Whether one of them has the address. A network of IPv6 has no address of IPv4. */
bool ts_networks_have(const struct ts_networks *n, const struct ts_address *a);
