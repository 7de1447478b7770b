/* SPDX-License-Identifier: MIT */
#include "common/net/dial.h"

#include "common/base/clock.h"
#include "common/net/resolve.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

struct ts_dial {
	int fd, cancel_fd;
	struct hostport to;
	struct ts_dial_limits limits;
	struct ts_tls *tls;
	enum ts_stage stage;
	uint64_t end;       /* [ms] of everything, by ts_clock_ms() */
	uint64_t stage_end; /* [ms] of the stage */
	uint64_t allowed;   /* [ms] what the stage was given */
	uint64_t patience;  /* [ms] for the next answer's first byte */
};

/* Deadlines, and what is said when they pass */

/* What follows "HOST port PORT" and stands before "within 20 seconds." */
static const char *const late[TS_STAGES] = {
	[TS_STAGE_RESOLVE] = "has a name that could not be looked up",
	[TS_STAGE_CONNECT] = "did not accept a connection",
	[TS_STAGE_HANDSHAKE] = "accepted the connection but did not finish the TLS handshake",
	[TS_STAGE_SEND] = "took no more of the request",
	[TS_STAGE_WAIT] = "received the request but sent no answer",
	[TS_STAGE_RECEIVE] = "began its answer but sent no more of it",
};

static void begin_stage(struct ts_dial *d, enum ts_stage stage, uint64_t allowed)
{
	uint64_t now = ts_clock_ms();
	d->stage = stage;
	d->allowed = allowed;
	d->stage_end = now > UINT64_MAX - allowed ? UINT64_MAX : now + allowed;
}

static void describe_time(uint64_t ms, char *to, size_t size)
{
	if (ms < 1000) {
		(void)snprintf(to, size, "%u milliseconds", (unsigned)ms);
	} else {
		(void)snprintf(to, size, "%.4g second%s", (double)ms / 1000, ms == 1000 ? "" : "s");
	}
}

static int fail_late(const struct ts_dial *d, struct ts_error *err)
{
	char time[40];
	bool whole = d->end <= d->stage_end;
	describe_time(whole ? d->limits.whole : d->allowed, time, sizeof(time));
	return ts_fail(err, TS_ETIMEOUT, "%s port %s %s within %s%s.", d->to.host, d->to.port,
		       late[d->stage], time, whole ? ", which is the limit for everything" : "");
}

/* Wait until `fd` is ready, the stage's time is over, or the user has had enough. */
static int wait_fd(const struct ts_dial *d, int fd, short events, struct ts_error *err)
{
	struct pollfd p[2] = {{.fd = fd, .events = events}, {.fd = d->cancel_fd, .events = POLLIN}};
	uint64_t stop = d->end < d->stage_end ? d->end : d->stage_end;
	for (uint64_t now = ts_clock_ms(); now < stop; now = ts_clock_ms()) {
		uint64_t left = stop - now;
		int n = poll(p, 2, left > INT32_MAX ? INT32_MAX : (int)left);
		if (n < 0 && errno != EINTR) {
			return ts_fail_errno(err, errno, "Could not wait for %s", d->to.host);
		}
		if (n > 0 && p[1].revents != 0) {
			return ts_fail(err, TS_ECANCELED, "Stopped.");
		}
		if (n > 0) {
			return TS_OK;
		}
	}
	return fail_late(d, err);
}

static int wait_tls(const struct ts_dial *d, enum ts_wait wait, struct ts_error *err)
{
	return wait_fd(d, d->fd, wait == TS_WAIT_READ ? POLLIN : POLLOUT, err);
}

/* Connecting */

static int fail_connect(const struct ts_dial *d, int number, struct ts_error *err)
{
	return ts_fail(err, TS_ECONNECT, "Could not connect to %s port %s: %s.", d->to.host,
		       d->to.port, strerror(number));
}

static int try_address(struct ts_dial *d, const struct addrinfo *a, struct ts_error *err)
{
	int number = 0;
	socklen_t len = sizeof(number);
	d->fd = socket(a->ai_family, a->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC, a->ai_protocol);
	if (d->fd < 0) {
		return fail_connect(d, errno, err);
	}
	/* The request must not wait until the handshake's last packet is acknowledged. */
	(void)setsockopt(d->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	if (connect(d->fd, a->ai_addr, a->ai_addrlen) == 0) {
		return TS_OK;
	}
	if (errno != EINPROGRESS) {
		return fail_connect(d, errno, err);
	}
	int code = wait_fd(d, d->fd, POLLOUT, err);
	if (code == TS_OK && getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &number, &len) < 0) {
		number = errno;
	}
	return code != TS_OK || number == 0 ? code : fail_connect(d, number, err);
}

/* One address after the other, each with its share of the time that is left: a first one that
 * leads nowhere must not use up everything. */
static int try_list(struct ts_dial *d, const struct addrinfo *list, struct ts_error *err)
{
	int code = ts_fail(err, TS_ECONNECT, "%s has no address.", d->to.host);
	uint64_t stop = d->stage_end, left = 0;
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		left++;
	}
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next, left--) {
		uint64_t now = ts_clock_ms();
		d->stage = TS_STAGE_CONNECT;
		d->stage_end = stop > now ? now + (stop - now) / left : now;
		code = try_address(d, a, err);
		if (code == TS_OK || code == TS_ECANCELED) {
			return code;
		}
		ts_close_p(&d->fd);
		d->fd = -1;
	}
	return code;
}

