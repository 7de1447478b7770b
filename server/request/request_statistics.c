/* SPDX-License-Identifier: MIT */
/*
 * What the server does, and how much the asking account holds. Any user may ask, and many programs
 * do to test a connection: so the numbers of accounts and bytes are the asker's own.
 */
#include "server/request/request.h"

#include <inttypes.h>

static int own_bytes(struct request *r, uint64_t *ret, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct ts_transaction newest = {0};
	int rc = ts_txn_begin(r->store, TS_READ, &t, err);
	if (rc == TS_OK) {
		rc = ts_transaction_newest(t, r->account.user.id, &newest, err);
	}
	*ret = newest.bytes;
	return rc;
}

static uint64_t share(uint64_t total, uint64_t count)
{
	return count > 0 ? total / count : 0;
}

static int statistics_compose(struct request *r, struct ts_error *err)
{
	uint64_t bytes;
	int rc = own_bytes(r, &bytes, err);
	if (rc != TS_OK) {
		return rc;
	}
	struct stats_view v;
	stats_view(r->stats, &v);
	struct ts_buf *b = &r->values;
	const struct {
		const char *name;
		uint64_t value;
	} counts[] = {
		{"uptime", v.uptime},
		{"transactions", v.requests},
		{"errors", v.errors},
		{"total bytes in", v.bytes_in},
		{"total bytes out", v.bytes_out},
		{"average request bytes", share(v.bytes_in, v.requests)},
		{"average response bytes", share(v.bytes_out, v.requests)},
		{"organizations", 1},
		{"users", 1},
		{"user data", bytes},
	};
	for (size_t i = 0; i < TS_COUNT_OF(counts); i++) {
		ts_message_headerf(b, counts[i].name, "%" PRIu64, counts[i].value);
	}
	ts_message_headerf(b, "idle", "%.6f", v.idle);
	ts_message_headerf(b, "average response time", "%.6f", v.mean);
	ts_message_headerf(b, "maximum response time", "%.6f", v.slowest);
	ts_message_headerf(b, "tps", "%.6f", v.rate);
	r->code = 200;
	return b->failed ? ts_fail(err, TS_ENOMEM, "Out of memory for an answer.") : TS_OK;
}

const struct request_type request_statistics = {
	.name = "statistics",
	.compose = statistics_compose,
	.brief = "Tell what the server does and what the account holds.",
};
