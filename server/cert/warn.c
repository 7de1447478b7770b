/* SPDX-License-Identifier: MIT */
#include "server/cert/warn.h"

#include "common/base/date.h"
#include "common/log/log.h"
#include "server/cert/devices.h"
#include "server/cert/ends.h"
#include "server/setup/bundle.h"

#include <inttypes.h>

/* Whoever has another certificate already needn't hear of this one. */
static bool is_renewed(const struct request *r)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	TS_CLEANUP(cert_devices_done) struct cert_devices all = {0};
	return ts_txn_begin(r->store, TS_READ, &t, NULL) == TS_OK &&
	       cert_devices_read(t, r->account.user.id, &all, NULL) == TS_OK &&
	       cert_devices_renewal(&all, r->card.id) != NULL;
}

static void log_warning(const struct request *r, int64_t until, int64_t now)
{
	struct ts_log_line l;
	ts_log_begin(&l, TS_LOG_NOTICE, "certificate-ends");
	ts_log_field(&l, "which", TS_SLICE("client"));
	ts_log_field(&l, "org", ts_slice_of(r->account.org.name));
	ts_log_field(&l, "user", ts_slice_of(r->account.user.name));
	ts_log_field(&l, "device", ts_slice_of(r->card.name));
	ts_log_field(&l, "until", ts_slice_of(ts_day(until).text));
	ts_log_field(&l, "left", ts_slice_of(cert_span(until, now).text));
	ts_log_end(&l);
}

static void say(struct request *r, int64_t until, int64_t now)
{
	const char *const names[] = {r->account.org.name, r->account.user.name, r->card.name};
	TS_BUF(words);
	for (size_t i = 0; i < TS_COUNT_OF(names); i++) {
		ts_buf_add_char(&words, ' ');
		bundle_add_word(names[i], &words);
	}
	if (!words.failed) {
		request_say(r,
			    "Your certificate for this device ends %s, on %s. Ask for a new "
			    "bundle: taskd user bundle --renew%s",
			    cert_span(until, now).text, ts_day(until).text, words.data);
	}
}

void cert_warn(struct request *r)
{
	const struct ts_device *card = &r->card;
	const int64_t now = ts_date_now();
	const int64_t until = card->until != 0 ? card->until : r->peer.not_after;
	if (!card->certificate || card->id[0] == '\0' || r->code >= 300) {
		return;
	}
	const unsigned stage = cert_stage(card->issued, until, now);
	const bool next = stage != 0 && (card->warned == 0 || stage < card->warned);
	if ((!next && stage != cert_stages[CERT_STAGES - 1]) || is_renewed(r)) {
		return;
	}
	if (next) {
		log_warning(r, until, now);
	}
	say(r, until, now);
	r->card.warned = stage;
}
