/* SPDX-License-Identifier: MIT */
#include "client/sync/exchange.h"

#include <strings.h>

/* Whatever else it says of its history, a sync has to hear. */
static bool knows_no_key(const struct answer *a)
{
	return strncasecmp(a->status, "Client sync key not found", 25) == 0;
}

static int judge(const struct exchange *x, const struct answer *a, struct ts_error *err)
{
	if (a->code == 200 || knows_no_key(a)) {
		return TS_OK;
	}
	if (a->code == 201) {
		return ts_fail(err, TS_ETIMEOUT, "There is nothing new on %s.", x->to.host);
	}
	if (a->code == 500 || a->code == 501 || a->code == 502) {
		return ts_fail(err, TS_EUNSUPPORTED, "%s can't tell when something is new.",
			       x->to.host);
	}
	return answer_judge(x, a, err);
}

static int newest_point(const struct sync *s, struct ts_sync_point *ret, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *txn = NULL;
	int code = ts_txn_begin(s->replica->store, TS_READ, &txn, err);
	return code == TS_OK
		       ? ts_sync_point_get(txn, s->replica->user, s->remote->name, 0, ret, err)
		       : code;
}

static int ask(struct exchange *x, const struct ts_uuid *key, uint64_t timeout,
	       struct ts_error *err)
{
	struct answer a;
	const struct request q = {.type = "wait", .key = key, .history = "", .wait = timeout};
	int code = exchange_run(x, &q, &a, err);
	if (code == TS_OK) {
		code = judge(x, &a, err);
		answer_done(&a);
	}
	return code;
}

int sync_wait_key(struct sync *s, const struct ts_uuid *key, uint64_t timeout, struct ts_error *err)
{
	struct exchange x;
	int code = exchange_begin(s, &x, err);
	if (code != TS_OK) {
		return code;
	}
	code = ask(&x, key, timeout, err);
	exchange_done(&x);
	return code;
}

int sync_wait(struct sync *s, uint64_t timeout, struct ts_error *err)
{
	struct ts_sync_point point;
	int code = newest_point(s, &point, err);
	if (code != TS_OK) {
		return code == TS_ENOTFOUND ? TS_OK : code;
	}
	return sync_wait_key(s, &point.key, timeout, err);
}
