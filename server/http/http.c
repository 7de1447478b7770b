/* SPDX-License-Identifier: MIT */
#include "server/http/http.h"

#include <microhttpd.h>

enum {
	CONNECTION_MEMORY = 32 << 10,
	STACK_SIZE = 512 << 10,
	STREAM_BLOCK = 16 << 10 /* [bytes] of a stream at a time */
};

struct http {
	const struct http_config *config;
	struct MHD_Daemon *daemon;
};

struct http_request {
	struct MHD_Connection *connection;
};

const char *http_word(const struct http_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* `/` and what there is not. */

static void answer_index(const struct http_config *c, struct http_answer *a)
{
	ts_buf_printf(&a->body, "%s\n\n", c->title);
	for (size_t i = 0; i < c->count; i++) {
		ts_buf_printf(&a->body, "%-10s %s\n", c->routes[i].path, c->routes[i].brief);
	}
}

static void answer_nothing(struct http_answer *a)
{
	a->status = MHD_HTTP_NOT_FOUND;
	ts_buf_add_str(&a->body, "There is nothing here; / says what there is.\n");
}

static void find_answer(const struct http_config *c, const char *path, const struct http_request *r,
			struct http_answer *a)
{
	if (strcmp(path, "/") == 0) {
		answer_index(c, a);
		return;
	}
	for (size_t i = 0; i < c->count; i++) {
		if (strcmp(path, c->routes[i].path) == 0) {
			c->routes[i].answer(r, c->arg, a);
			return;
		}
	}
	answer_nothing(a);
}

/* The way out */

static ssize_t read_stream(void *cls, uint64_t at, char *to, size_t size)
{
	struct http_stream *s = cls;
	(void)at;
	size_t n = s->read(s->ctx, to, size);
	return n > 0 ? (ssize_t)n : MHD_CONTENT_READER_END_OF_STREAM;
}

static void free_stream(void *cls)
{
	struct http_stream *s = cls;
	s->free(s->ctx);
	free(s);
}

static struct MHD_Response *stream_response(struct http_answer *a)
{
	struct http_stream *s = malloc(sizeof(*s));
	if (s == NULL) {
		a->stream.free(a->stream.ctx);
		return NULL;
	}
	*s = a->stream;
	return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_stream, s,
						 free_stream);
}

static struct MHD_Response *body_response(struct http_answer *a)
{
	static char nothing[] = "";
	if (a->body.data == NULL) {
		return MHD_create_response_from_buffer(0, nothing, MHD_RESPMEM_PERSISTENT);
	}
	struct MHD_Response *r =
		MHD_create_response_from_buffer(a->body.len, a->body.data, MHD_RESPMEM_MUST_FREE);
	if (r != NULL) {
		a->body = (struct ts_buf){0}; /* taken */
	}
	return r;
}

static enum MHD_Result send_answer(struct MHD_Connection *c, struct http_answer *a)
{
	struct MHD_Response *r = a->stream.read != NULL ? stream_response(a) : body_response(a);
	ts_buf_done(&a->body);
	if (r == NULL) {
		return MHD_NO;
	}
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CONTENT_TYPE, a->type);
	(void)MHD_add_response_header(r, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
	if (a->status == MHD_HTTP_METHOD_NOT_ALLOWED) {
		(void)MHD_add_response_header(r, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	}
	enum MHD_Result ret = MHD_queue_response(c, a->status, r);
	MHD_destroy_response(r);
	return ret;
}

/* The way in */

/* A HEAD of a stream is its headers alone. */
static void drop_stream(struct http_answer *a)
{
	if (a->stream.read != NULL) {
		a->stream.free(a->stream.ctx);
		a->stream = (struct http_stream){0};
	}
}

static void make_answer(const struct http *h, struct MHD_Connection *c, const char *path,
			const char *method, struct http_answer *a)
{
	const struct http_request r = {c};
	bool head = strcmp(method, MHD_HTTP_METHOD_HEAD) == 0;
	if (!head && strcmp(method, MHD_HTTP_METHOD_GET) != 0) {
		a->status = MHD_HTTP_METHOD_NOT_ALLOWED;
		ts_buf_add_str(&a->body, "Only GET and HEAD are understood here.\n");
		return;
	}
	find_answer(h->config, path, &r, a);
	if (head) {
		drop_stream(a);
	}
	if (a->body.failed) {
		ts_buf_done(&a->body);
		a->status = MHD_HTTP_INTERNAL_SERVER_ERROR;
	}
}

/* Called for the headers, then for each piece of a body, then once more: that is when it is time to
 * answer. */
static enum MHD_Result on_request(void *cls, struct MHD_Connection *c, const char *path,
				  const char *method, const char *version, const char *data,
				  size_t *size, void **seen)
{
	static int headers_seen;
	struct http_answer a = {.status = MHD_HTTP_OK, .type = HTTP_TEXT};
	(void)version;
	(void)data;
	if (*seen == NULL) {
		*seen = &headers_seen;
		return MHD_YES;
	}
	if (*size > 0) {
		*size = 0; /* nobody reads it */
		return MHD_YES;
	}
	make_answer(cls, c, path, method, &a);
	return send_answer(c, &a);
}

int http_new(const struct http_config *config, int fd, struct http **ret, struct ts_error *err)
{
	struct http *h = calloc(1, sizeof(*h));
	if (h == NULL) {
		(void)close(fd);
		return ts_fail(err, TS_ENOMEM, "Out of memory for HTTP.");
	}
	h->config = config;
	h->daemon =
		MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD |
					 MHD_USE_POLL | MHD_USE_ITC,
				 0, NULL, NULL, on_request, h, MHD_OPTION_LISTEN_SOCKET, fd,
				 MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS,
				 MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_TIMEOUT,
				 MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
				 MHD_OPTION_THREAD_STACK_SIZE, (size_t)STACK_SIZE, MHD_OPTION_END);
	if (h->daemon == NULL) {
		free(h);
		(void)close(fd);
		return ts_fail(err, TS_EIO, "Can't start serving HTTP.");
	}
	*ret = h;
	return TS_OK;
}

void http_free(struct http *h)
{
	if (h != NULL) {
		MHD_stop_daemon(h->daemon);
		free(h);
	}
}
