/* SPDX-License-Identifier: MIT */
/* A client against a server in a thread, which stops at a stage of one's choice. */
#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/net/dial.h"
#include "common/tls/pki.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

/* Certificates, made once, before Check forks */

static struct folder shared;

static void must(int rc, const struct ts_error *err)
{
	if (rc != TS_OK) {
		(void)fprintf(stderr, "%s\n", err->text);
		exit(EXIT_FAILURE);
	}
}

static struct folder_path in_shared(const char *name)
{
	return folder_at(&shared, name);
}

static void make_all(void)
{
	static const char *const names[] = {"127.0.0.1"};
	const struct ts_pki_subject subject = {
		.name = names[0], .names = names, .name_count = TS_COUNT_OF(names)};
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = NULL;
	struct ts_error err = {0};
	shared = folder_new();
	must(ts_pki_make_ca(in_shared("ca.cert").text, in_shared("ca.key").text, "ca", &err), &err);
	must(ts_pki_ca_open(in_shared("ca.cert").text, in_shared("ca.key").text, &ca, &err), &err);
	must(ts_pki_make_key(in_shared("server.key").text, TS_KEY_ECDSA, &err), &err);
	must(ts_pki_certify_server(ca, &subject, in_shared("server.key").text,
				   in_shared("server.cert").text, &err),
	     &err);
}

/* The server: one connection */

enum manner {
	SILENT,  /* accepts */
	DEAF,    /* shakes hands */
	HALTING, /* shakes hands, says three bytes */
	CURT,    /* shakes hands, closes */
	TORN,    /* shakes hands, closes in the middle of a record */
	ECHO     /* says what it hears */
};

struct server {
	enum manner manner;
	int listener, stop[2]; /* stop: a pipe that is closed at the end */
	pthread_t thread;
	struct hostport at;
};

/* False where it is to end. */
static bool server_wait(const struct server *s, int fd, enum ts_wait wait)
{
	struct pollfd p[2] = {{.fd = fd, .events = wait == TS_WAIT_READ ? POLLIN : POLLOUT},
			      {.fd = s->stop[0], .events = POLLIN}};
	return poll(p, 2, -1) > 0 && p[1].revents == 0;
}

static bool server_send(const struct server *s, struct ts_tls *tls, int fd, struct ts_slice data)
{
	enum ts_wait wait = TS_WAIT_WRITE;
	while (data.len > 0) {
		ssize_t n = ts_tls_send(tls, data.data, data.len, &wait, NULL);
		if (n > 0) {
			data = ts_slice_skip(data, (size_t)n);
		} else if (n != TS_EAGAIN || !server_wait(s, fd, wait)) {
			return false;
		}
	}
	return true;
}

static void echo(const struct server *s, struct ts_tls *tls, int fd)
{
	enum ts_wait wait = TS_WAIT_READ;
	char data[4096];
	for (;;) {
		ssize_t n = ts_tls_recv(tls, data, sizeof(data), &wait, NULL);
		if (n == TS_EAGAIN ? !server_wait(s, fd, wait)
				   : n <= 0 || !server_send(s, tls, fd,
							    (struct ts_slice){data, (size_t)n})) {
			return;
		}
	}
}

static bool shake(const struct server *s, struct ts_tls *tls, int fd)
{
	enum ts_wait wait;
	int code;
	while ((code = ts_tls_handshake(tls, &wait, NULL)) == TS_EAGAIN &&
	       server_wait(s, fd, wait)) {
	}
	return code == TS_OK;
}

static void talk(const struct server *s, struct ts_tls *tls, int fd)
{
	enum ts_wait wait;
	if (s->manner == SILENT || !shake(s, tls, fd)) {
		return;
	}
	if (s->manner == HALTING) {
		(void)server_send(s, tls, fd, TS_SLICE("abc"));
	} else if (s->manner == ECHO) {
		echo(s, tls, fd);
	} else if (s->manner == CURT) {
		(void)!ts_tls_bye(tls, &wait);
	} else if (s->manner == TORN) {
		(void)!write(fd,
			     "\x17\x03\x03\x00\x50"
			     "abc",
			     8);
	}
}

