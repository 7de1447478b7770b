/* SPDX-License-Identifier: MIT */
/* A replica in a folder of its own, and its side of a sync as texts, for tests of client/replica.
 */
#pragma once

#include "client/replica/apply.h"
#include "client/replica/edit.h"
#include "client/replica/pending.h"
#include "common/base/date.h"
#include "common/task/task_json.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#define REMOTE "home"
/* `n` seconds after the first date that is written as it is. */
#define T(n) (TS_DATE_MIN + (n))

struct rep {
	struct folder folder;
	struct ts_spool_usage usage;
	struct ts_spool_budget budget;
	struct replica r;
	struct ts_error err;
	struct apply applied; /* the last one */
};

#define rep_ok(r, call) ck_assert_msg((call) == TS_OK, "%s", (r)->err.text)

static inline void rep_init(struct rep *r)
{
	*r = (struct rep){.folder = folder_new()};
	r->budget = (struct ts_spool_budget){
		.usage = &r->usage, .dir = r->folder.path, .each = 1 << 16, .total = 1 << 24};
	rep_ok(r, replica_open(r->folder.path, true, "laptop", &r->r, &r->err));
}

static inline void rep_done(struct rep *r)
{
	replica_close(&r->r);
	folder_done(&r->folder);
}

#define REP(name)                                                                                  \
	TS_CLEANUP(rep_done) struct rep name;                                                      \
	rep_init(&name)

/* Task number `i` of the tests. */
static inline struct ts_uuid uuid_of(unsigned i)
{
	struct ts_uuid u = {{0x7f, 0x1c, 0x1f, 0x6e, 0, 0, 0x40, 0, 0x80}};
	u.bytes[14] = (uint8_t)(i >> 8);
	u.bytes[15] = (uint8_t)i;
	return u;
}

static inline struct ts_txn *rep_begin(struct rep *r)
{
	struct ts_txn *t = NULL;
	rep_ok(r, ts_txn_begin(r->r.store, TS_READ, &t, &r->err));
	return t;
}

/* Copies of what is in `words` ("project=home due= tag_a=x": an empty value removes) over the
 * task's attributes. */
static inline void take_words(struct ts_task *task, const char *words, struct ts_arena *a)
{
	const struct ts_slice copy = ts_arena_copy(a, ts_slice_of(words));
	struct ts_slice rest = copy;
	struct ts_attr *attrs = ts_arena_array(a, task->count + copy.len + 1, sizeof(*attrs));
	if (task->count > 0) {
		memcpy(attrs, task->attrs, task->count * sizeof(*attrs));
	}
	task->attrs = attrs;
	while (rest.data != NULL && copy.len > 0) {
		struct ts_slice value = ts_slice_cut(&rest, ' '), key = ts_slice_cut(&value, '=');
		task->attrs[task->count++] = (struct ts_attr){
			.key = key,
			.value = {value.len > 0 ? TS_VALUE_STRING : TS_VALUE_NONE, value}};
	}
	ts_task_sort(task);
}

static inline void edit_words(struct rep *r, struct edit *e, unsigned task, const char *words)
{
	TS_ARENA(a);
	struct ts_task state;
	const struct ts_uuid uuid = uuid_of(task);
	rep_ok(r, replica_task(e->txn, &r->r, &uuid, &a, &state, NULL, &r->err));
	take_words(&state, words, &a);
	state.has_modified = true;
	state.modified = e->now;
	rep_ok(r, edit_put(e, &state, NULL, &r->err));
}

/* One edit of one task. */
static inline void rep_edit(struct rep *r, unsigned task, int64_t now, const char *words)
{
	struct edit e;
	rep_ok(r, edit_begin(&r->r, "modify", now, &e, &r->err));
	edit_words(r, &e, task, words);
	rep_ok(r, edit_commit(&e, NULL, &r->err));
}

#define ADD "description=d status=pending "

/* The values of a task as words, in order of key; "" where it is empty. */
struct words {
	char text[1000];
};

static inline struct words words_of(const struct ts_task *task)
{
	struct words w = {""};
	size_t n = 0;
	for (size_t i = 0; i < task->count; i++) {
		const struct ts_attr *at = &task->attrs[i];
		if (at->value.kind != TS_VALUE_NONE) {
			n += (size_t)snprintf(w.text + n, sizeof(w.text) - n, "%s%.*s=%.*s",
					      n > 0 ? " " : "", TS_SLICE_ARGS(at->key),
					      TS_SLICE_ARGS(at->value.text));
		}
	}
	return w;
}

static inline struct words rep_words(struct rep *r, unsigned task)
{
	TS_ARENA(a);
	struct ts_task state;
	const struct ts_uuid uuid = uuid_of(task);
	struct ts_txn *t = rep_begin(r);
	rep_ok(r, replica_task(t, &r->r, &uuid, &a, &state, NULL, &r->err));
	const struct words w = words_of(&state);
	ts_txn_abort(t);
	return w;
}

/* What is sent in one request. */
struct request {
	struct ts_buf payload;
	bool has_base;
	struct ts_sync_point base;
	uint64_t sent;
	size_t states;
	bool whole; /* everything that is pending */
};

static inline void request_done(struct request *q)
{
	ts_buf_done(&q->payload);
}

#define REQUEST(name) TS_CLEANUP(request_done) struct request name = {0}

