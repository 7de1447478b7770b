/* SPDX-License-Identifier: MIT */
/* Two ends of TLS over a socket pair, in one thread, and the certificates that they show. */
#pragma once

#include "common/base/date.h"
#include "common/base/file.h"
#include "common/tls/pki.h"
#include "common/tls/tls.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#include <fcntl.h>
#include <gnutls/x509.h>
#include <sys/socket.h>

enum { DAY = 86400, TURNS = 1000 };

#define TLS12 "NORMAL:-VERS-ALL:+VERS-TLS1.2"
#define TLS13 "NORMAL:-VERS-ALL:+VERS-TLS1.3"
#define TLS10 "NORMAL:-VERS-ALL:+VERS-TLS1.0:+SHA1:%VERIFY_ALLOW_SIGN_WITH_SHA1"

/* Certificates, made once, before Check forks */

static struct folder shared;

static inline struct folder_path at(const char *name, const char *suffix)
{
	char file[64];
	(void)snprintf(file, sizeof(file), "%s%s", name, suffix);
	return folder_at(&shared, file);
}

static const struct {
	const char *name, *ca;
	enum ts_key_type type;
	int from, until; /* [days] from now; 0, 0: as usual */
} clients[] = {
	{"rsa", "ca", TS_KEY_RSA, 0, 0},          {"ecdsa", "ca", TS_KEY_ECDSA, 0, 0},
	{"ed25519", "ca", TS_KEY_ED25519, 0, 0},  {"expired", "ca", TS_KEY_ECDSA, -20, -10},
	{"future", "ca", TS_KEY_ECDSA, 10, 20},   {"revoked", "ca", TS_KEY_ECDSA, 0, 0},
	{"foreign", "other", TS_KEY_ECDSA, 0, 0},
};

static const struct {
	const char *name;
	enum ts_key_type type;
	int from, until;
} servers[] = {
	{"server", TS_KEY_ECDSA, 0, 0},
	{"server-rsa", TS_KEY_RSA, 0, 0},
	{"server-expired", TS_KEY_ECDSA, -20, -10},
};

static inline void must(int rc, const struct ts_error *err)
{
	if (rc != TS_OK) {
		(void)fprintf(stderr, "%s\n", err->text);
		exit(EXIT_FAILURE);
	}
}

static inline int64_t days_from_now(int days)
{
	return days == 0 ? 0 : ts_date_now() + (int64_t)days * DAY;
}

static inline struct ts_pki_ca *make_ca(const char *name)
{
	struct ts_pki_ca *ca = NULL;
	struct ts_error err = {0};
	must(ts_pki_make_ca(at(name, ".cert").text, at(name, ".key").text, name, &err), &err);
	must(ts_pki_ca_open(at(name, ".cert").text, at(name, ".key").text, &ca, &err), &err);
	return ca;
}

static inline void make_client(const struct ts_pki_ca *ca, size_t i)
{
	TS_BUF(cert);
	TS_BUF(key);
	struct ts_error err = {0};
	struct ts_pki_subject subject = {.name = clients[i].name,
					 .from = days_from_now(clients[i].from),
					 .until = days_from_now(clients[i].until)};
	must(ts_pki_make_client(ca, &subject, clients[i].type, &cert, &key, &err), &err);
	must(ts_file_write(at(clients[i].name, ".cert").text, ts_buf_slice(&cert), 0600,
			   TS_FILE_NEW, &err),
	     &err);
	must(ts_file_write(at(clients[i].name, ".key").text, ts_buf_slice(&key), 0600, TS_FILE_NEW,
			   &err),
	     &err);
}

static inline void make_server(const struct ts_pki_ca *ca, size_t i)
{
	static const char *const names[] = {"sync.example.org", "127.0.0.1", "::1"};
	struct ts_error err = {0};
	struct ts_pki_subject subject = {.name = names[0],
					 .names = names,
					 .name_count = TS_COUNT_OF(names),
					 .from = days_from_now(servers[i].from),
					 .until = days_from_now(servers[i].until)};
	struct folder_path key = at(servers[i].name, ".key");
	must(ts_pki_make_key(key.text, servers[i].type, &err), &err);
	must(ts_pki_certify_server(ca, &subject, key.text, at(servers[i].name, ".cert").text, &err),
	     &err);
}

/* A revocation list. */

static inline void need(int number)
{
	if (number < 0) {
		(void)fprintf(stderr, "%s\n", gnutls_strerror(number));
		exit(EXIT_FAILURE);
	}
}

static inline void read_pem(const char *name, const char *suffix, struct ts_buf *text,
			    gnutls_datum_t *ret)
{
	struct ts_error err = {0};
	must(ts_file_read(at(name, suffix).text, 1 << 20, text, &err), &err);
	*ret = (gnutls_datum_t){(unsigned char *)text->data, (unsigned)text->len};
}

static inline void add_revoked(gnutls_x509_crl_t crl, const char *name)
{
	TS_BUF(text);
	gnutls_datum_t pem;
	gnutls_x509_crt_t crt;
	read_pem(name, ".cert", &text, &pem);
	need(gnutls_x509_crt_init(&crt));
	need(gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM));
	need(gnutls_x509_crl_set_crt(crl, crt, ts_date_now()));
	gnutls_x509_crt_deinit(crt);
}

