/* SPDX-License-Identifier: MIT */
/* The way to the server: its name, its addresses, its certificate. */
#include "client/setup/doctor_internal.h"

#include "common/base/date.h"
#include "common/tls/pki.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>

struct numeric {
	char text[NI_MAXHOST];
};

static struct numeric numeric(const struct addrinfo *a)
{
	struct numeric n = {"?"};
	(void)getnameinfo(a->ai_addr, a->ai_addrlen, n.text, sizeof(n.text), NULL, 0,
			  NI_NUMERICHOST);
	return n;
}

static int patience(uint64_t ms)
{
	return ms < INT32_MAX ? (int)ms : INT32_MAX;
}

static int look_up(struct doctor *d, struct ts_error *err)
{
	int rc = ts_resolve_new(&d->address, &d->names, err);
	if (rc != TS_OK) {
		return rc;
	}
	struct pollfd p = {.fd = ts_resolve_fd(d->names), .events = POLLIN};
	if (poll(&p, 1, patience(d->wish->settings->timeout_connect)) <= 0) {
		return ts_fail(err, TS_ETIMEOUT, "The name %s could not be looked up in time.",
			       d->address.host);
	}
	return ts_resolve_list(d->names, &d->addresses, err);
}

void doctor_name(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	TS_BUF(list);
	struct ts_error err = {0};
	int rc = look_up(d, &err);
	if (rc != TS_OK) {
		ts_checkup_fail(&d->checkup, rc, "check `server` in remote.conf, and the network",
				"%s", err.text);
		return;
	}
	for (const struct addrinfo *a = d->addresses; a != NULL; a = a->ai_next) {
		ts_buf_printf(&list, "%s%s", list.len > 0 ? ", " : "", numeric(a).text);
	}
	if (list.failed || list.len == 0 || strcmp(list.data, d->address.host) == 0) {
		ts_checkup_ok(&d->checkup, "The server is named by its address, %s.",
			      d->address.host);
	} else {
		ts_checkup_ok(&d->checkup, "%s is %s.", d->address.host, list.data);
	}
}

/* TCP to each address */

/* 0, or a number of errno. */
static int try_address(const struct addrinfo *a, uint64_t limit)
{
	int number = 0;
	socklen_t len = sizeof(number);
	TS_AUTOCLOSE int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0) {
		return errno;
	}
	if (connect(fd, a->ai_addr, a->ai_addrlen) == 0) {
		return 0;
	}
	if (errno != EINPROGRESS) {
		return errno;
	}
	struct pollfd p = {.fd = fd, .events = POLLOUT};
	if (poll(&p, 1, patience(limit)) <= 0) {
		return ETIMEDOUT;
	}
	return getsockopt(fd, SOL_SOCKET, SO_ERROR, &number, &len) == 0 ? number : errno;
}

static const char *connect_advice(int number)
{
	switch (number) {
	case ECONNREFUSED:
		return "start the server there, or correct the port in remote.conf";
	case ETIMEDOUT:
		return "look for a firewall on the way, and whether that machine runs";
	default:
		return "check the network, and `server` in remote.conf";
	}
}

/* One address that doesn't answer is no fault where another one does. */
void doctor_connection(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	int last = 0;
	size_t good = 0, bad = 0;
	for (const struct addrinfo *a = d->addresses; a != NULL; a = a->ai_next) {
		int number = try_address(a, d->wish->settings->timeout_connect);
		if (number == 0) {
			good++;
			ts_checkup_ok(&d->checkup, "%s port %s accepts connections.",
				      numeric(a).text, d->address.port);
		} else {
			bad++;
			last = number;
			ts_checkup_warn(&d->checkup, "", "%s port %s: %s.", numeric(a).text,
					d->address.port, strerror(number));
		}
	}
	if (good == 0) {
		ts_checkup_fail(&d->checkup, TS_ECONNECT, connect_advice(last),
				"%s port %s can't be reached on %s.", d->address.host,
				d->address.port, bad == 1 ? "its address" : "any of its addresses");
	}
}

/* TLS */

static int open_dial(struct doctor *d, struct ts_tls_creds *creds, struct ts_dial **ret,
		     struct ts_error *err)
{
	struct ts_dial_limits limits;
	doctor_limits(d->wish->settings, &limits);
	return ts_dial_open(creds, &d->address, &limits, -1, (struct ts_slice){0}, ret, err);
}

