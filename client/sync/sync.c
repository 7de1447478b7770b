/* SPDX-License-Identifier: MIT */
#include "client/sync/sync.h"

#include "client/cert/renewal.h"
#include "client/sync/arrivals.h"
#include "client/sync/exchange.h"
#include "client/sync/outgoing.h"
#include "client/sync/trouble.h"
#include "common/base/date.h"

/* Debian's Taskserver and ours say so of a sync key that they never issued. */
static const struct ts_slice unknown_key = TS_SLICE("Client sync key not found");
/* Debian's Taskserver, of a task that it got behind the sync key that is sent: the answer to it was
 * lost. */
static const struct ts_slice no_ancestor = TS_SLICE("Could not find common ancestor");

/* One sync: requests until nothing is pending any more. */
struct run {
	struct sync *sync;
	struct exchange exchange;
	enum sync_how how; /* of the next request */
	uint64_t batch;    /* [bytes] */
	bool fell_back;    /* to an earlier point, which is `since` */
	struct ts_uuid since;
	bool pull; /* first get what the server has, then send; once */
	bool pulled;
	bool complete; /* nothing more to be sent */
	size_t total;  /* tasks pending at the beginning, where somebody watches */
	bool counted;
	struct ts_error *err;
};

/* Answers */

static int apply(struct run *r, const struct outgoing *o, const struct answer *a)
{
	struct sync *s = r->sync;
	struct apply apply = {
		.how = r->how == SYNC_ADOPT ? APPLY_ADOPT : APPLY_ANSWER,
		.remote = s->remote->name,
		.now = ts_date_now(),
		.received = a->payload,
		.base = o->has_point ? &o->point : NULL,
		.sent = o->sent,
		.each = s->arrivals != NULL ? arrivals_add : NULL,
		.arg = s->arrivals,
	};
	progress_show(s->progress, PROGRESS_APPLYING, 0, ts_upload_tasks(a->payload), 0, 0);
	int code = apply_run(s->replica, &apply, r->err);
	int settled = s->arrivals != NULL ? arrivals_settle(s->arrivals, code == TS_OK,
							    code == TS_OK ? r->err : NULL)
					  : TS_OK;
	if (code == TS_OK) {
		s->received += apply.tasks;
		s->conflicts += apply.conflicts;
		s->merges += apply.merges;
		s->rejected += apply.rejected;
	}
	return code == TS_OK ? settled : code;
}

/* What is adopted takes the place of everything: an answer that is empty, or that can't be read in
 * full, is no reason to throw tasks away. */
static int check_adopted(const struct run *r, const struct answer *a)
{
	const char *host = r->exchange.to.host;
	const size_t unread = ts_upload_rejects(a->payload);
	if (r->how != SYNC_ADOPT) {
		return TS_OK;
	}
	if (unread > 0) {
		return ts_fail(r->err, TS_EREFUSED,
			       "%zu line%s of the answer of %s could not be read as a task, so its "
			       "tasks can't take the place of those here. Nothing was changed.",
			       unread, unread == 1 ? "" : "s", host);
	}
	return ts_upload_tasks(a->payload) > 0 ? TS_OK
					       : ts_fail(r->err, TS_EREFUSED,
							 "The account on %s is empty: there is "
							 "nothing to adopt. `taskc sync "
							 "--push-all` fills it.",
							 host);
}

/* Only an answer with a key says that what was sent is stored. */
static int take_changes(struct run *r, const struct outgoing *o, const struct answer *a)
{
	struct ts_uuid key;
	if (!ts_upload_key(a->payload, &key)) {
		return ts_fail(r->err, TS_EREFUSED,
			       "%s answered without a sync key; nothing was changed here, and what "
			       "waits will be sent again.",
			       r->exchange.to.host);
	}
	int code = check_adopted(r, a);
	if (code == TS_OK) {
		code = apply(r, o, a);
	}
	if (code == TS_OK) {
		r->sync->sent += o->tasks;
		r->complete = o->complete;
		r->how = SYNC_NORMAL;
		r->fell_back = r->pull = false;
	}
	return code;
}

/* 201: nothing to store, but for a first key, or one that took the place of ours. Debian's
 * Taskserver has none for an account that was never used. */
static int take_no_change(struct run *r, const struct outgoing *o, const struct answer *a)
{
	struct ts_uuid key;
	bool has_key = ts_upload_key(a->payload, &key);
	if (o->tasks > 0) {
		return ts_fail(r->err, TS_EREFUSED,
			       "%s answered that nothing has changed, but it was sent %zu task%s; "
			       "they will be sent again.",
			       r->exchange.to.host, o->tasks, o->tasks == 1 ? "" : "s");
	}
	int code = check_adopted(r, a);
	if (code != TS_OK) {
		return code;
	}
	r->complete = o->complete;
	if (!has_key || (o->has_point && !r->fell_back && ts_uuid_eq(&key, &o->point.key))) {
		r->pull = false;
		return TS_OK;
	}
	return take_changes(r, o, a);
}

