/* SPDX-License-Identifier: MIT */
/* annotate and denotate. */
#include "client/command/target.h"
#include "client/words/changes.h"
#include "common/base/date.h"
#include "common/base/utf8.h"
#include "common/task/task_key.h"
#include "common/words/fold.h"

#include <stdio.h>

struct note {
	struct ts_slice text;
	bool all; /* take away every one that has the text in it */
	size_t removed;
};

/* True where an annotation was made in that second. */
static bool is_taken(const struct ts_task *task, int64_t date)
{
	TS_BUF(prefix);
	ts_buf_printf(&prefix, "annotation_%s_", ts_date_text(date).text);
	for (const struct ts_attr *at = ts_task_from(task, ts_buf_slice(&prefix));
	     at < task->attrs + task->count && ts_slice_starts(at->key, ts_buf_slice(&prefix));
	     at++) {
		if (at->value.kind != TS_VALUE_NONE) {
			return true;
		}
	}
	return false;
}

/* Taskwarrior wants a second for each: two in the same one become neighbours. */
static int annotate(struct edit *e, const struct ts_task *before, struct ts_arena *a,
		    struct ts_task *ret, const char **ret_remark, void *arg, struct ts_error *err)
{
	const struct note *note = arg;
	int64_t date = e->now;
	TS_BUF(key);
	(void)ret_remark;
	while (is_taken(before, date)) {
		date++;
	}
	ts_buf_printf(&key, "annotation_%s_", ts_date_text(date).text);
	ts_buf_add_slice(&key, note->text);
	const struct ts_value member = {TS_VALUE_STRING, TS_SLICE("x")};
	return key.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.")
			  : task_set(ret, a, ts_buf_slice(&key), member, err);
}

static bool is_note(const struct ts_attr *at, const struct note *note, bool exact)
{
	if (at->value.kind == TS_VALUE_NONE ||
	    at->key.len <= TS_KEY_ANNOTATION.len + TS_KEY_DATE_LEN) {
		return false;
	}
	const struct ts_slice text =
		ts_slice_skip(at->key, TS_KEY_ANNOTATION.len + TS_KEY_DATE_LEN + 1);
	return exact ? ts_slice_eq(text, note->text) : ts_fold_contains(text, note->text);
}

/* Count the annotations that are meant; with `remove` take them away. */
static size_t visit(struct ts_task *task, const struct note *note, bool exact, bool remove)
{
	size_t count = 0;
	struct ts_attr *at = (struct ts_attr *)(uintptr_t)ts_task_from(task, TS_KEY_ANNOTATION);
	for (; at < task->attrs + task->count && ts_slice_starts(at->key, TS_KEY_ANNOTATION);
	     at++) {
		if (!is_note(at, note, exact)) {
			continue;
		}
		count++;
		if (remove) {
			at->value = (struct ts_value){TS_VALUE_NONE, TS_SLICE("")};
		}
	}
	return count;
}

static int denotate(struct edit *e, const struct ts_task *before, struct ts_arena *a,
		    struct ts_task *ret, const char **ret_remark, void *arg, struct ts_error *err)
{
	struct note *note = arg;
	(void)e;
	(void)before;
	(void)a;
	const bool exact = visit(ret, note, true, false) > 0;
	const size_t count = visit(ret, note, exact, false);
	if (count == 0) {
		*ret_remark = "has no such annotation";
	}
	if (count > 1 && !note->all) {
		return ts_fail(err, TS_EUSAGE,
			       "%zu annotations match; --all says that you mean each of them.",
			       count);
	}
	note->removed += visit(ret, note, exact, true);
	return TS_OK;
}

/* The words behind the filter as one text. */
static int join(const struct words *words, struct ts_buf *to, struct ts_error *err)
{
	for (size_t i = 0; i < words->count; i++) {
		if (strcmp(words->at[i], "--") != 0) {
			ts_buf_add_str(to, to->len > 0 ? " " : "");
			ts_buf_add_str(to, words->at[i]);
		}
	}
	if (to->failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (to->len == 0) {
		return ts_fail(err, TS_EUSAGE, "Say the annotation's text.");
	}
	return ts_utf8_valid(ts_buf_slice(to)) ? TS_OK
					       : ts_fail(err, TS_EUSAGE, "The text is not UTF-8.");
}

static int run_with(struct line *l, struct target_change *how, struct note *note,
		    struct ts_error *err)
{
	TS_ARENA(arena);
	TS_BUF(text);
	TS_CLEANUP(replica_close) struct replica r = {0};
	struct words filter, rest;
	struct ts_uuids tasks;
	const int64_t now = ts_date_now();
	int code = target_split(l, &arena, &filter, &rest, err);
	if (code == TS_OK) {
		code = join(&rest, &text, err);
	}
	if (code == TS_OK) {
		code = line_replica(l, false, &r, err);
	}
	if (code == TS_OK) {
		code = target_select(l, &r, &filter, now, &arena, &tasks, err);
	}
	note->text = ts_buf_slice(&text);
	how->arg = note;
	return code == TS_OK ? target_change(l, &r, &tasks, how, now, err) : code;
}

static int run_annotate(struct line *l, struct ts_error *err)
{
	struct note note = {0};
	struct target_change how = {.what = "annotate", .did = "Annotated", .change = annotate};
	return run_with(l, &how, &note, err);
}

static int run_denotate(struct line *l, struct ts_error *err)
{
	struct note note = {.all = line_has(l, "all")};
	struct target_change how = {
		.what = "denotate", .did = "Took an annotation off", .change = denotate};
	int code = run_with(l, &how, &note, err);
	if (code == TS_OK && note.removed > 1) {
		line_say(l, "%zu annotations were taken off.", note.removed);
	}
	return code;
}

static const struct ts_option options[] = {TARGET_WHERE, TARGET_ALL};

const struct command command_annotate = {
	.name = "annotate",
	.run = run_annotate,
	.words = WORDS_FREE,
	.usage = "NUMBER|UUID… TEXT…",
	.brief = "add an annotation to tasks",
	.help = "  taskc annotate 3 They close at six\n  taskc annotate 3 -- 6 pm, not 7",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};

const struct command command_denotate = {
	.name = "denotate",
	.run = run_denotate,
	.words = WORDS_FREE,
	.usage = "NUMBER|UUID… TEXT…",
	.brief = "take annotations off tasks",
	.help = "The annotation that is the text; where none is, the one that has it in it, "
		"without "
		"regard to case. Several are taken off with --all only.",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};
