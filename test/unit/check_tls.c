/* SPDX-License-Identifier: MIT */
/* Both ends over a socket pair, in one thread: nothing may block. */
#include "test/unit/tls_fixture.h"

/* Which client is believed */

static const struct {
	const char *client, *priorities;
	enum ts_trust trust;
	bool no_ca;
	enum ts_peer_state state;
	const char *reason;
} peers[] = {
	{"rsa", TLS13, TS_TRUST_STRICT, false, TS_PEER_VERIFIED, ""},
	{"rsa", TLS12, TS_TRUST_STRICT, false, TS_PEER_VERIFIED, ""},
	{"ecdsa", TLS13, TS_TRUST_STRICT, false, TS_PEER_VERIFIED, ""},
	{"ecdsa", TLS12, TS_TRUST_STRICT, false, TS_PEER_VERIFIED, ""},
	{"ed25519", TLS13, TS_TRUST_STRICT, false, TS_PEER_VERIFIED, ""},
	{NULL, TLS13, TS_TRUST_STRICT, false, TS_PEER_NONE, ""},
	{NULL, TLS12, TS_TRUST_STRICT, false, TS_PEER_NONE, ""},
	{"expired", TLS13, TS_TRUST_STRICT, false, TS_PEER_UNTRUSTED, "certificate expired on 2"},
	{"future", TLS12, TS_TRUST_STRICT, false, TS_PEER_UNTRUSTED, "is valid from 2"},
	{"revoked", TLS13, TS_TRUST_STRICT, false, TS_PEER_UNTRUSTED, "was revoked."},
	{"revoked", TLS12, TS_TRUST_STRICT, false, TS_PEER_UNTRUSTED, "was revoked."},
	{"foreign", TLS13, TS_TRUST_STRICT, false, TS_PEER_UNTRUSTED, "was not signed by"},
	{"foreign", TLS12, TS_TRUST_STRICT, false, TS_PEER_UNTRUSTED, "was not signed by"},
	{"rsa", TLS13, TS_TRUST_STRICT, true, TS_PEER_UNTRUSTED, "was not signed by"},
	{"revoked", TLS13, TS_TRUST_ALLOW_ALL, false, TS_PEER_VERIFIED, ""},
	{"foreign", TLS12, TS_TRUST_ALLOW_ALL, true, TS_PEER_VERIFIED, ""},
	{NULL, TLS13, TS_TRUST_ALLOW_ALL, false, TS_PEER_VERIFIED, ""},
};

START_TEST(clients_are_judged_after_the_handshake)
{
	PAIR(p, .client = peers[_i].client, .client_priorities = peers[_i].priorities,
	     .server_trust = peers[_i].trust, .no_server_ca = peers[_i].no_ca);
	ck_assert_msg(p.server.result == TS_OK, "%s", p.server.err.text);
	ck_assert_msg(p.client.result == TS_OK, "%s", p.client.err.text);
	struct ts_tls_peer peer;
	ts_tls_peer(p.server.tls, &peer);
	ck_assert_msg(peer.state == peers[_i].state, "%d %s", peer.state, peer.reason);
	ck_assert_msg(strstr(peer.reason, peers[_i].reason) != NULL, "%s", peer.reason);
	ck_assert_str_eq(peer.name, peers[_i].client != NULL ? peers[_i].client : "");
	ck_assert_uint_eq(strlen(peer.fingerprint), peers[_i].client != NULL ? 64 : 0);
	ck_assert_int_eq(peer.not_after != 0, peers[_i].client != NULL);
	ck_assert_int_eq(strncmp(peer.protocol, "TLS1.", 5), 0);
}
END_TEST

START_TEST(an_expired_certificate_is_told_with_its_day)
{
	PAIR(p, .client = "expired");
	struct ts_tls_peer peer;
	ts_tls_peer(p.server.tls, &peer);
	char want[64];
	struct ts_date_text day = ts_date_text(days_from_now(-10));
	(void)snprintf(want, sizeof(want), "Your client certificate expired on %.4s-%.2s-%.2s.",
		       day.text, day.text + 4, day.text + 6);
	ck_assert_str_eq(peer.reason, want);
}
END_TEST

