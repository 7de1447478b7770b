/* SPDX-License-Identifier: MIT */
#include "client/command/look.h"
#include "client/replica/edit.h"
#include "common/base/date.h"
#include "common/show/spell.h"

static const struct ts_option options[] = {
	{"to", "VERSION", "the version to go back to, as for `taskc show`", 0},
};

/* What was reverted, told when it is on disk. */
struct reverted {
	struct ts_buf text;
	bool changed;
};

static void reverted_done(struct reverted *r)
{
	ts_buf_done(&r->text);
}

static void tell_text(const struct ts_task *after, const struct ts_difference *d, uint64_t number,
		      struct ts_buf *to)
{
	TS_BUF(words);
	ts_buf_add_str(&words, "Reverted task ");
	ts_spell_task(&words, number, &after->uuid);
	ts_buf_add_str(&words, " '");
	ts_buf_add_slice(&words, ts_task_text(after, "description"));
	ts_buf_add_str(&words, "'");
	for (size_t i = 0; i < d->count; i++) {
		ts_buf_add_str(&words, i == 0 ? ": " : "; ");
		(void)ts_change_words(&words, &d->at[i]);
	}
	ts_term_add(to, false, TS_STYLE_NONE, ts_buf_slice(&words));
	ts_buf_add_char(to, '\n');
	to->failed |= words.failed;
}

static void tell_json(const struct ts_task *after, const struct ts_difference *d, uint64_t number,
		      struct ts_buf *to)
{
	const struct ts_uuid_text uuid = ts_uuid_text(&after->uuid);
	struct ts_json j = ts_json_to(to);
	ts_json_open(&j, '{');
	ts_json_text_member(&j, "uuid", ts_slice_of(uuid.text));
	ts_json_name(&j, "id");
	ts_json_int(&j, (int64_t)number);
	ts_json_text_member(&j, "description", ts_task_text(after, "description"));
	ts_json_name(&j, "changes");
	ts_json_open(&j, '[');
	for (size_t i = 0; i < d->count; i++) {
		ts_change_json(&j, &d->at[i]);
	}
	ts_json_close(&j, ']');
	ts_json_close(&j, '}');
	ts_buf_add_char(to, '\n');
}

/* What to say about it; the number is the one that the task has now. */
static int tell(const struct line *l, const struct edit *e, const struct spot *s,
		const struct ts_task *after, struct ts_arena *a, struct reverted *ret,
		struct ts_error *err)
{
	struct ts_difference d = {0};
	struct ts_task before;
	uint64_t number = 0;
	int code = ts_version_task(e->txn, e->replica->user, s->head, &s->task, a, &before, err);
	if (code == TS_OK) {
		code = ts_task_difference(&before, after, a, &d, err);
	}
	if (code == TS_OK) {
		code = ts_number_or_none(e->txn, e->replica->user, &s->task, &number, err);
	}
	(l->json ? tell_json : tell_text)(after, &d, number, &ret->text);
	return code;
}

static int put(const struct line *l, struct edit *e, const struct spot *s, struct reverted *ret,
	       struct ts_error *err)
{
	TS_ARENA(a);
	struct ts_task state;
	int code = revert_plan(e->txn, e->replica, s, l->words + 1, l->word_count - 1, &a, &state,
			       err);
	state.has_modified = true;
	state.modified = e->now;
	if (code == TS_OK) {
		code = edit_put(e, &state, &ret->changed, err);
	}
	return code == TS_OK ? tell(l, e, s, &state, &a, ret, err) : code;
}

static int revert(const struct line *l, struct replica *r, const struct moment *m,
		  struct reverted *ret, struct ts_error *err)
{
	TS_CLEANUP(edit_abort) struct edit e = {0};
	const char *version = line_option(l, "to", NULL);
	struct spot spot;
	int code = edit_begin(r, "revert", m->now, &e, err);
	if (code == TS_OK) {
		code = spot_find(l->words[0], NULL, m, e.txn, r, &spot, err);
	}
	if (code == TS_OK && version != NULL) {
		code = spot_at(&spot, version[0] == '@' ? version + 1 : version, m, e.txn, r, err);
	}
	if (code == TS_OK) {
		code = put(l, &e, &spot, ret, err);
	}
	return code == TS_OK ? edit_commit(&e, NULL, err) : code;
}

static int run(struct line *l, struct ts_error *err)
{
	TS_CLEANUP(reverted_done) struct reverted done = {0};
	TS_CLEANUP(replica_close) struct replica r = {0};
	const struct moment m = {ts_date_now(), strcmp(l->settings->weekstart, "monday") == 0};
	if (l->word_count < 1) {
		return ts_fail(err, TS_EUSAGE, "Which task? Say one.");
	}
	int code = line_replica(l, false, &r, err);
	if (code == TS_OK) {
		code = revert(l, &r, &m, &done, err);
	}
	if (code == TS_OK && !done.changed) {
		line_say(l, "Nothing to revert: that is how it is.");
	}
	return code == TS_OK && (done.changed || l->json) ? line_print(&done.text, err) : code;
}

const struct command command_revert = {
	.name = "revert",
	.run = run,
	.words = WORDS_FREE,
	.usage = "TASK [ATTRIBUTE…]",
	.brief = "put back what a task had before, as a new edit",
	.help = "With --to: the attributes named, or the whole task, as that version had them. "
		"Without: of an attribute the value that lost in the newest conflict, or else the "
		"one before its last change; and of a whole task the state before its last "
		"change.\n"
		"\n"
		"An ATTRIBUTE is a name, `tags`, `annotations` or `depends` for all of them, or "
		"`+home` for one tag. `status` puts back `end` as well.",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};
