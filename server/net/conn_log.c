/* SPDX-License-Identifier: MIT */
/* What a connection tells the log, and the counts with it. Never a key. */
#include "common/base/utf8.h"
#include "server/net/conn_internal.h"

enum { ID_SHOWN = 16 }; /* [bytes] of a fingerprint that tell devices apart */

/* Somebody may have put their key where their name belongs. */
static struct ts_slice no_key(struct ts_slice name)
{
	struct ts_uuid key;
	return ts_uuid_parse(name, &key) ? TS_SLICE("(a key)")
					 : ts_utf8_beginning(name, TS_NAME_MAX);
}

/* Who asks: as the store has the name, or, of a stranger, as they say. */
static void log_who(struct ts_log_line *l, const struct conn *c)
{
	const struct request *r = c->request;
	struct ts_slice org = no_key(ts_headers_get(&r->headers, "org"));
	struct ts_slice user = no_key(ts_headers_get(&r->headers, "user"));
	if (r->trusted) {
		org = ts_slice_of(r->account.org.name);
		user = ts_slice_of(r->account.user.name);
	}
	ts_log_field(l, "peer", conn_peer_name(c));
	ts_log_field(l, "org", org);
	ts_log_field(l, "user", user);
}

static struct ts_slice device_name(const struct request *r)
{
	if (r->trusted && r->card.name[0] != '\0') {
		return ts_slice_of(r->card.name);
	}
	return ts_utf8_beginning(ts_slice_of(r->peer.fingerprint), ID_SHOWN);
}

static uint64_t between(int64_t from, int64_t to)
{
	return from != 0 && to > from ? (uint64_t)(to - from) : 0;
}

static struct stats_request sum_up(const struct conn *c)
{
	const struct request *r = c->request;
	const struct job *j = &c->job;
	const bool done = r->code < 300;
	const int64_t now = stats_clock(), ready = j->finished != 0 ? j->finished : c->complete;
	struct stats_request s = {
		.type = request_type_number(r->type),
		.code = r->code,
		.in = c->bytes_in,
		.out = c->bytes_out,
		.busy = between(c->complete, now),
		.stored = j->finished != 0,
		.tasks_in = done && r->upload != NULL ? ts_upload_tasks(r->upload) : 0,
		.tasks_out = done && r->answer != NULL ? ts_answer_tasks(r->answer) : 0,
		.versions = r->stored ? r->sync.stored : 0,
		.merges = r->stored ? r->sync.merges : 0,
		.conflicts = r->stored ? r->sync.conflicts : 0,
		.rejected = r->stored ? r->sync.rejected : 0,
	};
	s.us[STAGE_RECEIVE] =
		c->received > 0 ? (uint64_t)c->received : between(c->began, c->complete);
	s.us[STAGE_QUEUE] = between(j->queued, j->begun);
	s.us[STAGE_STORE] = between(j->begun, j->finished);
	s.us[STAGE_COMPOSE] = between(ready, c->composed);
	s.us[STAGE_SEND] = between(c->composed, now);
	s.whole = s.us[STAGE_RECEIVE] + s.busy;
	return s;
}

static void log_counts(struct ts_log_line *l, const struct stats_request *s)
{
	const struct {
		const char *key;
		uint64_t value;
	} counts[] = {
		{"in", s->tasks_in},   {"out", s->tasks_out},       {"stored", s->versions},
		{"merges", s->merges}, {"conflicts", s->conflicts}, {"rejected", s->rejected},
		{"bytes_in", s->in},   {"bytes_out", s->out},
	};
	static const char *const times[STAGES] = {
		[STAGE_RECEIVE] = "ms_receive", [STAGE_QUEUE] = "ms_queue",
		[STAGE_STORE] = "ms_store",     [STAGE_COMPOSE] = "ms_compose",
		[STAGE_SEND] = "ms_send",
	};
	for (size_t i = 0; i < TS_COUNT_OF(counts); i++) {
		ts_log_number(l, counts[i].key, (int64_t)counts[i].value);
	}
	for (int i = STAGE_RECEIVE; i < STAGES; i++) {
		ts_log_ms(l, times[i], s->us[i]);
	}
	ts_log_ms(l, "ms", s->whole);
}

void conn_log_request(struct conn *c)
{
	static const char *const headers[] = {"client", "type"};
	const struct request *r = c->request;
	const struct stats_request s = sum_up(c);
	struct ts_log_line l;
	stats_request(c->hub->stats, &s);
	ts_log_begin(&l, r->code >= 500 ? TS_LOG_WARNING : TS_LOG_INFO, "request");
	if (l.wanted) {
		log_who(&l, c);
		ts_log_field(&l, "device", device_name(r));
		for (size_t i = 0; i < TS_COUNT_OF(headers); i++) {
			struct ts_slice value = ts_headers_get(&r->headers, headers[i]);
			ts_log_field(&l, headers[i], ts_utf8_beginning(value, TS_NAME_MAX));
		}
		ts_log_number(&l, "code", r->code);
		log_counts(&l, &s);
		ts_log_field(&l, "messages", ts_slice_of(r->messages));
	}
	ts_log_end(&l);
}

/* Wanted even where requests are not logged: an operator may ban whoever has too many. */
void conn_log_refusal(struct conn *c)
{
	struct ts_log_line l;
	if (c->told || c->request->code != ts_wire_code(TS_EACCESS)) {
		return;
	}
	c->told = true;
	stats_add(&c->hub->stats->refused_logins, 1);
	ts_log_begin(&l, TS_LOG_NOTICE, "login-failed");
	log_who(&l, c);
	ts_log_field(&l, "reason", ts_slice_of(c->request->messages));
	ts_log_end(&l);
}

/* Handshakes */

enum fault conn_fault(const struct conn *c)
{
	static const enum fault faults[] = {
		[TS_TLS_FAULT_OTHER] = FAULT_OTHER,
		[TS_TLS_FAULT_CLOSED] = FAULT_CLOSED,
		[TS_TLS_FAULT_NOT_TLS] = FAULT_NOT_TLS,
		[TS_TLS_FAULT_VERSION] = FAULT_VERSION,
		[TS_TLS_FAULT_CIPHER] = FAULT_CIPHER,
		[TS_TLS_FAULT_CERTIFICATE] = FAULT_CERTIFICATE,
	};
	return c->io.ops->fault != NULL ? faults[c->io.ops->fault(c->io.ctx)] : FAULT_OTHER;
}

/* Who goes away again was a look whether somebody is here. */
enum conn_step conn_end_handshake(struct conn *c, enum fault why, const char *reason)
{
	struct ts_log_line l;
	stats_fault(c->hub->stats, why);
	ts_log_begin(&l, why == FAULT_CLOSED ? TS_LOG_DEBUG : TS_LOG_INFO, "handshake-failed");
	ts_log_field(&l, "peer", conn_peer_name(c));
	ts_log_field(&l, "class", ts_slice_of(fault_names[why]));
	ts_log_field(&l, "reason", ts_slice_of(reason));
	ts_log_end(&l);
	return STEP_END;
}