static int connect_any(struct ts_dial *d, struct ts_error *err)
{
	TS_CLEANUP(ts_resolve_free_p) struct ts_resolve *names = NULL;
	const struct addrinfo *list = NULL;
	begin_stage(d, TS_STAGE_RESOLVE, d->limits.connect);
	int code = ts_resolve_new(&d->to, &names, err);
	if (code == TS_OK) {
		code = wait_fd(d, ts_resolve_fd(names), POLLIN, err);
	}
	if (code == TS_OK) {
		code = ts_resolve_list(names, &list, err);
	}
	return code == TS_OK ? try_list(d, list, err) : code;
}

/* TLS */

/* Name the host in a sentence of TLS's. */
static int name_host(const struct ts_dial *d, int code, const struct ts_error *why,
		     struct ts_error *err)
{
	return ts_fail(err, code, "%s port %s: %.300s", d->to.host, d->to.port, why->text);
}

static int handshake(struct ts_dial *d, struct ts_error *err)
{
	enum ts_wait wait;
	struct ts_error why = {0};
	begin_stage(d, TS_STAGE_HANDSHAKE, d->limits.handshake);
	int code = ts_tls_handshake(d->tls, &wait, &why);
	while (code == TS_EAGAIN) {
		code = wait_tls(d, wait, err);
		if (code != TS_OK) {
			return code;
		}
		code = ts_tls_handshake(d->tls, &wait, &why);
	}
	return code == TS_OK ? TS_OK : name_host(d, code, &why, err);
}

static int start_tls(struct ts_dial *d, struct ts_tls_creds *creds, struct ts_slice session,
		     struct ts_error *err)
{
	int code = ts_tls_client_new(creds, d->fd, d->to.host, &d->tls, err);
	if (code == TS_OK) {
		code = ts_tls_resume(d->tls, session, err);
	}
	return code == TS_OK ? handshake(d, err) : code;
}

int ts_dial_open(struct ts_tls_creds *creds, const struct hostport *to,
		 const struct ts_dial_limits *limits, int cancel_fd, struct ts_slice session,
		 struct ts_dial **ret, struct ts_error *err)
{
	TS_CLEANUP(ts_dial_close_p) struct ts_dial *d = calloc(1, sizeof(*d));
	if (d == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	d->fd = -1;
	d->to = *to;
	ts_dial_renew(d, cancel_fd, limits);
	int code = connect_any(d, err);
	if (code == TS_OK) {
		code = start_tls(d, creds, session, err);
	}
	if (code == TS_OK) {
		*ret = TS_TAKE(d);
	}
	return code;
}

void ts_dial_close(struct ts_dial *d)
{
	enum ts_wait wait;
	if (d == NULL) {
		return;
	}
	if (d->tls != NULL && d->stage > TS_STAGE_HANDSHAKE) {
		(void)!ts_tls_bye(d->tls, &wait);
	}
	ts_tls_free(d->tls);
	ts_close_p(&d->fd);
	free(d);
}

void ts_dial_renew(struct ts_dial *d, int cancel_fd, const struct ts_dial_limits *limits)
{
	const uint64_t begun = limits->begun > 0 ? limits->begun : ts_clock_ms();
	d->cancel_fd = cancel_fd;
	d->limits = *limits;
	d->end = limits->whole > 0 ? begun + limits->whole : UINT64_MAX;
	d->patience = limits->answer;
}

void ts_dial_patience(struct ts_dial *d, uint64_t answer)
{
	d->patience = answer;
}

/* Bytes */

/* The user may want to stop while the other end never makes us wait. */
static int check_cancel(const struct ts_dial *d, struct ts_error *err)
{
	struct pollfd p = {.fd = d->cancel_fd, .events = POLLIN};
	return d->cancel_fd >= 0 && poll(&p, 1, 0) > 0 ? ts_fail(err, TS_ECANCELED, "Stopped.")
						       : TS_OK;
}

int ts_dial_send(struct ts_dial *d, struct ts_slice data, struct ts_error *err)
{
	enum ts_wait wait = TS_WAIT_WRITE;
	struct ts_error why = {0};
	begin_stage(d, TS_STAGE_SEND, d->limits.idle);
	int code = check_cancel(d, err);
	while (code == TS_OK && data.len > 0) {
		ssize_t n = ts_tls_send(d->tls, data.data, data.len, &wait, &why);
		if (n > 0) {
			data = ts_slice_skip(data, (size_t)n);
			begin_stage(d, TS_STAGE_SEND, d->limits.idle);
		} else if (n == 0 || n == TS_EAGAIN) {
			code = wait_tls(d, wait, err);
		} else {
			code = name_host(d, TS_ECONNECT, &why, err);
		}
	}
	return code;
}

int ts_dial_receive(struct ts_dial *d, void *to, size_t size, size_t *ret_got, struct ts_error *err)
{
	enum ts_wait wait = TS_WAIT_READ;
	struct ts_error why = {0};
	bool first = d->stage != TS_STAGE_RECEIVE;
	begin_stage(d, first ? TS_STAGE_WAIT : TS_STAGE_RECEIVE,
		    first ? d->patience : d->limits.idle);
	int code = check_cancel(d, err);
	while (code == TS_OK) {
		ssize_t n = ts_tls_recv(d->tls, to, size, &wait, &why);
		if (n >= 0) {
			*ret_got = (size_t)n;
			d->stage = n > 0 ? TS_STAGE_RECEIVE : d->stage;
			d->patience = d->limits.answer;
			return TS_OK;
		}
		code = n == TS_EAGAIN ? wait_tls(d, wait, err) : name_host(d, (int)n, &why, err);
	}
	return code;
}

enum ts_stage ts_dial_stage(const struct ts_dial *d)
{
	return d->stage;
}

int ts_dial_fd(const struct ts_dial *d)
{
	return d->fd;
}

struct ts_tls *ts_dial_tls(struct ts_dial *d)
{
	return d->tls;
}
