/* SPDX-License-Identifier: MIT */
#include "common/tls/internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

/* Warnings and other bits of the peer's that carry no data, in a row: more are an attack. */
enum { PATIENCE = 16 };

/* Setting up */

static int session_new(struct ts_tls_creds *creds, int fd, unsigned flags, struct ts_tls **ret,
		       struct ts_error *err)
{
	TS_CLEANUP(ts_tls_free_p) struct ts_tls *t = calloc(1, sizeof(*t));
	if (t == NULL || gnutls_init(&t->session, flags | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0 ||
	    gnutls_priority_set(t->session, creds->priorities) < 0 ||
	    gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, creds->x509) < 0) {
		return ts_fail(err, TS_ENOMEM, "There is no memory for a TLS session.");
	}
	t->creds = ts_tls_creds_ref(creds);
	t->server = (flags & GNUTLS_SERVER) != 0;
	ts_tls_pull_from(t, fd);
	gnutls_handshake_set_timeout(t->session, 0); /* deadlines are the caller's */
	*ret = TS_TAKE(t);
	return TS_OK;
}

int ts_tls_server_new(struct ts_tls_creds *creds, int fd, struct ts_tls **ret, struct ts_error *err)
{
	struct ts_tls *t = NULL;
	const unsigned how = creds->tickets ? GNUTLS_NO_AUTO_SEND_TICKET : GNUTLS_NO_TICKETS;
	int rc = session_new(creds, fd, GNUTLS_SERVER | how, &t, err);
	if (rc != TS_OK) {
		return rc;
	}
	if (creds->tickets && ts_tickets_enable(t) != TS_OK) {
		ts_tls_free(t);
		return ts_fail(err, TS_ENOMEM, "There is no memory for a TLS session.");
	}
	gnutls_certificate_server_set_request(t->session, GNUTLS_CERT_REQUEST);
	/* Not naming our CA makes clients show a certificate of another one too, so that its user
	 * can be told what is wrong with it. */
	gnutls_certificate_send_x509_rdn_sequence(t->session, 1);
	*ret = t;
	return TS_OK;
}

