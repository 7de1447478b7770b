/* SPDX-License-Identifier: MIT */
/*
 * A small HTTP server: a table of routes, GET and HEAD, plain text out. It serves what watches the
 * server (server/watch) on a TCP port and on the control socket. http.c is the only file that knows
 * libmicrohttpd.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

#include <sys/types.h>

#define HTTP_TEXT "text/plain; charset=utf-8"
#define HTTP_JSON "application/json"

enum { HTTP_CONNECTIONS = 32, HTTP_TIMEOUT = 10 /* [s] of silence */ };

struct http_request;
/* The value of a word of the query (`?name=value`), borrowed; NULL: it isn't there. */
const char *http_word(const struct http_request *r, const char *name);

/* A body that is made while it is sent. */
struct http_stream {
	/* Bytes into `to`, may wait for them, but not for long; 0: that was all. NULL: no stream.
	 */
	size_t (*read)(void *ctx, char *to, size_t size);
	void (*free)(void *ctx);
	void *ctx;
};

struct http_answer {
	unsigned status;
	const char *type; /* of the contents; a literal */
	struct ts_buf body;
	struct http_stream stream; /* instead of `body` */
};

struct http_route {
	const char *path;
	const char *brief; /* for `/`, which tells what there is */
	/* In a thread of the connection's own. `a` is 200, text, and empty. */
	void (*answer)(const struct http_request *r, void *arg, struct http_answer *a);
};

struct http_config {
	const char *title;
	const struct http_route *routes;
	size_t count;
	void *arg; /* of the routes */
};

struct http;

/* Serve connections that come to `fd`, a listening socket, which is taken over whatever this
 * returns. `config` is borrowed. TS_EIO, TS_ENOMEM. */
int http_new(const struct http_config *config, int fd, struct http **ret,
	     struct ts_error *err) TS_MUST_CHECK;
/* End all connections; streams have to have ended, or their read() to return soon. Accepts NULL. */
void http_free(struct http *h);
TS_DEFINE_CLEANUP(struct http, http_free)
