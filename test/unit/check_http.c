/* SPDX-License-Identifier: MIT */
#include "folder.h"
#include "server/http/http.h"
#include "server/http/http_listen.h"
#include "unit.h"

#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/stat.h>

struct site {
	struct folder folder;
	struct folder_path path;
	struct http *http;
	atomic_int streams; /* that are open */
};

static void answer_echo(const struct http_request *r, void *arg, struct http_answer *a)
{
	const char *word = http_word(r, "word");
	(void)arg;
	a->status = word != NULL ? 200 : 503;
	ts_buf_printf(&a->body, "<%s>", word != NULL ? word : "");
}

static void answer_empty(const struct http_request *r, void *arg, struct http_answer *a)
{
	(void)r;
	(void)arg;
	a->type = HTTP_JSON;
}

struct count {
	struct site *site;
	int left;
};

static size_t read_count(void *ctx, char *to, size_t size)
{
	struct count *c = ctx;
	return c->left > 0 ? (size_t)snprintf(to, size, "%d\n", c->left--) : 0;
}

static void free_count(void *ctx)
{
	struct count *c = ctx;
	(void)atomic_fetch_sub(&c->site->streams, 1);
	free(c);
}

static void answer_stream(const struct http_request *r, void *arg, struct http_answer *a)
{
	struct count *c = calloc(1, sizeof(*c));
	(void)r;
	ck_assert_ptr_nonnull(c);
	*c = (struct count){arg, 3};
	(void)atomic_fetch_add(&c->site->streams, 1);
	a->stream = (struct http_stream){read_count, free_count, c};
}

static const struct http_route routes[] = {
	{"/echo", "says a word again", answer_echo},
	{"/empty", "says nothing", answer_empty},
	{"/stream", "counts", answer_stream},
};

static struct http_config config = {
	.title = "A site", .routes = routes, .count = TS_COUNT_OF(routes)};

static void site_begin(struct site *s)
{
	int fd = -1;
	s->path = folder_at(&s->folder, "socket");
	config.arg = s;
	ck_assert_int_eq(http_listen_unix(s->path.text, &fd, NULL), TS_OK);
	ck_assert_int_eq(http_new(&config, fd, &s->http, NULL), TS_OK);
}

static void site_done(struct site *s)
{
	http_free(s->http);
	ck_assert_int_eq(atomic_load(&s->streams), 0);
	folder_done(&s->folder);
}

#define SITE(name)                                                                                 \
	TS_CLEANUP(site_done) struct site name = {.folder = folder_new()};                         \
	site_begin(&name)

/* What comes back up to the end. */
static void ask(const struct site *s, const char *text, struct ts_buf *ret)
{
	char part[1000];
	int fd = -1;
	ssize_t n;
	ck_assert_int_eq(http_connect_unix(s->path.text, &fd, NULL), TS_OK);
	ck_assert_int_eq(send(fd, text, strlen(text), MSG_NOSIGNAL), (int)strlen(text));
	ts_buf_clear(ret);
	ts_buf_add(ret, "", 0);
	while ((n = recv(fd, part, sizeof(part), 0)) > 0) {
		ts_buf_add(ret, part, (size_t)n);
	}
	(void)close(fd);
}

static const struct {
	const char *request, *status, *body; /* body: how it ends */
} asked[] = {
	{"GET / HTTP/1.0\r\n\r\n", "200",
	 "A site\n\n/echo      says a word again\n/empty     says nothing\n/stream    counts\n"},
	{"GET /echo?word=hi HTTP/1.0\r\n\r\n", "200", "\r\n\r\n<hi>"},
	{"GET /echo?word=%c3%bc%20x&more HTTP/1.0\r\n\r\n", "200", "\r\n\r\n<\xc3\xbc x>"},
	{"GET /echo HTTP/1.0\r\n\r\n", "503", "\r\n\r\n<>"},
	{"HEAD /echo?word=hi HTTP/1.0\r\n\r\n", "200", "\r\n\r\n"},
	{"GET /echo?word=hi HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n", "200",
	 "\r\n\r\n<hi>"},
	{"GET /empty HTTP/1.0\r\n\r\n", "200", "\r\n\r\n"},
	{"GET /stream HTTP/1.0\r\n\r\n", "200", "\r\n\r\n3\n2\n1\n"},
	{"HEAD /stream HTTP/1.0\r\n\r\n", "200", "\r\n\r\n"},
	{"GET /nothing HTTP/1.0\r\n\r\n", "404", "/ says what there is.\n"},
	{"GET /echo/ HTTP/1.0\r\n\r\n", "404", "/ says what there is.\n"},
	{"POST /echo HTTP/1.0\r\nContent-Length: 3\r\n\r\nabc", "405", "understood here.\n"},
	{"DELETE / HTTP/1.0\r\n\r\n", "405", "understood here.\n"},
};

