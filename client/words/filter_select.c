/* SPDX-License-Identifier: MIT */
#include "client/words/filter_internal.h"
#include "common/base/buf.h"

#include <stdlib.h>

/* A task that matches, and what it is sorted by. */
struct found {
	struct ts_uuid uuid;
	uint64_t number; /* UINT64_MAX: none, those come last */
	int64_t entry;
};

struct search {
	const struct filter *filter;
	struct ts_buf list; /* of struct found */
	size_t *hits;       /* of each name */
};

static void search_done(struct search *s)
{
	ts_buf_done(&s->list);
	free(s->hits);
}

static int by_number(const void *a, const void *b)
{
	const struct found *x = a, *y = b;
	if (x->number != y->number) {
		return x->number > y->number ? 1 : -1;
	}
	if (x->entry != y->entry) {
		return x->entry > y->entry ? 1 : -1;
	}
	return memcmp(x->uuid.bytes, y->uuid.bytes, sizeof(x->uuid.bytes));
}

static void add(struct search *s, const struct replica_entry *e)
{
	const struct found n = {
		.uuid = e->task.uuid,
		.number = e->number > 0 ? e->number : UINT64_MAX,
		.entry = attribute_date(&e->task, TS_SLICE("entry"), 0),
	};
	ts_buf_add(&s->list, &n, sizeof(n));
}

static int visit(const struct replica_entry *e, void *arg, struct ts_error *err)
{
	struct search *s = arg;
	const struct filter *f = s->filter;
	bool named = f->name_count == 0;
	for (size_t i = 0; i < f->name_count; i++) {
		const bool hit = filter_name_matches(&f->names[i], e);
		s->hits[i] += hit ? 1 : 0;
		named |= hit;
	}
	if (named && filter_terms_match(f, e)) {
		add(s, e);
	}
	return s->list.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

static int missing(const struct filter_name *n, struct ts_error *err)
{
	return ts_fail(err, TS_ENOTFOUND, "There is no task %.*s.", TS_SLICE_ARGS(n->word));
}

/* Each name is that of a task, and a uuid's beginning of no more than one. */
static int check_hits(const struct search *s, struct ts_error *err)
{
	for (size_t i = 0; i < s->filter->name_count; i++) {
		const struct filter_name *n = &s->filter->names[i];
		if (s->hits[i] == 0) {
			return missing(n, err);
		}
		if (n->high == 0 && s->hits[i] > 1) {
			return ts_fail(err, TS_ENOTFOUND,
				       "The uuids of %zu tasks begin with %.*s; write more of it.",
				       s->hits[i], TS_SLICE_ARGS(n->word));
		}
	}
	return TS_OK;
}

/* A single number or a whole uuid needs no search. */
static bool is_exact(const struct filter_name *n)
{
	return n->high > 0 ? n->low == n->high : n->uuid.len == TS_UUID_TEXT;
}

static bool are_exact(const struct filter *f)
{
	bool exact = f->name_count > 0;
	for (size_t i = 0; i < f->name_count && exact; i++) {
		exact = is_exact(&f->names[i]);
	}
	return exact;
}

static int find_exact(const struct filter_name *n, struct ts_txn *t, const struct replica *r,
		      struct ts_arena *a, struct replica_entry *ret, struct ts_error *err)
{
	struct ts_uuid uuid;
	int code = TS_OK;
	*ret = (struct replica_entry){0};
	if (n->high > 0) {
		code = ts_number_task(t, r->user, n->low, &uuid, err);
		ret->number = n->low;
	} else if (!ts_uuid_parse(n->uuid, &uuid)) {
		code = TS_ENOTFOUND;
	} else if (ts_number_of(t, r->user, &uuid, &ret->number, NULL) != TS_OK) {
		ret->number = 0;
	}
	if (code == TS_OK) {
		code = replica_task(t, r, &uuid, a, &ret->task, &ret->head, err);
	}
	if (code == TS_ENOTFOUND ||
	    (code == TS_OK && ts_task_text(&ret->task, "status").len == 0)) {
		return missing(n, err);
	}
	return code;
}

static int select_exact(struct search *s, struct ts_txn *t, const struct replica *r,
			struct ts_error *err)
{
	TS_ARENA(arena);
	struct replica_entry e;
	for (size_t i = 0; i < s->filter->name_count; i++) {
		ts_arena_reset(&arena);
		int code = find_exact(&s->filter->names[i], t, r, &arena, &e, err);
		if (code != TS_OK) {
			return code;
		}
		if (filter_terms_match(s->filter, &e)) {
			add(s, &e);
		}
	}
	return s->list.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

static int select_all(struct search *s, struct ts_txn *t, const struct replica *r,
		      struct ts_error *err)
{
	s->hits = calloc(s->filter->name_count + 1, sizeof(*s->hits));
	if (s->hits == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	int code = replica_each(t, r, visit, s, err);
	return code == TS_OK ? check_hits(s, err) : code;
}

/* The uuids in order, each once. */
static int settle(struct search *s, struct ts_arena *a, struct ts_uuids *ret, struct ts_error *err)
{
	struct found *list = (void *)s->list.data;
	const size_t count = s->list.len / sizeof(*list);
	ret->count = 0;
	ret->at = ts_arena_array(a, count + 1, sizeof(*ret->at));
	if (ret->at == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (count > 0) {
		qsort(list, count, sizeof(*list), by_number);
	}
	for (size_t i = 0; i < count; i++) {
		if (i == 0 || !ts_uuid_eq(&list[i - 1].uuid, &list[i].uuid)) {
			ret->at[ret->count++] = list[i].uuid;
		}
	}
	return TS_OK;
}

int filter_select(const struct filter *f, struct ts_txn *t, const struct replica *r,
		  struct ts_arena *a, struct ts_uuids *ret, struct ts_error *err)
{
	TS_CLEANUP(search_done) struct search s = {.filter = f};
	int code = are_exact(f) ? select_exact(&s, t, r, err) : select_all(&s, t, r, err);
	return code == TS_OK ? settle(&s, a, ret, err) : code;
}

int filter_one(const char *word, int64_t now, struct ts_txn *t, const struct replica *r,
	       struct ts_uuid *ret, struct ts_error *err)
{
	TS_ARENA(arena);
	TS_CLEANUP(filter_free_p) struct filter *f = NULL;
	struct ts_uuids found;
	int code = filter_new(&word, 1, now, &f, err);
	if (code == TS_OK) {
		code = filter_select(f, t, r, &arena, &found, err);
	}
	if (code != TS_OK) {
		return code;
	}
	if (found.count == 0) {
		return ts_fail(err, TS_ENOTFOUND, "No task matches '%.100s'.", word);
	}
	if (found.count > 1) {
		return ts_fail(err, TS_EUSAGE, "'%.100s' means %zu tasks; name one of them.", word,
			       found.count);
	}
	*ret = found.at[0];
	return TS_OK;
}
