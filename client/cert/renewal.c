/* SPDX-License-Identifier: MIT */
#include "client/cert/renewal.h"

#include "client/cert/own.h"
#include "client/sync/state_file.h"
#include "common/base/date.h"
#include "common/base/file.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum { DAY = 86400 /* [s] between two questions that get no certificate */ };

/* One renewal. */
struct work {
	struct exchange *x;
	int64_t now;
	struct own_file certificate, authority;
	struct ts_cert *old;
	struct answer answer;
};

static void work_done(struct work *w)
{
	own_file_done(&w->certificate);
	own_file_done(&w->authority);
	ts_cert_free(w->old);
	answer_done(&w->answer);
}

static void say(const struct work *w, const char *fmt, ...) TS_PRINTF(2, 3);

static void say(const struct work *w, const char *fmt, ...)
{
	const struct sync *s = w->x->sync;
	char text[500];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	if (s->say != NULL) {
		s->say(text, s->say_arg);
	}
}

/* Is it time? */

static bool is_due(const struct work *w, const struct ts_cert *c)
{
	return ts_cert_due(ts_cert_from(c), ts_cert_until(c), w->x->sync->settings->cert_ahead,
			   w->now);
}

static bool authority_due(const struct work *w)
{
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *c = NULL;
	return w->authority.path.len > 0 &&
	       ts_cert_parse(ts_buf_slice(&w->authority.text), &c, NULL) == TS_OK && is_due(w, c);
}

static bool read_own(struct work *w)
{
	const struct remote *r = w->x->sync->remote;
	return own_file_read(r, r->certificate, &w->certificate, NULL) == TS_OK &&
	       own_file_read(r, r->ca, &w->authority, NULL) == TS_OK &&
	       w->certificate.path.len > 0 &&
	       ts_cert_parse(ts_buf_slice(&w->certificate.text), &w->old, NULL) == TS_OK;
}

/* state/NAME.renewal: when it was asked in vain, in seconds since 1970. */
static int state_of(const struct work *w, struct ts_buf *path)
{
	const struct sync *s = w->x->sync;
	return state_path(s->place, s->remote->name, "renewal", path, NULL);
}

static bool was_asked(const struct work *w)
{
	TS_BUF(path);
	TS_BUF(text);
	if (state_of(w, &path) != TS_OK || ts_file_read(path.data, 100, &text, NULL) != TS_OK) {
		return false;
	}
	const int64_t at = text.data != NULL ? strtoll(text.data, NULL, 10) : 0;
	return at <= w->now && w->now - at < DAY;
}

static void remember(const struct work *w)
{
	TS_BUF(path);
	char text[32];
	(void)snprintf(text, sizeof(text), "%" PRId64 "\n", w->now);
	if (state_of(w, &path) == TS_OK) {
		(void)!state_write(path.data, ts_slice_of(text), NULL);
	}
}

/* What comes of it */

static int take_certificate(const struct work *w, struct ts_slice pem, struct ts_error *err)
{
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *made = NULL;
	int code = ts_cert_parse(pem, &made, err);
	if (code == TS_OK) {
		code = own_check(made, w->old, w->now, err);
	}
	if (code == TS_OK) {
		code = own_file_replace(&w->certificate, ts_cert_pem(made), err);
	}
	if (code == TS_OK) {
		const struct ts_date_text day = ts_date_text(ts_cert_until(made));
		say(w, "The certificate of the remote %s was renewed; it ends on %.4s-%.2s-%.2s.",
		    w->x->sync->remote->name, day.text, day.text + 4, day.text + 6);
	}
	return code;
}

static int take_authority(const struct work *w, struct ts_slice offered, struct ts_error *err)
{
	TS_BUF(text);
	enum own_authority what = OWN_KEPT;
	const char *name = w->x->sync->remote->name;
	if (w->authority.path.len == 0) {
		return TS_OK;
	}
	int code = own_authorities(ts_buf_slice(&w->authority.text), offered, &text, &what, err);
	if (code == TS_OK && what == OWN_NEWER) {
		code = own_file_replace(&w->authority, ts_buf_slice(&text), err);
	}
	if (code == TS_OK && what == OWN_NEWER) {
		say(w, "The certificate of the authority of the remote %s was renewed.", name);
	} else if (code == TS_OK && what == OWN_STRANGE) {
		say(w,
		    "The server of the remote %s has another certificate authority now, which "
		    "is not believed just because a server says so. Ask for a new bundle.",
		    name);
	}
	return code;
}

/* The authority's first: what is new is believed by the old one as well. */
static void take_answer(const struct work *w)
{
	struct ts_slice certificate = {0}, rest = ts_buf_slice(&w->answer.text);
	struct ts_error err = {0};
	const bool renewed = w->answer.code == 200 && ts_cert_cut(&rest, &certificate);
	int code = w->answer.code < 300 ? take_authority(w, rest, &err) : TS_OK;
	if (code == TS_OK && renewed) {
		code = take_certificate(w, certificate, &err);
	}
	if (code != TS_OK) {
		say(w,
		    "The certificate of the remote %s could not be renewed: %s It will be tried "
		    "again tomorrow.",
		    w->x->sync->remote->name, err.text);
	}
	if (code != TS_OK || !renewed) {
		remember(w);
	}
}

/* Servers that don't know of it answer with 500, or not at all. */
static int ask(struct work *w, struct ts_error *err)
{
	const struct request q = {.type = "renew", .history = "", .text = true};
	struct ts_error why = {0};
	int code = exchange_run(w->x, &q, &w->answer, &why);
	if (code == TS_OK) {
		take_answer(w);
	} else if (code == TS_ECANCELED) {
		return ts_fail(err, code, "%s", why.text);
	} else if (code == TS_ECLOSED || code == TS_EREFUSED) {
		remember(w);
	}
	w->x->sync->messages[0] = '\0';
	return TS_OK;
}

int renewal_run(struct exchange *x, struct ts_error *err)
{
	TS_CLEANUP(work_done) struct work w = {.x = x, .now = ts_date_now()};
	if (!read_own(&w) || (!is_due(&w, w.old) && !authority_due(&w)) || was_asked(&w)) {
		return TS_OK;
	}
	return ask(&w, err);
}
