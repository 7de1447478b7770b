// SPDX-License-Identifier: MIT
// The clients: what each sends, what it makes of the answer, and the threads that they run in.
#include "test/bench/load.h"

#include "common/base/date.h"
#include "common/base/slice.h"
#include "common/base/uuid.h"
#include "common/wire/message.h"

#include <pthread.h>
#include <time.h>

enum { STACK_SIZE = 512 * 1024, EPOCH = 1700000000, RETRY_PAUSE = 1000 /* [us] */ };

/* Buffers of one client, kept from request to request. */
struct scratch {
	struct ts_buf tasks, request, answer;
};

static void scratch_done(struct scratch *s)
{
	ts_buf_done(&s->tasks);
	ts_buf_done(&s->request);
	ts_buf_done(&s->answer);
}

uint64_t load_clock(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void add_task(struct ts_buf *to, const char *uuid, uint64_t sequence, const char *who)
{
	struct ts_date_text modified = ts_date_text(EPOCH + (int64_t)sequence);
	ts_buf_printf(to,
		      "{\"description\":\"bench task %s %ju buy milk and water the plants\","
		      "\"entry\":\"20231101T120000Z\",\"modified\":\"%s\",\"priority\":\"M\","
		      "\"project\":\"home.garden\",\"status\":\"pending\","
		      "\"tags\":[\"next\",\"bench\"],\"uuid\":\"%s\"}\n",
		      who, (uintmax_t)sequence, modified.text, uuid);
}

static struct ts_uuid_text new_uuid(void)
{
	struct ts_uuid u = ts_uuid_random();
	return ts_uuid_text(&u);
}

struct kind {
	const char *type, *connection, *timeout;
};

static int make_request(struct ts_buf *to, const struct account *a, const char *sync,
			const struct kind *kind, struct ts_slice tasks, struct ts_error *err)
{
	ts_buf_clear(to);
	ts_message_begin(to);
	ts_message_header(to, "type", ts_slice_of(kind->type));
	ts_message_header(to, "connection", ts_slice_of(kind->connection));
	ts_message_header(to, "timeout", ts_slice_of(kind->timeout));
	ts_message_header(to, "org", ts_slice_of(a->org));
	ts_message_header(to, "user", ts_slice_of(a->user));
	ts_message_header(to, "key", ts_slice_of(a->key));
	ts_message_header(to, "client", TS_SLICE("tdbench 1.0"));
	ts_message_header(to, "protocol", TS_SLICE("v1"));
	size_t sync_len = sync[0] != '\0' ? strlen(sync) + 1 : 0;
	int r = ts_message_finish(to, tasks.len + sync_len, err);
	ts_buf_add_slice(to, tasks);
	if (sync_len > 0) {
		ts_buf_printf(to, "%s\n", sync);
	}
	return r == TS_OK && to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : r;
}

static void count_code(struct client *c, int code)
{
	for (size_t i = 0; i < LOAD_CODES; i++) {
		if (c->codes[i] == code || c->codes[i] == 0) {
			c->codes[i] = code;
			c->code_counts[i]++;
			return;
		}
	}
}

/* Count the tasks of a payload, and copy the sync key, its only line that is no object. */
static void read_payload(struct client *c, struct ts_slice payload, char sync[static LOAD_WORD])
{
	while (payload.data != NULL) {
		struct ts_slice line = ts_slice_cut(&payload, '\n');
		if (ts_slice_starts(line, TS_SLICE("{"))) {
			c->tasks_in++;
		} else if (line.len > 0 && line.len < LOAD_WORD) {
			memcpy(sync, line.data, line.len);
			sync[line.len] = '\0';
		}
	}
}

static int read_answer(struct client *c, struct ts_slice answer, char sync[static LOAD_WORD],
		       struct ts_error *err)
{
	struct ts_headers headers;
	size_t end = ts_headers_end(answer);
	int r = ts_headers_parse((struct ts_slice){answer.data, end}, &headers, err);
	if (r != TS_OK) {
		return r;
	}
	struct ts_slice text = ts_headers_get(&headers, "code");
	int code = 0;
	for (size_t i = 0; i < text.len && i < 4; i++) {
		code = code * 10 + (text.data[i] - '0');
	}
	count_code(c, code);
	if (code != 200 && code != 201) {
		struct ts_slice status = ts_headers_get(&headers, "status");
		return ts_fail(err, TS_EMALF, "%d %.*s", code, TS_SLICE_ARGS(status));
	}
	read_payload(c, ts_slice_skip(answer, end), sync);
	return TS_OK;
}

static void keep_sample(struct client *c, uint64_t took, bool merged)
{
	if (c->count == c->cap) {
		size_t cap = c->cap > 0 ? c->cap * 2 : 1024;
		struct sample *more = reallocarray(c->samples, cap, sizeof(*more));
		if (more == NULL) {
			return;
		}
		c->samples = more;
		c->cap = cap;
	}
	c->samples[c->count++] = (struct sample){(uint32_t)took, merged};
}

/* One sync for replica `replica`, with the tasks in s->tasks. */
static int sync_once(struct client *c, struct scratch *s, size_t replica, struct ts_error *err)
{
	const struct load *load = c->load;
	const char *sync = load->mode == LOAD_PULL ? "" : c->sync[replica];
	const struct kind kind = {"sync", load->how == LOAD_KEEP ? "keep" : "", ""};
	int r = make_request(&s->request, c->account, sync, &kind, ts_buf_slice(&s->tasks), err);
	ts_buf_clear(&s->answer);
	uint64_t start = load_clock();
	if (r == TS_OK) {
		r = load_talk(c, ts_buf_slice(&s->request), &s->answer, err);
	}
	uint64_t took = load_clock() - start;
	if (r == TS_OK) {
		struct ts_slice answer = ts_buf_slice(&s->answer);
		r = read_answer(c, ts_slice_skip(answer, TS_MESSAGE_PREFIX), c->sync[replica], err);
	}
	if (r != TS_OK) {
		return r;
	}
	c->bytes_out += s->request.len;
	c->bytes_in += s->answer.len;
	keep_sample(c, took, replica == 1);
	return TS_OK;
}

int load_push(struct client *c, struct ts_error *err)
{
	TS_CLEANUP(scratch_done) struct scratch s = {0};
	add_task(&s.tasks, new_uuid().text, c->sequence++, "push");
	return sync_once(c, &s, 0, err);
}

int load_wait_request(const struct account *a, struct ts_buf *to, struct ts_error *err)
{
	const struct kind kind = {"wait", "", "900"};
	return make_request(to, a, a->sync, &kind, (struct ts_slice){NULL, 0}, err);
}

static size_t prepare_noop(struct client *c, struct ts_buf *tasks)
{
	(void)c;
	(void)tasks;
	return 0;
}

static size_t prepare_push(struct client *c, struct ts_buf *tasks)
{
	for (size_t i = 0; i < c->load->tasks; i++) {
		add_task(tasks, new_uuid().text, c->sequence++, "push");
	}
	return 0;
}

/* Replica A edits a task and then replica B, who has not seen that, the same one. */
static size_t prepare_conflict(struct client *c, struct ts_buf *tasks)
{
	size_t replica = c->sequence % 2;
	if (c->load->conflict_base >= 0) {
		size_t n = (size_t)c->load->conflict_base;
		n += c->sequence / 2 * c->load->clients + c->id;
		(void)snprintf(c->task.text, sizeof(c->task.text), "%08zx-0000-4000-8000-%012zx",
			       n & 0xffffffff, n & 0xffffffff);
	}
	add_task(tasks, c->task.text, c->sequence++, replica == 0 ? "replica-A" : "replica-B");
	return replica;
}

static size_t prepare_feed(struct client *c, struct ts_buf *tasks)
{
	TS_AUTOFREE char *line = NULL;
	size_t cap = 0;
	for (size_t i = 0; i < c->load->tasks; i++) {
		ssize_t len = getline(&line, &cap, c->load->feed);
		if (len <= 0) {
			break;
		}
		ts_buf_add(tasks, line, (size_t)len);
	}
	return 0;
}

/* Fill the buffer with what the mode sends next; returns the replica that sends it. */
static size_t (*const prepare[LOAD_MODES])(struct client *, struct ts_buf *) = {
	[LOAD_NOOP] = prepare_noop,         [LOAD_PUSH] = prepare_push, [LOAD_PULL] = prepare_noop,
	[LOAD_CONFLICT] = prepare_conflict, [LOAD_FEED] = prepare_feed, [LOAD_WAIT] = prepare_noop,
};

static bool is_over(struct load *load)
{
	if (load->duration > 0 && load_clock() >= load->end) {
		return true;
	}
	return atomic_fetch_add(&load->next, 1) >= load->requests && load->requests > 0;
}

static void pause_briefly(void)
{
	nanosleep(&(struct timespec){.tv_nsec = RETRY_PAUSE * 1000}, NULL);
}

static void *client_main(void *arg)
{
	struct client *c = arg;
	TS_CLEANUP(scratch_done) struct scratch s = {0};
	while (!is_over(c->load)) {
		ts_buf_clear(&s.tasks);
		size_t replica = prepare[c->load->mode](c, &s.tasks);
		if (c->load->mode == LOAD_FEED && s.tasks.len == 0) {
			break;
		}
		struct ts_error err = {0};
		if (sync_once(c, &s, replica, &err) == TS_OK) {
			continue;
		}
		if (c->errors++ == 0) {
			c->first_error = err;
		}
		if (c->load->mode == LOAD_FEED) {
			break;
		}
		load_hang_up(c);
		pause_briefly();
	}
	load_hang_up(c);
	return NULL;
}

int load_learn_keys(struct load *load, struct ts_error *err)
{
	TS_CLEANUP(scratch_done) struct scratch s = {0};
	for (size_t i = 0; i < load->account_count && i < load->clients; i++) {
		struct account *a = &load->accounts[i];
		struct client c = {.load = load, .account = a};
		int r = a->sync[0] == '\0' ? sync_once(&c, &s, 0, err) : TS_OK;
		free(c.samples);
		if (r != TS_OK) {
			return r;
		}
		memcpy(a->sync, c.count > 0 ? c.sync[0] : a->sync, sizeof(a->sync));
	}
	return TS_OK;
}

/* The task which the two replicas of `c` edit, known to both. */
static int make_shared_task(struct client *c, struct ts_error *err)
{
	TS_CLEANUP(scratch_done) struct scratch s = {0};
	c->task = new_uuid();
	add_task(&s.tasks, c->task.text, c->sequence++, "create");
	int r = sync_once(c, &s, 0, err);
	memcpy(c->sync[1], c->sync[0], sizeof(c->sync[1]));
	c->sequence = 2;
	c->count = 0;
	return r;
}

static int prepare_clients(struct load *load, struct client *clients, struct ts_error *err)
{
	int r = TS_OK;
	for (size_t i = 0; i < load->clients && r == TS_OK; i++) {
		struct account *a = &load->accounts[i % load->account_count];
		clients[i] = (struct client){.load = load, .account = a, .id = i};
		memcpy(clients[i].sync[0], a->sync, sizeof(a->sync));
		memcpy(clients[i].sync[1], a->sync, sizeof(a->sync));
		if (load->mode == LOAD_CONFLICT && load->conflict_base < 0) {
			r = make_shared_task(&clients[i], err);
		}
	}
	return r;
}

int load_run(struct load *load, struct client *clients, struct ts_error *err)
{
	int r = prepare_clients(load, clients, err);
	TS_AUTOFREE pthread_t *threads = calloc(load->clients, sizeof(*threads));
	if (threads == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	pthread_attr_t attr;
	pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, STACK_SIZE);
	load->end = load_clock() + load->duration;
	size_t started = 0;
	while (r == TS_OK && started < load->clients) {
		int e = pthread_create(&threads[started], &attr, client_main, &clients[started]);
		r = e == 0 ? TS_OK : ts_fail_errno(err, e, "Could not start a thread");
		started += r == TS_OK;
	}
	for (size_t i = 0; i < started; i++) {
		pthread_join(threads[i], NULL);
	}
	pthread_attr_destroy(&attr);
	return r;
}
