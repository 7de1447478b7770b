/* SPDX-License-Identifier: MIT */
#include "client/command/look.h"

#include "common/base/date.h"
#include "common/show/spell.h"
#include "common/words/date_words.h"

int look_open(const struct line *l, struct look *ret, struct ts_error *err)
{
	*ret = (struct look){0};
	int code = line_replica(l, false, &ret->replica, err);
	if (code == TS_OK) {
		code = ts_txn_begin(ret->replica.store, TS_READ, &ret->txn, err);
	}
	ret->moment = (struct moment){.now = ts_date_now(),
				      .monday = strcmp(l->settings->weekstart, "monday") == 0};
	ret->view = (struct ts_view){.to = &ret->text,
				     .user = ret->replica.user,
				     .txn = ret->txn,
				     .width = ts_term_width((size_t)l->settings->width),
				     .color = l->color,
				     .now = ret->moment.now};
	return code;
}

void look_done(struct look *k)
{
	ts_txn_abort(k->txn);
	replica_close(&k->replica);
	ts_buf_done(&k->text);
	ts_arena_done(&k->arena);
}

int look_print(struct look *k, struct ts_error *err)
{
	int code = line_print(&k->text, err);
	ts_buf_clear(&k->text);
	return code;
}

int look_count(const struct line *l, const char *option, size_t otherwise, size_t *ret,
	       struct ts_error *err)
{
	return ts_option_number(option, line_option(l, option, NULL), otherwise, ret, err);
}

/* A year stands first, or it is a count of seconds: it was meant so, whatever the clock says. */
static bool is_plain_date(const char *text)
{
	enum { YEAR = 4 };
	return strspn(text, "0123456789") >= YEAR;
}

int look_date(const struct line *l, const struct look *k, const char *option, int64_t *ret,
	      struct ts_error *err)
{
	const char *text = line_option(l, option, "");
	TS_BUF(when);
	int code =
		ts_date_words_parse(ts_slice_of(text), k->moment.now, k->moment.monday, ret, err);
	if (code == TS_OK && *ret > k->moment.now && !is_plain_date(text)) {
		ts_spell_date(&when, *ret);
		return ts_fail(err, TS_EUSAGE, "'%.60s' is %.20s, which is yet to come.", text,
			       when.failed ? "a date" : when.data);
	}
	return code;
}

/* A task's whole uuid finds also what has no attributes left. */
static int select_uuid(struct look *k, const char *word, struct ts_uuids *ret, struct ts_error *err)
{
	struct spot spot;
	int code = spot_find(word, NULL, &k->moment, k->txn, &k->replica, &spot, err);
	if (code != TS_OK) {
		return code;
	}
	ret->at = ts_arena_array(&k->arena, 1, sizeof(*ret->at));
	if (ret->at == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	ret->at[0] = spot.task;
	ret->count = 1;
	return TS_OK;
}

int look_select(const struct line *l, struct look *k, struct ts_uuids *ret, struct ts_error *err)
{
	TS_CLEANUP(filter_free_p) struct filter *f = NULL;
	struct ts_uuid uuid;
	if (l->word_count == 1 && ts_uuid_parse(ts_slice_of(l->words[0]), &uuid)) {
		return select_uuid(k, l->words[0], ret, err);
	}
	const char **words = ts_arena_array(&k->arena, l->word_count + 1, sizeof(*words));
	if (words == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	bool names = true;
	for (size_t i = 0; i < l->word_count; i++) {
		words[i] = l->words[i];
		names &= filter_is_name(l->words[i]);
	}
	words[l->word_count] = "all";
	int code = filter_new(words, l->word_count + (names ? 0 : 1), k->moment.now, &f, err);
	return code == TS_OK ? filter_select(f, k->txn, &k->replica, &k->arena, ret, err) : code;
}
