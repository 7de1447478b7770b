/* SPDX-License-Identifier: MIT */
/* A sync with everything around it: the lock, hooks, further tries, and what is kept of how it
 * went. */
#include "client/exit.h"
#include "client/sync/arrivals.h"
#include "client/sync/hooks.h"
#include "client/sync/lock.h"
#include "client/sync/retry.h"
#include "client/sync/status.h"
#include "client/sync/sync.h"
#include "common/base/date.h"

#include <stdio.h>

static void forget_results(struct sync *s)
{
	s->sent = s->received = s->conflicts = s->merges = s->rejected = 0;
	s->bytes_out = s->bytes_in = 0;
	s->resumed = false;
	s->code = 0;
	s->messages[0] = '\0';
}

static int run_tries(struct sync *s, struct ts_error *err)
{
	int code = sync_run(s, err);
	for (uint64_t n = 0; n < s->settings->retry_count && sync_may_retry(code); n++) {
		int waited = retry_wait(s, n, err);
		if (waited != TS_OK) {
			return waited;
		}
		code = sync_run(s, err);
	}
	return code;
}

static void tell_rejected(const struct sync *s)
{
	char text[200];
	if (s->rejected > 0 && s->say != NULL) {
		(void)snprintf(text, sizeof(text),
			       "%zu line%s of the answer of %.100s could not be read as a task; "
			       "all the others were.",
			       s->rejected, s->rejected == 1 ? "" : "s", s->remote->server);
		s->say(text, s->say_arg);
	}
}

static int with_changes(struct sync *s, struct ts_error *err)
{
	int code = TS_OK;
	if (hooks_any(s->place, "on-change")) {
		code = arrivals_new(s->place->state, &s->arrivals, err);
	}
	if (code == TS_OK) {
		code = run_tries(s, err);
		progress_clear(s->progress);
		hooks_changed(s); /* what came before a failure is true all the same */
	}
	arrivals_free(TS_TAKE(s->arrivals));
	return code;
}

/* The file is for monitoring. That it can't be written is worth a remark, where there is nothing
 * worse. */
static void remember(const struct sync *s, int64_t began, int code, const struct ts_error *why)
{
	struct sync_status st;
	struct ts_error err = {0};
	if (status_read(s->place, s->remote->name, &st, NULL) != TS_OK) {
		st = (struct sync_status){0};
	}
	st.last_try = began;
	st.error_code = (int)exit_of(code);
	(void)snprintf(st.messages, sizeof(st.messages), "%s", s->messages);
	if (code == TS_OK) {
		st.last_success = ts_date_now();
		st.last_error = 0;
		st.error[0] = '\0';
		st.sent = s->sent;
		st.received = s->received;
		st.conflicts = s->conflicts;
	} else {
		st.last_error = began;
		(void)snprintf(st.error, sizeof(st.error), "%s", why->text);
	}
	if (status_write(s->place, s->remote->name, &st, &err) != TS_OK && code == TS_OK &&
	    s->say != NULL) {
		s->say(err.text, s->say_arg);
	}
}

int sync_whole(struct sync *s, struct ts_error *err)
{
	struct ts_error own = {0};
	struct ts_error *why = err != NULL ? err : &own;
	const int64_t began = ts_date_now();
	TS_AUTOCLOSE int lock = -1;
	forget_results(s);
	int code = lock_take(s->place, &lock, why);
	if (code == TS_ELOCKED) {
		return code;
	}
	if (code == TS_OK) {
		code = hooks_before(s, why);
	}
	if (code == TS_OK) {
		code = with_changes(s, why);
	}
	progress_clear(s->progress);
	tell_rejected(s);
	remember(s, began, code, why);
	hooks_after(s, code, code != TS_OK ? why->text : "");
	return code;
}
