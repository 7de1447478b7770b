/* SPDX-License-Identifier: MIT */
#include "client/show/list.h"

#include "client/show/column.h"
#include "client/show/table.h"
#include "client/words/attributes.h"

enum { SORT_KEYS = 8 };

static const char usual_columns[] = "id,status,start,age,priority,project,tags,due,description";
static const char usual_sort[] = "due+,priority-,project+,entry+";

struct row {
	struct replica_entry entry; /* lives in the arena */
	struct sort_value values[SORT_KEYS];
	const struct list *list;
};

struct list {
	struct ts_arena arena;
	struct column columns[TABLE_COLUMNS];
	size_t column_count;
	bool usual; /* nobody chose the columns */
	struct column keys[SORT_KEYS];
	bool down[SORT_KEYS];
	size_t key_count;
	struct row **rows;
	size_t count, room;
};

/* The next name of a list with commas, copied; NULL if out of memory. */
static char *next_name(struct list *l, struct ts_slice *rest)
{
	struct ts_slice name = ts_slice_cut(rest, ',');
	struct ts_slice copy = ts_arena_copy(&l->arena, name);
	return (char *)copy.data;
}

static int read_columns(struct list *l, const char *words, struct ts_error *err)
{
	struct ts_slice rest = ts_slice_of(words);
	while (rest.data != NULL) {
		char *name = next_name(l, &rest);
		if (name == NULL) {
			return ts_fail(err, TS_ENOMEM, "Out of memory.");
		}
		if (l->column_count == TABLE_COLUMNS || name[0] == '\0') {
			return ts_fail(err, TS_EUSAGE,
				       "'%.200s' is no list of columns: names with commas between "
				       "them, %d at most.",
				       words, TABLE_COLUMNS);
		}
		l->columns[l->column_count++] = column_of(name);
	}
	return TS_OK;
}

static int read_keys(struct list *l, const char *words, struct ts_error *err)
{
	struct ts_slice rest = ts_slice_of(words);
	while (rest.data != NULL) {
		char *name = next_name(l, &rest);
		if (name == NULL) {
			return ts_fail(err, TS_ENOMEM, "Out of memory.");
		}
		size_t len = strlen(name);
		char sign = len > 0 ? name[len - 1] : '\0';
		if (sign == '+' || sign == '-') {
			name[len - 1] = '\0';
		}
		if (l->key_count == SORT_KEYS || name[0] == '\0') {
			return ts_fail(err, TS_EUSAGE,
				       "'%.200s' is nothing to sort by: names with + or - behind "
				       "them and commas between, %d at most.",
				       words, SORT_KEYS);
		}
		l->down[l->key_count] = sign == '-';
		l->keys[l->key_count++] = column_of(name);
	}
	return TS_OK;
}

