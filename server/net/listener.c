/* SPDX-License-Identifier: MIT */
#include "server/net/listener.h"

#include "common/base/attr.h"
#include "common/base/slice.h"
#include "common/base/systemd.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>

enum { PORT_TRIES = 20 }; /* of a free port that is free on every address */

struct place {
	char host[256]; /* "" is every address */
	char port[16];
};

static int split(const char *server, struct place *ret, struct ts_error *err)
{
	if (server[0] == '\0') {
		return ts_fail(err, TS_EINVAL,
			       "You must specify the 'server' variable before attempting a server "
			       "start, for example: taskd config server localhost:53589");
	}
	const char *colon = strrchr(server, ':');
	const char *host = server;
	size_t len = colon != NULL ? (size_t)(colon - server) : 0;
	if (len >= 2 && host[0] == '[' && host[len - 1] == ']') {
		host++;
		len -= 2;
	}
	if (colon == NULL || len >= sizeof(ret->host) || strlen(colon + 1) >= sizeof(ret->port) ||
	    colon[1] == '\0') {
		return ts_fail(err, TS_EINVAL,
			       "The setting 'server' must be host:port, such as *:53589; it is "
			       "'%s'.",
			       server);
	}
	bool every = len == 0 || (len == 1 && host[0] == '*');
	memcpy(ret->host, host, every ? 0 : len);
	ret->host[every ? 0 : len] = '\0';
	memcpy(ret->port, colon + 1, strlen(colon + 1) + 1);
	return TS_OK;
}

static int family_of(const struct settings *s)
{
	return strcmp(s->family, "IPv4") == 0   ? AF_INET
	       : strcmp(s->family, "IPv6") == 0 ? AF_INET6
						: AF_UNSPEC;
}

static void freeaddrinfo_p(struct addrinfo **a)
{
	if (*a != NULL) {
		freeaddrinfo(*a);
	}
}

void address_text(const struct sockaddr *sa, char to[static ADDRESS_TEXT])
{
	const void *p = sa;
	const struct sockaddr_in *v4 = p;
	const struct sockaddr_in6 *v6 = p;
	char text[INET6_ADDRSTRLEN] = "?";
	if (sa->sa_family == AF_INET6) {
		(void)inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof(text));
		(void)snprintf(to, ADDRESS_TEXT, "[%s]:%u", text, ntohs(v6->sin6_port));
	} else {
		(void)inet_ntop(AF_INET, &v4->sin_addr, text, sizeof(text));
		(void)snprintf(to, ADDRESS_TEXT, "%s:%u", text, ntohs(v4->sin_port));
	}
}

static int set_up(int fd, const struct addrinfo *a, const struct settings *s)
{
	int on = 1;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
	    (a->ai_family == AF_INET6 &&
	     setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
	    bind(fd, a->ai_addr, a->ai_addrlen) != 0) {
		return -1;
	}
	return listen(fd, (int)s->queue_size);
}

static void set_port(struct addrinfo *a, unsigned port)
{
	void *p = a->ai_addr;
	if (a->ai_family == AF_INET6) {
		((struct sockaddr_in6 *)p)->sin6_port = htons((uint16_t)port);
	} else {
		((struct sockaddr_in *)p)->sin_port = htons((uint16_t)port);
	}
}

/* Take over `fd` and write down what it is bound to. */
static void add(struct listener *l, int fd)
{
	struct sockaddr_storage ss = {0};
	void *p = &ss;
	socklen_t len = sizeof(ss);
	(void)getsockname(fd, p, &len);
	const struct sockaddr_in *v4 = p;
	const struct sockaddr_in6 *v6 = p;
	bool six = ss.ss_family == AF_INET6;
	l->at[l->count].fd = fd;
	l->at[l->count].port = ntohs(six ? v6->sin6_port : v4->sin_port);
	(void)inet_ntop(ss.ss_family, six ? (const void *)&v6->sin6_addr : &v4->sin_addr,
			l->at[l->count].address, ADDRESS_TEXT);
	l->count++;
}

/* A name may resolve to the same address twice. */
static bool is_open(const struct listener *l, const struct addrinfo *a)
{
	char text[ADDRESS_TEXT], other[ADDRESS_TEXT];
	address_text(a->ai_addr, text);
	for (size_t i = 0; i < l->count; i++) {
		bool six = strchr(l->at[i].address, ':') != NULL;
		(void)snprintf(other, sizeof(other), six ? "[%.45s]:%u" : "%.45s:%u",
			       l->at[i].address, l->at[i].port);
		if (strcmp(text, other) == 0) {
			return true;
		}
	}
	return false;
}