static inline void sign_crl(gnutls_x509_crl_t crl, const char *ca)
{
	TS_BUF(cert);
	TS_BUF(secret);
	gnutls_datum_t pem;
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
	need(gnutls_x509_crt_init(&crt));
	need(gnutls_x509_privkey_init(&key));
	read_pem(ca, ".cert", &cert, &pem);
	need(gnutls_x509_crt_import(crt, &pem, GNUTLS_X509_FMT_PEM));
	read_pem(ca, ".key", &secret, &pem);
	need(gnutls_x509_privkey_import(key, &pem, GNUTLS_X509_FMT_PEM));
	need(gnutls_x509_crl_sign2(crl, crt, key, GNUTLS_DIG_SHA256, 0));
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

static inline void make_crl(const char *ca, const char *const *revoked, const char *file)
{
	gnutls_x509_crl_t crl;
	gnutls_datum_t pem;
	struct ts_error err = {0};
	need(gnutls_x509_crl_init(&crl));
	for (; *revoked != NULL; revoked++) {
		add_revoked(crl, *revoked);
	}
	need(gnutls_x509_crl_set_version(crl, 2));
	need(gnutls_x509_crl_set_number(crl, "\1", 1));
	need(gnutls_x509_crl_set_this_update(crl, ts_date_now()));
	need(gnutls_x509_crl_set_next_update(crl, ts_date_now() + DAY));
	sign_crl(crl, ca);
	need(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem));
	must(ts_file_write(at(file, "").text, (struct ts_slice){(const char *)pem.data, pem.size},
			   0644, TS_FILE_NEW, &err),
	     &err);
	gnutls_free(pem.data);
	gnutls_x509_crl_deinit(crl);
}

static inline void make_all(void)
{
	shared = folder_new();
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = make_ca("ca");
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *other = make_ca("other");
	for (size_t i = 0; i < TS_COUNT_OF(clients); i++) {
		make_client(strcmp(clients[i].ca, "ca") == 0 ? ca : other, i);
	}
	for (size_t i = 0; i < TS_COUNT_OF(servers); i++) {
		make_server(ca, i);
	}
	make_crl("ca", (const char *const[]){"server-expired", "revoked", NULL}, "crl");
	make_crl("other", (const char *const[]){"foreign", NULL}, "other-crl");
}

/* Two ends */

struct end {
	struct ts_tls_creds *creds;
	struct ts_tls *tls;
	int fd;
	int result; /* of the handshake */
	struct ts_error err;
};

struct pair {
	struct end server, client;
};

struct setup {
	const char *server, *server_priorities; /* NULL: "server", ours */
	const char *client, *client_priorities; /* NULL: no certificate, ours */
	const char *host;                       /* NULL: sync.example.org */
	const char *client_ca;                  /* NULL: "ca" */
	enum ts_trust server_trust, client_trust;
	bool no_server_ca;
	bool no_tickets;
	const char *server_ca, *server_crl; /* NULL: "ca", "crl" */
	struct ts_slice resume;             /* by the client */
};

static inline void end_done(struct end *e)
{
	ts_tls_free(e->tls);
	ts_tls_creds_unref(e->creds);
	ts_close_p(&e->fd);
}

static inline void pair_done(struct pair *p)
{
	end_done(&p->server);
	end_done(&p->client);
}

static inline struct ts_tls_creds *creds_of(const char *name, const char *ca, const char *crl,
					    const char *priorities, enum ts_trust trust,
					    bool tickets)
{
	struct ts_tls_creds *creds = NULL;
	struct ts_error err = {0};
	struct folder_path cert = at(name != NULL ? name : "", ".cert"),
			   key = at(name != NULL ? name : "", ".key"),
			   ca_file = at(ca != NULL ? ca : "", ".cert");
	struct ts_tls_config config = {
		.ca_file = ca != NULL ? ca_file.text : NULL,
		.cert_file = name != NULL ? cert.text : NULL,
		.key_file = name != NULL ? key.text : NULL,
		.crl_file = crl,
		.priorities = priorities,
		.trust = trust,
		.tickets = tickets,
	};
	ck_assert_msg(ts_tls_creds_new(&config, &creds, &err) == TS_OK, "%s", err.text);
	return creds;
}

static inline void pair_new(struct pair *p, const struct setup *s)
{
	int fd[2];
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fd), 0);
	struct folder_path crl = at(s->server_crl != NULL ? s->server_crl : "crl", "");
	const char *ca = s->server_ca != NULL ? s->server_ca : "ca";
	*p = (struct pair){.server.fd = fd[0], .client.fd = fd[1]};
	p->server.creds = creds_of(s->server != NULL ? s->server : "server",
				   s->no_server_ca ? NULL : ca, s->no_server_ca ? NULL : crl.text,
				   s->server_priorities, s->server_trust, !s->no_tickets);
	p->client.creds = creds_of(s->client, s->client_ca != NULL ? s->client_ca : "ca", NULL,
				   s->client_priorities, s->client_trust, false);
	ck_assert_int_eq(ts_tls_server_new(p->server.creds, fd[0], &p->server.tls, NULL), TS_OK);
	ck_assert_int_eq(ts_tls_client_new(p->client.creds, fd[1],
					   s->host != NULL ? s->host : "sync.example.org",
					   &p->client.tls, NULL),
			 TS_OK);
	ck_assert_int_eq(ts_tls_resume(p->client.tls, s->resume, NULL), TS_OK);
}

static inline void step(struct end *e)
{
	enum ts_wait wait;
	if (e->result == TS_EAGAIN) {
		e->result = ts_tls_handshake(e->tls, &wait, &e->err);
	}
}

static inline void shake_hands(struct pair *p)
{
	p->server.result = p->client.result = TS_EAGAIN;
	for (int i = 0;
	     i < TURNS && (p->server.result == TS_EAGAIN || p->client.result == TS_EAGAIN); i++) {
		step(&p->client);
		step(&p->server);
	}
}

#define PAIR(name, ...)                                                                            \
	TS_CLEANUP(pair_done) struct pair name;                                                    \
	pair_new(&name, &(struct setup){__VA_ARGS__});                                             \
	shake_hands(&name)
