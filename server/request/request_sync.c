/* SPDX-License-Identifier: MIT */
#include "server/request/request.h"

#include "common/base/date.h"
#include "server/cert/warn.h"
#include "server/request/limits.h"

enum { VERSIONS_A_TURN = 256 };

static int sync_begin(struct request *r, struct ts_error *err)
{
	int rc = ts_upload_new(&r->policy->limits, &r->policy->budget, &r->upload);
	struct ts_slice history = ts_headers_get(&r->headers, "history");
	if (rc == TS_OK && history.len > 0) {
		ts_upload_history(r->upload, history);
	}
	return rc == TS_OK ? TS_OK : ts_fail(err, rc, "Out of memory for a request.");
}

static int check_tasks(const struct request *r, struct ts_error *err)
{
	const uint64_t limit = r->policy->settings.request_tasks;
	if (limit == 0 || ts_upload_tasks(r->upload) + ts_upload_rejects(r->upload) <= limit) {
		return TS_OK;
	}
	limits_hit(LIMIT_REQUEST_TASKS);
	return ts_fail(err, TS_ETOOBIG,
		       "The request has more than %llu tasks, and nothing of it was stored; the "
		       "server's operator can raise request.tasks.",
		       (unsigned long long)limit);
}

static int sync_feed(struct request *r, struct ts_slice data, struct ts_error *err)
{
	int rc = ts_upload_feed(r->upload, data, err);
	return rc == TS_OK ? check_tasks(r, err) : rc;
}

/* Tasks that went to the quarantine for being too much of something. */
static void count_limits(const struct request *r)
{
	static const enum limit limits[TS_TASK_LIMITS] = {
		[TS_TASK_LINE] = LIMIT_TASK,
		[TS_TASK_DEPTH] = LIMIT_TASK_DEPTH,
		[TS_TASK_ATTRIBUTES] = LIMIT_TASK_ATTRIBUTES,
		[TS_TASK_VALUE] = LIMIT_VALUE,
	};
	for (int i = TS_TASK_WITHIN + 1; i < TS_TASK_LIMITS; i++) {
		for (size_t n = ts_upload_beyond(r->upload, (enum ts_task_limit)i); n > 0; n--) {
			limits_hit(limits[i]);
		}
	}
}

static bool sync_cut_short(const struct request *r)
{
	return ts_upload_cut_short(r->upload);
}

static bool sent_tasks(const struct request *r)
{
	return ts_upload_tasks(r->upload) + ts_upload_rejects(r->upload) > 0;
}

/* Behind a restore from a back-up, a device that had synced before has at least what was restored:
 * sending all of that would undo what only the device still has. */
static uint64_t known_of(const struct request *r)
{
	uint64_t restored = r->account.user.restored;
	return restored > 0 && r->card.synced > 0 ? restored - 1 : 0;
}

static void prepare(struct request *r)
{
	ts_sync_done(&r->sync);
	r->sync = (struct ts_sync){
		.user = r->account.user.id,
		.device = r->device,
		.now = ts_date_now(),
		.reject_max = r->policy->settings.quarantine_limit,
		.init = ts_slice_eq(ts_headers_get(&r->headers, "subtype"), TS_SLICE("init")),
		.refuse =
			ts_slice_eq(ts_headers_get(&r->headers, "unknown-key"), TS_SLICE("refuse")),
		.lost = known_of(r),
		.upload = r->upload,
	};
}

static int sync_end(struct request *r, struct ts_error *err)
{
	int rc = ts_upload_end(r->upload, err);
	if (rc == TS_OK) {
		rc = check_tasks(r, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	count_limits(r);
	if (sent_tasks(r)) {
		return TS_EAGAIN;
	}
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	rc = ts_txn_begin(r->store, TS_READ, &t, err);
	if (rc == TS_OK) {
		rc = request_authenticate(r, t, err);
	}
	prepare(r);
	return rc == TS_OK ? ts_sync_find(t, &r->sync, err) : rc;
}

static int sync_store(struct request *r, struct ts_txn *t, struct ts_error *err)
{
	prepare(r);
	return ts_sync_store(t, &r->sync, err);
}

/* Clients and search engines know the first sentence. */
static void explain(struct request *r)
{
	if (r->sync.unknown_key && r->sync.lost > 0) {
		request_say(r, "Client sync key not found: the server was restored from an older "
			       "back-up. Your changes were merged. Run 'task sync init' once to "
			       "send again what you had sent since that back-up.");
	} else if (r->sync.unknown_key) {
		request_say(r, "Client sync key not found. Your changes were merged with what the "
			       "server has, and everything was sent to you. Run 'task sync init' "
			       "once to send what only you have.");
	}
	if (r->sync.note[0] != '\0') {
		request_say(r, "%s", r->sync.note);
	}
}

/* "No change" leaves a client with the key and the backlog that it has. So it must never be told to
 * one that sent tasks, or whose key nobody knows: it would send them for ever. */
static int answer_code(const struct request *r)
{
	bool news = sent_tasks(r) || r->sync.unknown_key || ts_answer_changed(r->answer);
	return news ? 200 : 201;
}

static int sync_compose(struct request *r, struct ts_error *err)
{
	if (r->answer == NULL) {
		int rc = ts_answer_begin(r->store, &r->sync, &r->policy->budget, &r->answer, err);
		if (rc != TS_OK) {
			return rc;
		}
	}
	int rc = ts_answer_step(r->answer, VERSIONS_A_TURN, err);
	if (rc != TS_OK) {
		return rc;
	}
	r->code = answer_code(r);
	r->payload = ts_answer_payload(r->answer);
	explain(r);
	cert_warn(r);
	return TS_OK;
}

static void sync_done(struct request *r)
{
	ts_answer_free(r->answer);
	ts_sync_done(&r->sync);
	ts_upload_free(r->upload);
}

const struct request_type request_sync = {
	.name = "sync",
	.begin = sync_begin,
	.feed = sync_feed,
	.cut_short = sync_cut_short,
	.end = sync_end,
	.store = sync_store,
	.compose = sync_compose,
	.done = sync_done,
	.brief = "Merge the client's changes and send it everybody else's.",
};