/* 0, or errno. */
static int listen_on(struct addrinfo *a, const struct settings *s, struct listener *l)
{
	if (l->count > 0) {
		set_port(a, l->at[0].port); /* a free port of the first is everybody's */
	}
	if (l->count == LISTENER_MAX || is_open(l, a)) {
		return 0;
	}
	TS_AUTOCLOSE int fd = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || set_up(fd, a, s) != 0) {
		return errno;
	}
	add(l, fd);
	fd = -1;
	return 0;
}

/* An address that this machine doesn't have is passed over as long as there is another. */
static int listen_on_all(struct addrinfo *list, const struct settings *s, struct listener *l)
{
	int missing = 0;
	for (struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		int failure = listen_on(a, s, l);
		if (failure == EADDRNOTAVAIL || failure == EAFNOSUPPORT) {
			missing = failure;
		} else if (failure != 0) {
			return failure;
		}
	}
	return l->count > 0 ? 0 : missing;
}

static int resolve(const struct settings *s, const struct place *p, struct addrinfo **ret,
		   struct ts_error *err)
{
	struct addrinfo hints = {
		.ai_family = family_of(s),
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_PASSIVE,
	};
	int rc = getaddrinfo(p->host[0] != '\0' ? p->host : NULL, p->port, &hints, ret);
	if (rc != 0) {
		*ret = NULL;
		return ts_fail(err, TS_EINVAL, "Can't find the address '%s': %s.", s->server,
			       gai_strerror(rc));
	}
	return TS_OK;
}

static bool is_option(int fd, int option, int wanted)
{
	int value = 0;
	socklen_t len = sizeof(value);
	return getsockopt(fd, SOL_SOCKET, option, &value, &len) == 0 && value == wanted;
}

static bool can_serve(int fd)
{
	return is_option(fd, SO_TYPE, SOCK_STREAM) && is_option(fd, SO_ACCEPTCONN, 1) &&
	       (is_option(fd, SO_DOMAIN, AF_INET) || is_option(fd, SO_DOMAIN, AF_INET6)) &&
	       fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) == 0;
}

/* A socket that can't be served is a fault in somebody's unit, which nobody would notice. */
static int take_passed(const struct ts_systemd_socket *passed, size_t count, struct listener *l,
		       struct ts_error *err)
{
	int rc = TS_OK;
	*l = (struct listener){.passed = true};
	for (size_t i = 0; i < count; i++) {
		if (l->count < LISTENER_MAX && can_serve(passed[i].fd)) {
			add(l, passed[i].fd);
			continue;
		}
		(void)close(passed[i].fd);
		rc = ts_fail(err, TS_EINVAL,
			     "The socket '%s' that was passed to the server is not one of at most "
			     "%d listening TCP sockets.",
			     passed[i].name, LISTENER_MAX);
	}
	if (rc != TS_OK) {
		listener_close(l);
	}
	return rc;
}

static int open_by_settings(const struct settings *s, struct listener *ret, struct ts_error *err)
{
	TS_CLEANUP(freeaddrinfo_p) struct addrinfo *list = NULL;
	struct place place;
	int rc = split(s->server, &place, err);
	if (rc == TS_OK) {
		rc = resolve(s, &place, &list, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	int failure = 0;
	bool any_port = strcmp(place.port, "0") == 0;
	for (int i = 0; i < (any_port ? PORT_TRIES : 1); i++) {
		*ret = (struct listener){0};
		failure = listen_on_all(list, s, ret);
		if (failure == 0) {
			return TS_OK;
		}
		listener_close(ret);
		for (struct addrinfo *a = list; any_port && a != NULL; a = a->ai_next) {
			set_port(a, 0);
		}
	}
	return ts_fail_errno(err, failure, "Can't listen on '%s'", s->server);
}

int listener_open(const struct settings *s, struct listener *ret, struct ts_error *err)
{
	struct ts_systemd_socket passed[TS_SYSTEMD_SOCKETS];
	size_t count = ts_systemd_sockets(passed);
	return count > 0 ? take_passed(passed, count, ret, err) : open_by_settings(s, ret, err);
}

void listener_shut(struct listener *l)
{
	for (size_t i = 0; i < l->count && !l->passed; i++) {
		(void)shutdown(l->at[i].fd, SHUT_RDWR);
	}
}

void listener_close(struct listener *l)
{
	for (size_t i = 0; i < l->count; i++) {
		(void)close(l->at[i].fd);
	}
	l->count = 0;
}
