/* SPDX-License-Identifier: MIT */
#include "server/command/exchange.h"

#include "common/wire/message.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

struct talk {
	int fd;
	const struct hostport *to;
	const struct exchange_limits *limits;
	uint64_t end; /* [ms] monotonic */
	struct ts_error *err;
};

static uint64_t now_ms(void)
{
	struct timespec ts;
	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* Wait until the socket is ready, for as long as both limits allow. */
static int wait_for(const struct talk *t, enum ts_wait what)
{
	struct pollfd p = {.fd = t->fd, .events = what == TS_WAIT_READ ? POLLIN : POLLOUT};
	uint64_t start = now_ms();
	uint64_t stop = start + t->limits->idle < t->end ? start + t->limits->idle : t->end;
	for (uint64_t now = start; now < stop; now = now_ms()) {
		uint64_t left = stop - now;
		int n = poll(&p, 1, left > INT32_MAX ? INT32_MAX : (int)left);
		if (n > 0) {
			return TS_OK;
		}
		if (n < 0 && errno != EINTR) {
			return ts_fail_errno(t->err, errno, "Could not wait for the server");
		}
	}
	return ts_fail(t->err, TS_ETIMEOUT, "%s:%s does not answer.", t->to->host, t->to->port);
}

/* Connect t->fd; TS_OK once the other end has accepted. */
static int connect_to(struct talk *t, const struct addrinfo *a)
{
	int error = 0;
	socklen_t len = sizeof(error);
	if (connect(t->fd, a->ai_addr, a->ai_addrlen) == 0) {
		return TS_OK;
	}
	error = errno;
	if (error == EINPROGRESS) {
		int code = wait_for(t, TS_WAIT_WRITE);
		if (code != TS_OK) {
			return code;
		}
		if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0) {
			error = errno;
		}
	}
	return error == 0 ? TS_OK
			  : ts_fail_errno(t->err, error, "Could not connect to %s port %s",
					  t->to->host, t->to->port);
}

static int try_address(struct talk *t, const struct addrinfo *a)
{
	t->fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
	if (t->fd < 0) {
		return ts_fail_errno(t->err, errno, "Could not make a socket");
	}
	/* The request must not wait until the handshake's last packet is acknowledged. */
	(void)setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	int code = connect_to(t, a);
	if (code != TS_OK) {
		(void)close(t->fd);
		t->fd = -1;
	}
	return code;
}

static int connect_any(struct talk *t)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *list = NULL;
	int failed = getaddrinfo(t->to->host, t->to->port, &hints, &list);
	if (failed != 0) {
		return ts_fail(t->err, TS_EIO, "Could not find %s: %s.", t->to->host,
			       gai_strerror(failed));
	}
	int code = TS_EIO;
	for (const struct addrinfo *a = list; a != NULL && code != TS_OK; a = a->ai_next) {
		code = try_address(t, a);
	}
	freeaddrinfo(list);
	return code;
}

static int handshake(struct talk *t, struct ts_tls *tls)
{
	enum ts_wait wait;
	int code = ts_tls_handshake(tls, &wait, t->err);
	while (code == TS_EAGAIN) {
		code = wait_for(t, wait);
		if (code == TS_OK) {
			code = ts_tls_handshake(tls, &wait, t->err);
		}
	}
	return code;
}

static int send_all(struct talk *t, struct ts_tls *tls, struct ts_slice s)
{
	enum ts_wait wait;
	while (s.len > 0) {
		ssize_t n = ts_tls_send(tls, s.data, s.len, &wait, t->err);
		int code = n > 0 ? TS_OK : (int)n;
		if (n > 0) {
			s = ts_slice_skip(s, (size_t)n);
		} else if (n == 0 || n == TS_EAGAIN) {
			code = wait_for(t, wait);
		}
		if (code != TS_OK) {
			return code;
		}
	}
	return TS_OK;
}

/* True once the message has all the bytes that it announces. */
static int is_whole(const struct talk *t, const struct ts_buf *b, bool *ret)
{
	uint32_t length = b->len >= TS_MESSAGE_PREFIX ? ts_message_length(b->data) : UINT32_MAX;
	*ret = b->len >= length;
	if (b->len < TS_MESSAGE_PREFIX ||
	    (length >= TS_MESSAGE_PREFIX && length <= t->limits->size)) {
		return TS_OK;
	}
	return ts_fail(t->err, length < TS_MESSAGE_PREFIX ? TS_EMALF : TS_ETOOBIG,
		       "The answer says that it has %u bytes.", length);
}

static int receive(struct talk *t, struct ts_tls *tls, struct ts_buf *to)
{
	enum { PIECE = 16384 };
	enum ts_wait wait;
	bool whole = false;
	while (!whole) {
		char *at = ts_buf_reserve(to, PIECE);
		if (at == NULL) {
			return ts_fail(t->err, TS_ENOMEM, "Out of memory.");
		}
		ssize_t n = ts_tls_recv(tls, at, PIECE, &wait, t->err);
		if (n == 0) {
			return ts_fail(t->err, TS_ECLOSED,
				       "The server closed the connection without an answer.");
		}
		to->len += n > 0 ? (size_t)n : 0;
		int code = n > 0 ? is_whole(t, to, &whole) : (int)n;
		if (code == TS_EAGAIN) {
			code = wait_for(t, wait);
		}
		if (code != TS_OK) {
			return code;
		}
	}
	return TS_OK;
}

static int speak(struct talk *t, struct ts_tls_creds *creds, struct ts_slice message,
		 struct ts_buf *ret)
{
	TS_CLEANUP(ts_tls_free_p) struct ts_tls *tls = NULL;
	enum ts_wait wait;
	int code = ts_tls_client_new(creds, t->fd, t->to->host, &tls, t->err);
	if (code == TS_OK) {
		code = handshake(t, tls);
	}
	if (code == TS_OK) {
		code = send_all(t, tls, message);
	}
	if (code == TS_OK) {
		code = receive(t, tls, ret);
	}
	if (code == TS_OK) {
		(void)!ts_tls_bye(tls, &wait);
	}
	return code;
}

int exchange(struct ts_tls_creds *creds, const struct hostport *to, struct ts_slice message,
	     const struct exchange_limits *limits, struct ts_buf *ret, struct ts_error *err)
{
	struct talk t = {
		.fd = -1, .to = to, .limits = limits, .end = now_ms() + limits->whole, .err = err};
	int code = connect_any(&t);
	if (code == TS_OK) {
		code = speak(&t, creds, message, ret);
	}
	if (t.fd >= 0) {
		(void)close(t.fd);
	}
	return code;
}
