/* SPDX-License-Identifier: MIT */
#include "client/command/target.h"

#include "common/show/term.h"
#include "common/task/task_json.h"

#include <stdio.h>

static int out_of_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory.");
}

int target_words(const struct line *l, size_t first, struct ts_arena *a, struct words *ret,
		 struct ts_error *err)
{
	const size_t plain = l->word_count - l->plain;
	*ret = (struct words){.at = ts_arena_array(a, l->word_count + 1, sizeof(*ret->at))};
	if (ret->at == NULL) {
		return out_of_memory(err);
	}
	for (size_t i = first; i < l->word_count; i++) {
		if (l->plain > 0 && i == (plain > first ? plain : first)) {
			ret->at[ret->count++] = "--";
		}
		ret->at[ret->count++] = l->words[i];
	}
	return TS_OK;
}

int target_split(const struct line *l, struct ts_arena *a, struct words *ret_filter,
		 struct words *ret_rest, struct ts_error *err)
{
	size_t i = 0;
	*ret_filter = (struct words){
		.at = ts_arena_array(a, l->word_count + TS_OPTION_VALUES, sizeof(char *))};
	if (ret_filter->at == NULL) {
		return out_of_memory(err);
	}
	for (; i < l->word_count - l->plain && filter_is_name(l->words[i]); i++) {
		ret_filter->at[ret_filter->count++] = l->words[i];
	}
	for (size_t j = 0; j < line_values(l, "where")->count; j++) {
		ret_filter->at[ret_filter->count++] = line_values(l, "where")->at[j];
	}
	if (ret_filter->count == 0) {
		return ts_fail(err, TS_EUSAGE,
			       "Say first which tasks: their numbers or uuids, or --where WORD.");
	}
	return target_words(l, i, a, ret_rest, err);
}

/* "That means 2 tasks:" and which they are. */
static int describe(struct ts_txn *t, const struct replica *r, const struct ts_uuids *tasks,
		    struct ts_buf *to, struct ts_error *err)
{
	TS_ARENA(a);
	int code = TS_OK;
	ts_buf_printf(to, "That means %zu tasks:\n", tasks->count);
	for (size_t i = 0; code == TS_OK && i < tasks->count && i < TARGET_LIST_MAX; i++) {
		struct ts_task task;
		uint64_t number = 0;
		code = replica_task(t, r, &tasks->at[i], &a, &task, NULL, err);
		if (code == TS_OK) {
			(void)!ts_number_of(t, r->user, &tasks->at[i], &number, NULL);
			ts_buf_add_str(to, "  ");
			target_add_name(to, &task, number);
			ts_buf_add_char(to, '\n');
		}
	}
	if (tasks->count > TARGET_LIST_MAX) {
		ts_buf_printf(to, "  and %zu more\n", tasks->count - TARGET_LIST_MAX);
	}
	return code == TS_OK && to->failed ? out_of_memory(err) : code;
}

/* Several tasks that were not named: does somebody want that? Ends the transaction. */
static int confirm(const struct line *l, struct ts_txn *t, const struct replica *r,
		   const struct ts_uuids *tasks, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *own = t;
	TS_BUF(text);
	char answer[16] = "";
	if (line_has(l, "all")) {
		return TS_OK;
	}
	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO)) {
		return ts_fail(err, TS_EUSAGE, "That means %zu tasks; --all says that you want it.",
			       tasks->count);
	}
	int code = describe(t, r, tasks, &text, err);
	ts_txn_abort(TS_TAKE(own));
	if (code != TS_OK) {
		return code;
	}
	(void)fprintf(stderr, "%sGo on? (y/N) ", text.data);
	if (fgets(answer, sizeof(answer), stdin) != NULL && (answer[0] | 0x20) == 'y') {
		return TS_OK;
	}
	return ts_fail(err, TS_ECANCELED, "Nothing was changed.");
}

int target_select(const struct line *l, const struct replica *r, const struct words *filter,
		  int64_t now, struct ts_arena *a, struct ts_uuids *ret, struct ts_error *err)
{
	TS_CLEANUP(filter_free_p) struct filter *f = NULL;
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	if (filter->count == 0) {
		return ts_fail(err, TS_EUSAGE, "Say which tasks: numbers, uuids or a filter.");
	}
	int code = filter_new(filter->at, filter->count, now, &f, err);
	if (code == TS_OK) {
		code = ts_txn_begin(r->store, TS_READ, &t, err);
	}
	if (code == TS_OK) {
		code = filter_select(f, t, r, a, ret, err);
	}
	if (code != TS_OK) {
		return code;
	}
	if (ret->count == 0) {
		return ts_fail(err, TS_ENOTFOUND, "No task matches.");
	}
	return ret->count > 1 && !filter_is_names(f) ? confirm(l, TS_TAKE(t), r, ret, err) : TS_OK;
}

void target_add_name(struct ts_buf *to, const struct ts_task *task, uint64_t number)
{
	if (number > 0) {
		ts_buf_printf(to, "task %llu '", (unsigned long long)number);
	} else {
		ts_buf_printf(to, "task %.8s '", ts_uuid_text(&task->uuid).text);
	}
	ts_term_add(to, false, TS_STYLE_NONE, ts_task_text(task, "description"));
	ts_buf_add_char(to, '\'');
}