static void *server_main(void *arg)
{
	const struct server *s = arg;
	TS_CLEANUP(ts_tls_creds_unref_p) struct ts_tls_creds *creds = NULL;
	TS_CLEANUP(ts_tls_free_p) struct ts_tls *tls = NULL;
	struct folder_path cert = in_shared("server.cert"), key = in_shared("server.key");
	struct ts_error err = {0};
	const struct ts_tls_config config = {
		.cert_file = cert.text, .key_file = key.text, .trust = TS_TRUST_ALLOW_ALL};
	must(ts_tls_creds_new(&config, &creds, &err), &err);
	TS_AUTOCLOSE int fd = -1;
	if (!server_wait(s, s->listener, TS_WAIT_READ)) {
		return NULL;
	}
	fd = accept4(s->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	must(ts_tls_server_new(creds, fd, &tls, &err), &err);
	talk(s, tls, fd);
	if (s->manner != CURT && s->manner != TORN) {
		char end;
		(void)!read(s->stop[0], &end, 1);
	}
	return NULL;
}

static void server_start(struct server *s, enum manner manner)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	*s = (struct server){.manner = manner};
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(s->listener, (struct sockaddr *)&a, len), 0);
	ck_assert_int_eq(listen(s->listener, 5), 0);
	ck_assert_int_eq(getsockname(s->listener, (struct sockaddr *)&a, &len), 0);
	ck_assert_int_eq(pipe2(s->stop, O_CLOEXEC), 0);
	(void)snprintf(s->at.host, sizeof(s->at.host), "127.0.0.1");
	(void)snprintf(s->at.port, sizeof(s->at.port), "%u", (unsigned)ntohs(a.sin_port));
	ck_assert_int_eq(pthread_create(&s->thread, NULL, server_main, s), 0);
}

static void server_end(struct server *s)
{
	(void)close(s->stop[1]);
	(void)pthread_join(s->thread, NULL);
	(void)close(s->stop[0]);
	(void)close(s->listener);
}

#define SERVER(name, manner)                                                                       \
	TS_CLEANUP(server_end) struct server name;                                                 \
	server_start(&name, manner)

/* The client */

static const struct ts_dial_limits patient = {
	.connect = 60000, .handshake = 60000, .idle = 60000, .answer = 60000};
static const struct ts_slice no_session = {NULL, 0};

static struct ts_tls_creds *client_creds(void)
{
	struct ts_tls_creds *creds = NULL;
	struct folder_path ca = in_shared("ca.cert");
	struct ts_error err = {0};
	const struct ts_tls_config config = {.ca_file = ca.text, .trust = TS_TRUST_STRICT};
	must(ts_tls_creds_new(&config, &creds, &err), &err);
	return creds;
}

static int dial(const struct hostport *to, const struct ts_dial_limits *limits, int cancel_fd,
		struct ts_dial **ret, struct ts_error *err)
{
	TS_CLEANUP(ts_tls_creds_unref_p) struct ts_tls_creds *creds = client_creds();
	return ts_dial_open(creds, to, limits, cancel_fd, no_session, ret, err);
}

/* More than the buffers of both ends hold. */
static int send_much(struct ts_dial *d, struct ts_error *err)
{
	static char data[64 << 10];
	int code = TS_OK;
	for (int i = 0; i < 1000 && code == TS_OK; i++) {
		code = ts_dial_send(d, (struct ts_slice){data, sizeof(data)}, err);
	}
	return code;
}

static int receive_all(struct ts_dial *d, struct ts_error *err)
{
	char data[10];
	size_t got = 1;
	int code = TS_OK;
	while (code == TS_OK && got > 0) {
		code = ts_dial_receive(d, data, sizeof(data), &got, err);
	}
	return code;
}

static const struct stall {
	enum manner manner;
	bool sends; /* much; else it sends little and receives */
	enum ts_stage stage;
	const char *says;
} stalls[] = {
	{SILENT, false, TS_STAGE_HANDSHAKE,
	 "accepted the connection but did not finish the TLS handshake within"},
	{DEAF, true, TS_STAGE_SEND, "took no more of the request within"},
	{DEAF, false, TS_STAGE_WAIT, "received the request but sent no answer within"},
	{HALTING, false, TS_STAGE_RECEIVE, "began its answer but sent no more of it within"},
};

static struct ts_dial_limits short_in(enum ts_stage stage)
{
	struct ts_dial_limits l = patient;
	uint64_t *const limit[TS_STAGES] = {&l.connect, &l.connect, &l.handshake,
					    &l.idle,    &l.answer,  &l.idle};
	*limit[stage] = 150;
	return l;
}

