/* SPDX-License-Identifier: MIT */
#include "server/net/transport.h"

#include <errno.h>
#include <sys/socket.h>

struct tls_transport {
	struct ts_tls *tls; /* NULL once we have said goodbye: nothing is read through it then */
	int fd;
};

static int tls_handshake(void *ctx, enum ts_wait *wait, struct ts_error *err)
{
	struct tls_transport *t = ctx;
	return ts_tls_handshake(t->tls, wait, err);
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

static void tls_adopt(void *ctx, struct ts_tls_creds *creds)
{
	struct tls_transport *t = ctx;
	ts_tls_adopt(t->tls, creds);
}

static void tls_free(void *ctx)
{
	struct tls_transport *t = ctx;
	ts_tls_free(t->tls);
	(void)close(t->fd);
	free(t);
}

int transport_tls(struct ts_tls_creds *creds, int fd, struct transport *ret, struct ts_error *err)
{
	static const struct transport_ops ops = {
		.handshake = tls_handshake,
		.recv = tls_recv,
		.send = tls_send,
		.bye = tls_bye,
		.drain = tls_drain,
		.peer = tls_peer,
		.adopt = tls_adopt,
		.free = tls_free,
	};
	struct tls_transport *t = calloc(1, sizeof(*t));
	if (t == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for a connection.");
	}
	int rc = ts_tls_server_new(creds, fd, &t->tls, err);
	if (rc != TS_OK) {
		free(t);
		return rc;
	}
	t->fd = fd;
	*ret = (struct transport){&ops, t};
	return TS_OK;
}
