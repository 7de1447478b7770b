/* SPDX-License-Identifier: MIT */
/* The tasks that words mean. */
#include "server/history/subject.h"

#include "common/base/utf8.h"
#include "common/show/spell.h"
#include "common/words/fold.h"

enum { TOLD_MAX = 3 }; /* tasks named where a word means several */

/* One word, looked for in all tasks. */
struct search {
	const struct subject *subject;
	struct ts_slice word;
	bool in_uuids; /* else in descriptions */
	struct ts_arena arena;
	struct ts_uuid found; /* the first one */
	size_t hits;
	struct ts_buf told;
};

static void search_done(struct search *f)
{
	ts_arena_done(&f->arena);
	ts_buf_done(&f->told);
}

/* The beginning of a uuid, in small letters; false where `word` is none. */
static bool to_digits(struct ts_slice word, char to[static TS_UUID_TEXT + 1])
{
	static const char digits[] = "0123456789abcdef-", large[] = "ABCDEF";
	size_t n = 0;
	for (; n < word.len && n < TS_UUID_TEXT; n++) {
		const char c = word.data[n];
		const char *at = c != '\0' ? strchr(large, c) : NULL;
		to[n] = at != NULL ? (char)('a' + (at - large)) : c;
		if (c == '\0' || strchr(digits, to[n]) == NULL) {
			return false;
		}
	}
	to[n] = '\0';
	return n == word.len && n >= SUBJECT_DIGITS;
}

static void tell(struct search *f, const struct ts_task *task)
{
	ts_buf_add_str(&f->told, f->hits > 0 ? ", " : "");
	ts_spell_task(&f->told, 0, &task->uuid);
	ts_buf_add_str(&f->told, " '");
	ts_buf_add_slice(&f->told, ts_task_text(task, "description"));
	ts_buf_add_str(&f->told, "'");
}

static int look_at(const struct ts_uuid *uuid, uint64_t head, void *arg, struct ts_error *err)
{
	struct search *f = arg;
	struct ts_task task;
	const struct ts_uuid_text text = ts_uuid_text(uuid);
	if (f->in_uuids && !ts_slice_starts(ts_slice_of(text.text), f->word)) {
		return TS_OK;
	}
	ts_arena_reset(&f->arena);
	int code = ts_version_task(f->subject->txn, f->subject->user.id, head, uuid, &f->arena,
				   &task, err);
	if (code != TS_OK ||
	    (!f->in_uuids && !ts_fold_contains(ts_task_text(&task, "description"), f->word))) {
		return code;
	}
	if (f->hits < TOLD_MAX) {
		tell(f, &task);
	}
	f->found = f->hits == 0 ? *uuid : f->found;
	f->hits++;
	return TS_OK;
}

static int ambiguous(const struct search *f, struct ts_error *err)
{
	const struct ts_slice told =
		f->told.failed ? TS_SLICE("") : ts_utf8_beginning(ts_buf_slice(&f->told), 200);
	return ts_fail(err, TS_EINVAL, "'%.*s' is in %s of %zu tasks: %.*s%s.",
		       (int)(f->word.len < 80 ? f->word.len : 80), f->word.data,
		       f->in_uuids ? "the uuids" : "the descriptions", f->hits, TS_SLICE_ARGS(told),
		       f->hits > TOLD_MAX ? " …" : "");
}

static int search(struct search *f, const char *word, struct ts_uuid *ret, struct ts_error *err)
{
	const struct subject *s = f->subject;
	char digits[TS_UUID_TEXT + 1];
	int code = TS_OK;
	if (to_digits(ts_slice_of(word), digits)) {
		f->in_uuids = true;
		f->word = ts_slice_of(digits);
		code = ts_head_each(s->txn, s->user.id, look_at, f, err);
	}
	if (code == TS_OK && f->hits == 0) {
		f->in_uuids = false;
		f->word = ts_slice_of(word);
		code = ts_head_each(s->txn, s->user.id, look_at, f, err);
	}
	*ret = f->found;
	if (code != TS_OK || f->hits == 1) {
		return code;
	}
	return f->hits > 1 ? ambiguous(f, err)
			   : ts_fail(err, TS_ENOTFOUND,
				     "There is no task '%.100s': say its uuid, the first %d "
				     "digits of it, or a word of its description.",
				     word, SUBJECT_DIGITS);
}

static int find_task(struct subject *s, const char *word, struct ts_uuid *ret, struct ts_error *err)
{
	TS_CLEANUP(search_done) struct search f = {.subject = s};
	uint64_t head;
	if (word[0] == '\0') {
		return ts_fail(err, TS_EINVAL, "Which task? An empty word means none.");
	}
	if (ts_uuid_parse(ts_slice_of(word), ret) &&
	    ts_head_get(s->txn, s->user.id, ret, &head, NULL) == TS_OK) {
		return TS_OK;
	}
	return search(&f, word, ret, err);
}

static bool is_there(const struct ts_uuids *tasks, const struct ts_uuid *uuid)
{
	for (size_t i = 0; i < tasks->count; i++) {
		if (ts_uuid_eq(&tasks->at[i], uuid)) {
			return true;
		}
	}
	return false;
}

int subject_tasks(struct subject *s, char *const *words, size_t count, struct ts_uuids *ret,
		  struct ts_error *err)
{
	int code = TS_OK;
	ret->count = 0;
	ret->at = ts_arena_array(&s->arena, count + 1, sizeof(*ret->at));
	if (ret->at == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	for (size_t i = 0; i < count && code == TS_OK; i++) {
		code = find_task(s, words[i], &ret->at[ret->count], err);
		ret->count += code == TS_OK && !is_there(ret, &ret->at[ret->count]) ? 1 : 0;
	}
	return code;
}
