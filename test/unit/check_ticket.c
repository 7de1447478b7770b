/* SPDX-License-Identifier: MIT */
/* Sessions that are resumed. */
#include "test/unit/tls_fixture.h"

/* The server says a word, the client takes it; then it knows what to remember. */
static int talk(struct pair *p, struct ts_buf *session)
{
	enum ts_wait wait;
	char word[8];
	ssize_t n = TS_EAGAIN;
	ck_assert_msg(p->server.result == TS_OK, "%s", p->server.err.text);
	ck_assert_msg(p->client.result == TS_OK, "%s", p->client.err.text);
	ck_assert_int_eq(ts_tls_send(p->server.tls, "hello", 5, &wait, &p->server.err), 5);
	for (int i = 0; i < 3 && n == TS_EAGAIN; i++) {
		n = ts_tls_recv(p->client.tls, word, sizeof(word), &wait, &p->client.err);
	}
	ck_assert_int_eq(n, 5);
	return ts_tls_session(p->client.tls, session, &p->client.err);
}

static const char *const both_versions[] = {TLS12, TLS13};

START_TEST(a_session_is_resumed_and_its_client_known)
{
	TS_BUF(session);
	TS_BUF(next);
	struct ts_tls_peer first, again, server;
	{
		PAIR(p, .client = "rsa", .client_priorities = both_versions[_i]);
		ck_assert_int_eq(talk(&p, &session), TS_OK);
		ck_assert(!ts_tls_resumed(p.client.tls) && !ts_tls_resumed(p.server.tls));
		ts_tls_peer(p.server.tls, &first);
	}
	PAIR(q, .client = "rsa", .client_priorities = both_versions[_i],
	     .resume = ts_buf_slice(&session));
	ck_assert_int_eq(talk(&q, &next), TS_OK);
	ck_assert(ts_tls_resumed(q.client.tls) && ts_tls_resumed(q.server.tls));
	ts_tls_peer(q.server.tls, &again);
	ck_assert_int_eq(again.state, TS_PEER_VERIFIED);
	ck_assert_str_eq(again.fingerprint, first.fingerprint);
	ts_tls_peer(q.client.tls, &server);
	ck_assert_int_eq(server.state, TS_PEER_VERIFIED);
	ck_assert_str_eq(server.name, "sync.example.org");
	ck_assert_uint_eq(strlen(server.fingerprint), 64);
	ck_assert(server.not_after > ts_date_now());
	PAIR(r, .client = "rsa", .client_priorities = both_versions[_i],
	     .resume = ts_buf_slice(&next));
	ck_assert(ts_tls_resumed(r.server.tls));
}
END_TEST

/* What changed between the two; the certificate was in order at first. */
static const struct {
	const char *priorities, *client, *ca, *crl;
	bool no_ca;
	const char *reason;
} changes[] = {
	{TLS12, "revoked", "ca", "crl", false, "was revoked."},
	{TLS13, "revoked", "ca", "crl", false, "was revoked."},
	{TLS12, "rsa", "other", "other-crl", false, "was not signed by"},
	{TLS13, "rsa", "other", "other-crl", false, "was not signed by"},
	{TLS13, "expired", "ca", "crl", false, "expired on 2"},
	{TLS13, "rsa", "ca", "crl", true, "was not signed by"},
};

START_TEST(a_resumed_client_is_judged_as_a_new_one)
{
	TS_BUF(session);
	TS_BUF(next);
	struct ts_tls_peer peer;
	{
		PAIR(p, .client = changes[_i].client, .client_priorities = changes[_i].priorities,
		     .server_trust = TS_TRUST_ALLOW_ALL);
		ck_assert_int_eq(talk(&p, &session), TS_OK);
		ts_tls_peer(p.server.tls, &peer);
		ck_assert_int_eq(peer.state, TS_PEER_VERIFIED);
	}
	PAIR(q, .client = changes[_i].client, .client_priorities = changes[_i].priorities,
	     .server_ca = changes[_i].ca, .server_crl = changes[_i].crl,
	     .no_server_ca = changes[_i].no_ca, .resume = ts_buf_slice(&session));
	ck_assert_int_eq(talk(&q, &next), TS_OK);
	ck_assert(ts_tls_resumed(q.server.tls));
	ts_tls_peer(q.server.tls, &peer);
	ck_assert_int_eq(peer.state, TS_PEER_UNTRUSTED);
	ck_assert_msg(strstr(peer.reason, changes[_i].reason) != NULL, "%s", peer.reason);
}
END_TEST

/* A client that was not strict is now, or looks for another host. */
START_TEST(a_resumed_server_is_judged_as_a_new_one)
{
	TS_BUF(session);
	{
		PAIR(p, .client = "rsa", .client_priorities = both_versions[_i],
		     .server = "server-expired", .client_trust = TS_TRUST_ALLOW_ALL);
		ck_assert_int_eq(talk(&p, &session), TS_OK);
	}
	PAIR(q, .client = "rsa", .client_priorities = both_versions[_i], .server = "server-expired",
	     .resume = ts_buf_slice(&session));
	ck_assert_int_eq(q.client.result, TS_EACCESS);
	ck_assert_msg(strstr(q.client.err.text, "certificate expired on 2") != NULL, "%s",
		      q.client.err.text);
	PAIR(r, .client = "rsa", .client_priorities = both_versions[_i], .server = "server-expired",
	     .host = "example.org", .client_trust = TS_TRUST_IGNORE_HOSTNAME,
	     .resume = ts_buf_slice(&session));
	ck_assert_int_eq(r.client.result, TS_EACCESS);
}
END_TEST

START_TEST(without_tickets_nothing_is_resumed)
{
	TS_BUF(session);
	PAIR(p, .client = "rsa", .client_priorities = both_versions[_i], .no_tickets = true);
	ck_assert_int_eq(talk(&p, &session), TS_ENOTFOUND);
	ck_assert_uint_eq(session.len, 0);
}
END_TEST

START_TEST(a_session_that_is_no_good_is_passed_over)
{
	static const char *const bad[] = {"", "x", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"};
	TS_BUF(session);
	PAIR(p, .client = "rsa", .resume = ts_slice_of(bad[_i]));
	ck_assert_int_eq(talk(&p, &session), TS_OK);
	ck_assert(!ts_tls_resumed(p.server.tls));
	ck_assert_uint_gt(session.len, 100);
	memset(session.data + session.len / 2, 'x', session.len / 4);
	PAIR(q, .client = "rsa", .resume = ts_buf_slice(&session));
	ck_assert_int_eq(q.client.result, TS_OK);
	ck_assert(!ts_tls_resumed(q.server.tls));
}
END_TEST

int main(void)
{
	make_all();
	const struct unit_case cases[] = {
		{a_session_is_resumed_and_its_client_known, TS_COUNT_OF(both_versions)},
		{a_resumed_client_is_judged_as_a_new_one, TS_COUNT_OF(changes)},
		{a_resumed_server_is_judged_as_a_new_one, TS_COUNT_OF(both_versions)},
		{without_tickets_nothing_is_resumed, TS_COUNT_OF(both_versions)},
		{a_session_that_is_no_good_is_passed_over, 3},
	};
	int rc = unit_run("ticket", cases, TS_COUNT_OF(cases));
	folder_done(&shared);
	return rc;
}
