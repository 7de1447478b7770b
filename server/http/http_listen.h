/* SPDX-License-Identifier: MIT */
/* The sockets that HTTP is served on. */
#pragma once

#include "common/base/error.h"

#include <stddef.h>

enum { HTTP_PLACES = 4, HTTP_PLACE_TEXT = 80 };

struct http_places {
	struct {
		int fd;                     /* listens; whoever uses it makes it -1 */
		char text[HTTP_PLACE_TEXT]; /* "127.0.0.1:9100", with the port in use */
	} at[HTTP_PLACES];
	size_t count;
};

/* Listen where `where` says: `host:port`, `*:port`, or a port alone, which is one of 127.0.0.1;
 * port 0 is a free one. TS_EINVAL, TS_EIO with a sentence, and nothing is open. */
int http_listen(const char *where, struct http_places *ret, struct ts_error *err) TS_MUST_CHECK;
/* Listen on a Unix socket that this user alone can connect to; what lies there is removed. */
int http_listen_unix(const char *path, int *ret_fd, struct ts_error *err) TS_MUST_CHECK;
/* Connect to such a socket. TS_ENOTFOUND, TS_ECONNECT: nobody is there. */
int http_connect_unix(const char *path, int *ret_fd, struct ts_error *err) TS_MUST_CHECK;
void http_places_close(struct http_places *p);
