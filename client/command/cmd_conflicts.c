/* SPDX-License-Identifier: MIT */
#include "client/command/look.h"
#include "common/show/spell.h"
#include "common/task/task_key.h"

#include <inttypes.h>

static const struct ts_option options[] = {
	{"all", NULL, "also those that were put back or edited since", 0},
};

static const char *const states[] = {
	[TS_LOSS_OPEN] = "open", [TS_LOSS_RESTORED] = "restored", [TS_LOSS_EDITED] = "edited"};

/* The word that `taskc revert` takes for the key. */
static void add_word(struct ts_buf *to, struct ts_slice key)
{
	if (ts_slice_starts(key, TS_KEY_TAG)) {
		ts_buf_add_char(to, '+');
		ts_buf_add_slice(to, ts_key_element(key, TS_KEY_TAG));
	} else {
		ts_spell_attribute(to, key);
	}
}

/* A word as a shell takes it; text that came from outside stays one word. */
static void add_shell_word(struct ts_buf *to, struct ts_slice word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_+-.:/@";
	bool quoted = word.len == 0;
	for (size_t i = 0; i < word.len; i++) {
		quoted |= memchr(plain, word.data[i], sizeof(plain) - 1) == NULL;
	}
	ts_buf_add_str(to, quoted ? "'" : "");
	for (size_t i = 0; i < word.len; i++) {
		if (word.data[i] == '\'') {
			ts_buf_add_str(to, "'\\''");
		} else {
			ts_buf_add_char(to, word.data[i]);
		}
	}
	ts_buf_add_str(to, quoted ? "'" : "");
}

static void add_revert(struct ts_buf *to, const struct ts_loss *loss, uint64_t number)
{
	TS_BUF(word);
	add_word(&word, loss->key);
	ts_buf_add_str(to, "taskc revert ");
	ts_spell_task(to, number, &loss->task);
	ts_buf_add_char(to, ' ');
	add_shell_word(to, ts_buf_slice(&word));
	ts_buf_printf(to, " --to %" PRIu64, loss->source);
	to->failed |= word.failed;
}

/* What of a loss both forms need. */
struct told {
	const struct ts_loss *loss;
	struct ts_task task; /* now */
	uint64_t number;
	struct ts_buf revert;
};

static void told_done(struct told *t)
{
	ts_buf_done(&t->revert);
}

static int print_text(const struct ts_view *v, const struct told *t, struct ts_error *err)
{
	const struct ts_loss *loss = t->loss;
	TS_BUF(line);
	ts_buf_printf(&line, "%" PRIu64 "  ", loss->merge);
	ts_spell_moment(&line, loss->time);
	ts_buf_add_str(&line, "  ");
	ts_spell_task(&line, t->number, &loss->task);
	ts_buf_add_str(&line, "  ");
	ts_buf_add_slice(&line, ts_task_text(&t->task, "description"));
	if (loss->state != TS_LOSS_OPEN) {
		ts_buf_printf(&line, "  (%s since)", states[loss->state]);
	}
	ts_view_wrapped(v, NULL, 0, TS_STYLE_VERSION, ts_buf_slice(&line));
	ts_buf_clear(&line);
	ts_conflict_words(&line, &(struct ts_conflict){loss->key, loss->kept, loss->lost});
	ts_view_wrapped(v, NULL, 4, TS_STYLE_CONFLICT, ts_buf_slice(&line));
	if (loss->state != TS_LOSS_RESTORED) {
		/* Not wrapped: it is to be copied. */
		ts_buf_add_str(v->to, "    ");
		ts_term_add(v->to, v->color, TS_STYLE_NONE, ts_buf_slice(&t->revert));
		ts_buf_add_char(v->to, '\n');
	}
	v->to->failed |= line.failed || t->revert.failed;
	return ts_view_end(v, err);
}

static int print_json(const struct ts_view *v, const struct told *t, struct ts_json *j,
		      struct ts_error *err)
{
	const struct ts_loss *loss = t->loss;
	const struct ts_uuid_text uuid = ts_uuid_text(&loss->task);
	ts_json_open(j, '{');
	ts_json_name(j, "version");
	ts_json_int(j, (int64_t)loss->merge);
	ts_json_date_member(j, "time", loss->time);
	ts_json_text_member(j, "uuid", ts_slice_of(uuid.text));
	ts_json_name(j, "id");
	ts_json_int(j, (int64_t)t->number);
	ts_json_text_member(j, "description", ts_task_text(&t->task, "description"));
	ts_json_text_member(j, "state", ts_slice_of(states[loss->state]));
	ts_json_name(j, "value");
	ts_conflict_json(j, &(struct ts_conflict){loss->key, loss->kept, loss->lost});
	ts_json_name(j, "source");
	ts_json_int(j, (int64_t)loss->source);
	ts_json_text_member(j, "revert", ts_buf_slice(&t->revert));
	ts_json_close(j, '}');
	return ts_view_end(v, err);
}

static int print_one(struct look *k, const struct ts_loss *loss, struct ts_json *j,
		     struct ts_error *err)
{
	TS_CLEANUP(told_done) struct told t = {.loss = loss};
	TS_ARENA(a);
	int code = replica_task(k->txn, &k->replica, &loss->task, &a, &t.task, NULL, err);
	if (code == TS_OK) {
		code = ts_number_or_none(k->txn, k->replica.user, &loss->task, &t.number, err);
	}
	if (code != TS_OK) {
		return code;
	}
	add_revert(&t.revert, loss, t.number);
	return j != NULL ? print_json(&k->view, &t, j, err) : print_text(&k->view, &t, err);
}

static int print_all(struct look *k, const struct ts_losses *losses, bool json,
		     struct ts_error *err)
{
	struct ts_json j = ts_json_to(&k->text);
	int code = TS_OK;
	if (json) {
		ts_json_open(&j, '[');
	}
	for (size_t i = 0; code == TS_OK && i < losses->count; i++) {
		code = print_one(k, ts_loss_at(losses, i), json ? &j : NULL, err);
	}
	if (json) {
		ts_json_close(&j, ']');
		ts_buf_add_char(&k->text, '\n');
	}
	return code == TS_OK ? look_print(k, err) : code;
}

static int run(struct line *l, struct ts_error *err)
{
	TS_CLEANUP(look_done) struct look k = {0};
	TS_CLEANUP(ts_losses_done) struct ts_losses losses = {0};
	struct ts_uuids tasks = {0};
	int code = look_open(l, &k, err);
	if (code == TS_OK && l->word_count > 0) {
		code = look_select(l, &k, &tasks, err);
	}
	if (code == TS_OK) {
		code = ts_losses_find(k.txn, k.replica.user, l->word_count > 0 ? &tasks : NULL,
				      line_has(l, "all"), &k.arena, &losses, err);
	}
	return code == TS_OK ? print_all(&k, &losses, l->json, err) : code;
}

const struct command command_conflicts = {
	.name = "conflicts",
	.run = run,
	.words = WORDS_FILTER,
	.usage = "[FILTER…]",
	.brief = "list values that lost against a concurrent edit",
	.help = "Two edited the same attribute of a task at the same time: the later edit was "
		"kept, "
		"the other value is listed here until the attribute is edited again, with the "
		"command that puts it back.",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};
