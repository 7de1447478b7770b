/* SPDX-License-Identifier: MIT */
#include "server/net/proxy_header.h"

static const struct ts_slice signature = TS_SLICE("\r\n\r\n\0\r\nQUIT\n");

/* Version 1 */

/* The next word of the line, which exactly one blank ends. */
static struct ts_slice word(struct ts_slice *rest)
{
	return ts_slice_cut(rest, ' ');
}

static bool read_port(struct ts_slice text, uint16_t *ret)
{
	struct ts_slice rest = text;
	struct ts_slice digits = ts_slice_cut_digits(&rest);
	unsigned n = 0;
	for (size_t i = 0; i < digits.len && i < 6; i++) {
		n = n * 10 + (unsigned)(digits.data[i] - '0');
	}
	*ret = (uint16_t)n;
	return rest.len == 0 && digits.len > 0 && digits.len <= 5 && n <= UINT16_MAX;
}

static bool read_address(struct ts_slice text, bool four, struct ts_address *ret)
{
	bool colon = text.len > 0 && memchr(text.data, ':', text.len) != NULL;
	return colon != four && ts_address_parse(text, ret);
}

/* Behind "PROXY ", without the line's end. */
static bool read_line(struct ts_slice line, struct proxy_header *ret)
{
	struct ts_slice family = word(&line);
	struct ts_address to;
	ret->local = ts_slice_eq(family, TS_SLICE("UNKNOWN"));
	if (ret->local) {
		return true;
	}
	bool four = ts_slice_eq(family, TS_SLICE("TCP4"));
	if (!four && !ts_slice_eq(family, TS_SLICE("TCP6"))) {
		return false;
	}
	uint16_t port, to_port;
	bool ok = read_address(word(&line), four, &ret->source) &&
		  read_address(word(&line), four, &to) && read_port(word(&line), &port) &&
		  read_port(word(&line), &to_port) && line.data == NULL;
	ret->source.port = ok ? port : 0;
	return ok;
}

static int read_v1(struct ts_slice data, struct proxy_header *ret, struct ts_error *err)
{
	const size_t most = data.len < PROXY_V1_MAX ? data.len : PROXY_V1_MAX;
	const char *end = memchr(data.data, '\n', most);
	if (end == NULL) {
		return data.len < PROXY_V1_MAX
			       ? TS_EAGAIN
			       : ts_fail(err, TS_EMALF, "The PROXY header has no end.");
	}
	const struct ts_slice begin = TS_SLICE("PROXY ");
	struct ts_slice line = {data.data, (size_t)(end - data.data)};
	*ret = (struct proxy_header){.size = line.len + 1};
	bool ok = line.len > begin.len && line.data[line.len - 1] == '\r';
	if (ok) {
		line = ts_slice_skip(line, begin.len);
		line.len--;
		ok = read_line(line, ret);
	}
	return ok ? TS_OK : ts_fail(err, TS_EMALF, "The PROXY header can't be read.");
}

/* Version 2 */

enum { LOCAL = 0x20, PROXY = 0x21 }; /* version and command */

/* Address families, each with TCP or UDP below it, and how long their addresses are. */
static const struct {
	unsigned char family;
	size_t length; /* [bytes] of one address; two of them come before two ports */
} families[] = {
	{0x10, 4},
	{0x20, 16},
};

static void set_source(struct proxy_header *h, size_t length, const char *addresses)
{
	static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
	memcpy(h->source.bytes, mapped, sizeof(mapped));
	memcpy(h->source.bytes + sizeof(h->source.bytes) - length, addresses, length);
	const unsigned char *port = (const unsigned char *)addresses + 2 * length;
	h->source.port = (uint16_t)(port[0] << 8 | port[1]);
}

/* A family that has no address for us, such as Unix sockets, is nobody's. */
static int read_addresses(struct ts_slice body, unsigned char family, struct proxy_header *ret,
			  struct ts_error *err)
{
	for (size_t i = 0; i < TS_COUNT_OF(families); i++) {
		if ((family & 0xf0) != families[i].family) {
			continue;
		}
		if (body.len < 2 * families[i].length + 4) {
			return ts_fail(err, TS_EMALF, "The PROXY header's addresses are cut.");
		}
		set_source(ret, families[i].length, body.data);
		return TS_OK;
	}
	ret->local = true;
	return TS_OK;
}

static int read_v2(struct ts_slice data, struct proxy_header *ret, struct ts_error *err)
{
	if (data.len < PROXY_V2_HEAD) {
		return TS_EAGAIN;
	}
	const unsigned char *head = (const unsigned char *)data.data;
	const size_t length = (size_t)head[14] << 8 | head[15];
	if (head[12] != LOCAL && head[12] != PROXY) {
		return ts_fail(err, TS_EMALF, "The PROXY header is of an unknown kind.");
	}
	if (PROXY_V2_HEAD + length > PROXY_HEADER_MAX) {
		return ts_fail(err, TS_EMALF, "The PROXY header is too long.");
	}
	if (data.len < PROXY_V2_HEAD + length) {
		return TS_EAGAIN;
	}
	*ret = (struct proxy_header){.size = PROXY_V2_HEAD + length, .local = head[12] == LOCAL};
	struct ts_slice body = {data.data + PROXY_V2_HEAD, length};
	return ret->local ? TS_OK : read_addresses(body, head[13], ret, err);
}

static bool may_begin(struct ts_slice data, struct ts_slice with)
{
	const size_t n = data.len < with.len ? data.len : with.len;
	return n == 0 || memcmp(data.data, with.data, n) == 0;
}

int proxy_header_read(struct ts_slice data, struct proxy_header *ret, struct ts_error *err)
{
	if (data.len == 0) {
		return TS_EAGAIN;
	}
	if (may_begin(data, signature)) {
		return read_v2(data, ret, err);
	}
	if (may_begin(data, TS_SLICE("PROXY "))) {
		return read_v1(data, ret, err);
	}
	return ts_fail(err, TS_EMALF, "The proxy sent no PROXY header.");
}
