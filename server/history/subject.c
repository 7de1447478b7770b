/* SPDX-License-Identifier: MIT */
#include "server/history/subject.h"

#include "common/base/date.h"
#include "common/show/spell.h"
#include "common/words/date_words.h"
#include "server/account/errand.h"

static int find_user(struct subject *s, struct ts_error *err)
{
	struct errand e = {.txn = s->txn};
	int code = errand_find_org(&e, s->org, err);
	if (code == TS_OK) {
		code = errand_find_user(&e, s->name, err);
	}
	s->user = e.user;
	return code;
}

int subject_open(struct command_line *cl, const char *org, const char *user, enum ts_access how,
		 struct subject *ret, struct ts_error *err)
{
	*ret = (struct subject){.org = org, .name = user};
	int code = command_store(cl, &ret->store, err);
	return code == TS_OK ? subject_begin(ret, how, err) : code;
}

int subject_begin(struct subject *s, enum ts_access how, struct ts_error *err)
{
	ts_txn_abort(TS_TAKE(s->txn));
	s->now = ts_date_now();
	int code = ts_txn_begin(s->store, how, &s->txn, err);
	return code == TS_OK ? find_user(s, err) : code;
}

void subject_done(struct subject *s)
{
	ts_txn_abort(TS_TAKE(s->txn));
	ts_store_close(TS_TAKE(s->store));
	ts_arena_done(&s->arena);
}

/* "2 days ago" is "2 days" back from now. */
static bool parse_ago(struct ts_slice words, int64_t now, int64_t *ret)
{
	static const struct ts_slice ago = TS_SLICE(" ago");
	int64_t span;
	if (words.len <= ago.len || !ts_slice_eq(ts_slice_skip(words, words.len - ago.len), ago)) {
		return false;
	}
	words.len -= ago.len;
	if (ts_duration_words_parse(ts_slice_trim(words), &span, NULL) != TS_OK) {
		return false;
	}
	*ret = now - span;
	return true;
}

/* 18:30 is the last time that it was so late. */
static bool parse_clock(struct ts_slice words, int64_t now, int64_t *ret)
{
	enum { DAY = 86400 };
	for (size_t i = 0; i < words.len; i++) {
		if ((words.data[i] < '0' || words.data[i] > '9') && words.data[i] != ':') {
			return false;
		}
	}
	return memchr(words.data, ':', words.len) != NULL &&
	       ts_date_words_parse(words, now - DAY, true, ret, NULL) == TS_OK;
}

int subject_time(const struct subject *s, const char *words, int64_t *ret, struct ts_error *err)
{
	TS_BUF(when);
	const struct ts_slice text = ts_slice_trim(ts_slice_of(words));
	if (!parse_ago(text, s->now, ret) && !parse_clock(text, s->now, ret) &&
	    ts_date_words_parse(text, s->now, true, ret, NULL) != TS_OK) {
		return ts_fail(err, TS_EINVAL,
			       "'%.100s' is no time such as 2026-12-24, '2026-12-24 18:00', "
			       "20261224T170000Z, 18:00, yesterday, -3h or '2 days ago'.",
			       words);
	}
	if (*ret <= s->now) {
		return TS_OK;
	}
	ts_spell_date(&when, *ret);
	return ts_fail(err, TS_EINVAL, "'%.100s' is %.20s, which is yet to come.", words,
		       when.failed || when.len == 0 ? "a time" : when.data);
}
