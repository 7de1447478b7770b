/* SPDX-License-Identifier: MIT */
#include "server/request/request.h"

#include "common/base/clock.h"
#include "common/base/date.h"
#include "common/base/utf8.h"
#include "common/log/log.h"
#include "server/request/limits.h"

#include <config.h>
#include <stdarg.h>
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
		.client = ts_headers_get(&r->headers, "client"),
		.address = r->policy->settings.ip_log ? r->address : "",
		.now = ts_date_now(),
		.ms = ts_clock_ms(),
		.synced = r->sync.user != 0 ? &r->sync.since : NULL,
	};
	presence_note(r->presence, &s);
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

/* Only what brings tasks needs room. */
static int check_room(struct request *r, struct ts_txn *t, struct ts_error *err)
{
	return r->quota == NULL || r->upload == NULL
		       ? TS_OK
		       : quota_begin(r->quota, r->store, t, &r->policy->settings, &r->account,
				     &r->room, err);
}

static int check_stored(struct request *r, struct ts_txn *t, struct ts_error *err)
{
	return r->quota == NULL || r->upload == NULL ? TS_OK
						     : quota_end(t, &r->account, &r->room, err);
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

void request_say(struct request *r, const char *fmt, ...)
{
	size_t at = strlen(r->messages);
	if (at > 0 && at + 1 < sizeof(r->messages)) {
		r->messages[at++] = ' ';
	}
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(r->messages + at, sizeof(r->messages) - at, fmt, args);
	va_end(args);
	struct ts_slice all = ts_slice_of(r->messages);
	while (!ts_utf8_valid(all)) {
		r->messages[--all.len] = '\0'; /* a character that was cut */
	}
}

void request_stored(struct request *r)
{
	r->stored = r->code == 0; /* a refusal is an answer already */
}

/* What is our own fault is for the log; a client's user is told no paths. */
static const char *for_stranger(const struct request *r, const struct ts_error *err)
{
	if (r->stored) {
		return "Your changes were stored, but the answer could not be made. Sync again in "
		       "a moment.";
	}
	switch (err->code) {
	case TS_ENOMEM:
	case TS_EFULL:
		return "The server has no space left for this; nothing was stored. Try again "
		       "later.";
	case TS_EIO:
	case TS_EDAMAGED:
	case TS_EFORMAT:
	case TS_ENOTFOUND:
		return "The server failed; nothing was stored. Its operator finds the reason in "
		       "its log.";
	default:
		return NULL;
	}
}

/* For a client that wants to hear it: its key is unknown, an older one perhaps is not. */
static void tell_history(struct request *r)
{
	r->status = "Client sync key not found.";
	if (!r->sync.unknown_key) {
		struct ts_uuid_text key = ts_uuid_text(&r->sync.newest);
		ts_message_header(&r->values, "since", ts_slice_of(key.text));
	}
}

void request_fail(struct request *r, const struct ts_error *err)
{
	const char *general = for_stranger(r, err);
	if (general != NULL) {
		ts_log(TS_LOG_ERROR, "A request failed: %s", err->text);
	}
	r->code = ts_wire_code(err->code);
	r->payload = NULL;
	r->line[0] = '\0';
	r->messages[0] = '\0';
	ts_buf_clear(&r->values);
	r->status = NULL;
	request_say(r, "%s", general != NULL ? general : err->text);
	if (err->code == TS_EHISTORY) {
		tell_history(r);
	}
	if (err->code == TS_EREDIRECT) {
		(void)snprintf(r->info, sizeof(r->info), "%s", r->account.org.redirect);
	}
}

static struct ts_slice line_of(const struct request *r)
{
	return ts_slice_of(r->line[0] != '\0' ? r->line : "\n");
}

int request_head(struct request *r, struct ts_buf *b, uint64_t *ret_payload, struct ts_error *err)
{
	uint64_t payload = r->payload != NULL ? ts_spool_size(r->payload) : line_of(r).len;
	ts_message_begin(b);
	ts_message_header(b, "client", TS_SLICE("taskd " PACKAGE_VERSION));
	ts_message_headerf(b, "code", "%d", r->code);
	const char *status = r->status != NULL ? r->status : ts_status_text(r->code);
	ts_message_header(b, "status", ts_slice_of(status));
	ts_message_header(b, "info", ts_slice_of(r->info));
	ts_message_header(b, "messages", ts_slice_of(r->messages));
	ts_message_header(b, "connection", ts_slice_of(r->keep ? "keep" : ""));
	ts_buf_add_slice(b, ts_buf_slice(&r->values));
	int rc = ts_message_finish(b, payload, err);
	if (rc == TS_OK) {
		*ret_payload = payload;
	}
	return rc;
}

int request_payload(const struct request *r, uint64_t offset, void *to, size_t len, size_t *ret_got,
		    struct ts_error *err)
{
	if (r->payload != NULL) {
		return ts_spool_read(r->payload, offset, to, len, ret_got, err);
	}
	struct ts_slice rest = ts_slice_skip(line_of(r), (size_t)offset);
	*ret_got = rest.len < len ? rest.len : len;
	if (*ret_got > 0) {
		memcpy(to, rest.data, *ret_got);
	}
	return TS_OK;
}

void request_done(struct request *r)
{
	tell_presence(r);
	if (r->type != NULL && r->type->done != NULL) {
		r->type->done(r);
	}
	ts_buf_done(&r->values);
}