static int run_stall(const struct stall *row, const struct hostport *to,
		     const struct ts_dial_limits *limits, int cancel_fd, struct ts_error *err)
{
	TS_CLEANUP(ts_dial_close_p) struct ts_dial *d = NULL;
	int code = dial(to, limits, cancel_fd, &d, err);
	if (code == TS_OK && row->sends) {
		return send_much(d, err);
	}
	code = code == TS_OK ? ts_dial_send(d, TS_SLICE("hello"), err) : code;
	return code == TS_OK ? receive_all(d, err) : code;
}

START_TEST(each_stage_has_its_deadline)
{
	const struct stall *row = &stalls[_i];
	SERVER(s, row->manner);
	struct ts_error err = {0};
	struct ts_dial_limits limits = short_in(row->stage);
	ck_assert_int_eq(run_stall(row, &s.at, &limits, -1, &err), TS_ETIMEOUT);
	ck_assert_msg(strstr(err.text, row->says) != NULL, "%s", err.text);
	ck_assert_msg(strstr(err.text, " port ") != NULL && strstr(err.text, "150 milli") != NULL,
		      "%s", err.text);
}
END_TEST

START_TEST(everything_together_has_a_deadline)
{
	const struct stall *row = &stalls[_i];
	SERVER(s, row->manner);
	struct ts_error err = {0};
	struct ts_dial_limits limits = patient;
	limits.whole = 300;
	ck_assert_int_eq(run_stall(row, &s.at, &limits, -1, &err), TS_ETIMEOUT);
	ck_assert_msg(strstr(err.text, "limit for everything") != NULL, "%s", err.text);
}
END_TEST

static void *write_later(void *arg)
{
	(void)usleep(100000);
	(void)!write(*(const int *)arg, "x", 1);
	return NULL;
}

START_TEST(each_stage_can_be_stopped)
{
	const struct stall *row = &stalls[_i];
	SERVER(s, row->manner);
	struct ts_error err = {0};
	pthread_t thread;
	int stop[2];
	ck_assert_int_eq(pipe2(stop, O_CLOEXEC), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, write_later, &stop[1]), 0);
	ck_assert_int_eq(run_stall(row, &s.at, &patient, stop[0], &err), TS_ECANCELED);
	(void)pthread_join(thread, NULL);
	(void)close(stop[0]);
	(void)close(stop[1]);
}
END_TEST

START_TEST(bytes_go_both_ways_and_again)
{
	SERVER(s, ECHO);
	TS_CLEANUP(ts_dial_close_p) struct ts_dial *d = NULL;
	struct ts_error err = {0};
	char data[10];
	size_t got = 0;
	ck_assert_msg(dial(&s.at, &patient, -1, &d, &err) == TS_OK, "%s", err.text);
	ck_assert_int_eq(ts_dial_stage(d), TS_STAGE_HANDSHAKE);
	for (int i = 0; i < 3; i++) {
		ts_dial_renew(d, -1, &patient);
		ck_assert_int_eq(ts_dial_send(d, TS_SLICE("ping"), &err), TS_OK);
		ck_assert_int_eq(ts_dial_stage(d), TS_STAGE_SEND);
		ck_assert_int_eq(ts_dial_receive(d, data, sizeof(data), &got, &err), TS_OK);
		ck_assert_int_eq(ts_dial_stage(d), TS_STAGE_RECEIVE);
		ck_assert_slice(((struct ts_slice){data, got}), "ping");
	}
}
END_TEST

START_TEST(everything_began_before_this_request)
{
	SERVER(s, ECHO);
	TS_CLEANUP(ts_dial_close_p) struct ts_dial *d = NULL;
	struct ts_error err = {0};
	struct ts_dial_limits limits = patient;
	char data[10];
	size_t got;
	ck_assert_msg(dial(&s.at, &patient, -1, &d, &err) == TS_OK, "%s", err.text);
	limits.whole = 50;
	limits.begun = ts_clock_ms() - 50;
	ts_dial_renew(d, -1, &limits);
	ck_assert_int_eq(ts_dial_receive(d, data, sizeof(data), &got, &err), TS_ETIMEOUT);
	ck_assert_msg(strstr(err.text, "the limit for everything") != NULL, "%s", err.text);
}
END_TEST

