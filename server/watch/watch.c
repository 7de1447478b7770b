/* SPDX-License-Identifier: MIT */
#include "server/watch/watch.h"

#include "common/log/log.h"
#include "server/http/http.h"
#include "server/http/http_listen.h"
#include "server/watch/control.h"
#include "server/watch/health.h"
#include "server/watch/metrics.h"
#include "server/watch/status.h"
#include "server/watch/tail.h"

#include <pthread.h>
#include <stdio.h>

struct watch {
	struct watch_subject subject;
	struct health *health;
	struct http_config public_config, control_config;
	struct http *control; /* on the control socket; NULL: there is none */
	char *control_path;

	/* Of http.listen; one thread changes it, others look at the texts. */
	pthread_mutex_t lock; /* of what follows */
	struct policy *policy;
	struct http *at[HTTP_PLACES];
	char texts[HTTP_PLACES][HTTP_PLACE_TEXT];
	size_t count;
};

static struct policy *current(struct watch *w)
{
	(void)pthread_mutex_lock(&w->lock);
	struct policy *p = policy_ref(w->policy);
	(void)pthread_mutex_unlock(&w->lock);
	return p;
}

/* Routes */

static void answer_metrics(const struct http_request *r, void *arg, struct http_answer *a)
{
	struct watch *w = arg;
	struct scene s;
	(void)r;
	scene_begin(&w->subject, current(w), &s);
	a->type = "text/plain; version=0.0.4; charset=utf-8";
	metrics_write(&s, &a->body);
	scene_done(&s);
}

static void answer_health(const struct http_request *r, void *arg, struct http_answer *a)
{
	struct watch *w = arg;
	struct ts_error err = {0};
	struct policy *p = current(w);
	(void)r;
	int rc = health_check(w->health, p->settings.data, HEALTH_PATIENCE_MS, &err);
	policy_unref(p);
	a->status = rc == TS_OK ? 200 : 503;
	ts_buf_printf(&a->body, "%s\n", rc == TS_OK ? "ok" : err.text);
}

static void answer_status(const struct http_request *r, void *arg, struct http_answer *a)
{
	struct watch *w = arg;
	struct scene s;
	const char *http[HTTP_PLACES];
	char texts[HTTP_PLACES][HTTP_PLACE_TEXT];
	(void)r;
	(void)pthread_mutex_lock(&w->lock);
	size_t count = w->count;
	memcpy(texts, w->texts, sizeof(texts));
	(void)pthread_mutex_unlock(&w->lock);
	for (size_t i = 0; i < count; i++) {
		http[i] = texts[i];
	}
	scene_begin(&w->subject, current(w), &s);
	a->type = HTTP_JSON;
	status_write(&s, http, count, &a->body);
	scene_done(&s);
}

static bool is_on(const struct http_request *r, const char *name)
{
	const char *word = http_word(r, name);
	return word != NULL && strcmp(word, "1") == 0;
}

static void copy_word(const struct http_request *r, const char *name, char *to, size_t size)
{
	const char *word = http_word(r, name);
	(void)snprintf(to, size, "%s", word != NULL ? word : "");
}

static size_t read_tail(void *ctx, char *to, size_t size)
{
	return tail_read(ctx, to, size);
}

static void free_tail(void *ctx)
{
	tail_free(ctx);
}

static void answer_tail(const struct http_request *r, void *arg, struct http_answer *a)
{
	struct tail_wish wish = {.json = is_on(r, "json"), .errors = is_on(r, "errors")};
	(void)arg;
	copy_word(r, "org", wish.org, sizeof(wish.org));
	copy_word(r, "user", wish.user, sizeof(wish.user));
	struct tail *t = tail_new(&wish);
	if (t == NULL) {
		a->status = 503;
		ts_buf_printf(&a->body, "At most %d may follow the log at a time.\n", TAIL_MOST);
		return;
	}
	a->stream = (struct http_stream){read_tail, free_tail, t};
}

static const struct http_route public_routes[] = {
	{"/metrics", "metrics for Prometheus", answer_metrics},
	{"/healthz", "whether the server can read and commit: 200 or 503, and a sentence",
	 answer_health},
};

static const struct http_route control_routes[] = {
	{"/status", "how the server is, as JSON", answer_status},
	{"/tail", "the log, line by line; json=1, errors=1, org=ORG&user=USER", answer_tail},
	{"/metrics", "metrics for Prometheus", answer_metrics},
	{"/healthz", "whether the server can read and commit: 200 or 503, and a sentence",
	 answer_health},
};

/* http.listen */

struct places {
	struct http *at[HTTP_PLACES];
	char texts[HTTP_PLACES][HTTP_PLACE_TEXT];
	size_t count;
};

static void places_free(struct places *p)
{
	for (size_t i = 0; i < p->count; i++) {
		http_free(p->at[i]);
	}
	p->count = 0;
}