/* The certificate of a server that isn't believed. */
static int fetch_cert(struct doctor *d, struct ts_cert **ret)
{
	TS_CLEANUP(ts_tls_creds_unref_p) struct ts_tls_creds *creds = NULL;
	TS_CLEANUP(ts_dial_close_p) struct ts_dial *dial = NULL;
	struct ts_error err = {0};
	struct remote r = d->remote;
	char trust[] = "allow all";
	r.trust = trust;
	int rc = remote_creds(&r, &creds, &err);
	if (rc == TS_OK) {
		rc = open_dial(d, creds, &dial, &err);
	}
	return rc == TS_OK ? ts_cert_of_peer(ts_dial_tls(dial), ret, &err) : rc;
}

static void add_names(const struct ts_cert *c, struct ts_buf *to)
{
	const size_t count = ts_cert_name_count(c), most = count < 8 ? count : 8;
	for (size_t i = 0; i < most; i++) {
		ts_buf_printf(to, "%s%s", i > 0 ? ", " : "", ts_cert_name_at(c, i));
	}
	ts_buf_add_str(to, count == 0 ? "no name" : most < count ? ", …" : "");
}

/* Why a server's certificate is not believed, and what to do. */
static void explain(struct doctor *d, const struct ts_cert *c, const char *names, const char *why)
{
	const char *host = d->address.host;
	const int64_t from = ts_cert_from(c), until = ts_cert_until(c);
	if (from > d->now) {
		ts_checkup_fail(&d->checkup, TS_EACCESS, "set the clock of this machine right",
				"The server's certificate is valid from %s on, and this machine's "
				"clock says %s.",
				ts_day(from).text, ts_day(d->now).text);
	} else if (until < d->now) {
		ts_checkup_fail(&d->checkup, TS_EACCESS,
				"whoever runs the server has to renew it (`taskd setup` there); or "
				"this machine's clock is wrong",
				"The server's certificate expired on %s.", ts_day(until).text);
	} else if (strcmp(d->remote.trust, "strict") == 0 && !ts_cert_covers(c, host)) {
		ts_checkup_fail(
			&d->checkup, TS_EACCESS,
			"use one of these names as `server` in remote.conf, or add this one "
			"on the server with `taskd setup --host NAME`",
			"The server's certificate is made out for %s, not for %s.", names, host);
	} else {
		ts_checkup_fail(&d->checkup, TS_EACCESS, DOCTOR_NEW_BUNDLE,
				"The server's certificate, by '%s', is not believed: %s",
				ts_cert_issuer(c), why);
	}
}

static void tell_failure(struct doctor *d, int code, const struct ts_error *err)
{
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	TS_BUF(names);
	if (code == TS_EACCESS && fetch_cert(d, &cert) == TS_OK) {
		add_names(cert, &names);
		explain(d, cert, names.failed ? "others" : names.data, err->text);
		return;
	}
	ts_checkup_fail(&d->checkup, code,
			code == TS_ETIMEOUT ? "see whether it is a taskd that listens there, and "
					      "whether it is stuck"
			: code == TS_ETLS || code == TS_ECLOSED
				? "see whether it is a taskd that listens there"
				: "",
			"%s", err->text);
}

static void tell_success(struct doctor *d)
{
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	TS_BUF(names);
	struct ts_tls_peer peer;
	struct ts_error err = {0};
	ts_tls_peer(ts_dial_tls(d->dial), &peer);
	int rc = ts_cert_of_peer(ts_dial_tls(d->dial), &cert, &err);
	if (rc != TS_OK) {
		ts_checkup_warn(&d->checkup, "", "%s. %s", peer.protocol, err.text);
		return;
	}
	add_names(cert, &names);
	ts_checkup_ok(&d->checkup, "%s. The server's certificate is for %s, by '%s', until %s.",
		      peer.protocol, names.failed ? "?" : names.data, ts_cert_issuer(cert),
		      ts_day(ts_cert_until(cert)).text);
	if (ts_cert_until(cert) < d->now + TS_CHECKUP_SOON) {
		ts_checkup_warn(&d->checkup, "whoever runs the server should renew it",
				"The server's certificate expires on %s.",
				ts_day(ts_cert_until(cert)).text);
	}
}

void doctor_tls(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	struct ts_error err = {0};
	int rc = open_dial(d, d->creds, &d->dial, &err);
	if (rc != TS_OK) {
		tell_failure(d, rc, &err);
		return;
	}
	tell_success(d);
	if (strcmp(d->remote.trust, "allow all") == 0) {
		ts_checkup_warn(&d->checkup, "set `trust` to strict in remote.conf, and `ca`",
				"With trust 'allow all' anybody on the way can pretend to be the "
				"server.");
	}
}
