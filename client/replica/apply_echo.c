/* SPDX-License-Identifier: MIT */
/*
 * Where several replicas sync with the same two remotes, each hands on what it gets, as an edit of
 * what it had: on that way stamps are lost. Two states can then chase each other for ever, one
 * remote telling A after B, the other one B after A. It shows in the history: a change that came
 * before comes again, with the same times. Then all have to take the same side.
 */
#include "client/replica/apply_internal.h"

#include "common/task/task_json.h"

enum { LOOK_BACK = 32 }; /* versions */

/* True where `a` is the later one: a rule that is the same everywhere. */
static int is_later(const struct ts_task *a, const struct ts_task *b, struct ts_arena *arena,
		    bool *ret, struct ts_error *err)
{
	TS_BUF(text_a);
	TS_BUF(text_b);
	ts_task_write(a, arena, &text_a);
	ts_task_write(b, arena, &text_b);
	*ret = a->modified != b->modified
		       ? a->modified > b->modified
		       : ts_slice_cmp(ts_buf_slice(&text_a), ts_buf_slice(&text_b)) > 0;
	return text_a.failed || text_b.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

static bool has_time(const struct ts_version *v, const struct ts_task *task)
{
	return v->has_modified && task->has_modified && v->modified == task->modified;
}

static int is_task(const struct work *w, const struct ts_version *v, const struct ts_task *task,
		   bool *ret, struct ts_error *err)
{
	TS_ARENA(a);
	struct ts_task stored;
	int code = ts_version_task(w->edit.txn, w->user, v->number, &v->task, &a, &stored, err);
	*ret = code == TS_OK && ts_task_same(&stored, task);
	return code;
}

/* True where `to` was made from `from` once before, behind version `head`. */
static int was_made(const struct work *w, uint64_t head, const struct ts_task *from,
		    const struct ts_task *to, bool *ret, struct ts_error *err)
{
	struct ts_version v, before;
	int code = ts_version_read(w->edit.txn, w->user, head, &v, err);
	*ret = false;
	for (int i = 0; code == TS_OK && !*ret && v.parent != 0 && i < LOOK_BACK; i++) {
		code = ts_version_read(w->edit.txn, w->user, v.parent, &before, err);
		if (code == TS_OK && has_time(&v, to) && has_time(&before, from)) {
			code = is_task(w, &v, to, ret, err);
			if (code == TS_OK && *ret) {
				code = is_task(w, &before, from, ret, err);
			}
		}
		v = before;
	}
	return code;
}

int apply_is_echo(struct work *w, uint64_t head_number, const struct ts_task *head,
		  const struct ts_task *received, bool *ret, struct ts_error *err)
{
	bool again;
	int code = was_made(w, head_number, head, received, &again, err);
	*ret = false;
	return code == TS_OK && again ? is_later(head, received, &w->arena, ret, err) : code;
}