int list_new(const char *columns, const char *sort, struct list **ret, struct ts_error *err)
{
	TS_CLEANUP(list_free_p) struct list *l = calloc(1, sizeof(*l));
	if (l == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	l->usual = columns[0] == '\0';
	int code = read_columns(l, l->usual ? usual_columns : columns, err);
	if (code == TS_OK) {
		code = read_keys(l, sort[0] != '\0' ? sort : usual_sort, err);
	}
	if (code == TS_OK) {
		*ret = TS_TAKE(l);
	}
	return code;
}

void list_free(struct list *l)
{
	if (l != NULL) {
		free(l->rows);
		ts_arena_done(&l->arena);
		free(l);
	}
}

size_t list_count(const struct list *l)
{
	return l->count;
}

/* The task without what was removed, with all that it points to. */
static bool copy_task(struct ts_arena *a, const struct ts_task *task, struct ts_task *ret)
{
	*ret = *task;
	ret->count = 0;
	ret->attrs = ts_arena_array(a, task->count + 1, sizeof(*ret->attrs));
	for (size_t i = 0; ret->attrs != NULL && i < task->count; i++) {
		struct ts_attr attr = task->attrs[i];
		if (attr.value.kind == TS_VALUE_NONE) {
			continue;
		}
		attr.key = ts_arena_copy(a, attr.key);
		attr.value.text = ts_arena_copy(a, attr.value.text);
		if (attr.key.data == NULL || attr.value.text.data == NULL) {
			return false;
		}
		ret->attrs[ret->count++] = attr;
	}
	return ret->attrs != NULL;
}

static bool make_room(struct list *l)
{
	if (l->count < l->room) {
		return true;
	}
	size_t room = l->room > 0 ? 2 * l->room : 64;
	struct row **rows = reallocarray(l->rows, room, sizeof(*rows));
	if (rows != NULL) {
		l->rows = rows;
		l->room = room;
	}
	return rows != NULL;
}

int list_add(struct list *l, const struct replica_entry *e, struct ts_error *err)
{
	struct row *row = ts_arena_alloc(&l->arena, sizeof(*row));
	if (row == NULL || !make_room(l) || !copy_task(&l->arena, &e->task, &row->entry.task)) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	row->list = l;
	row->entry.head = e->head;
	row->entry.number = e->number;
	for (size_t i = 0; i < l->key_count; i++) {
		row->values[i] = column_sort_value(&l->keys[i], &row->entry);
	}
	l->rows[l->count++] = row;
	return TS_OK;
}

/* What has no value comes last, whichever way it is sorted; the uuid decides at the end. */
static int compare(const void *a, const void *b)
{
	const struct row *x = *(const struct row *const *)a, *y = *(const struct row *const *)b;
	for (size_t i = 0; i < x->list->key_count; i++) {
		const struct sort_value *v = &x->values[i], *w = &y->values[i];
		int c = v->none || w->none ? (int)v->none - (int)w->none
			: x->list->down[i] ? sort_value_cmp(w, v)
					   : sort_value_cmp(v, w);
		if (c != 0) {
			return c;
		}
	}
	return memcmp(x->entry.task.uuid.bytes, y->entry.task.uuid.bytes,
		      sizeof(x->entry.task.uuid.bytes));
}

static size_t sorted(struct list *l, size_t limit)
{
	if (l->count > 0) {
		qsort(l->rows, l->count, sizeof(struct row *), compare);
	}
	return limit < l->count ? limit : l->count;
}

static bool all_pending(const struct list *l, int64_t now)
{
	size_t i = 0;
	while (i < l->count &&
	       ts_slice_eq(attribute_status(&l->rows[i]->entry.task, now), TS_SLICE("pending"))) {
		i++;
	}
	return i == l->count;
}

/* Where no task is anything else than pending, the usual columns do without it. */
static void drop_status(struct list *l)
{
	for (size_t i = 0; i < l->column_count; i++) {
		if (l->columns[i].kind == COLUMN_STATUS) {
			l->column_count--;
			memmove(&l->columns[i], &l->columns[i + 1],
				(l->column_count - i) * sizeof(l->columns[0]));
		}
	}
}

int list_print(struct list *l, const struct ts_view *v, size_t limit, struct ts_error *err)
{
	TS_CLEANUP(table_free_p) struct table *table = NULL;
	TS_BUF(text);
	const char *heads[TABLE_COLUMNS];
	bool right[TABLE_COLUMNS];
	if (l->usual && all_pending(l, v->now)) {
		drop_status(l);
	}
	for (size_t i = 0; i < l->column_count; i++) {
		heads[i] = l->columns[i].head;
		right[i] = l->columns[i].right;
	}
	int code = table_new(heads, right, l->column_count, &table, err);
	size_t count = sorted(l, limit);
	for (size_t i = 0; code == TS_OK && i < count; i++) {
		const struct replica_entry *e = &l->rows[i]->entry;
		enum ts_style style = entry_style(v, e);
		for (size_t j = 0; j < l->column_count; j++) {
			ts_buf_clear(&text);
			column_add(&l->columns[j], v, e, &text);
			table_add(table, style, ts_buf_slice(&text));
			v->to->failed |= text.failed;
		}
	}
	return code == TS_OK ? table_print(table, v->width, v->color, v->to, err) : code;
}

int list_json(struct list *l, const struct ts_view *v, size_t limit, struct ts_error *err)
{
	struct ts_json j = ts_json_to(v->to);
	size_t count = sorted(l, limit);
	int code = TS_OK;
	ts_json_open(&j, '[');
	for (size_t i = 0; code == TS_OK && i < count; i++) {
		const struct replica_entry *e = &l->rows[i]->entry;
		code = task_json_open(&j, &e->task, e->number, err);
		ts_json_close(&j, '}');
	}
	ts_json_close(&j, ']');
	ts_buf_add_char(v->to, '\n');
	return code == TS_OK ? ts_view_end(v, err) : code;
}
