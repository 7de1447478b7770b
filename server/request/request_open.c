/* SPDX-License-Identifier: MIT */
/* The beginning of a request: who asks for what, and whether they may. */
#include "server/request/request.h"

#include "common/base/clock.h"
#include "common/base/utf8.h"
#include "server/request/limits.h"

#include <stdio.h>

static const struct request_type *const types[] = {&request_sync, &request_statistics,
						   &request_wait, &request_renew};

static const struct request_type *find_type(struct ts_slice name)
{
	for (size_t i = 0; i < TS_COUNT_OF(types); i++) {
		if (ts_slice_eq(name, ts_slice_of(types[i]->name))) {
			return types[i];
		}
	}
	return NULL;
}

unsigned request_type_number(const struct request_type *type)
{
	unsigned i = 0;
	while (i < TS_COUNT_OF(types) && types[i] != type) {
		i++;
	}
	return i < TS_COUNT_OF(types) ? i + 1 : 0;
}

const char *request_type_name(unsigned number)
{
	return number == 0                    ? "unknown"
	       : number <= TS_COUNT_OF(types) ? types[number - 1]->name
					      : NULL;
}

static int check_type(struct request *r, struct ts_error *err)
{
	struct ts_slice name = ts_headers_get(&r->headers, "type");
	r->type = find_type(name);
	if (r->type == NULL) {
		return ts_fail(err, TS_EUNSUPPORTED, "Unrecognized message type '%.*s'.",
			       (int)(name.len < 100 ? name.len : 100), name.data);
	}
	if (r->stopping) {
		return ts_fail(err, TS_ESHUTDOWN, "The server is shutting down; try again later.");
	}
	return TS_OK;
}

static int check_peer(struct request *r, struct ts_error *err)
{
	if (!r->policy->strict || r->peer.state == TS_PEER_VERIFIED) {
		return TS_OK;
	}
	if (r->peer.state == TS_PEER_NONE || r->peer.reason[0] == '\0') {
		return ts_fail(err, TS_EACCESS, "This server asks for a client certificate.");
	}
	return ts_fail(err, TS_EACCESS, "%s", r->peer.reason);
}

static struct claim claim_of(const struct ts_headers *h)
{
	return (struct claim){
		.org = ts_headers_get(h, "org"),
		.user = ts_headers_get(h, "user"),
		.key = ts_headers_get(h, "key"),
	};
}

/* Which device it is; what is known of it, with what is only in memory as yet. */
static int check_device(struct request *r, struct ts_txn *t, struct ts_error *err)
{
	const struct bearer b = {
		.id = r->device,
		.name = r->peer.fingerprint[0] != '\0' ? r->peer.name : r->device,
		.certificate = r->peer.fingerprint[0] != '\0',
		.until = r->peer.not_after,
		.binding = r->policy->settings.cert_binding,
	};
	int rc = auth_device(t, &r->account, &b, &r->card, &r->registered, err);
	if (rc == TS_OK && r->presence != NULL) {
		presence_recall(r->presence, r->account.user.id, &r->card);
	}
	return rc;
}

int request_authenticate(struct request *r, struct ts_txn *t, struct ts_error *err)
{
	struct claim claim = claim_of(&r->headers);
	int rc = auth_check(t, &claim, &r->account, err);
	if (rc == TS_OK) {
		rc = check_device(r, t, err);
	}
	r->trusted = rc == TS_OK;
	return rc;
}

bool request_stands(const struct policy *policy, struct ts_slice block, const char *device,
		    bool certificate, struct ts_txn *t)
{
	struct ts_headers headers;
	struct account account;
	struct ts_device card;
	bool known;
	const struct bearer b = {.id = device,
				 .name = device,
				 .certificate = certificate,
				 .binding = policy->settings.cert_binding};
	if (ts_headers_parse(block, &headers, NULL) != TS_OK) {
		return false;
	}
	struct claim claim = claim_of(&headers);
	return auth_check(t, &claim, &account, NULL) == TS_OK &&
	       auth_device(t, &account, &b, &card, &known, NULL) == TS_OK;
}

static int check_account(struct request *r, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	int rc = ts_txn_begin(r->store, TS_READ, &t, err);
	return rc == TS_OK ? request_authenticate(r, t, err) : rc;
}

/* One that has waited was counted when it came. */
static int check_rate(struct request *r, struct ts_error *err)
{
	return r->quota == NULL || r->woken ? TS_OK
					    : quota_request(r->quota, &r->policy->settings,
							    &r->account, ts_clock_ms(), err);
}

static int check_protocol(struct request *r, struct ts_error *err)
{
	if (!ts_slice_eq(ts_headers_get(&r->headers, "protocol"), TS_SLICE("v1"))) {
		return ts_fail(err, TS_EUNSUPPORTED, "Message protocol should be 'v1'.");
	}
	return TS_OK;
}

static int check_size(struct request *r, struct ts_error *err)
{
	uint64_t limit = r->policy->settings.request_limit;
	if (limit == 0 || r->size <= limit) {
		return TS_OK;
	}
	limits_hit(LIMIT_REQUEST);
	return ts_fail(err, TS_ETOOBIG,
		       "The request has %.1f MiB and this server takes %.1f MiB; its operator can "
		       "raise request.limit.",
		       (double)r->size / 1048576, (double)limit / 1048576);
}

/* A certificate says which device it is; a program's name is better than nothing. */
static void name_device(struct request *r)
{
	if (r->peer.fingerprint[0] != '\0') {
		(void)snprintf(r->device, sizeof(r->device), "%s", r->peer.fingerprint);
	} else {
		auth_program_id(ts_headers_get(&r->headers, "client"), r->device);
	}
}

/* In this order; the first that fails is the answer. */
static int (*const checks[])(struct request *r, struct ts_error *err) = {
	check_type, check_peer, check_account, check_rate, check_protocol, check_size,
};

int request_open(struct request *r, struct ts_slice block, struct ts_error *err)
{
	if (!ts_utf8_valid(block)) {
		return ts_fail(err, TS_EENCODING, "The message's headers are not UTF-8.");
	}
	int rc = ts_headers_parse(block, &r->headers, err);
	if (rc == TS_OK) {
		name_device(r);
	}
	for (size_t i = 0; rc == TS_OK && i < TS_COUNT_OF(checks); i++) {
		rc = checks[i](r, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	return r->type->begin != NULL ? r->type->begin(r, err) : TS_OK;
}
