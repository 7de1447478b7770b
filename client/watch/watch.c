/* SPDX-License-Identifier: MIT */
#include "client/watch/watch.h"

#include "client/watch/events.h"
#include "client/watch/notify.h"
#include "client/watch/say.h"
#include "client/watch/target.h"
#include "client/watch/timing.h"
#include "common/base/clock.h"

#include <stdio.h>

/* One reading of the configuration. */
struct setup {
	struct settings settings;
	struct target target; /* points to them */
};

struct watch {
	const struct line *line;
	const struct watch_how *how;
	struct setup *setup;
	struct events events;
	struct timing timing;
	bool stopped;
	char trouble[sizeof(((struct ts_error *)0)->text)]; /* told last; "": all is well */
	char messages[1000];                                /* the server's, likewise */
};

/* The configuration */

static void setup_free(struct setup *s)
{
	if (s != NULL) {
		target_done(&s->target);
		settings_done(&s->settings);
		free(s);
	}
}
TS_DEFINE_CLEANUP(struct setup, setup_free)

static int open_target(const struct watch *w, struct setup *s, struct ts_error *err)
{
	const struct place *place = &w->line->place;
	if (w->how->taskwarrior) {
		return target_taskwarrior(&s->target, place, &s->settings, w->how->remote, err);
	}
	struct replica r = {0};
	int code = line_replica(w->line, true, &r, err);
	if (code == TS_OK) {
		code = target_replica(&s->target, place, &s->settings, w->how->remote, r.device,
				      err);
	}
	replica_close(&r);
	return code;
}

