/* SPDX-License-Identifier: MIT */
#include "client/command/look.h"
#include "client/show/list.h"
#include "client/words/attributes.h"

static const struct ts_option options[] = {
	{"columns", "NAMES", "the columns, with commas between them", 0},
	{"sort", "KEYS", "what to sort by: attributes, each with + or - behind it", 0},
	{"limit", "N", "only the first N", 0},
	{"all", NULL, "tasks of every status, and those that wait", 0},
	{"dates", "HOW", "relative (2d, -3h) or iso (2026-12-24)", 0},
};

struct listing {
	const struct filter *filter;
	struct list *list;
	int64_t now;
	bool hide; /* what waits, and templates of recurring tasks */
};

/* It waits, or others are made from it: not what there is to do. */
static bool is_hidden(const struct ts_task *task, int64_t now)
{
	struct ts_slice status = attribute_status(task, now);
	return ts_slice_eq(status, TS_SLICE("waiting")) ||
	       ts_slice_eq(status, TS_SLICE("recurring"));
}

static int each(const struct replica_entry *e, void *arg, struct ts_error *err)
{
	struct listing *s = arg;
	if (!filter_matches(s->filter, e) || (s->hide && is_hidden(&e->task, s->now))) {
		return TS_OK;
	}
	return list_add(s->list, e, err);
}

/* Words about status or waiting, or names of tasks, say what is to be seen. */
static bool says_which(const struct line *l)
{
	static const char *const words[] = {"status", "wait", "all"};
	for (size_t i = 0; i < l->word_count; i++) {
		const struct ts_slice word = ts_slice_of(l->words[i]);
		for (size_t j = 0; j < TS_COUNT_OF(words); j++) {
			const struct ts_slice begin = ts_slice_of(words[j]);
			if (ts_slice_starts(word, begin) &&
			    (word.len == begin.len || strchr(":.", word.data[begin.len]) != NULL)) {
				return true;
			}
		}
		if (filter_is_name(l->words[i])) {
			return true;
		}
	}
	return line_has(l, "all");
}

static int make_filter(const struct line *l, struct look *k, struct filter **ret,
		       struct ts_error *err)
{
	size_t count = l->word_count;
	const char **words = ts_arena_array(&k->arena, count + 1, sizeof(*words));
	if (words == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	for (size_t i = 0; i < count; i++) {
		words[i] = l->words[i];
	}
	words[count] = "all";
	return filter_new(words, count + (line_has(l, "all") ? 1 : 0), k->moment.now, ret, err);
}

/* Every task that was named must be there. */
static int check_names(const struct line *l, struct look *k, const struct filter *f,
		       struct ts_error *err)
{
	struct ts_uuids s;
	return l->word_count > 0 && filter_is_names(f)
		       ? filter_select(f, k->txn, &k->replica, &k->arena, &s, err)
		       : TS_OK;
}

static int print(const struct line *l, struct look *k, struct list *list, size_t limit,
		 struct ts_error *err)
{
	int code = l->json ? list_json(list, &k->view, limit, err)
			   : list_print(list, &k->view, limit, err);
	if (code == TS_OK) {
		code = look_print(k, err);
	}
	if (code == TS_OK && !l->json && list_count(list) == 0) {
		line_say(l, "No tasks.");
	} else if (code == TS_OK && list_count(list) > limit) {
		line_say(l, "%zu of %zu tasks.", limit, list_count(list));
	}
	return code;
}

static int list_with(const struct line *l, struct look *k, size_t limit, struct ts_error *err)
{
	TS_CLEANUP(filter_free_p) struct filter *filter = NULL;
	TS_CLEANUP(list_free_p) struct list *list = NULL;
	int code = list_new(line_option(l, "columns", l->settings->columns),
			    line_option(l, "sort", l->settings->sort), &list, err);
	if (code == TS_OK) {
		code = make_filter(l, k, &filter, err);
	}
	if (code == TS_OK) {
		code = check_names(l, k, filter, err);
	}
	struct listing s = {filter, list, k->moment.now, !says_which(l)};
	if (code == TS_OK) {
		code = replica_each(k->txn, &k->replica, each, &s, err);
	}
	return code == TS_OK ? print(l, k, list, limit, err) : code;
}

static int run(struct line *l, struct ts_error *err)
{
	TS_CLEANUP(look_done) struct look k = {0};
	const char *dates = line_option(l, "dates", "relative");
	size_t limit;
	int code = look_count(l, "limit", SIZE_MAX, &limit, err);
	if (code == TS_OK && strcmp(dates, "iso") != 0 && strcmp(dates, "relative") != 0) {
		code = ts_fail(err, TS_EUSAGE, "--dates is 'relative' or 'iso', not '%.100s'.",
			       dates);
	}
	if (code == TS_OK) {
		code = look_open(l, &k, err);
	}
	k.view.iso = strcmp(dates, "iso") == 0;
	return code == TS_OK ? list_with(l, &k, limit, err) : code;
}

const struct command command_list = {
	.name = "list",
	.run = run,
	.words = WORDS_FILTER,
	.usage = "[FILTER…]",
	.brief = "show tasks in a table",
	.help = "Without a filter: what there is to do, but for tasks that wait and templates of "
		"recurring ones. What is due comes first, then by priority, project and age.\n"
		"\n"
		"Columns: id, uuid, start, age, entry, modified, priority, project, tags, depends, "
		"due, wait, scheduled, until, end, recur, status, description, annotations, and "
		"any other attribute by its name. A column that is empty in every row is left "
		"out; so is the status where all are pending, unless --columns names it.",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};
