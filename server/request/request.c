/* SPDX-License-Identifier: MIT */
#include "server/request/request.h"

#include "common/base/clock.h"
#include "common/base/date.h"

int request_feed(struct request *r, struct ts_slice data, struct ts_error *err)
{
	return r->type->feed != NULL && data.len > 0 ? r->type->feed(r, data, err) : TS_OK;
}

bool request_cut_short(const struct request *r)
{
	return r->type->cut_short != NULL && r->type->cut_short(r);
}

int request_end(struct request *r, struct ts_error *err)
{
	return r->type->end != NULL ? r->type->end(r, err) : TS_OK;
}

/* That it was here; what is known of it by now. */
static void tell_presence(const struct request *r)
{
	if (r->presence == NULL || !r->trusted || r->card.id[0] == '\0') {
		return;
	}
	const struct sighting s = {
		.user = r->account.user.id,
		.card = &r->card,
		.known = r->registered,
		.most = r->policy->strict ? 0 : r->policy->settings.device_limit,
		.client = ts_headers_get(&r->headers, "client"),
		.address = r->policy->settings.ip_log ? r->address : "",
		.now = ts_date_now(),
		.ms = ts_clock_ms(),
		.synced = r->sync.user != 0 ? &r->sync.since : NULL,
	};
	presence_note(r->presence, &s);
}

/* Only what brings tasks needs room. */
static int check_room(struct request *r, struct ts_txn *t, struct ts_error *err)
{
	return r->quota == NULL || r->upload == NULL
		       ? TS_OK
		       : quota_begin(r->quota, t, &r->policy->settings, &r->account, &r->room, err);
}

static int check_stored(struct request *r, struct ts_txn *t, struct ts_error *err)
{
	return r->quota == NULL || r->upload == NULL
		       ? TS_OK
		       : quota_end(r->quota, t, &r->account, &r->room, err);
}

static int store(struct request *r, struct ts_txn *t, struct ts_error *err)
{
	int rc = r->type->store(r, t, err);
	if (rc == TS_OK) {
		rc = check_stored(r, t, err);
	}
	if (rc == TS_OK) {
		tell_presence(r);
	}
	return rc;
}

/* A refusal has written nothing, so the batch that this request is part of goes on. */
int request_store(struct request *r, struct ts_txn *t, struct ts_error *err)
{
	struct ts_error refusal = {0};
	r->code = 0; /* an earlier try may have been refused */
	r->status = NULL;
	r->serial = ts_txn_serial(t);
	ts_buf_clear(&r->values);
	r->messages[0] = '\0';
	r->info[0] = '\0';
	int rc = request_authenticate(r, t, &refusal);
	if (rc == TS_OK) {
		rc = check_room(r, t, &refusal);
	}
	if (rc == TS_OK) {
		rc = store(r, t, err);
		if (rc != TS_EHISTORY) {
			return rc;
		}
		refusal = *err;
	}
	request_fail(r, &refusal);
	return TS_OK;
}

int request_compose(struct request *r, struct ts_error *err)
{
	return r->code == 0 ? r->type->compose(r, err) : TS_OK;
}

void request_stored(struct request *r)
{
	r->stored = r->code == 0; /* a refusal is an answer already */
}

void request_done(struct request *r)
{
	tell_presence(r);
	if (r->type != NULL && r->type->done != NULL) {
		r->type->done(r);
	}
	ts_buf_done(&r->values);
}
