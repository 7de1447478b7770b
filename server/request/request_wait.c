/* SPDX-License-Identifier: MIT */
/*
 * Wait for news: the payload is the client's last sync key, and the answer comes once the account
 * has a newer transaction, or the time is over. Who is parked in between has no request at all: the
 * connection keeps the headers, and asks anew, with all checks, when it is woken (`woken`).
 */
#include "server/request/request.h"

#include <stdio.h>

static int read_timeout(struct request *r, uint64_t longest, struct ts_error *err)
{
	struct ts_slice text = ts_headers_get(&r->headers, "timeout");
	uint64_t seconds = 0;
	r->wait_ms = longest;
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9' || i > 9) {
			return ts_fail(err, TS_EINVAL, "The timeout must be a number of seconds.");
		}
		seconds = seconds * 10 + (uint64_t)(text.data[i] - '0');
	}
	if (text.len > 0 && seconds * 1000 < longest) {
		r->wait_ms = seconds * 1000;
	}
	return TS_OK;
}

static int wait_begin(struct request *r, struct ts_error *err)
{
	const uint64_t longest = r->policy->settings.wait_max;
	if (r->woken) {
		return TS_OK; /* the wait is over, whoever may wait now */
	}
	if (longest == 0) {
		return ts_fail(err, TS_EABSENT,
			       "This server lets nobody wait; ask for news now and then.");
	}
	int rc = read_timeout(r, longest, err);
	if (rc != TS_OK) {
		return rc;
	}
	rc = ts_upload_new(&r->policy->limits, &r->policy->budget, &r->upload);
	return rc == TS_OK ? TS_OK : ts_fail(err, rc, "Out of memory for a request.");
}

static int check_payload(const struct request *r, struct ts_error *err)
{
	return ts_upload_tasks(r->upload) + ts_upload_rejects(r->upload) == 0
		       ? TS_OK
		       : ts_fail(err, TS_EINVAL, "Who waits sends a sync key and nothing else.");
}

static int wait_feed(struct request *r, struct ts_slice data, struct ts_error *err)
{
	int rc = ts_upload_feed(r->upload, data, err);
	return rc == TS_OK ? check_payload(r, err) : rc;
}

static bool wait_cut_short(const struct request *r)
{
	return ts_upload_cut_short(r->upload);
}

static int wait_end(struct request *r, struct ts_error *err)
{
	r->waits = true;
	int rc = ts_upload_end(r->upload, err); /* takes a last line without an end */
	return rc == TS_OK ? check_payload(r, err) : rc;
}

/* A key that nobody knows, and none at all, are old. */
static int find_since(struct request *r, struct ts_txn *t, struct ts_error *err)
{
	r->sync = (struct ts_sync){.user = r->account.user.id, .upload = r->upload};
	int rc = ts_sync_find(t, &r->sync, err);
	r->sync.unknown_key |= !ts_upload_has_key(r->upload);
	return rc;
}

/* Whether there are news, and the newest key in any case. */
static int look(const struct request *r, struct ts_txn *t, bool *ret_news, struct ts_uuid *ret_key,
		struct ts_error *err)
{
	struct ts_transaction newest;
	int rc = ts_transaction_newest(t, r->account.user.id, &newest, err);
	if (rc == TS_OK) {
		*ret_news = r->sync.unknown_key || newest.last > r->sync.since;
		*ret_key = newest.key;
	}
	return rc;
}

int request_news(struct request *r, bool *ret, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct ts_uuid key;
	int rc = ts_txn_begin(r->store, TS_READ, &t, err);
	if (rc == TS_OK) {
		rc = request_authenticate(r, t, err);
	}
	if (rc == TS_OK) {
		rc = find_since(r, t, err);
	}
	return rc == TS_OK ? look(r, t, ret, &key, err) : rc;
}

static int wait_compose(struct request *r, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct ts_uuid key;
	bool news;
	int rc = ts_txn_begin(r->store, TS_READ, &t, err);
	if (rc == TS_OK) {
		rc = look(r, t, &news, &key, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	(void)snprintf(r->line, sizeof(r->line), "%s\n", ts_uuid_text(&key).text);
	r->code = news ? 200 : 201;
	return TS_OK;
}

static void wait_done(struct request *r)
{
	ts_upload_free(r->upload);
}

const struct request_type request_wait = {
	.name = "wait",
	.begin = wait_begin,
	.feed = wait_feed,
	.cut_short = wait_cut_short,
	.end = wait_end,
	.compose = wait_compose,
	.done = wait_done,
	.brief = "Tell when the account has something new.",
};