/* Read it anew; where anything of it is wrong, what there was stays. */
static int configure(struct watch *w, struct ts_error *err)
{
	TS_CLEANUP(setup_free_p) struct setup *s = calloc(1, sizeof(*s));
	if (s == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	int code = settings_init(&s->settings, err);
	if (code == TS_OK) {
		code = line_read_settings(w->line, &s->settings, err);
	}
	if (code == TS_OK) {
		s->settings.retry_count = 0; /* timing.h tries again, and edits end its pauses */
		code = open_target(w, s, err);
	}
	if (code == TS_OK) {
		code = events_watch(&w->events, s->target.folder.data, err);
	}
	if (code != TS_OK) {
		return code;
	}
	setup_free(w->setup);
	w->setup = TS_TAKE(s);
	w->timing.quiet = w->setup->settings.watch_quiet;
	w->timing.interval = w->setup->settings.watch_interval;
	timing_begin(&w->timing, ts_clock_ms());
	return TS_OK;
}

static void reload(struct watch *w)
{
	struct ts_error err = {0};
	notify("RELOADING=1");
	if (configure(w, &err) == TS_OK) {
		say(SAY_NOTICE, "The configuration was read anew.");
	} else {
		say(SAY_ERROR, "The configuration stays as it was: %s", err.text);
	}
	notify("READY=1");
}

/* What is told */

/* Each trouble once, however often it comes back, and its end. */
static void tell_trouble(struct watch *w, const struct ts_error *err)
{
	if (strcmp(w->trouble, err->text) != 0) {
		say(SAY_WARNING, "%s", err->text);
		(void)snprintf(w->trouble, sizeof(w->trouble), "%s", err->text);
	}
	notify("STATUS=%s", err->text);
}

static void tell_synced(struct watch *w, const struct target_result *r)
{
	if (w->trouble[0] != '\0') {
		say(SAY_NOTICE, "All is well again.");
		w->trouble[0] = '\0';
	}
	if (r->sent + r->received > 0) {
		say(SAY_INFO, "Synced: %zu sent, %zu received.", r->sent, r->received);
	}
	if (r->conflicts > 0) {
		say(SAY_NOTICE,
		    "%zu values lost against others' edits; `taskc conflicts` lists them.",
		    r->conflicts);
	}
	if (r->messages[0] != '\0' && strcmp(w->messages, r->messages) != 0) {
		say(SAY_NOTICE, "The server says: %s", r->messages);
	}
	(void)snprintf(w->messages, sizeof(w->messages), "%s", r->messages);
	notify("STATUS=In step with the server; %s for changes.",
	       w->timing.due == TIMING_NEVER ? "waiting" : "looking now and then");
}

/* What is done */

static void look(struct watch *w)
{
	struct target *t = &w->setup->target;
	struct ts_error err = {0};
	bool changed = false;
	if (t->ops->look(t, &changed, &err) != TS_OK) {
		tell_trouble(w, &err);
	} else if (changed) {
		timing_changed(&w->timing, ts_clock_ms());
	}
}

static bool is_final(int code)
{
	return code == TS_EHISTORY || code == TS_EDAMAGED || code == TS_EFORMAT;
}

static int run_sync(struct watch *w, struct ts_error *err)
{
	struct target *t = &w->setup->target;
	struct target_result result = {0};
	int code = t->ops->sync(t, w->events.stop, &result, err);
	if (code == TS_ECANCELED) {
		return TS_OK;
	}
	timing_synced(&w->timing, code == TS_OK, ts_clock_ms());
	if (is_final(code)) {
		return code;
	}
	if (code == TS_OK) {
		tell_synced(w, &result);
	} else {
		tell_trouble(w, err);
	}
	look(w); /* at what was edited meanwhile */
	return TS_OK;
}

static int run_wait(struct watch *w, struct ts_error *err)
{
	struct target *t = &w->setup->target;
	int code = t->ops->wait(t, w->events.any, err);
	const uint64_t now = ts_clock_ms();
	if (code == TS_OK || code == TS_ETIMEOUT) {
		timing_waited(&w->timing, code == TS_OK, now);
	} else if (code == TS_EUNSUPPORTED) {
		timing_cannot_wait(&w->timing, now);
		notify("STATUS=In step with the server, which can't tell of changes by itself; "
		       "looking now and then.");
	} else if (code != TS_ECANCELED) {
		timing_lost(&w->timing, now);
	}
	return is_final(code) ? code : TS_OK;
}

static void take_events(struct watch *w, uint64_t until)
{
	const struct events_seen seen = events_read(&w->events, until);
	w->stopped = seen.stop;
	if (seen.stop) {
		return;
	}
	if (seen.reload) {
		reload(w);
	}
	if (seen.woke) {
		/* A connection from before is no good, and says so only after minutes. */
		ts_dial_close(TS_TAKE(w->setup->target.dial));
		timing_hurry(&w->timing, ts_clock_ms());
	}
	if (seen.files) {
		look(w);
	}
}

static int run_next(struct watch *w, struct ts_error *err)
{
	const struct timing_next next = timing_next(&w->timing, ts_clock_ms());
	int code = TS_OK;
	if (next.action == TIMING_SYNC) {
		code = run_sync(w, err);
	} else if (next.action == TIMING_WAIT) {
		code = run_wait(w, err);
	}
	take_events(w, next.action == TIMING_SLEEP ? next.until : 0);
	return code;
}

int watch_run(const struct line *l, const struct watch_how *how, struct ts_error *err)
{
	const struct ts_uuid random = ts_uuid_random();
	struct watch w = {.line = l, .how = how};
	memcpy(&w.timing.random, random.bytes, sizeof(w.timing.random));
	int code = events_open(&w.events, err);
	if (code != TS_OK) {
		return code;
	}
	say_quiet(l->quiet);
	code = configure(&w, err);
	if (code == TS_OK) {
		notify("READY=1\nSTATUS=Syncing for the first time.");
		say(SAY_NOTICE, "Watching %s.", w.setup->target.folder.data);
	}
	while (code == TS_OK && !w.stopped) {
		struct ts_error trouble = {0};
		code = run_next(&w, &trouble);
		if (code != TS_OK) {
			*err = trouble;
		}
	}
	notify("STOPPING=1");
	setup_free(w.setup);
	events_close(&w.events);
	return code;
}
