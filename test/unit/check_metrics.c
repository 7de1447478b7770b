/* SPDX-License-Identifier: MIT */
/* What is told of a server, from a store without one: metrics, status, health. */
#include "folder.h"
#include "server/request/limits.h"
#include "server/watch/health.h"
#include "server/watch/metrics.h"
#include "server/watch/status.h"
#include "unit.h"

#include <jansson.h>
#include <semaphore.h>

struct scenery {
	struct folder folder;
	struct ts_store *store;
	struct watch_subject subject;
	struct stats stats;
	struct listener listener;
	struct policy *policy;
	struct health *health;
};

static void no_done(struct settings *s)
{
	(void)s;
}

static void begin(struct scenery *s)
{
	static char none[] = "", strict[] = "strict";
	const struct settings settings = {
		.trust = strict, .server_cert = none, .ca_cert = none, .data = s->folder.path};
	ck_assert_int_eq(ts_store_open(s->folder.path, true, &s->store, NULL), TS_OK);
	ck_assert_int_eq(writer_new(s->store, &s->subject.writer, NULL), TS_OK);
	ck_assert_int_eq(waiters_new(ts_store_serial(s->store), &s->subject.waiters, NULL), TS_OK);
	ck_assert_int_eq(policy_plain(&settings, no_done, &s->policy, NULL), TS_OK);
	stats_init(&s->stats);
	s->subject.store = s->store;
	s->subject.stats = &s->stats;
	s->subject.listener = &s->listener;
	ck_assert_int_eq(health_new(&s->subject, &s->health, NULL), TS_OK);
}

static void done(struct scenery *s)
{
	writer_free(s->subject.writer);
	health_free(s->health);
	waiters_free(s->subject.waiters);
	policy_unref(s->policy);
	ts_store_close(s->store);
	folder_done(&s->folder);
}

#define SCENERY(name)                                                                              \
	TS_CLEANUP(done) struct scenery name = {.folder = folder_new()};                           \
	begin(&name)

static void write_metrics(const struct scenery *s, struct ts_buf *to)
{
	struct scene scene;
	scene_begin(&s->subject, policy_ref(s->policy), &scene);
	metrics_write(&scene, to);
	scene_done(&scene);
	ck_assert(!to->failed);
}

/* The value behind `name`, which is a whole sample without it. */
static double value(const struct ts_buf *b, const char *name)
{
	TS_BUF(line);
	ts_buf_printf(&line, "\n%s ", name);
	const char *at = strstr(b->data, line.data);
	ck_assert_msg(at != NULL, "there is no %s", name);
	return strtod(at + line.len, NULL);
}

/* Each sample belongs to the name above it, and no name comes twice. */
START_TEST(the_form)
{
	SCENERY(s);
	TS_BUF(text);
	TS_BUF(names);
	char name[100] = "";
	write_metrics(&s, &text);
	struct ts_slice rest = ts_buf_slice(&text);
	size_t samples = 1;
	while (rest.len > 0) {
		struct ts_slice line = ts_slice_cut(&rest, '\n');
		if (ts_slice_starts(line, TS_SLICE("# HELP "))) {
			ck_assert_msg(samples > 0, "%s has no samples", name);
			struct ts_slice words = ts_slice_skip(line, 7);
			struct ts_slice word = ts_slice_cut(&words, ' ');
			(void)snprintf(name, sizeof(name), "%.*s", TS_SLICE_ARGS(word));
			ck_assert_int_eq(words.data[words.len - 1], '.');
			TS_BUF(key);
			ts_buf_printf(&key, " %s ", name);
			ck_assert(names.data == NULL || strstr(names.data, key.data) == NULL);
			ts_buf_add_slice(&names, ts_buf_slice(&key));
			samples = strstr(name, "certificate_expiry") != NULL ? 1 : 0;
		} else if (!ts_slice_starts(line, TS_SLICE("# TYPE "))) {
			ck_assert_int_eq(strncmp(line.data, name, strlen(name)), 0);
			samples++;
		}
	}
	ck_assert_uint_gt(names.len, 500);
}
END_TEST

