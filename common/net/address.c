/* SPDX-License-Identifier: MIT */
#include "common/net/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

enum { MAPPED_BITS = 96 }; /* in front of an IPv4 address */

static const uint8_t mapped[MAPPED_BITS / 8] = {[10] = 0xff, [11] = 0xff};

bool ts_address_is_ipv4(const struct ts_address *a)
{
	return memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
}

static void set_ipv4(struct ts_address *a, const void *four)
{
	memcpy(a->bytes, mapped, sizeof(mapped));
	memcpy(a->bytes + sizeof(mapped), four, 4);
}

bool ts_address_of(const struct sockaddr *sa, struct ts_address *ret)
{
	const void *p = sa;
	const struct sockaddr_in *v4 = p;
	const struct sockaddr_in6 *v6 = p;
	*ret = (struct ts_address){0};
	if (sa->sa_family == AF_INET) {
		set_ipv4(ret, &v4->sin_addr);
		ret->port = ntohs(v4->sin_port);
	} else if (sa->sa_family == AF_INET6) {
		memcpy(ret->bytes, &v6->sin6_addr, sizeof(ret->bytes));
		ret->port = ntohs(v6->sin6_port);
	}
	return sa->sa_family == AF_INET || sa->sa_family == AF_INET6;
}

bool ts_address_parse(struct ts_slice text, struct ts_address *ret)
{
	char copy[TS_ADDRESS_TEXT];
	struct in_addr four;
	if (text.len == 0 || text.len >= sizeof(copy) || memchr(text.data, '\0', text.len)) {
		return false;
	}
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	*ret = (struct ts_address){0};
	if (inet_pton(AF_INET, copy, &four) == 1) {
		set_ipv4(ret, &four);
		return true;
	}
	return inet_pton(AF_INET6, copy, ret->bytes) == 1;
}

void ts_address_bare_text(const struct ts_address *a, char to[static TS_ADDRESS_TEXT])
{
	bool four = ts_address_is_ipv4(a);
	const void *from = four ? a->bytes + sizeof(mapped) : a->bytes;
	(void)inet_ntop(four ? AF_INET : AF_INET6, from, to, TS_ADDRESS_TEXT);
}

void ts_address_text(const struct ts_address *a, char to[static TS_ADDRESS_TEXT])
{
	char bare[TS_ADDRESS_TEXT];
	ts_address_bare_text(a, bare);
	(void)snprintf(to, TS_ADDRESS_TEXT, ts_address_is_ipv4(a) ? "%.45s:%u" : "[%.45s]:%u", bare,
		       a->port);
}

/* Networks */

static bool read_bits(struct ts_slice text, unsigned most, unsigned *ret)
{
	struct ts_slice rest = text;
	struct ts_slice digits = ts_slice_cut_digits(&rest);
	*ret = 0;
	for (size_t i = 0; i < digits.len && i < 4; i++) {
		*ret = *ret * 10 + (unsigned)(digits.data[i] - '0');
	}
	return rest.len == 0 && digits.len > 0 && digits.len <= 3 && *ret <= most;
}

static bool read_network(struct ts_slice word, struct ts_network *ret)
{
	struct ts_slice bits = word;
	struct ts_slice address = ts_slice_cut(&bits, '/');
	if (!ts_address_parse(address, &ret->address)) {
		return false;
	}
	bool four = memchr(address.data, ':', address.len) == NULL;
	ret->bits = four ? 32 : 128;
	bool ok = bits.data == NULL || read_bits(bits, ret->bits, &ret->bits);
	ret->bits += four ? MAPPED_BITS : 0;
	return ok;
}

static int add(struct ts_networks *n, const struct ts_network *one)
{
	struct ts_network *more = reallocarray(n->at, n->count + 1, sizeof(*more));
	if (more == NULL) {
		return TS_ENOMEM;
	}
	n->at = more;
	n->at[n->count++] = *one;
	return TS_OK;
}

static int add_word(struct ts_networks *n, struct ts_slice word, const char *setting,
		    struct ts_error *err)
{
	struct ts_network one;
	if (word.len == 0) {
		return TS_OK;
	}
	if (!read_network(word, &one)) {
		return ts_fail(err, TS_EINVAL,
			       "The setting '%s' holds '%.*s', which is neither an address nor a "
			       "network, such as 192.0.2.7 or 10.0.0.0/8.",
			       setting, (int)(word.len < 100 ? word.len : 100), word.data);
	}
	return add(n, &one) == TS_OK ? TS_OK : ts_fail(err, TS_ENOMEM, "Out of memory.");
}

static struct ts_slice next_word(struct ts_slice *rest)
{
	struct ts_slice word = {rest->data, 0};
	while (word.len < rest->len && !ts_is_blank(word.data[word.len]) &&
	       word.data[word.len] != ',') {
		word.len++;
	}
	*rest = ts_slice_skip(*rest, word.len < rest->len ? word.len + 1 : word.len);
	return word;
}

int ts_networks_parse(struct ts_slice text, const char *setting, struct ts_networks *ret,
		      struct ts_error *err)
{
	int rc = TS_OK;
	*ret = (struct ts_networks){0};
	while (text.len > 0 && rc == TS_OK) {
		rc = add_word(ret, next_word(&text), setting, err);
	}
	if (rc != TS_OK) {
		ts_networks_done(ret);
	}
	return rc;
}

void ts_networks_done(struct ts_networks *n)
{
	free(n->at);
	*n = (struct ts_networks){0};
}

static bool has(const struct ts_network *n, const struct ts_address *a)
{
	const unsigned whole = n->bits / 8, more = n->bits % 8;
	if (memcmp(n->address.bytes, a->bytes, whole) != 0) {
		return false;
	}
	return more == 0 || ((n->address.bytes[whole] ^ a->bytes[whole]) >> (8 - more)) == 0;
}

bool ts_networks_have(const struct ts_networks *n, const struct ts_address *a)
{
	const bool four = ts_address_is_ipv4(a);
	for (size_t i = 0; i < n->count; i++) {
		if ((four == ts_address_is_ipv4(&n->at[i].address)) && has(&n->at[i], a)) {
			return true;
		}
	}
	return false;
}
