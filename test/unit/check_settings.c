/* SPDX-License-Identifier: MIT */
#include "common/net/hostport.h"
#include "server/command/manual.h"
#include "server/settings.h"
#include "test/unit/unit.h"

#include <inttypes.h>

enum { K = 1 << 10, M = 1 << 20 };

static const struct ts_conf_table *table(void)
{
	static struct ts_conf_table t;
	t = (struct ts_conf_table){settings_items, settings_count};
	return &t;
}

START_TEST(each_row_is_complete)
{
	for (size_t i = 0; i < settings_count; i++) {
		const struct ts_conf_item *item = &settings_items[i];
		ck_assert_msg(item->group != NULL && item->group[0] != '\0', "%s", item->name);
		ck_assert_msg(item->doc != NULL && item->doc[0] != '\0', "%s", item->name);
		ck_assert_msg(item->def != NULL, "%s", item->name);
		for (size_t j = 0; j < i; j++) {
			ck_assert_str_ne(item->name, settings_items[j].name);
		}
	}
}
END_TEST

START_TEST(each_default_is_a_value)
{
	struct settings s = {0};
	struct ts_error err = {0};
	ck_assert_msg(ts_conf_init(table(), &s, &err) == TS_OK, "%s", err.text);
	for (size_t i = 0; i < settings_count; i++) {
		const struct ts_conf_item *item = &settings_items[i];
		TS_BUF(printed);
		ts_conf_print(item, &s, &printed);
		ck_assert_slice(ts_buf_slice(&printed), item->def);
	}
	ts_conf_done(table(), &s);
}
END_TEST

START_TEST(defaults_are_what_was_promised)
{
	struct settings s = {0};
	ck_assert_int_eq(ts_conf_init(table(), &s, NULL), TS_OK);
	const struct {
		const char *name;
		uint64_t got, want;
	} rows[] = {
		{"request.limit", s.request_limit, 64 * M},
		{"header.limit", s.header_limit, 16 * K},
		{"task.limit", s.task_limit, M},
		{"task.depth", s.task_depth, 64},
		{"task.attributes", s.task_attributes, 100000},
		{"connection.limit", s.connection_limit, 10000},
		{"connection.memory", s.connection_memory, 256 * K},
		{"memory.limit", s.memory_limit, 256 * M},
		{"storage.queue", s.storage_queue, 4096},
		{"quarantine.limit", s.quarantine_limit, 1000},
		{"device.limit", s.device_limit, 200},
		{"queue.size", s.queue_size, 1024},
		{"timeout.handshake", s.timeout_handshake, 15000},
		{"timeout.header", s.timeout_header, 30000},
		{"timeout.idle", s.timeout_idle, 60000},
		{"timeout.request", s.timeout_request, 3600000},
		{"timeout.close", s.timeout_close, 5000},
		{"timeout.stop", s.timeout_stop, 30000},
		{"confirmation", s.confirmation, true},
		{"ip.log", s.ip_log, true},
	};
	for (size_t i = 0; i < TS_COUNT_OF(rows); i++) {
		ck_assert_msg(rows[i].got == rows[i].want, "%s: %" PRIu64, rows[i].name,
			      rows[i].got);
	}
	ck_assert_str_eq(s.log, "-");
	ck_assert_str_eq(s.trust, "strict");
	ts_conf_done(table(), &s);
}
END_TEST

/* What the reference server's files hold. */
static const char *const reference[][2] = {
	{"ca.cert", "/x.pem"},    {"server.cert", "/x"}, {"server.key", "/x"},
	{"server.crl", "/x"},     {"ciphers", "NORMAL"}, {"dh_bits", "2048"},
	{"confirmation", "1"},    {"debug", "0"},        {"debug.tls", "9"},
	{"extensions", "/usr/x"}, {"family", "IPv4"},    {"ip.log", "off"},
	{"log", "/tmp/x.log"},    {"pid.file", "/x"},    {"queue.size", "10"},
	{"request.limit", "0"},   {"root", "/x"},        {"server", "localhost:53589"},
	{"trust", "allow all"},   {"verbose", "1"},      {"client.cert", "/x"},
	{"client.key", "/x"},     {"client.allow", "x"}, {"client.deny", "x"},
};

START_TEST(the_reference_servers_settings_are_taken)
{
	struct settings s = {0};
	struct ts_error err = {0};
	ck_assert_int_eq(ts_conf_init(table(), &s, NULL), TS_OK);
	int code = ts_conf_set(table(), &s, reference[_i][0], reference[_i][1], &err);
	ck_assert_msg(code == TS_OK, "%s: %s", reference[_i][0], err.text);
	ts_conf_done(table(), &s);
}
END_TEST

START_TEST(the_manual_holds_each)
{
	TS_BUF(rst);
	manual_settings_rst(&rst);
	ck_assert(!rst.failed);
	for (size_t i = 0; i < settings_count; i++) {
		TS_BUF(name);
		ts_buf_printf(&name, "\n``%s``", settings_items[i].name);
		ck_assert_msg(strstr(rst.data, name.data) != NULL, "%s", settings_items[i].name);
	}
}
END_TEST

static const struct {
	const char *text, *host, *port; /* no host: refused */
} addresses[] = {
	{"localhost:53589", "localhost", "53589"},
	{"127.0.0.1:1", "127.0.0.1", "1"},
	{"[::1]:65535", "::1", "65535"},
	{"::1:53589", NULL, NULL},
	{"localhost", NULL, NULL},
	{"localhost:", NULL, NULL},
	{":53589", NULL, NULL},
	{"localhost:0", NULL, NULL},
	{"localhost:65536", NULL, NULL},
	{"localhost:99999999999", NULL, NULL},
	{"localhost:http", NULL, NULL},
	{"local host:53589", NULL, NULL},
	{"a/b:53589", NULL, NULL},
	{"a\nb:53589", NULL, NULL},
	{"[]:53589", NULL, NULL},
	{"", NULL, NULL},
};

START_TEST(addresses_are_read)
{
	struct hostport at;
	int code = hostport_parse(addresses[_i].text, &at, NULL);
	ck_assert_int_eq(code, addresses[_i].host != NULL ? TS_OK : TS_EINVAL);
	if (code == TS_OK) {
		ck_assert_str_eq(at.host, addresses[_i].host);
		ck_assert_str_eq(at.port, addresses[_i].port);
	}
}
END_TEST

UNIT_MAIN("settings", {each_row_is_complete, 0}, {each_default_is_a_value, 0},
	  {defaults_are_what_was_promised, 0},
	  {the_reference_servers_settings_are_taken, TS_COUNT_OF(reference)},
	  {the_manual_holds_each, 0}, {addresses_are_read, TS_COUNT_OF(addresses)})