START_TEST(the_curve_is_the_quick_one)
{
	PAIR(p, .client = "ecdsa", .client_priorities = "NORMAL");
	struct ts_tls_peer peer;
	ts_tls_peer(p.server.tls, &peer);
	ck_assert_str_eq(peer.protocol, "TLS1.3 ECDHE-X25519 ECDSA-SECP256R1-SHA256");
}
END_TEST

/* Which server is believed */

static const struct {
	const char *server, *host, *ca;
	enum ts_trust trust;
	const char *reason; /* NULL: it is */
} hosts[] = {
	{"server", "sync.example.org", "ca", TS_TRUST_STRICT, NULL},
	{"server-rsa", "sync.example.org", "ca", TS_TRUST_STRICT, NULL},
	{"server", "127.0.0.1", "ca", TS_TRUST_STRICT, NULL},
	{"server", "::1", "ca", TS_TRUST_STRICT, NULL},
	{"server", "[::1]", "ca", TS_TRUST_STRICT, NULL},
	{"server", "::1%lo", "ca", TS_TRUST_STRICT, NULL},
	{"server", "127.0.0.2", "ca", TS_TRUST_STRICT, "is not made out for 127.0.0.2."},
	{"server", "example.org", "ca", TS_TRUST_STRICT, "is not made out for example.org."},
	{"server", "example.org", "ca", TS_TRUST_IGNORE_HOSTNAME, NULL},
	{"server", "sync.example.org", "other", TS_TRUST_STRICT, "was not signed by"},
	{"server", "example.org", "other", TS_TRUST_IGNORE_HOSTNAME, "was not signed by"},
	{"server", "example.org", "other", TS_TRUST_ALLOW_ALL, NULL},
	{"server-expired", "sync.example.org", "ca", TS_TRUST_STRICT, "certificate expired on 2"},
	{"server-expired", "sync.example.org", "ca", TS_TRUST_IGNORE_HOSTNAME, "expired on"},
	{"server-expired", "sync.example.org", "ca", TS_TRUST_ALLOW_ALL, NULL},
};

START_TEST(servers_are_judged_by_the_handshake)
{
	PAIR(p, .server = hosts[_i].server, .client = "rsa", .host = hosts[_i].host,
	     .client_ca = hosts[_i].ca, .client_trust = hosts[_i].trust);
	if (hosts[_i].reason == NULL) {
		struct ts_tls_peer peer;
		ck_assert_msg(p.client.result == TS_OK, "%s", p.client.err.text);
		ts_tls_peer(p.client.tls, &peer);
		ck_assert_int_eq(peer.state, TS_PEER_VERIFIED);
		ck_assert_str_eq(peer.name, "sync.example.org");
		return;
	}
	ck_assert_int_eq(p.client.result, TS_EACCESS);
	ck_assert_msg(strstr(p.client.err.text, hosts[_i].reason) != NULL, "%s", p.client.err.text);
}
END_TEST

/* Versions and suites */

static const struct {
	const char *server, *priorities, *client;
	bool ok;
	const char *server_says, *client_says;
} versions[] = {
	{"server-rsa", NULL, TLS10, false, "offers no TLS version", "ended the TLS session"},
	{"server-rsa", TS_TLS_PRIORITIES_LEGACY, TLS10, true, NULL, NULL},
	{"server-rsa", TS_TLS_PRIORITIES_LEGACY, TLS13, true, NULL, NULL},
	{"server-rsa", NULL, TLS12 ":-KX-ALL:+RSA", false, "no cipher suite", "ended"},
	{"server-rsa", TS_TLS_PRIORITIES_LEGACY, TLS12 ":-KX-ALL:+RSA", true, NULL, NULL},
	{"server-rsa", TS_TLS_PRIORITIES_LEGACY,
	 TLS12 ":-KX-ALL:+RSA:-CIPHER-ALL:+AES-128-CBC:-MAC-ALL:+SHA1", true, NULL, NULL},
	{"server", TS_TLS_PRIORITIES_LEGACY, TLS12, true, NULL, NULL},
};