/* The server doesn't know our key: it was restored from a back-up, or its account was emptied. */
static int take_history(struct run *r, const struct answer *a)
{
	if (a->has_since && !r->fell_back) {
		r->fell_back = true;
		r->since = a->since;
		return TS_OK;
	}
	return ts_fail(
		r->err, TS_EHISTORY,
		"%s doesn't know the last sync of this replica: it was restored or begun anew. "
		"Nothing was changed. Either `taskc sync --push-all` sends every task that is "
		"here, to be merged with what is there; or `taskc sync --adopt` takes the "
		"server's tasks as they are, and drops all others.",
		r->exchange.to.host);
}

/* The request was too large: a smaller one, down to one task. */
static int take_too_big(struct run *r, const struct outgoing *o, const struct answer *a)
{
	if (o->tasks > 1) {
		uint64_t half = ts_spool_size(o->lines) / 2;
		r->batch = half > 0 ? half : 1;
		return TS_OK;
	}
	return o->tasks == 0 ? answer_judge(&r->exchange, a, r->err)
			     : ts_fail(r->err, TS_EREFUSED,
				       "%s refused task %.8s because it is too big (504): its %llu "
				       "bytes are more than the server takes. `taskc show %.8s` "
				       "shows it; shorten it, or raise the server's limit.",
				       r->exchange.to.host, ts_uuid_text(&o->first).text,
				       (unsigned long long)ts_spool_size(o->lines),
				       ts_uuid_text(&o->first).text);
}

static bool says(const struct answer *a, struct ts_slice words)
{
	return memmem(a->status, strlen(a->status), words.data, words.len) != NULL;
}

static int take_answer(struct run *r, const struct outgoing *o, const struct answer *a)
{
	if (a->code == 200) {
		return take_changes(r, o, a);
	}
	if (a->code == 201) {
		return take_no_change(r, o, a);
	}
	if (a->code == 504) {
		return take_too_big(r, o, a);
	}
	if (a->code == 500 && o->has_point && says(a, unknown_key)) {
		return take_history(r, a);
	}
	if (a->code == 500 && o->tasks > 0 && !r->pulled && says(a, no_ancestor)) {
		r->pull = r->pulled = true;
		return TS_OK;
	}
	return answer_judge(&r->exchange, a, r->err);
}

/* Requests */

/* Only somebody who looks at it wants to know how much there is. */
static int count_pending(struct run *r, const struct outgoing *o)
{
	if (r->counted) {
		return TS_OK;
	}
	r->counted = true;
	r->total = o->complete ? o->tasks : 0;
	return o->complete || r->sync->progress == NULL ? TS_OK
							: outgoing_count(o, &r->total, r->err);
}

static int send_and_take(struct run *r, const struct outgoing *o)
{
	struct answer a;
	const struct request q = {
		.type = "sync",
		.init = !o->has_point && o->tasks > 0,
		.refuse = o->has_point,
		.key = o->has_point ? &o->point.key : NULL,
		.history = o->history.len > 0 ? o->history.data : "",
		.body = o->lines,
		.tasks = o->tasks,
		.tasks_before = r->sync->sent,
		.tasks_total = r->total,
	};
	int code = exchange_run(&r->exchange, &q, &a, r->err);
	if (code == TS_OK) {
		code = take_answer(r, o, &a);
		answer_done(&a);
	}
	return code;
}

static int one_round(struct run *r)
{
	struct outgoing o = {.sync = r->sync,
			     .how = r->how,
			     .most = r->batch,
			     .pull = r->pull,
			     .since = r->fell_back ? &r->since : NULL};
	int code = outgoing_collect(&o, &r->exchange.budget, r->err);
	if (code == TS_OK) {
		code = count_pending(r, &o);
	}
	if (code == TS_OK) {
		code = send_and_take(r, &o);
	}
	outgoing_done(&o);
	return code;
}

int sync_run(struct sync *s, struct ts_error *err)
{
	struct run r = {.sync = s, .how = s->how, .batch = s->settings->batch, .err = err};
	s->code = 0;
	s->messages[0] = '\0';
	int code = exchange_begin(s, &r.exchange, err);
	if (code != TS_OK) {
		return code;
	}
	code = renewal_run(&r.exchange, err);
	trouble_remark(s);
	while (code == TS_OK && !r.complete) {
		code = one_round(&r);
	}
	exchange_done(&r.exchange);
	s->how = r.how; /* what was pushed or adopted once isn't again */
	if (code != TS_OK) {
		ts_dial_close(TS_TAKE(s->dial));
	}
	return code;
}

bool sync_may_retry(int code)
{
	return code == TS_ECONNECT || code == TS_ETIMEOUT || code == TS_ECLOSED;
}
