/* SPDX-License-Identifier: MIT */
#include "server/server.h"

#include "common/log/log.h"
#include "server/net/attendance.h"
#include "server/net/worker.h"
#include "server/watch/watch.h"

#include <sys/resource.h>

enum { SPARE_FILES = 32 }; /* for the store, the log, spools; at least */

struct server {
	struct listener listener;
	struct workshop shop;
	struct stats stats;
	struct attendance attendance;
	struct watch *watch;
	struct worker **workers;
	size_t count; /* of the workers made */
	size_t started;
};

static size_t thread_count(const struct settings *s)
{
	if (s->threads > 0) {
		return (size_t)s->threads;
	}
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	return cores > 0 ? (size_t)cores : 1;
}

/* Take as many descriptors as the system lets us have; how many connections is that? */
static size_t descriptor_room(uint64_t wanted)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_max == RLIM_INFINITY) {
		return SIZE_MAX;
	}
	r.rlim_cur = r.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &r);
	/* A large request and its answer have files of their own, too. */
	size_t spare = r.rlim_max / 2 > SPARE_FILES ? r.rlim_max / 2 : SPARE_FILES;
	size_t room = r.rlim_max > spare ? r.rlim_max - spare : 1;
	if (room < wanted) {
		ts_log(TS_LOG_WARNING,
		       "The system allows %zu open files, enough for %zu connections; "
		       "connection.limit is %zu.",
		       (size_t)r.rlim_max, room, (size_t)wanted);
	}
	return room;
}

/* All are made before the first begins, so that a failure has no connections to care for. */
static int start_workers(struct server *s, struct policy *policy, struct ts_error *err)
{
	size_t count = thread_count(&policy->settings);
	s->workers = calloc(count, sizeof(struct worker *));
	if (s->workers == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for %zu threads.", count);
	}
	int rc = TS_OK;
	while (rc == TS_OK && s->count < count) {
		rc = worker_new(&s->shop, policy, &s->workers[s->count], err);
		s->count += rc == TS_OK ? 1 : 0;
	}
	s->shop.workers = s->workers;
	s->shop.count = s->count;
	while (rc == TS_OK && s->started < count) {
		rc = worker_start(s->workers[s->started], err);
		s->started += rc == TS_OK ? 1 : 0;
	}
	return rc;
}

/* Keep an eye on devices and quotas. */
static int attend(struct server *s, struct ts_error *err)
{
	int rc = presence_new(&s->shop.presence, err);
	if (rc == TS_OK) {
		rc = quota_new(&s->shop.quota, err);
	}
	if (rc == TS_OK) {
		attendance_init(&s->attendance, s->shop.presence, s->shop.quota, s->shop.waiters);
		writer_take_along(s->shop.writer, &s->attendance.companion);
	}
	return rc;
}

static int start_watch(struct server *s, struct policy *policy, struct ts_error *err)
{
	const struct watch_subject subject = {
		.store = s->shop.store,
		.writer = s->shop.writer,
		.waiters = s->shop.waiters,
		.stats = &s->stats,
		.listener = &s->listener,
	};
	return watch_new(&subject, policy, &s->watch, err);
}

/* What listens already, or else what the settings say. */
static int listen_on(struct server *s, const struct settings *settings, struct listener *open,
		     struct ts_error *err)
{
	if (open->count == 0) {
		return listener_open(settings, &s->listener, err);
	}
	s->listener = *open;
	open->count = 0;
	return TS_OK;
}

int server_new(struct ts_store *store, struct policy *policy, struct listener *open,
	       struct server **ret, struct ts_error *err)
{
	TS_CLEANUP(server_free_p) struct server *s = calloc(1, sizeof(*s));
	if (s == NULL) {
		listener_close(open);
		return ts_fail(err, TS_ENOMEM, "Out of memory for the server.");
	}
	stats_init(&s->stats);
	s->shop.store = store;
	s->shop.stats = &s->stats;
	s->shop.listener = &s->listener;
	s->shop.most = descriptor_room(policy->settings.connection_limit);
	int rc = listen_on(s, &policy->settings, open, err);
	if (rc == TS_OK) {
		rc = writer_new(store, &s->shop.writer, err);
	}
	if (rc == TS_OK) {
		rc = waiters_new(ts_store_serial(store), &s->shop.waiters, err);
	}
	if (rc == TS_OK) {
		rc = admission_new(&s->shop.admission, err);
	}
	if (rc == TS_OK) {
		rc = attend(s, err);
	}
	if (rc == TS_OK) {
		rc = start_workers(s, policy, err);
	}
	if (rc == TS_OK) {
		rc = start_watch(s, policy, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	*ret = TS_TAKE(s);
	return TS_OK;
}

const struct listener *server_listener(const struct server *s)
{
	return &s->listener;
}

size_t server_connections(const struct server *s)
{
	return atomic_load(&s->shop.open);
}

/* Each is asked, because each answer is about the time since the last question. */
const char *server_stuck(struct server *s)
{
	const char *stuck = writer_gets_on(s->shop.writer) ? NULL : "The storage thread";
	for (size_t i = 0; i < s->started; i++) {
		if (!worker_gets_on(s->workers[i])) {
			stuck = "A thread that serves connections";
		}
	}
	return stuck;
}

int server_reload(struct server *s, struct policy *policy, struct ts_error *err)
{
	int rc = watch_reload(s->watch, policy, err);
	for (size_t i = 0; i < s->count && rc == TS_OK; i++) {
		if (worker_reload(s->workers[i], policy) != TS_OK) {
			rc = ts_fail(err, TS_ENOMEM, "Out of memory for the configuration.");
		}
	}
	return rc;
}

/* The workers go first: they wait for what the storage thread still has of theirs. */
void server_free(struct server *s)
{
	if (s == NULL) {
		return;
	}
	atomic_store(&s->shop.stop, true);
	for (size_t i = 0; i < s->started; i++) {
		worker_stop(s->workers[i]);
	}
	listener_shut(&s->listener);
	for (size_t i = 0; i < s->count; i++) {
		worker_join(s->workers[i]);
	}
	watch_stop(s->watch);
	for (size_t i = 0; i < s->count; i++) {
		worker_free(s->workers[i]);
	}
	writer_free(s->shop.writer);
	watch_free(s->watch);
	presence_free(s->shop.presence);
	quota_free(s->shop.quota);
	waiters_free(s->shop.waiters);
	admission_free(s->shop.admission);
	listener_close(&s->listener);
	free(s->workers);
	free(s);
}
