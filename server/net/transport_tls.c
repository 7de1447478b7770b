/* SPDX-License-Identifier: MIT */
#include "server/net/transport.h"

#include <errno.h>
#include <sys/socket.h>

struct tls_transport {
	struct ts_tls_creds *creds; /* a reference; NULL once there is a session */
	struct ts_tls *tls;         /* NULL before the handshake, and once we have said goodbye */
	int fd;
};

static ssize_t tls_peek(void *ctx, void *to, size_t len)
{
	struct tls_transport *t = ctx;
	ssize_t n = recv(t->fd, to, len, MSG_PEEK);
	if (n >= 0) {
		return n;
	}
	return errno == EAGAIN || errno == EINTR ? TS_EAGAIN : TS_ECLOSED;
}

static int tls_skip(void *ctx, size_t len)
{
	struct tls_transport *t = ctx;
	char trash[1024];
	while (len > 0) {
		ssize_t n = recv(t->fd, trash, len < sizeof(trash) ? len : sizeof(trash), 0);
		if (n <= 0) {
			return TS_ECLOSED;
		}
		len -= (size_t)n;
	}
	return TS_OK;
}

static int begin(struct tls_transport *t, struct ts_error *err)
{
	int rc = ts_tls_server_new(t->creds, t->fd, &t->tls, err);
	if (rc == TS_OK) {
		ts_tls_creds_unref(TS_TAKE(t->creds));
	}
	return rc;
}

static int tls_handshake(void *ctx, enum ts_wait *wait, struct ts_error *err)
{
	struct tls_transport *t = ctx;
	int rc = t->tls == NULL ? begin(t, err) : TS_OK;
	return rc == TS_OK ? ts_tls_handshake(t->tls, wait, err) : rc;
}

static enum ts_tls_fault tls_fault(void *ctx)
{
	struct tls_transport *t = ctx;
	return t->tls != NULL ? ts_tls_fault(t->tls) : TS_TLS_FAULT_OTHER;
}

static ssize_t tls_recv(void *ctx, void *to, size_t len, enum ts_wait *wait, struct ts_error *err)
{
	struct tls_transport *t = ctx;
	return ts_tls_recv(t->tls, to, len, wait, err);
}

static ssize_t tls_send(void *ctx, const void *from, size_t len, enum ts_wait *wait,
			struct ts_error *err)
{
	struct tls_transport *t = ctx;
	return ts_tls_send(t->tls, from, len, wait, err);
}

static int tls_bye(void *ctx, enum ts_wait *wait)
{
	struct tls_transport *t = ctx;
	int rc = ts_tls_bye(t->tls, wait);
	if (rc != TS_OK) {
		return rc;
	}
	ts_tls_free(TS_TAKE(t->tls));
	return shutdown(t->fd, SHUT_WR) == 0 ? TS_OK : TS_ETLS;
}

/* A bounded number of reads: whoever floods a connection that is closed already is cut off by its
 * deadline. */
static int tls_drain(void *ctx)
{
	struct tls_transport *t = ctx;
	char trash[16384];
	for (int i = 0; i < 64; i++) {
		ssize_t n = recv(t->fd, trash, sizeof(trash), 0);
		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
			return TS_OK;
		}
		if (n < 0 && errno == EAGAIN) {
			return TS_EAGAIN;
		}
	}
	return TS_EAGAIN;
}

static void tls_peer(void *ctx, struct ts_tls_peer *ret)
{
	struct tls_transport *t = ctx;
	ts_tls_peer(t->tls, ret);
}

static int tls_certificate(void *ctx, struct ts_cert **ret, struct ts_error *err)
{
	struct tls_transport *t = ctx;
	return ts_cert_of_peer(t->tls, ret, err);
}

static void tls_adopt(void *ctx, struct ts_tls_creds *creds)
{
	struct tls_transport *t = ctx;
	ts_tls_adopt(t->tls, creds);
}

static void tls_free(void *ctx)
{
	struct tls_transport *t = ctx;
	ts_tls_creds_unref(t->creds);
	ts_tls_free(t->tls);
	(void)close(t->fd);
	free(t);
}

int transport_tls(struct ts_tls_creds *creds, int fd, struct transport *ret, struct ts_error *err)
{
	static const struct transport_ops ops = {
		.peek = tls_peek,
		.skip = tls_skip,
		.handshake = tls_handshake,
		.fault = tls_fault,
		.recv = tls_recv,
		.send = tls_send,
		.bye = tls_bye,
		.drain = tls_drain,
		.certificate = tls_certificate,
		.peer = tls_peer,
		.adopt = tls_adopt,
		.free = tls_free,
	};
	struct tls_transport *t = calloc(1, sizeof(*t));
	if (t == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for a connection.");
	}
	t->creds = ts_tls_creds_ref(creds);
	t->fd = fd;
	*ret = (struct transport){&ops, t};
	return TS_OK;
}