START_TEST(old_ones_are_served_where_wanted)
{
	PAIR(p, .server = versions[_i].server, .server_priorities = versions[_i].priorities,
	     .client = "rsa", .client_priorities = versions[_i].client);
	if (versions[_i].ok) {
		ck_assert_msg(p.server.result == TS_OK, "%s", p.server.err.text);
		ck_assert_msg(p.client.result == TS_OK, "%s", p.client.err.text);
		return;
	}
	ck_assert_int_eq(p.server.result, TS_ETLS);
	ck_assert_msg(strstr(p.server.err.text, versions[_i].server_says) != NULL, "%s",
		      p.server.err.text);
	ck_assert_int_eq(p.client.result, TS_ETLS);
	ck_assert_msg(strstr(p.client.err.text, versions[_i].client_says) != NULL, "%s",
		      p.client.err.text);
}
END_TEST

static const char *const garbage[] = {
	"GET / HTTP/1.1\r\nHost: sync.example.org\r\n\r\n",
	"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
	"\x16\x03\x01\xFF\xFFzzzzzzzzzzzzzzzzzzzzzzzzzz",
	"type: sync\nprotocol: v1\n\n",
	"",
};

START_TEST(garbage_ends_the_handshake)
{
	TS_CLEANUP(pair_done) struct pair p;
	pair_new(&p, &(struct setup){0});
	size_t len = strlen(garbage[_i]);
	ck_assert_int_eq(write(p.client.fd, garbage[_i], len), (ssize_t)len);
	ck_assert_int_eq(shutdown(p.client.fd, SHUT_WR), 0);
	p.server.result = TS_EAGAIN;
	for (int i = 0; i < TURNS; i++) {
		step(&p.server);
	}
	ck_assert_int_eq(p.server.result, TS_ETLS);
	ck_assert_uint_gt(strlen(p.server.err.text), 10);
}
END_TEST

/* Bytes */