void target_add_json(struct ts_buf *to, const struct ts_task *task, uint64_t number,
		     struct ts_arena *a)
{
	TS_BUF(json);
	ts_task_write(task, a, &json);
	to->failed |= json.failed;
	ts_buf_printf(to, "{\"id\":%llu,", (unsigned long long)number);
	if (json.len > 0) {
		ts_buf_add_slice(to, ts_slice_skip(ts_buf_slice(&json), 1));
	}
}

/* What is told at the end, when all is on disk. */
struct told {
	struct ts_buf lines, remarks;
	size_t count; /* of lines */
};

static void told_done(struct told *t)
{
	ts_buf_done(&t->lines);
	ts_buf_done(&t->remarks);
}

static uint64_t number_of(struct edit *e, const struct ts_uuid *uuid)
{
	uint64_t number = 0;
	return ts_number_of(e->txn, e->replica->user, uuid, &number, NULL) == TS_OK ? number : 0;
}

static void tell(const struct line *l, const struct target_change *how, struct edit *e,
		 const struct ts_task *task, uint64_t before, struct ts_arena *a, struct told *told)
{
	const uint64_t after = number_of(e, &task->uuid);
	struct ts_buf *to = &told->lines;
	if (l->json) {
		ts_buf_add_str(to, told->count > 0 ? ",\n" : "");
		target_add_json(to, task, after, a);
	} else {
		ts_buf_printf(to, "%s ", how->did);
		target_add_name(to, task, before > 0 ? before : after);
		ts_buf_add_str(to, ".\n");
	}
	told->count++;
}

static void tell_unchanged(const struct ts_task *task, uint64_t number, const char *remark,
			   struct told *told)
{
	const size_t at = told->remarks.len;
	target_add_name(&told->remarks, task, number);
	ts_buf_printf(&told->remarks, " %s.\n", remark);
	if (!told->remarks.failed) {
		told->remarks.data[at] = 'T';
	}
}

/* A copy whose attributes may be changed. */
static int copy(const struct ts_task *task, struct ts_arena *a, struct ts_task *ret,
		struct ts_error *err)
{
	*ret = *task;
	ret->attrs = ts_arena_array(a, task->count + 1, sizeof(*ret->attrs));
	if (ret->attrs == NULL) {
		return out_of_memory(err);
	}
	memcpy(ret->attrs, task->attrs, task->count * sizeof(*task->attrs));
	return TS_OK;
}

/* The task as it is, and a copy to be changed now. */
static int begin_change(struct edit *e, const struct ts_uuid *uuid, struct ts_arena *a,
			struct ts_task *ret_before, struct ts_task *ret_after, struct ts_error *err)
{
	uint64_t head;
	int code = replica_task(e->txn, e->replica, uuid, a, ret_before, &head, err);
	if (code == TS_OK && head == 0) {
		code = ts_fail(err, TS_ENOTFOUND, "There is no task %s.", ts_uuid_text(uuid).text);
	}
	if (code == TS_OK) {
		code = copy(ret_before, a, ret_after, err);
	}
	if (code == TS_OK) {
		ret_after->has_modified = true;
		ret_after->modified = e->now;
	}
	return code;
}

static int change_one(const struct line *l, struct edit *e, const struct ts_uuid *uuid,
		      const struct target_change *how, struct told *told, struct ts_error *err)
{
	TS_ARENA(arena);
	struct ts_task before, after;
	const char *remark = NULL;
	bool changed = false;
	int code = begin_change(e, uuid, &arena, &before, &after, err);
	if (code != TS_OK) {
		return code;
	}
	const uint64_t number = number_of(e, uuid);
	code = how->change(e, &before, &arena, &after, &remark, how->arg, err);
	if (code == TS_OK && remark == NULL) {
		code = edit_put(e, &after, &changed, err);
	}
	if (code != TS_OK) {
		return code;
	}
	if (changed) {
		tell(l, how, e, &after, number, &arena, told);
	} else {
		tell_unchanged(&before, number, remark != NULL ? remark : "is so already", told);
	}
	return TS_OK;
}

static int print(const struct line *l, struct told *told, struct ts_error *err)
{
	TS_BUF(json);
	if (told->remarks.len > 0 && !told->remarks.failed && !l->quiet) {
		(void)fwrite(told->remarks.data, 1, told->remarks.len, stderr);
	}
	if (!l->json) {
		return line_print(&told->lines, err);
	}
	ts_buf_add_str(&json, "[");
	ts_buf_add_slice(&json, ts_buf_slice(&told->lines));
	ts_buf_add_str(&json, "]\n");
	json.failed |= told->lines.failed;
	return line_print(&json, err);
}

int target_change(const struct line *l, struct replica *r, const struct ts_uuids *tasks,
		  const struct target_change *how, int64_t now, struct ts_error *err)
{
	TS_CLEANUP(told_done) struct told told = {0};
	TS_CLEANUP(edit_abort) struct edit e = {0};
	int code = edit_begin(r, how->what, now, &e, err);
	for (size_t i = 0; i < tasks->count && code == TS_OK; i++) {
		code = change_one(l, &e, &tasks->at[i], how, &told, err);
	}
	if (code == TS_OK) {
		code = edit_commit(&e, NULL, err);
	}
	return code == TS_OK ? print(l, &told, err) : code;
}