/* The point `back` from the newest one becomes the request's base; false: there is none. */
static inline bool rep_base(struct rep *r, const char *remote, uint64_t back, struct request *q)
{
	struct ts_txn *t = rep_begin(r);
	int code = ts_sync_point_get(t, r->r.user, remote, back, &q->base, &r->err);
	ts_txn_abort(t);
	ck_assert(code == TS_OK || code == TS_ENOTFOUND);
	q->has_base = code == TS_OK;
	return q->has_base;
}

/* What is pending from the request's base, at most `most` states. */
static inline void rep_request(struct rep *r, const char *remote, size_t most, struct request *q)
{
	TS_ARENA(a);
	TS_CLEANUP(pending_done) struct pending p = {0};
	struct ts_txn *t = rep_begin(r);
	uint64_t number;
	int code = TS_OK;
	ts_buf_clear(&q->payload);
	q->states = 0;
	if (q->has_base) {
		ts_buf_add_str(&q->payload, ts_uuid_text(&q->base.key).text);
	}
	ts_buf_add_char(&q->payload, '\n');
	rep_ok(r, pending_begin(t, &r->r, remote, q->has_base ? &q->base : NULL, &p, &r->err));
	while (q->states < most && (code = pending_next(&p, &number, &r->err)) == TS_OK) {
		rep_ok(r, pending_add_line(&p, number, &a, &q->payload, &r->err));
		q->states++;
	}
	ck_assert(code == TS_OK || code == TS_ENOTFOUND);
	q->whole = code == TS_ENOTFOUND;
	q->sent = p.at;
	ts_txn_abort(t);
}

static inline int rep_try_apply(struct rep *r, const char *remote, const struct request *q,
				struct ts_slice answer, int64_t now, struct apply *a)
{
	static const struct ts_task_limits limits = {0};
	TS_CLEANUP(ts_upload_free_p) struct ts_upload *u = NULL;
	ck_assert_int_eq(ts_upload_new(&limits, &r->budget, &u), TS_OK);
	rep_ok(r, ts_upload_feed(u, answer, &r->err));
	rep_ok(r, ts_upload_end(u, &r->err));
	a->remote = remote;
	a->now = now;
	a->received = u;
	a->base = q->has_base ? &q->base : NULL;
	a->sent = q->sent;
	int code = apply_run(&r->r, a, &r->err);
	a->received = NULL;
	a->base = NULL;
	return code;
}

static inline void rep_apply(struct rep *r, const char *remote, const struct request *q,
			     struct ts_slice answer, int64_t now)
{
	r->applied = (struct apply){.how = APPLY_ANSWER};
	rep_ok(r, rep_try_apply(r, remote, q, answer, now, &r->applied));
}

/* The states in a request, each as words behind its task's number, " | " between them. */
static inline struct words request_words(const struct request *q)
{
	static const struct ts_task_limits limits = {0};
	struct words all = {""};
	struct ts_slice rest = ts_buf_slice(&q->payload);
	size_t n = 0;
	(void)ts_slice_cut(&rest, '\n');
	while (rest.data != NULL && rest.len > 0) {
		TS_ARENA(a);
		struct ts_task task;
		struct ts_task_repair repair;
		struct ts_error err;
		const struct ts_slice line = ts_slice_cut(&rest, '\n');
		ck_assert_int_eq(ts_task_read(line, &limits, &a, &task, &repair, &err), TS_OK);
		n += (size_t)snprintf(all.text + n, sizeof(all.text) - n, "%s%u: %s",
				      n > 0 ? " | " : "", task.uuid.bytes[15],
				      words_of(&task).text);
	}
	return all;
}

/* Append a task to an answer. */
static inline void answer_task(struct ts_buf *to, unsigned task, int64_t modified,
			       const char *words)
{
	TS_ARENA(a);
	struct ts_task state = {.uuid = uuid_of(task), .has_modified = true, .modified = modified};
	take_words(&state, words, &a);
	ts_task_write(&state, &a, to);
	ts_buf_add_char(to, '\n');
}

/* Append the sync key number `i` of the tests. */
static inline void answer_key(struct ts_buf *to, unsigned i)
{
	const struct ts_uuid key = uuid_of(1000 + i);
	ts_buf_add_str(to, ts_uuid_text(&key).text);
	ts_buf_add_char(to, '\n');
}

/* A whole sync with an answer of one task, or none. */
static inline void rep_sync(struct rep *r, unsigned key, unsigned task, int64_t modified,
			    const char *words)
{
	REQUEST(q);
	TS_BUF(answer);
	(void)rep_base(r, REMOTE, 0, &q);
	rep_request(r, REMOTE, SIZE_MAX, &q);
	if (words != NULL) {
		answer_task(&answer, task, modified, words);
	}
	answer_key(&answer, key);
	rep_apply(r, REMOTE, &q, ts_buf_slice(&answer), modified);
}

/* What is pending from the point `back` from the newest; before the first one, everything. */
static inline struct words rep_pending_words(struct rep *r, uint64_t back)
{
	REQUEST(q);
	(void)rep_base(r, REMOTE, back, &q);
	rep_request(r, REMOTE, SIZE_MAX, &q);
	return request_words(&q);
}

static inline size_t rep_pending(struct rep *r, const char *remote)
{
	REQUEST(q);
	size_t count;
	(void)rep_base(r, remote, 0, &q);
	struct ts_txn *t = rep_begin(r);
	rep_ok(r, pending_count(t, &r->r, remote, q.has_base ? &q.base : NULL, 1000000, &count,
				&r->err));
	ts_txn_abort(t);
	return count;
}