static int places_open(struct watch *w, const char *where, struct places *ret, struct ts_error *err)
{
	struct http_places sockets = {0};
	*ret = (struct places){0};
	int rc = where[0] != '\0' ? http_listen(where, &sockets, err) : TS_OK;
	for (size_t i = 0; rc == TS_OK && i < sockets.count; i++) {
		rc = http_new(&w->public_config, sockets.at[i].fd, &ret->at[i], err);
		sockets.at[i].fd = -1;
		memcpy(ret->texts[i], sockets.at[i].text, HTTP_PLACE_TEXT);
		ret->count += rc == TS_OK ? 1 : 0;
	}
	http_places_close(&sockets);
	if (rc != TS_OK) {
		places_free(ret);
	}
	return rc;
}

static void log_places(const struct places *p)
{
	for (size_t i = 0; i < p->count; i++) {
		struct ts_log_line l;
		ts_log_begin(&l, TS_LOG_NOTICE, "http");
		ts_log_field(&l, "address", ts_slice_of(p->texts[i]));
		ts_log_end(&l);
	}
}

/* What was there before is the caller's afterwards. */
static void exchange(struct watch *w, struct policy *policy, struct places *places)
{
	struct places old = {.count = w->count};
	(void)pthread_mutex_lock(&w->lock);
	memcpy(old.at, w->at, sizeof(old.at));
	memcpy(w->at, places->at, sizeof(w->at));
	memcpy(w->texts, places->texts, sizeof(w->texts));
	w->count = places->count;
	struct policy *before = w->policy;
	w->policy = policy_ref(policy);
	(void)pthread_mutex_unlock(&w->lock);
	policy_unref(before);
	*places = old;
}

static void replace_policy(struct watch *w, struct policy *policy)
{
	(void)pthread_mutex_lock(&w->lock);
	struct policy *before = w->policy;
	w->policy = policy_ref(policy);
	(void)pthread_mutex_unlock(&w->lock);
	policy_unref(before);
}

int watch_reload(struct watch *w, struct policy *policy, struct ts_error *err)
{
	struct places places;
	const char *where = policy->settings.http_listen;
	if (strcmp(where, w->policy->settings.http_listen) == 0) {
		replace_policy(w, policy);
		return TS_OK;
	}
	int rc = places_open(w, where, &places, err);
	if (rc == TS_OK) {
		log_places(&places);
		exchange(w, policy, &places);
		places_free(&places);
	}
	return rc;
}

/* The control socket */

static void open_control(struct watch *w, const char *dir)
{
	struct ts_error err = {0};
	int fd = -1;
	w->control_path = control_path(dir);
	if (w->control_path == NULL) {
		return;
	}
	int rc = http_listen_unix(w->control_path, &fd, &err);
	if (rc == TS_OK) {
		rc = http_new(&w->control_config, fd, &w->control, &err);
	}
	if (rc != TS_OK) {
		ts_log(TS_LOG_WARNING, "'taskd status' and 'taskd tail' won't find this server: %s",
		       err.text);
	}
}

/* Life */

static struct http_config config_of(struct watch *w, const struct http_route *routes, size_t count)
{
	return (struct http_config){
		.title = "taskd, a server of tasks", .routes = routes, .count = count, .arg = w};
}

int watch_new(const struct watch_subject *subject, struct policy *policy, struct watch **ret,
	      struct ts_error *err)
{
	struct places places = {0};
	struct watch *w = calloc(1, sizeof(*w));
	if (w == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for watching the server.");
	}
	(void)pthread_mutex_init(&w->lock, NULL);
	w->subject = *subject;
	w->policy = policy_ref(policy);
	w->public_config = config_of(w, public_routes, TS_COUNT_OF(public_routes));
	w->control_config = config_of(w, control_routes, TS_COUNT_OF(control_routes));
	int rc = health_new(&w->subject, &w->health, err);
	if (rc == TS_OK) {
		rc = places_open(w, policy->settings.http_listen, &places, err);
	}
	if (rc != TS_OK) {
		watch_free(w);
		return rc;
	}
	log_places(&places);
	exchange(w, policy, &places);
	tail_begin();
	open_control(w, policy->settings.data);
	*ret = w;
	return TS_OK;
}

void watch_stop(struct watch *w)
{
	struct places places = {0};
	if (w == NULL) {
		return;
	}
	tail_end();
	if (w->control != NULL) {
		(void)unlink(w->control_path);
		http_free(TS_TAKE(w->control));
	}
	exchange(w, w->policy, &places);
	places_free(&places);
}

void watch_free(struct watch *w)
{
	if (w == NULL) {
		return;
	}
	health_free(w->health);
	policy_unref(w->policy);
	(void)pthread_mutex_destroy(&w->lock);
	free(w->control_path);
	free(w);
}