/* "[::1]" and "fe80::1%eth0" as a certificate spells them. */
static char *bare_host(const char *host)
{
	size_t len = strlen(host);
	if (len > 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	char *bare = strndup(host, len);
	if (bare != NULL && strchr(bare, ':') != NULL) {
		bare[strcspn(bare, "%")] = '\0';
	}
	return bare;
}

static bool is_address(const char *host)
{
	struct in6_addr a;
	return inet_pton(AF_INET, host, &a) == 1 || inet_pton(AF_INET6, host, &a) == 1;
}

/* What the handshake is to check, and which name it tells the server. */
static int expect_host(struct ts_tls *t, const char *host)
{
	t->host = bare_host(host);
	if (t->host == NULL) {
		return TS_ENOMEM;
	}
	if (t->creds->trust != TS_TRUST_ALLOW_ALL) {
		const char *name = t->creds->trust == TS_TRUST_STRICT ? t->host : NULL;
		gnutls_session_set_verify_cert(t->session, name, 0);
	}
	if (!is_address(t->host) &&
	    gnutls_server_name_set(t->session, GNUTLS_NAME_DNS, t->host, strlen(t->host)) ==
		    GNUTLS_E_MEMORY_ERROR) {
		return TS_ENOMEM;
	}
	return TS_OK;
}

int ts_tls_client_new(struct ts_tls_creds *creds, int fd, const char *host, struct ts_tls **ret,
		      struct ts_error *err)
{
	TS_CLEANUP(ts_tls_free_p) struct ts_tls *t = NULL;
	int rc = session_new(creds, fd, GNUTLS_CLIENT, &t, err);
	if (rc != TS_OK) {
		return rc;
	}
	if (expect_host(t, host) != TS_OK || ts_tickets_ask(t) != TS_OK) {
		return ts_fail(err, TS_ENOMEM, "There is no memory for a TLS session.");
	}
	*ret = TS_TAKE(t);
	return TS_OK;
}

void ts_tls_free(struct ts_tls *t)
{
	if (t == NULL) {
		return;
	}
	if (t->session != NULL) {
		gnutls_deinit(t->session);
	}
	ts_tls_creds_unref(t->creds);
	free(t->host);
	free(t);
}

/* GnuTLS's results in ours */

static bool would_block(const struct ts_tls *t, ssize_t n, enum ts_wait *wait)
{
	if (n != GNUTLS_E_AGAIN && n != GNUTLS_E_INTERRUPTED) {
		return false;
	}
	*wait = gnutls_record_get_direction(t->session) == 1 ? TS_WAIT_WRITE : TS_WAIT_READ;
	return true;
}

static bool is_end(ssize_t n)
{
	return n == GNUTLS_E_PREMATURE_TERMINATION || n == GNUTLS_E_PULL_ERROR ||
	       n == GNUTLS_E_SESSION_EOF;
}

static const struct {
	int number;
	const char *server, *client; /* what it means at this end */
} meanings[] = {
	{GNUTLS_E_UNSUPPORTED_VERSION_PACKET,
	 "The client's hello offers no TLS version that is accepted here.",
	 "The server speaks no TLS version that is accepted here."},
	{GNUTLS_E_NO_CIPHER_SUITES,
	 "The client's hello offers no cipher suite that is accepted here.",
	 "The server chose a cipher suite that is not accepted here."},
	{GNUTLS_E_NO_COMMON_KEY_SHARE,
	 "The client's hello offers no key exchange group that is accepted here.",
	 "The server chose a key exchange group that is not accepted here."},
	{GNUTLS_E_INSUFFICIENT_SECURITY, "The client offers only what is not secure enough here.",
	 "The server offers only what is not secure enough here."},
	{GNUTLS_E_UNEXPECTED_PACKET, "The client doesn't speak TLS.",
	 "The server doesn't speak TLS."},
	{GNUTLS_E_UNEXPECTED_PACKET_LENGTH, "The client doesn't speak TLS.",
	 "The server doesn't speak TLS."},
	{GNUTLS_E_RECORD_OVERFLOW, "The client doesn't speak TLS.",
	 "The server doesn't speak TLS."},
	{GNUTLS_E_REHANDSHAKE, "The client asks for a renegotiation, which is not done here.",
	 "The server asks for a renegotiation, which is not done here."},
	{GNUTLS_E_PREMATURE_TERMINATION, "The client closed the connection during the handshake.",
	 "The server closed the connection during the handshake."},
	{GNUTLS_E_PULL_ERROR, "The connection to the client broke.",
	 "The connection to the server broke."},
	{GNUTLS_E_PUSH_ERROR, "The connection to the client broke.",
	 "The connection to the server broke."},
};

static const char *meaning(const struct ts_tls *t, ssize_t number)
{
	for (size_t i = 0; i < TS_COUNT_OF(meanings); i++) {
		if (meanings[i].number == number) {
			return t->server ? meanings[i].server : meanings[i].client;
		}
	}
	return NULL;
}

/* A packet of the wrong length is no TLS, or, from a peer that was heard before, one that was cut.
 */
static ssize_t judge(const struct ts_tls *t, ssize_t number)
{
	const bool heard = (int)gnutls_handshake_get_last_in(t->session) >= 0;
	return number == GNUTLS_E_UNEXPECTED_PACKET_LENGTH && heard ? GNUTLS_E_PREMATURE_TERMINATION
								    : number;
}

/* Not TLS failed, but what is below it: also where it ended in the middle of a record. */
static ssize_t look_below(const struct ts_tls *t, ssize_t number)
{
	return number == GNUTLS_E_UNEXPECTED_PACKET_LENGTH && ts_tls_at_end(t) ? GNUTLS_E_PULL_ERROR
									       : number;
}

static int fail(const struct ts_tls *t, ssize_t number, struct ts_error *err)
{
	if (t->flooded) {
		return ts_fail(err, TS_ETLS, "The client sends too much that holds no data.");
	}
	number = look_below(t, number);
	const char *peer = t->server ? "client" : "server";
	number = judge(t, number);
	if (number == GNUTLS_E_FATAL_ALERT_RECEIVED || number == GNUTLS_E_WARNING_ALERT_RECEIVED) {
		const char *name = gnutls_alert_get_name(gnutls_alert_get(t->session));
		return ts_fail(err, TS_ETLS, "The %s ended the TLS session: %s.", peer,
			       name != NULL ? name : "an unknown alert");
	}
	const char *text = meaning(t, number);
	const bool broken = is_end(number) || number == GNUTLS_E_PUSH_ERROR;
	const int code = !t->server && broken ? TS_ECLOSED : TS_ETLS;
	return text != NULL ? ts_fail(err, code, "%s", text)
			    : ts_fail(err, TS_ETLS, "TLS with the %s failed: %s", peer,
				      gnutls_strerror((int)number));
}

static enum ts_tls_fault fault_of_alert(gnutls_alert_description_t alert)
{
	static const struct {
		gnutls_alert_description_t alert;
		enum ts_tls_fault fault;
	} faults[] = {
		{GNUTLS_A_PROTOCOL_VERSION, TS_TLS_FAULT_VERSION},
		{GNUTLS_A_HANDSHAKE_FAILURE, TS_TLS_FAULT_CIPHER},
		{GNUTLS_A_INSUFFICIENT_SECURITY, TS_TLS_FAULT_CIPHER},
		{GNUTLS_A_BAD_CERTIFICATE, TS_TLS_FAULT_CERTIFICATE},
		{GNUTLS_A_UNSUPPORTED_CERTIFICATE, TS_TLS_FAULT_CERTIFICATE},
		{GNUTLS_A_CERTIFICATE_REVOKED, TS_TLS_FAULT_CERTIFICATE},
		{GNUTLS_A_CERTIFICATE_EXPIRED, TS_TLS_FAULT_CERTIFICATE},
		{GNUTLS_A_CERTIFICATE_UNKNOWN, TS_TLS_FAULT_CERTIFICATE},
		{GNUTLS_A_UNKNOWN_CA, TS_TLS_FAULT_CERTIFICATE},
	};
	for (size_t i = 0; i < TS_COUNT_OF(faults); i++) {
		if (faults[i].alert == alert) {
			return faults[i].fault;
		}
	}
	return TS_TLS_FAULT_OTHER;
}

static enum ts_tls_fault fault_of(const struct ts_tls *t, ssize_t number)
{
	static const struct {
		int number;
		enum ts_tls_fault fault;
	} faults[] = {
		{GNUTLS_E_PREMATURE_TERMINATION, TS_TLS_FAULT_CLOSED},
		{GNUTLS_E_SESSION_EOF, TS_TLS_FAULT_CLOSED},
		{GNUTLS_E_PULL_ERROR, TS_TLS_FAULT_CLOSED},
		{GNUTLS_E_PUSH_ERROR, TS_TLS_FAULT_CLOSED},
		{GNUTLS_E_UNEXPECTED_PACKET, TS_TLS_FAULT_NOT_TLS},
		{GNUTLS_E_UNEXPECTED_PACKET_LENGTH, TS_TLS_FAULT_NOT_TLS},
		{GNUTLS_E_RECORD_OVERFLOW, TS_TLS_FAULT_NOT_TLS},
		{GNUTLS_E_UNSUPPORTED_VERSION_PACKET, TS_TLS_FAULT_VERSION},
		{GNUTLS_E_NO_CIPHER_SUITES, TS_TLS_FAULT_CIPHER},
		{GNUTLS_E_NO_COMMON_KEY_SHARE, TS_TLS_FAULT_CIPHER},
		{GNUTLS_E_INSUFFICIENT_SECURITY, TS_TLS_FAULT_CIPHER},
		{GNUTLS_E_CERTIFICATE_ERROR, TS_TLS_FAULT_CERTIFICATE},
		{GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR, TS_TLS_FAULT_CERTIFICATE},
	};
	if (number == GNUTLS_E_FATAL_ALERT_RECEIVED || number == GNUTLS_E_WARNING_ALERT_RECEIVED) {
		return fault_of_alert(gnutls_alert_get(t->session));
	}
	for (size_t i = 0; i < TS_COUNT_OF(faults); i++) {
		if (faults[i].number == number) {
			return faults[i].fault;
		}
	}
	return TS_TLS_FAULT_OTHER;
}

enum ts_tls_fault ts_tls_fault(const struct ts_tls *t)
{
	return t->fault;
}

static int fail_handshake(struct ts_tls *t, int number, struct ts_error *err)
{
	(void)gnutls_alert_send_appropriate(t->session, number);
	t->fault = t->flooded ? TS_TLS_FAULT_OTHER : fault_of(t, judge(t, look_below(t, number)));
	if (number != GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR) {
		return fail(t, number, err);
	}
	unsigned status = gnutls_session_get_verify_cert_status(t->session);
	return ts_fail(err, TS_EACCESS, "%s", ts_tls_untrusted(t, status).text);
}

/* GnuTLS believes the server of a resumed session without a look at its certificate, which may have
 * expired since. */
static int judge_again(struct ts_tls *t, struct ts_error *err)
{
	unsigned status = 0;
	const char *name = t->creds->trust == TS_TRUST_STRICT ? t->host : NULL;
	if (t->server || t->creds->trust == TS_TRUST_ALLOW_ALL || !ts_tls_resumed(t)) {
		return TS_OK;
	}
	if (gnutls_certificate_verify_peers3(t->session, name, &status) < 0) {
		status |= GNUTLS_CERT_INVALID;
	}
	if (status == 0) {
		return TS_OK;
	}
	(void)gnutls_alert_send(t->session, GNUTLS_AL_FATAL, GNUTLS_A_BAD_CERTIFICATE);
	return ts_fail(err, TS_EACCESS, "%s", ts_tls_untrusted(t, status).text);
}

/* Using it */

/* Shake hands, then hand over a ticket. A number of GnuTLS. */
static int shake(struct ts_tls *t)
{
	int n = t->shaken ? GNUTLS_E_SUCCESS : gnutls_handshake(t->session);
	t->shaken = n == GNUTLS_E_SUCCESS;
	return t->shaken ? ts_tickets_send(t) : n;
}

int ts_tls_handshake(struct ts_tls *t, enum ts_wait *wait, struct ts_error *err)
{
	int n = 0;
	for (int i = 0; i < PATIENCE; i++) {
		n = shake(t);
		if (n == GNUTLS_E_SUCCESS) {
			return judge_again(t, err);
		}
		if (would_block(t, n, wait)) {
			return TS_EAGAIN;
		}
		if (gnutls_error_is_fatal(n)) {
			break;
		}
	}
	return fail_handshake(t, n, err);
}

ssize_t ts_tls_recv(struct ts_tls *t, void *to, size_t len, enum ts_wait *wait,
		    struct ts_error *err)
{
	ssize_t n = 0;
	for (int i = 0; i < PATIENCE; i++) {
		n = gnutls_record_recv(t->session, to, len);
		if (n >= 0) {
			t->idle = 0;
			return n;
		}
		if (t->flooded) {
			break;
		}
		if (is_end(judge(t, n))) {
			return 0;
		}
		if (would_block(t, n, wait)) {
			return TS_EAGAIN;
		}
		if (gnutls_error_is_fatal((int)n) || n == GNUTLS_E_REHANDSHAKE) {
			break;
		}
	}
	return fail(t, n, err);
}

ssize_t ts_tls_send(struct ts_tls *t, const void *from, size_t len, enum ts_wait *wait,
		    struct ts_error *err)
{
	ssize_t n = gnutls_record_send(t->session, from, len);
	if (n >= 0) {
		return n;
	}
	return would_block(t, n, wait) ? TS_EAGAIN : fail(t, n, err);
}

void ts_tls_adopt(struct ts_tls *t, struct ts_tls_creds *creds)
{
	if (gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, creds->x509) < 0) {
		return; /* out of memory, which can't be: one is there already and is replaced */
	}
	ts_tls_creds_unref(t->creds);
	t->creds = ts_tls_creds_ref(creds);
}

int ts_tls_bye(struct ts_tls *t, enum ts_wait *wait)
{
	int n = gnutls_bye(t->session, GNUTLS_SHUT_WR);
	if (n >= 0) {
		return TS_OK;
	}
	return would_block(t, n, wait) ? TS_EAGAIN : TS_ETLS;
}
