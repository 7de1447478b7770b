/* SPDX-License-Identifier: MIT */
#include "client/command/target.h"
#include "client/editor/editor.h"
#include "client/editor/task_text.h"
#include "client/words/changes.h"
#include "common/base/date.h"
#include "common/base/file.h"
#include "common/task/recur.h"

enum { TEXT_MAX = 16 << 20 }; /* [bytes] */

/* One edit, from what was shown to what came back. */
struct work {
	const struct line *line;
	struct replica *replica;
	struct task_text_reader reader;
	bool json;
	struct ts_arena arena;
	struct ts_buf before, after; /* the texts */
	char *path;
	struct ts_task shown, edited; /* as they are read */
};

static void work_done(struct work *w)
{
	ts_txn_abort(w->reader.txn);
	ts_arena_done(&w->arena);
	ts_buf_done(&w->before);
	ts_buf_done(&w->after);
	free(w->path);
}

static int read_text(struct work *w, const struct ts_buf *text, struct ts_task *ret,
		     struct ts_error *err)
{
	return (w->json ? task_text_read_json : task_text_read)(ts_buf_slice(text), &w->reader,
								&w->arena, ret, err);
}

/* A moment of the replica, for as long as it takes to read; nobody edits within it. */
static int look(struct work *w, struct ts_error *err)
{
	return ts_txn_begin(w->replica->store, TS_READ, &w->reader.txn, err);
}

static void look_away(struct work *w)
{
	ts_txn_abort(TS_TAKE(w->reader.txn));
}

static int write_text(struct work *w, struct ts_error *err)
{
	struct ts_task task;
	uint64_t number;
	const struct replica *r = w->replica;
	int code = filter_one(w->line->words[0], w->reader.now, w->reader.txn, r, &w->reader.uuid,
			      err);
	if (code == TS_OK) {
		code = replica_task(w->reader.txn, r, &w->reader.uuid, &w->arena, &task, NULL, err);
	}
	if (code != TS_OK) {
		return code;
	}
	if (ts_number_of(w->reader.txn, r->user, &w->reader.uuid, &number, NULL) != TS_OK) {
		number = 0;
	}
	return w->json ? task_text_write_json(&task, &w->arena, &w->before, err)
		       : task_text_write(&task, number, &w->arena, &w->before, err);
}

static int show(struct work *w, struct ts_error *err)
{
	int code = look(w, err);
	if (code == TS_OK) {
		code = write_text(w, err);
	}
	if (code == TS_OK) {
		code = read_text(w, &w->before, &w->shown, err);
	}
	look_away(w);
	return code == TS_OK ? editor_file(ts_buf_slice(&w->before), w->json ? ".json" : ".task",
					   &w->path, err)
			     : code;
}

static int take_back(struct work *w, struct ts_error *err)
{
	int code = look(w, err);
	if (code == TS_OK) {
		w->reader.now = ts_date_now();
		code = read_text(w, &w->after, &w->edited, err);
	}
	look_away(w);
	return code;
}

static int apply(struct edit *e, const struct ts_task *before, struct ts_arena *a,
		 struct ts_task *ret, const char **ret_remark, void *arg, struct ts_error *err)
{
	const struct work *w = arg;
	(void)ret_remark;
	int code = task_text_apply(&w->shown, &w->edited, a, ret, err);
	const struct ts_slice recur = ts_task_text(ret, "recur");
	if (code == TS_OK && recur.len > 0 && !ts_recur_valid(recur) &&
	    !ts_slice_eq(recur, ts_task_text(before, "recur"))) {
		return ts_fail(err, TS_EINVAL, "'%.*s' is not a period such as weekly or P1M.",
			       TS_SLICE_ARGS(recur));
	}
	if (code == TS_OK) {
		code = task_settle(before, ret, a, e->now, err);
	}
	return code == TS_OK ? task_check_depends(e->txn, e->replica, before, ret, err) : code;
}

static int store(struct work *w, struct ts_error *err)
{
	const struct target_change how = {
		.what = "edit", .did = "Modified", .change = apply, .arg = w};
	const struct ts_uuids one = {&w->reader.uuid, 1};
	int code = take_back(w, err);
	return code == TS_OK ? target_change(w->line, w->replica, &one, &how, w->reader.now, err)
			     : code;
}

/* Nothing that somebody wrote is lost: the file stays. */
static int keep_file(const struct work *w, int code, struct ts_error *err)
{
	const struct ts_error why = *err;
	return ts_fail(err, code == TS_EUSAGE ? TS_EINVAL : code,
		       "%.250s What you wrote is still in %.120s.", why.text, w->path);
}

/* The editor didn't come to write anything. */
static bool is_untouched(struct work *w)
{
	struct ts_error err = {0};
	ts_buf_clear(&w->after);
	return ts_file_read(w->path, TEXT_MAX, &w->after, &err) == TS_OK &&
	       ts_slice_eq(ts_buf_slice(&w->before), ts_buf_slice(&w->after));
}

static int edit(struct work *w, struct ts_error *err)
{
	int code = editor_run(w->line->settings, w->path, err);
	if (code == TS_OK) {
		code = ts_file_read(w->path, TEXT_MAX, &w->after, err);
	}
	if (code == TS_OK && !ts_slice_eq(ts_buf_slice(&w->before), ts_buf_slice(&w->after))) {
		code = store(w, err);
	} else if (code == TS_OK) {
		line_say(w->line, "Nothing was changed.");
	}
	if (code != TS_OK && !is_untouched(w)) {
		return keep_file(w, code, err);
	}
	(void)unlink(w->path);
	return code;
}

static int run(struct line *l, struct ts_error *err)
{
	TS_CLEANUP(replica_close) struct replica r = {0};
	TS_CLEANUP(work_done)
	struct work w = {.line = l, .replica = &r, .json = l->json};
	if (l->word_count != 1) {
		return ts_fail(err, TS_EUSAGE, "Say which task, one.");
	}
	int code = line_replica(l, false, &r, err);
	w.reader.now = ts_date_now();
	w.reader.monday = strcmp(l->settings->weekstart, "sunday") != 0;
	w.reader.replica = &r;
	if (code == TS_OK) {
		code = show(&w, err);
	}
	return code == TS_OK ? edit(&w, err) : code;
}

const struct command command_edit = {
	.name = "edit",
	.run = run,
	.words = WORDS_FILTER,
	.usage = "TASK",
	.brief = "change a task in an editor",
	.help = "Opens the task as a text in the setting `editor`, $VISUAL, $EDITOR or vi: a line "
		"for each attribute, tags, what it depends on and annotations; with --json as "
		"JSON. "
		"Only what you change is changed, so that a sync which comes in between is not "
		"undone. Where the text can't be read, nothing is changed and the file is kept.",
};