START_TEST(numbers_that_move)
{
	SCENERY(s);
	TS_BUF(text);
	stats_request(&s.stats, &(struct stats_request){.type = 1,
							.code = 200,
							.in = 100,
							.out = 200,
							.conflicts = 3,
							.stored = true,
							.us = {0, 1500, 0, 0, 0, 0},
							.whole = 1500});
	stats_fault(&s.stats, FAULT_NOT_TLS);
	stats_state(&s.stats, -1, 1);
	limits_hit(LIMIT_SPOOL);
	write_metrics(&s, &text);
	static const struct {
		const char *name;
		double value;
	} samples[] = {
		{"taskd_requests_total{type=\"sync\",code=\"200\"}", 1},
		{"taskd_requests_total{type=\"sync\",code=\"201\"}", 0},
		{"taskd_received_bytes_total", 100},
		{"taskd_sent_bytes_total", 200},
		{"taskd_conflicts_total", 3},
		{"taskd_handshake_failures_total{class=\"not_tls\"}", 1},
		{"taskd_limit_hits_total{limit=\"spool.limit\"}", 1},
		{"taskd_limit_hits_total{limit=\"wait.user\"}", 0},
		{"taskd_connections{state=\"handshake\"}", 1},
		{"taskd_request_duration_seconds_bucket{le=\"0.001\"}", 0},
		{"taskd_request_duration_seconds_bucket{le=\"0.0025\"}", 1},
		{"taskd_request_duration_seconds_bucket{le=\"60\"}", 1},
		{"taskd_request_duration_seconds_bucket{le=\"+Inf\"}", 1},
		{"taskd_request_duration_seconds_sum", 0.0015},
		{"taskd_stage_duration_seconds_count{stage=\"receive\"}", 1},
		{"taskd_stage_duration_seconds_count{stage=\"handshake\"}", 0},
		{"taskd_stage_duration_seconds_bucket{stage=\"receive\",le=\"0.0025\"}", 1},
		{"taskd_store_readable", 1},
		{"taskd_users", 0},
	};
	for (size_t i = 0; i < TS_COUNT_OF(samples); i++) {
		double got = value(&text, samples[i].name);
		ck_assert_msg(got > samples[i].value - 1e-9 && got < samples[i].value + 1e-9,
			      "%s is %f", samples[i].name, got);
	}
	ck_assert(value(&text, "process_resident_memory_bytes") > 100000);
	ck_assert(value(&text, "process_open_fds") > 3);
	ck_assert(value(&text, "taskd_store_bytes") > 1000);
}
END_TEST

START_TEST(the_status_is_json)
{
	SCENERY(s);
	TS_BUF(text);
	struct scene scene;
	const char *http[] = {"127.0.0.1:9153"};
	s.listener.count = 2;
	(void)snprintf(s.listener.at[0].address, ADDRESS_TEXT, "127.0.0.1");
	(void)snprintf(s.listener.at[1].address, ADDRESS_TEXT, "::1");
	s.listener.at[0].port = s.listener.at[1].port = 53589;
	scene_begin(&s.subject, policy_ref(s.policy), &scene);
	status_write(&scene, http, 1, &text);
	scene_done(&scene);
	json_t *root = json_loadb(text.data, text.len, 0, NULL);
	ck_assert_ptr_nonnull(root);
	const json_t *list = json_object_get(root, "listening");
	ck_assert_str_eq(json_string_value(json_array_get(list, 1)), "[::1]:53589");
	ck_assert_str_eq(json_string_value(json_array_get(json_object_get(root, "http"), 0)),
			 http[0]);
	ck_assert_int_eq(
		json_integer_value(json_object_get(json_object_get(root, "process"), "id")),
		getpid());
	json_decref(root);
}
END_TEST

/* Health */

START_TEST(a_healthy_server_commits_now_and_then)
{
	SCENERY(s);
	struct ts_error err = {0};
	const struct writer_counts *c = writer_counts(s.subject.writer);
	for (int i = 0; i < 10; i++) {
		ck_assert_msg(health_check(s.health, s.folder.path, 60000, &err) == TS_OK, "%s",
			      err.text);
	}
	ck_assert_uint_eq(stats_get(&c->commits), 1);
	/* Nobody who waits takes it for news. */
	ck_assert_uint_eq(waiters_look(s.subject.waiters, ts_store_serial(s.store)), 0);
}
END_TEST

static sem_t gate, stands;

static int stand(struct job *j, struct ts_txn *t, struct ts_error *err)
{
	(void)j;
	(void)t;
	(void)err;
	(void)sem_post(&stands);
	(void)sem_wait(&gate);
	return TS_OK;
}

static void no_more(struct job *j, const struct ts_error *err)
{
	(void)j;
	(void)err;
}

START_TEST(a_storage_thread_that_is_stuck)
{
	SCENERY(s);
	struct ts_error err = {0};
	struct job job = {.run = stand, .done = no_more};
	ck_assert_int_eq(sem_init(&gate, 0, 0), 0);
	ck_assert_int_eq(sem_init(&stands, 0, 0), 0);
	ck_assert_int_eq(writer_submit(s.subject.writer, &job, 10), TS_OK);
	ck_assert_int_eq(sem_wait(&stands), 0);
	ck_assert_int_eq(health_check(s.health, s.folder.path, 10, &err), TS_ETIMEOUT);
	ck_assert_ptr_nonnull(strstr(err.text, "hasn't answered for 0 seconds"));
	ck_assert_int_eq(health_check(s.health, s.folder.path, 10, &err), TS_ETIMEOUT);
	ck_assert_int_eq(sem_post(&gate), 0);
	ck_assert_int_eq(health_check(s.health, s.folder.path, 60000, &err), TS_OK);
}
END_TEST

START_TEST(a_folder_that_is_gone)
{
	SCENERY(s);
	struct ts_error err = {0};
	ck_assert_int_eq(health_check(s.health, "/nowhere/at/all", 60000, &err), TS_EFULL);
}
END_TEST

UNIT_MAIN("metrics", {the_form, 0}, {numbers_that_move, 0}, {the_status_is_json, 0},
	  {a_healthy_server_commits_now_and_then, 0}, {a_storage_thread_that_is_stuck, 0},
	  {a_folder_that_is_gone, 0})