START_TEST(patience_is_for_one_answer)
{
	SERVER(s, HALTING);
	TS_CLEANUP(ts_dial_close_p) struct ts_dial *d = NULL;
	struct ts_error err = {0};
	char data[3];
	size_t got = 0;
	const struct ts_dial_limits limits = {
		.connect = 60000, .handshake = 60000, .idle = 60000, .answer = 100};
	ck_assert_msg(dial(&s.at, &limits, -1, &d, &err) == TS_OK, "%s", err.text);
	ts_dial_patience(d, 60000);
	ck_assert_int_eq(ts_dial_send(d, TS_SLICE("x"), &err), TS_OK);
	ck_assert_int_eq(ts_dial_receive(d, data, 3, &got, &err), TS_OK);
	ck_assert_int_eq(ts_dial_send(d, TS_SLICE("x"), &err), TS_OK);
	ck_assert_int_eq(ts_dial_receive(d, data, 3, &got, &err), TS_ETIMEOUT);
}
END_TEST

START_TEST(the_other_end_closes)
{
	SERVER(s, CURT);
	TS_CLEANUP(ts_dial_close_p) struct ts_dial *d = NULL;
	struct ts_error err = {0};
	char data[3];
	size_t got = 1;
	ck_assert_msg(dial(&s.at, &patient, -1, &d, &err) == TS_OK, "%s", err.text);
	ck_assert_int_eq(ts_dial_receive(d, data, 3, &got, &err), TS_OK);
	ck_assert_uint_eq(got, 0);
}
END_TEST

START_TEST(the_connection_breaks)
{
	SERVER(s, TORN);
	TS_CLEANUP(ts_dial_close_p) struct ts_dial *d = NULL;
	struct ts_error err = {0};
	char data[3];
	size_t got = 1;
	ck_assert_msg(dial(&s.at, &patient, -1, &d, &err) == TS_OK, "%s", err.text);
	ck_assert_int_eq(ts_dial_receive(d, data, 3, &got, &err), TS_ECLOSED);
	ck_assert_msg(strstr(err.text, "broke") != NULL, "%s", err.text);
}
END_TEST

START_TEST(nobody_there)
{
	struct ts_dial *d = NULL;
	struct ts_error err = {0};
	struct hostport to;
	{
		SERVER(s, SILENT);
		to = s.at;
	}
	ck_assert_int_eq(dial(&to, &patient, -1, &d, &err), TS_ECONNECT);
	ck_assert_msg(strstr(err.text, "Could not connect to 127.0.0.1 port ") == err.text, "%s",
		      err.text);
}
END_TEST

/* Where no resolver answers in time, that is told instead. */
START_TEST(a_name_that_is_none)
{
	struct ts_dial *d = NULL;
	struct ts_error err = {0};
	const struct hostport to = {"nothing.invalid", "53589"};
	struct ts_dial_limits limits = patient;
	limits.connect = 2000;
	int code = dial(&to, &limits, -1, &d, &err);
	ck_assert_msg(code == TS_ECONNECT || code == TS_ETIMEOUT, "%d", code);
	ck_assert_msg(strstr(err.text, "nothing.invalid") != NULL, "%s", err.text);
}
END_TEST

START_TEST(another_name_than_the_certificates)
{
	SERVER(s, ECHO);
	struct ts_dial *d = NULL;
	struct ts_error err = {0};
	struct hostport to = s.at;
	(void)snprintf(to.host, sizeof(to.host), "localhost");
	ck_assert_int_eq(dial(&to, &patient, -1, &d, &err), TS_EACCESS);
	ck_assert_msg(strstr(err.text, "localhost port ") == err.text, "%s", err.text);
	ck_assert_msg(strstr(err.text, "not made out for localhost") != NULL, "%s", err.text);
}
END_TEST

int main(void)
{
	const struct unit_case cases[] = {
		{each_stage_has_its_deadline, TS_COUNT_OF(stalls)},
		{everything_together_has_a_deadline, TS_COUNT_OF(stalls)},
		{each_stage_can_be_stopped, TS_COUNT_OF(stalls)},
		{bytes_go_both_ways_and_again, 0},
		{everything_began_before_this_request, 0},
		{patience_is_for_one_answer, 0},
		{the_other_end_closes, 0},
		{the_connection_breaks, 0},
		{nobody_there, 0},
		{a_name_that_is_none, 0},
		{another_name_than_the_certificates, 0},
	};
	make_all();
	int code = unit_run("dial", cases, TS_COUNT_OF(cases));
	folder_done(&shared);
	return code;
}