START_TEST(questions_and_answers)
{
	SITE(s);
	TS_BUF(got);
	ask(&s, asked[_i].request, &got);
	ck_assert_msg(got.len > 20 && memcmp(got.data + 9, asked[_i].status, 3) == 0, "got: %s",
		      got.data);
	size_t tail = strlen(asked[_i].body);
	ck_assert_uint_ge(got.len, tail);
	ck_assert_str_eq(got.data + got.len - tail, asked[_i].body);
	ck_assert_int_eq(strstr(got.data, "Allow: GET, HEAD\r\n") != NULL,
			 strcmp(asked[_i].status, "405") == 0);
	ck_assert_ptr_nonnull(strstr(got.data, "Cache-Control: no-store\r\n"));
}
END_TEST

START_TEST(who_says_nothing_keeps_nobody_from_ending)
{
	SITE(s);
	int fd = -1;
	ck_assert_int_eq(http_connect_unix(s.path.text, &fd, NULL), TS_OK);
	http_free(TS_TAKE(s.http));
	char byte;
	ck_assert_int_le(recv(fd, &byte, 1, 0), 0);
	(void)close(fd);
}
END_TEST

/* Places */

static const struct {
	const char *where, *starts; /* NULL: refused */
} places[] = {
	{"0", "127.0.0.1:"},
	{"127.0.0.1:0", "127.0.0.1:"},
	{"[127.0.0.1]:0", "127.0.0.1:"},
	{"*:0", ""},
	{"127.0.0.1", NULL},
	{"127.0.0.1:", NULL},
	{":9153", NULL},
	{"65536", NULL},
	{"9153x", NULL},
	{"::1:0", NULL},
	{"no.such.host.invalid:0", NULL},
	{"192.0.2.1:0", NULL},
};

START_TEST(where_to_listen)
{
	struct http_places p;
	struct ts_error err = {0};
	int rc = http_listen(places[_i].where, &p, &err);
	if (places[_i].starts == NULL) {
		ck_assert_int_ne(rc, TS_OK);
		ck_assert_ptr_nonnull(strstr(err.text, "http.listen"));
		ck_assert_uint_eq(p.count, 0);
		return;
	}
	ck_assert_msg(rc == TS_OK, "%s", err.text);
	ck_assert_uint_gt(p.count, 0);
	ck_assert(ts_slice_starts(ts_slice_of(p.at[0].text), ts_slice_of(places[_i].starts)));
	ck_assert_str_ne(p.at[0].text + strlen(places[_i].starts), "0");
	http_places_close(&p);
}
END_TEST

START_TEST(a_port_that_is_taken)
{
	struct http_places one, two;
	struct ts_error err = {0};
	ck_assert_int_eq(http_listen("0", &one, &err), TS_OK);
	ck_assert_int_eq(http_listen(one.at[0].text, &two, &err), TS_EIO);
	ck_assert_ptr_nonnull(strstr(err.text, one.at[0].text));
	http_places_close(&one);
}
END_TEST

START_TEST(unix_sockets)
{
	FOLDER(f);
	struct folder_path path = folder_at(&f, "socket"), nothing = folder_at(&f, "no");
	struct ts_error err = {0};
	struct stat st;
	char long_path[300];
	int fd = -1, other = -1;
	ck_assert_int_eq(http_connect_unix(nothing.text, &other, &err), TS_ENOTFOUND);
	ck_assert_int_eq(http_listen_unix(path.text, &fd, &err), TS_OK);
	ck_assert_int_eq(stat(path.text, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0600);
	ck_assert_int_eq(http_connect_unix(path.text, &other, &err), TS_OK);
	(void)close(other);
	(void)close(fd);
	ck_assert_int_eq(http_connect_unix(path.text, &other, &err), TS_ECONNECT);
	ck_assert_int_eq(http_listen_unix(path.text, &fd, &err), TS_OK); /* a stale one goes */
	(void)close(fd);
	(void)memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[sizeof(long_path) - 1] = '\0';
	ck_assert_int_eq(http_listen_unix(long_path, &fd, &err), TS_EINVAL);
	ck_assert_ptr_nonnull(strstr(err.text, "longer than the system's 107 bytes"));
}
END_TEST

UNIT_MAIN("http", {questions_and_answers, TS_COUNT_OF(asked)},
	  {who_says_nothing_keeps_nobody_from_ending, 0}, {where_to_listen, TS_COUNT_OF(places)},
	  {a_port_that_is_taken, 0}, {unix_sockets, 0})
