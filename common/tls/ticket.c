/* SPDX-License-Identifier: MIT */
/*
 * Sessions that are resumed by a ticket: the session's state, the client's certificate in it,
 * sealed with a key that only this process has and that outlives a reload. Nothing is kept here for
 * a client that may never come back.
 *
 * With TLS 1.3 a ticket is a message of its own in front of the answer, and clients that know
 * nothing of it needn't see one: it is sent to those only whose hello names the application
 * protocol below.
 */
#include "common/tls/internal.h"

#include <pthread.h>

static unsigned char protocol_name[] = "taskd";
static const gnutls_datum_t protocol = {protocol_name, sizeof(protocol_name) - 1};

static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static gnutls_datum_t key;

static void forget_key(void)
{
	explicit_bzero(key.data, key.size);
	gnutls_free(key.data);
	key = (gnutls_datum_t){0};
}

static void make_key(void)
{
	if (gnutls_session_ticket_key_generate(&key) < 0) {
		key = (gnutls_datum_t){0};
		return;
	}
	(void)atexit(forget_key);
}

int ts_tickets_enable(struct ts_tls *t)
{
	(void)pthread_once(&key_once, make_key);
	return key.data != NULL && gnutls_session_ticket_enable_server(t->session, &key) >= 0
		       ? ts_tickets_ask(t)
		       : TS_ENOMEM;
}

int ts_tickets_ask(struct ts_tls *t)
{
	return gnutls_alpn_set_protocols(t->session, &protocol, 1, 0) >= 0 ? TS_OK : TS_ENOMEM;
}

static bool is_wanted(const struct ts_tls *t)
{
	gnutls_datum_t chosen;
	return t->server && t->creds->tickets &&
	       gnutls_protocol_get_version(t->session) == GNUTLS_TLS1_3 &&
	       gnutls_alpn_get_selected_protocol(t->session, &chosen) == GNUTLS_E_SUCCESS;
}

int ts_tickets_send(struct ts_tls *t)
{
	int n = !t->ticket_sent && is_wanted(t) ? gnutls_session_ticket_send(t->session, 1, 0) : 0;
	t->ticket_sent = n != GNUTLS_E_AGAIN && n != GNUTLS_E_INTERRUPTED;
	return t->ticket_sent && !gnutls_error_is_fatal(n) ? GNUTLS_E_SUCCESS : n;
}

int ts_tls_resume(struct ts_tls *t, struct ts_slice session, struct ts_error *err)
{
	int n = session.len > 0 ? gnutls_session_set_data(t->session, session.data, session.len)
				: 0;
	return n == GNUTLS_E_MEMORY_ERROR
		       ? ts_fail(err, TS_ENOMEM, "There is no memory for a TLS session.")
		       : TS_OK;
}

/* With TLS 1.3 GnuTLS would wait for a ticket that hasn't come; before, an old one may serve again.
 */
static bool has_ticket(const struct ts_tls *t)
{
	return (gnutls_session_get_flags(t->session) & GNUTLS_SFLAGS_SESSION_TICKET) != 0 ||
	       (ts_tls_resumed(t) && gnutls_protocol_get_version(t->session) != GNUTLS_TLS1_3);
}

int ts_tls_session(struct ts_tls *t, struct ts_buf *to, struct ts_error *err)
{
	TS_DATUM(data);
	int n = has_ticket(t) ? gnutls_session_get_data2(t->session, &data)
			      : GNUTLS_E_INVALID_SESSION;
	if (n == GNUTLS_E_MEMORY_ERROR) {
		return ts_fail(err, TS_ENOMEM, "There is no memory for a TLS session.");
	}
	if (n < 0) {
		return ts_fail(err, TS_ENOTFOUND, "The server offers no session to resume.");
	}
	ts_buf_add(to, data.data, data.size);
	explicit_bzero(data.data, data.size);
	return to->failed ? ts_fail(err, TS_ENOMEM, "There is no memory for a TLS session.")
			  : TS_OK;
}

bool ts_tls_resumed(const struct ts_tls *t)
{
	return gnutls_session_is_resumed(t->session) != 0;
}
