/* SPDX-License-Identifier: MIT */
#include "server/watch/status.h"

#include "server/net/conn.h"
#include "server/request/limits.h"
#include "server/watch/tail.h"

#include <config.h>

static void object(struct ts_json *j, const char *name)
{
	ts_json_name(j, name);
	ts_json_open(j, '{');
}

static void tell_places(struct ts_json *j, const struct listener *l)
{
	ts_json_name(j, "listening");
	ts_json_open(j, '[');
	for (size_t i = 0; i < l->count; i++) {
		TS_BUF(text);
		bool six = strchr(l->at[i].address, ':') != NULL;
		ts_buf_printf(&text, six ? "[%s]:%u" : "%s:%u", l->at[i].address, l->at[i].port);
		ts_json_text(j, ts_buf_slice(&text));
	}
	ts_json_close(j, ']');
}

static void tell_lately(struct ts_json *j, const struct stats *s, const char *name,
			unsigned minutes)
{
	uint64_t requests, errors;
	stats_lately(s, minutes, &requests, &errors);
	object(j, name);
	ts_json_count_member(j, "all", requests);
	ts_json_count_member(j, "errors", errors);
	ts_json_close(j, '}');
}

static void tell_requests(struct ts_json *j, const struct stats *s)
{
	struct stats_view v;
	stats_view(s, &v);
	object(j, "requests");
	ts_json_count_member(j, "all", v.requests);
	ts_json_count_member(j, "errors", v.errors);
	ts_json_count_member(j, "bytes_in", v.bytes_in);
	ts_json_count_member(j, "bytes_out", v.bytes_out);
	ts_json_count_member(j, "mean_us", (uint64_t)(v.mean * 1e6));
	ts_json_count_member(j, "slowest_us", (uint64_t)(v.slowest * 1e6));
	tell_lately(j, s, "minute", 1);
	tell_lately(j, s, "hour", 60);
	ts_json_close(j, '}');
}

static void tell_connections(struct ts_json *j, const struct scene *s)
{
	const struct stats *stats = s->subject->stats;
	int64_t all = 0;
	object(j, "connections");
	object(j, "states");
	for (int i = 0; conn_state_name(i) != NULL; i++) {
		int64_t n = atomic_load(&stats->states[i]);
		all += n;
		if (n > 0) {
			ts_json_count_member(j, conn_state_name(i), (uint64_t)n);
		}
	}
	ts_json_close(j, '}');
	ts_json_count_member(j, "open", all > 0 ? (uint64_t)all : 0);
	ts_json_count_member(j, "accepted", stats_get(&stats->accepted));
	ts_json_count_member(j, "waiting", s->waiting);
	ts_json_close(j, '}');
}

static void tell_refusals(struct ts_json *j, const struct stats *s)
{
	object(j, "refused");
	ts_json_count_member(j, "logins", stats_get(&s->refused_logins));
	object(j, "handshakes");
	for (size_t i = 0; i < FAULTS; i++) {
		uint64_t n = stats_get(&s->faults[i]);
		if (n > 0) {
			ts_json_count_member(j, fault_names[i], n);
		}
	}
	ts_json_close(j, '}');
	object(j, "limits");
	for (int i = 0; i < LIMITS; i++) {
		uint64_t n = limits_hits((enum limit)i);
		if (n > 0) {
			ts_json_count_member(j, limits_name((enum limit)i), n);
		}
	}
	ts_json_close(j, '}');
	ts_json_close(j, '}');
}

static void tell_storage(struct ts_json *j, const struct scene *s)
{
	const struct writer_counts *c = writer_counts(s->subject->writer);
	const struct ts_spool_usage *u = s->policy->budget.usage;
	object(j, "storage");
	ts_json_count_member(j, "waiting", s->queue);
	ts_json_count_member(j, "commits", stats_get(&c->commits));
	ts_json_count_member(j, "failures", stats_get(&c->failures));
	ts_json_count_member(j, "spool_memory", atomic_load(&u->memory));
	ts_json_count_member(j, "spool_files", atomic_load(&u->files));
	ts_json_close(j, '}');
}

static void tell_process(struct ts_json *j, const struct scene_process *p)
{
	object(j, "process");
	ts_json_count_member(j, "id", (uint64_t)getpid());
	ts_json_count_member(j, "memory", p->memory);
	ts_json_count_member(j, "files", p->files);
	ts_json_count_member(j, "files_most", p->files_most);
	ts_json_count_member(j, "cpu_seconds", (uint64_t)p->cpu);
	ts_json_close(j, '}');
}

static void tell_http(struct ts_json *j, const char *const *http, size_t count)
{
	ts_json_name(j, "http");
	ts_json_open(j, '[');
	for (size_t i = 0; i < count; i++) {
		ts_json_text(j, ts_slice_of(http[i]));
	}
	ts_json_close(j, ']');
}

void status_write(const struct scene *s, const char *const *http, size_t http_count,
		  struct ts_buf *to)
{
	struct ts_json j = ts_json_to(to);
	struct ts_buf errors = {0};
	ts_json_open(&j, '{');
	ts_json_name(&j, "version");
	ts_json_text(&j, TS_SLICE(PACKAGE_VERSION));
	ts_json_count_member(&j, "started", (uint64_t)s->subject->stats->started_at);
	tell_places(&j, s->subject->listener);
	tell_http(&j, http, http_count);
	tell_process(&j, &s->process);
	tell_requests(&j, s->subject->stats);
	tell_connections(&j, s);
	tell_refusals(&j, s->subject->stats);
	tell_storage(&j, s);
	ts_json_count_member(&j, "tails", s->tails);
	tail_errors(&errors);
	ts_json_name(&j, "problems");
	ts_json_raw(&j, ts_buf_slice(&errors));
	ts_json_close(&j, '}');
	ts_buf_add_char(to, '\n');
	ts_buf_done(&errors);
}
