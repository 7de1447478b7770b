/* SPDX-License-Identifier: MIT */
#include "client/command/look.h"

static const struct ts_option options[] = {
	{"since", "DATE", "what changed since then, of all tasks or those of the filter", 0},
};

struct comparing {
	const struct line *line;
	struct look *look;
	struct ts_json json;
};

/* `c` with task and versions set. */
static int compare(struct comparing *s, struct compared *c, bool always, struct ts_error *err)
{
	TS_ARENA(a);
	struct look *k = s->look;
	const uint32_t user = k->replica.user;
	int code = ts_version_task(k->txn, user, c->from, &c->task, &a, &c->before, err);
	if (code == TS_OK) {
		code = ts_version_task(k->txn, user, c->to, &c->task, &a, &c->after, err);
	}
	if (code == TS_OK) {
		code = ts_task_difference(&c->before, &c->after, &a, &c->changes, err);
	}
	if (code != TS_OK || (!always && c->changes.count == 0)) {
		return code;
	}
	return s->line->json ? diff_add_json(&k->view, c, &s->json, err)
			     : diff_add(&k->view, c, err);
}

/* TASK, TASK@VERSION, or either with another version. */
static int compare_words(struct comparing *s, struct ts_error *err)
{
	const struct line *l = s->line;
	struct look *k = s->look;
	struct spot from, to;
	struct ts_version head;
	if (l->word_count < 1 || l->word_count > 2) {
		return ts_fail(err, TS_EUSAGE, "Say a task, with one version or two, or --since.");
	}
	int code = spot_find(l->words[0], NULL, &k->moment, k->txn, &k->replica, &from, err);
	to = from;
	to.version = from.head;
	if (code == TS_OK && l->word_count == 2) {
		code = spot_find(l->words[1], &from.task, &k->moment, k->txn, &k->replica, &to,
				 err);
	} else if (code == TS_OK && !from.said) {
		code = ts_version_read(k->txn, k->replica.user, from.head, &head, err);
		from.version = code == TS_OK ? head.parent : 0;
	}
	if (code == TS_OK && !ts_uuid_eq(&from.task, &to.task)) {
		code = ts_fail(err, TS_EUSAGE, "These are versions of different tasks.");
	}
	struct compared c = {.task = from.task, .from = from.version, .to = to.version};
	return code == TS_OK ? compare(s, &c, true, err) : code;
}

struct since {
	struct comparing *comparing;
	int64_t date;
};

static int compare_since(const struct ts_uuid *task, uint64_t head, void *arg, struct ts_error *err)
{
	const struct since *since = arg;
	const struct look *k = since->comparing->look;
	struct compared c = {.task = *task, .to = head};
	int code = ts_version_at_date(k->txn, k->replica.user, head, since->date, &c.from, err);
	return code == TS_OK && c.from != head ? compare(since->comparing, &c, false, err) : code;
}

static int compare_all(struct comparing *s, struct ts_error *err)
{
	struct look *k = s->look;
	struct since since = {.comparing = s};
	struct ts_uuids tasks;
	int code = look_date(s->line, k, "since", &since.date, err);
	if (code != TS_OK || s->line->word_count == 0) {
		return code == TS_OK
			       ? ts_head_each(k->txn, k->replica.user, compare_since, &since, err)
			       : code;
	}
	code = look_select(s->line, k, &tasks, err);
	for (size_t i = 0; code == TS_OK && i < tasks.count; i++) {
		uint64_t head;
		code = ts_head_get(k->txn, k->replica.user, &tasks.at[i], &head, err);
		if (code == TS_OK) {
			code = compare_since(&tasks.at[i], head, &since, err);
		}
	}
	return code;
}

static int run(struct line *l, struct ts_error *err)
{
	TS_CLEANUP(look_done) struct look k = {0};
	struct comparing s = {l, &k, ts_json_to(&k.text)};
	int code = look_open(l, &k, err);
	if (l->json) {
		ts_json_open(&s.json, '[');
	}
	if (code == TS_OK) {
		code = line_has(l, "since") ? compare_all(&s, err) : compare_words(&s, err);
	}
	if (l->json) {
		ts_json_close(&s.json, ']');
		ts_buf_add_char(&k.text, '\n');
	}
	return code == TS_OK ? look_print(&k, err) : code;
}

const struct command command_diff = {
	.name = "diff",
	.run = run,
	.words = WORDS_FILTER,
	.usage = "TASK[@VERSION] [@VERSION]\n--since DATE [FILTER…]",
	.brief = "show what changed between versions",
	.help = "With one version, from that one to now; without any, the task's last change. "
		"Versions are said as for `taskc show`.",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};