static int big_pair(struct pair *p)
{
	pair_new(p, &(struct setup){.client = "ecdsa"});
	shake_hands(p);
	int size = 4096;
	(void)setsockopt(p->server.fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return p->server.result == TS_OK && p->client.result == TS_OK;
}

static char byte_at(size_t i)
{
	return (char)(i * 7 + i / 251);
}

/* Take what has come; false once there is nothing more. */
static bool take_some(struct end *e, size_t *got)
{
	char piece[1000];
	enum ts_wait wait;
	ssize_t n = ts_tls_recv(e->tls, piece, sizeof(piece), &wait, &e->err);
	if (n == TS_EAGAIN) {
		ck_assert_int_eq(wait, TS_WAIT_READ);
		return false;
	}
	ck_assert_msg(n > 0, "%s", e->err.text);
	for (ssize_t i = 0; i < n; i++) {
		ck_assert_int_eq(piece[i], byte_at((*got)++));
	}
	return true;
}

START_TEST(many_bytes_pass_a_narrow_socket)
{
	enum { MANY = 300000 };
	TS_CLEANUP(pair_done) struct pair p;
	ck_assert(big_pair(&p));
	TS_AUTOFREE char *data = malloc(MANY);
	for (size_t i = 0; i < MANY; i++) {
		data[i] = byte_at(i);
	}
	size_t sent = 0, got = 0;
	int waits = 0;
	while (got < MANY) {
		enum ts_wait wait;
		ssize_t n = sent < MANY ? ts_tls_send(p.server.tls, data + sent, MANY - sent, &wait,
						      &p.server.err)
					: 0;
		if (n == TS_EAGAIN) {
			ck_assert_int_eq(wait, TS_WAIT_WRITE);
			waits++;
		} else {
			ck_assert_msg(n >= 0, "%s", p.server.err.text);
			sent += (size_t)n;
		}
		while (take_some(&p.client, &got)) {
		}
	}
	ck_assert_int_gt(waits, 0);
	ck_assert_uint_eq(got, MANY);
}
END_TEST

START_TEST(an_end_is_an_end_orderly_or_not)
{
	TS_CLEANUP(pair_done) struct pair p;
	enum ts_wait wait;
	char c;
	ck_assert(big_pair(&p));
	ck_assert_int_eq(ts_tls_recv(p.client.tls, &c, 1, &wait, NULL), TS_EAGAIN);
	if (_i == 0) {
		ck_assert_int_eq(ts_tls_bye(p.server.tls, &wait), TS_OK);
	} else {
		ts_close_p(&p.server.fd);
		p.server.fd = -1;
	}
	ck_assert_int_eq(ts_tls_recv(p.client.tls, &c, 1, &wait, NULL), 0);
}
END_TEST

START_TEST(sending_to_nobody_is_a_failure_and_no_signal)
{
	TS_CLEANUP(pair_done) struct pair p;
	enum ts_wait wait;
	ck_assert(big_pair(&p));
	ts_close_p(&p.client.fd);
	p.client.fd = -1;
	ck_assert_int_eq(ts_tls_send(p.server.tls, "hello", 5, &wait, &p.server.err), TS_ETLS);
	ck_assert_str_eq(p.server.err.text, "The connection to the client broke.");
}
END_TEST

/* Files */

static const struct {
	const char *ca, *cert, *key, *crl, *priorities;
	int code;
	const char *says;
} files[] = {
	{"ca.cert", "server.cert", "server.key", "crl", NULL, TS_OK, ""},
	{"missing", "server.cert", "server.key", NULL, NULL, TS_ENOTFOUND, "missing can't be read"},
	{"server.key", "server.cert", "server.key", NULL, NULL, TS_EINVAL, "server.key holds no"},
	{"ca.cert", "server.cert", "missing", NULL, NULL, TS_ENOTFOUND, "missing can't be read"},
	{"ca.cert", "server.cert", "rsa.key", NULL, NULL, TS_EINVAL, "rsa.key are of no use"},
	{"ca.cert", "server.cert", NULL, NULL, NULL, TS_EINVAL, "come together"},
	{"ca.cert", "server.cert", "server.key", "ca.cert", NULL, TS_EINVAL, "no revocation list"},
	{"ca.cert", "server.cert", "server.key", "other-crl", NULL, TS_EINVAL,
	 "a certificate authority that is not"},
	{"ca.cert", "server.cert", "server.key", NULL, "NORMAL:+NONSENSE", TS_EINVAL, "NONSENSE"},
	{NULL, NULL, NULL, NULL, NULL, TS_OK, ""},
};

START_TEST(credentials_name_the_file_that_is_wrong)
{
	const char *const names[] = {files[_i].ca, files[_i].cert, files[_i].key, files[_i].crl};
	struct folder_path paths[4];
	const char *given[4];
	for (size_t i = 0; i < TS_COUNT_OF(names); i++) {
		paths[i] = at(names[i] != NULL ? names[i] : "", "");
		given[i] = names[i] != NULL ? paths[i].text : NULL;
	}
	struct ts_tls_config config = {.ca_file = given[0],
				       .cert_file = given[1],
				       .key_file = given[2],
				       .crl_file = given[3],
				       .priorities = files[_i].priorities};
	TS_CLEANUP(ts_tls_creds_unref_p) struct ts_tls_creds *creds = NULL;
	struct ts_error err = {0};
	ck_assert_msg(ts_tls_creds_new(&config, &creds, &err) == files[_i].code, "%s", err.text);
	ck_assert_msg(strstr(err.text, files[_i].says) != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
	make_all();
	const struct unit_case cases[] = {
		{clients_are_judged_after_the_handshake, TS_COUNT_OF(peers)},
		{an_expired_certificate_is_told_with_its_day, 0},
		{the_curve_is_the_quick_one, 0},
		{servers_are_judged_by_the_handshake, TS_COUNT_OF(hosts)},
		{old_ones_are_served_where_wanted, TS_COUNT_OF(versions)},
		{garbage_ends_the_handshake, TS_COUNT_OF(garbage)},
		{many_bytes_pass_a_narrow_socket, 0},
		{an_end_is_an_end_orderly_or_not, 2},
		{sending_to_nobody_is_a_failure_and_no_signal, 0},
		{credentials_name_the_file_that_is_wrong, TS_COUNT_OF(files)},
	};
	int rc = unit_run("tls", cases, TS_COUNT_OF(cases));
	folder_done(&shared);
	return rc;
}
