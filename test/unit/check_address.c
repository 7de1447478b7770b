/* SPDX-License-Identifier: MIT */
#include "common/net/address.h"
#include "unit.h"

#include <netinet/in.h>

static const struct {
	const char *text;
	const char *bare; /* NULL: no address */
	const char *with_port;
} addresses[] = {
	{"192.0.2.1", "192.0.2.1", "192.0.2.1:53589"},
	{"::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1:53589"},
	{"::1", "::1", "[::1]:53589"},
	{"2001:DB8:0:0::1", "2001:db8::1", "[2001:db8::1]:53589"},
	{"0.0.0.0", "0.0.0.0", "0.0.0.0:53589"},
	{"::", "::", "[::]:53589"},
	{"", NULL, NULL},
	{"192.0.2", NULL, NULL},
	{"192.0.2.256", NULL, NULL},
	{"192.0.2.1 ", NULL, NULL},
	{"[::1]", NULL, NULL},
	{"fe80::1%eth0", NULL, NULL},
	{"localhost", NULL, NULL},
	{"1111:2222:3333:4444:5555:6666:7777:8888:9999:1111:2222:3333:4444:5555", NULL, NULL},
};

START_TEST(reading)
{
	char text[TS_ADDRESS_TEXT];
	struct ts_address a;
	bool ok = ts_address_parse(ts_slice_of(addresses[_i].text), &a);
	ck_assert(ok == (addresses[_i].bare != NULL));
	if (ok) {
		ts_address_bare_text(&a, text);
		ck_assert_str_eq(text, addresses[_i].bare);
		a.port = 53589;
		ts_address_text(&a, text);
		ck_assert_str_eq(text, addresses[_i].with_port);
	}
}
END_TEST

START_TEST(a_byte_that_ends_a_string_is_in_no_address)
{
	struct ts_address a;
	ck_assert(!ts_address_parse((struct ts_slice){"192.0.2.1\0x", 11}, &a));
}
END_TEST

START_TEST(of_sockets)
{
	const struct sockaddr_in v4 = {
		.sin_family = AF_INET, .sin_port = htons(7), .sin_addr.s_addr = htonl(0xc0000201)};
	const struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(8)};
	const struct sockaddr other = {.sa_family = AF_UNIX};
	char text[TS_ADDRESS_TEXT];
	struct ts_address a;
	const void *p = &v4;
	ck_assert(ts_address_of(p, &a) && ts_address_is_ipv4(&a));
	ts_address_text(&a, text);
	ck_assert_str_eq(text, "192.0.2.1:7");
	p = &v6;
	ck_assert(ts_address_of(p, &a) && !ts_address_is_ipv4(&a));
	ts_address_text(&a, text);
	ck_assert_str_eq(text, "[::]:8");
	ck_assert(!ts_address_of(&other, &a));
}
END_TEST

static const struct {
	const char *networks, *address;
	bool has;
} networks[] = {
	{"", "127.0.0.1", false},
	{"127.0.0.1", "127.0.0.1", true},
	{"127.0.0.1", "127.0.0.2", false},
	{"127.0.0.0/8", "127.255.0.1", true},
	{"127.0.0.0/8", "128.0.0.0", false},
	{"10.1.2.3/8", "10.9.9.9", true},
	{"192.0.2.128/25", "192.0.2.127", false},
	{"192.0.2.128/25", "192.0.2.255", true},
	{"192.0.2.1/32", "192.0.2.1", true},
	{"0.0.0.0/0", "203.0.113.9", true},
	{"0.0.0.0/0", "2001:db8::1", false},
	{"::/0", "2001:db8::1", true},
	{"::/0", "192.0.2.1", false},
	{"fd00::/8", "fdff::1", true},
	{"fd00::/8", "fe00::1", false},
	{"2001:db8::/33", "2001:db8:7fff::1", true},
	{"2001:db8::/33", "2001:db8:8000::1", false},
	{"::1/128", "::1", true},
	{"127.0.0.1", "::ffff:127.0.0.1", true},
	{"::ffff:10.0.0.0/104", "10.200.0.1", true},
	{"::ffff:10.0.0.0/104", "11.0.0.1", false},
	{"10.0.0.1,10.0.0.3", "10.0.0.3", true},
	{" 10.0.0.1 ,\t10.0.0.3, ", "10.0.0.3", true},
	{"10.0.0.1,10.0.0.3", "10.0.0.2", false},
};

START_TEST(matching)
{
	struct ts_networks n;
	struct ts_address a;
	ck_assert_int_eq(ts_networks_parse(ts_slice_of(networks[_i].networks), "x", &n, NULL),
			 TS_OK);
	ck_assert(ts_address_parse(ts_slice_of(networks[_i].address), &a));
	ck_assert(ts_networks_have(&n, &a) == networks[_i].has);
	ts_networks_done(&n);
	ck_assert(!ts_networks_have(&n, &a));
}
END_TEST

static const char *const wrong[] = {
	"localhost",   "10.0.0.0/33", "10.0.0.0/",         "10.0.0.0/-1",          "10.0.0.0/8/8",
	"::/129",      "::/1290",     "10.0.0.1 nonsense", "10.0.0.0/99999999999", "*",
	"10.0.0.0/8x",
};

START_TEST(what_is_no_network)
{
	struct ts_networks n;
	struct ts_error err = {0};
	ck_assert_int_eq(ts_networks_parse(ts_slice_of(wrong[_i]), "proxy.trusted", &n, &err),
			 TS_EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "'proxy.trusted'"));
	ck_assert_uint_eq(n.count, 0);
}
END_TEST

UNIT_MAIN("address", {reading, TS_COUNT_OF(addresses)},
	  {a_byte_that_ends_a_string_is_in_no_address, 0}, {of_sockets, 0},
	  {matching, TS_COUNT_OF(networks)}, {what_is_no_network, TS_COUNT_OF(wrong)})
