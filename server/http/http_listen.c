/* SPDX-License-Identifier: MIT */
#include "server/http/http_listen.h"

#include "common/base/slice.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/un.h>

enum { BACKLOG = 64 };

struct where {
	char host[256]; /* "" is every address */
	char port[6];
};

static int not_a_place(const char *text, struct ts_error *err)
{
	return ts_fail(err, TS_EINVAL,
		       "The setting 'http.listen' must be host:port or a port, such as 9153; it is "
		       "'%.200s'.",
		       text);
}

static bool is_port(struct ts_slice s)
{
	struct ts_slice digits = ts_slice_cut_digits(&s);
	return digits.len > 0 && digits.len <= 5 && s.len == 0 && atoi(digits.data) <= 65535;
}

static void copy(struct ts_slice from, char *to)
{
	memcpy(to, from.data, from.len);
	to[from.len] = '\0';
}

static int split(const char *text, struct where *ret, struct ts_error *err)
{
	const char *colon = strrchr(text, ':');
	struct ts_slice port = ts_slice_of(colon != NULL ? colon + 1 : text);
	struct ts_slice host = TS_SLICE("127.0.0.1");
	if (colon != NULL) {
		host = (struct ts_slice){text, (size_t)(colon - text)};
	}
	if (host.len >= 2 && host.data[0] == '[' && host.data[host.len - 1] == ']') {
		host = (struct ts_slice){host.data + 1, host.len - 2};
	} else if (memchr(host.data, ':', host.len) != NULL) {
		return not_a_place(text, err);
	}
	if (!is_port(port) || host.len == 0 || host.len >= sizeof(ret->host)) {
		return not_a_place(text, err);
	}
	copy(port, ret->port);
	copy(ts_slice_eq(host, TS_SLICE("*")) ? TS_SLICE("") : host, ret->host);
	return TS_OK;
}

static void freeaddrinfo_p(struct addrinfo **a)
{
	if (*a != NULL) {
		freeaddrinfo(*a);
	}
}

/* 0, or an errno. */
static int open_at(const struct addrinfo *a, int *ret)
{
	int on = 1;
	TS_AUTOCLOSE int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    (a->ai_family == AF_INET6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
	    bind(fd, a->ai_addr, a->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
		return errno;
	}
	*ret = fd;
	fd = -1;
	return 0;
}

/* What it is bound to, as text. */
static void describe(int fd, char to[static HTTP_PLACE_TEXT])
{
	char host[INET6_ADDRSTRLEN] = "?", port[8] = "?";
	struct sockaddr_storage ss = {0};
	void *p = &ss;
	socklen_t len = sizeof(ss);
	(void)getsockname(fd, p, &len);
	(void)getnameinfo(p, len, host, sizeof(host), port, sizeof(port),
			  NI_NUMERICHOST | NI_NUMERICSERV);
	(void)snprintf(to, HTTP_PLACE_TEXT, ss.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host,
		       port);
}

static int open_all(const struct addrinfo *list, struct http_places *ret)
{
	int failure = list == NULL ? EADDRNOTAVAIL : 0;
	for (const struct addrinfo *a = list; a != NULL && ret->count < HTTP_PLACES && failure == 0;
	     a = a->ai_next) {
		int fd = -1;
		failure = open_at(a, &fd);
		if (failure == 0) {
			ret->at[ret->count].fd = fd;
			describe(fd, ret->at[ret->count++].text);
		}
	}
	return failure;
}

int http_listen(const char *where, struct http_places *ret, struct ts_error *err)
{
	static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
					      .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
	TS_CLEANUP(freeaddrinfo_p) struct addrinfo *list = NULL;
	struct where w;
	*ret = (struct http_places){0};
	int rc = split(where, &w, err);
	if (rc != TS_OK) {
		return rc;
	}
	int failure = getaddrinfo(w.host[0] != '\0' ? w.host : NULL, w.port, &hints, &list);
	if (failure != 0) {
		return ts_fail(err, TS_EINVAL, "Can't find '%s' (http.listen): %s.", w.host,
			       gai_strerror(failure));
	}
	failure = open_all(list, ret);
	if (failure != 0) {
		http_places_close(ret);
		return ts_fail_errno(err, failure, "Can't serve HTTP on '%s' (http.listen)", where);
	}
	return TS_OK;
}

void http_places_close(struct http_places *p)
{
	for (size_t i = 0; i < p->count; i++) {
		ts_close_p(&p->at[i].fd);
	}
	p->count = 0;
}

/* Unix sockets */

static int address_of(const char *path, struct sockaddr_un *ret, struct ts_error *err)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(ret->sun_path)) {
		return ts_fail(err, TS_EINVAL,
			       "The path of the control socket, '%.200s', is longer than the "
			       "system's %zu bytes.",
			       path, sizeof(ret->sun_path) - 1);
	}
	memcpy(ret->sun_path, path, strlen(path) + 1);
	return TS_OK;
}

int http_listen_unix(const char *path, int *ret_fd, struct ts_error *err)
{
	struct sockaddr_un address;
	const void *sa = &address;
	int rc = address_of(path, &address, err);
	if (rc != TS_OK) {
		return rc;
	}
	TS_AUTOCLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)unlink(path);
	/* The file gets the socket's mode, so it never has another one. */
	if (fd < 0 || fchmod(fd, 0600) != 0 || bind(fd, sa, sizeof(address)) != 0 ||
	    listen(fd, BACKLOG) != 0) {
		return ts_fail_errno(err, errno, "Can't make the control socket '%.200s'", path);
	}
	*ret_fd = fd;
	fd = -1;
	return TS_OK;
}

int http_connect_unix(const char *path, int *ret_fd, struct ts_error *err)
{
	struct sockaddr_un address;
	const void *sa = &address;
	int rc = address_of(path, &address, err);
	if (rc != TS_OK) {
		return rc;
	}
	TS_AUTOCLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, sa, sizeof(address)) != 0) {
		int code = errno == ECONNREFUSED ? TS_ECONNECT : TS_OK;
		rc = ts_fail_errno(err, errno, "Can't reach the control socket '%.200s'", path);
		return code == TS_OK ? rc : code;
	}
	*ret_fd = fd;
	fd = -1;
	return TS_OK;
}
