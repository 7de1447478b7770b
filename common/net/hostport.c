/* SPDX-License-Identifier: MIT */
#include "common/net/hostport.h"

#include "common/base/utf8.h"

#include <ctype.h>

static bool port_ok(struct ts_slice port)
{
	unsigned n = 0;
	for (size_t i = 0; i < port.len; i++) {
		if (!isdigit((unsigned char)port.data[i])) {
			return false;
		}
		n = n * 10 + (unsigned)(port.data[i] - '0');
	}
	return port.len > 0 && port.len <= 5 && n > 0 && n <= 65535;
}

int hostport_check_port(const char *text, struct ts_error *err)
{
	return port_ok(ts_slice_of(text))
		       ? TS_OK
		       : ts_fail(err, TS_EINVAL, "'%s' is no port; 1 to 65535 are.", text);
}

static bool host_ok(struct ts_slice host, bool bracketed)
{
	for (size_t i = 0; i < host.len; i++) {
		unsigned char c = (unsigned char)host.data[i];
		if (c == ' ' || strchr("[]/", c) != NULL || (c == ':' && !bracketed)) {
			return false;
		}
	}
	return ts_utf8_printable(host) && host.len > 0 &&
	       host.len < sizeof(((struct hostport *)NULL)->host);
}

int hostport_parse(const char *text, struct hostport *ret, struct ts_error *err)
{
	const char *colon = strrchr(text, ':');
	struct ts_slice host = {text, colon != NULL ? (size_t)(colon - text) : 0};
	struct ts_slice port = ts_slice_of(colon != NULL ? colon + 1 : NULL);
	bool bracketed = host.len > 2 && host.data[0] == '[' && host.data[host.len - 1] == ']';
	if (bracketed) {
		host = (struct ts_slice){host.data + 1, host.len - 2};
	}
	if (!host_ok(host, bracketed) || !port_ok(port)) {
		return ts_fail(
			err, TS_EINVAL,
			"'%.100s' is not of the form host:port, such as tasks.example:53589 or "
			"[::1]:53589.",
			text);
	}
	*ret = (struct hostport){0};
	memcpy(ret->host, host.data, host.len);
	memcpy(ret->port, port.data, port.len);
	return TS_OK;
}
