/* SPDX-License-Identifier: MIT */
/* TASK@VERSION. */
#include "client/history/history.h"

#include "common/words/date_words.h"

enum { NUMBER_DIGITS = 18 };

/* True where it is a number and nothing else. */
static bool is_number(const char *text, uint64_t *ret)
{
	struct ts_slice rest = ts_slice_of(text);
	struct ts_slice digits = ts_slice_cut_digits(&rest);
	bool yes = digits.len > 0 && digits.len <= NUMBER_DIGITS && rest.len == 0;
	*ret = yes ? strtoull(text, NULL, 10) : 0;
	return yes;
}

static int not_there(const struct spot *s, const char *version, struct ts_error *err)
{
	return ts_fail(err, TS_ENOTFOUND,
		       "Task %.8s has no version '%.100s'; see `taskc log %.8s`.",
		       ts_uuid_text(&s->task).text, version, ts_uuid_text(&s->task).text);
}

/* By the number that the log shows. */
static int by_number(struct spot *s, const char *word, uint64_t number, struct ts_txn *t,
		     const struct replica *r, struct ts_error *err)
{
	struct ts_version v;
	uint64_t newest;
	int code = ts_version_newest(t, r->user, &newest, err);
	s->version = number;
	if (code != TS_OK || number == 0) {
		return code;
	}
	if (number > newest) {
		return not_there(s, word, err);
	}
	code = ts_version_read(t, r->user, number, &v, err);
	return code == TS_OK && !ts_uuid_eq(&v.task, &s->task) ? not_there(s, word, err) : code;
}

/* So many versions before the head. */
static int by_steps(struct spot *s, const char *word, uint64_t steps, struct ts_txn *t,
		    const struct replica *r, struct ts_error *err)
{
	struct ts_version v;
	for (s->version = s->head; steps > 0; steps--) {
		if (s->version == 0) {
			return not_there(s, word, err);
		}
		int code = ts_version_read(t, r->user, s->version, &v, err);
		if (code != TS_OK) {
			return code;
		}
		s->version = v.parent;
	}
	return TS_OK;
}

int spot_at(struct spot *s, const char *version, const struct moment *m, struct ts_txn *t,
	    const struct replica *r, struct ts_error *err)
{
	uint64_t number;
	int64_t date;
	s->said = true;
	if (is_number(version, &number)) {
		return by_number(s, version, number, t, r, err);
	}
	if (version[0] == '-' && is_number(version + 1, &number)) {
		return by_steps(s, version, number, t, r, err);
	}
	int code = ts_date_words_parse(ts_slice_of(version), m->now, m->monday, &date, err);
	if (code != TS_OK) {
		return ts_fail(err, TS_EUSAGE,
			       "'%.100s' is no version: a number as `taskc log` shows it, -1 for "
			       "the one before, or a date.",
			       version);
	}
	return ts_version_at_date(t, r->user, s->head, date, &s->version, err);
}

static int find_task(const char *name, const struct ts_uuid *same, const struct moment *m,
		     struct ts_txn *t, const struct replica *r, struct spot *ret,
		     struct ts_error *err)
{
	if (name[0] == '\0' && same != NULL) {
		ret->task = *same;
	} else if (name[0] == '\0') {
		return ts_fail(err, TS_EUSAGE, "Which task? Say TASK@VERSION.");
	} else if (!ts_uuid_parse(ts_slice_of(name), &ret->task)) {
		int code = filter_one(name, m->now, t, r, &ret->task, err);
		if (code != TS_OK) {
			return code;
		}
	}
	int code = ts_head_get(t, r->user, &ret->task, &ret->head, err);
	ret->version = ret->head;
	return code == TS_ENOTFOUND ? ts_fail(err, code, "There is no task %.100s.", name) : code;
}

int spot_find(const char *word, const struct ts_uuid *same, const struct moment *m,
	      struct ts_txn *t, const struct replica *r, struct spot *ret, struct ts_error *err)
{
	TS_AUTOFREE char *name = strdup(word);
	char *version = name != NULL ? strchr(name, '@') : NULL;
	*ret = (struct spot){0};
	if (name == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (version != NULL) {
		*version++ = '\0';
	}
	int code = find_task(name, same, m, t, r, ret, err);
	return code == TS_OK && version != NULL ? spot_at(ret, version, m, t, r, err) : code;
}
