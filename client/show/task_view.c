/* SPDX-License-Identifier: MIT */
/* Everything about one task. */
#include "client/show/table.h"
#include "client/show/view.h"
#include "common/show/spell.h"
#include "common/task/task_json.h"
#include "common/task/task_key.h"

#include <inttypes.h>

/* What is known about it beside its attributes. */
struct facts {
	struct ts_task task;
	uint64_t number;
	struct ts_transaction made; /* its version */
	uint64_t versions;          /* of the task, all */
	struct ts_losses losses;
};

static void facts_done(struct facts *f)
{
	ts_losses_done(&f->losses);
}

static int count_versions(const struct ts_view *v, const struct ts_uuids *one, uint64_t *ret,
			  struct ts_error *err)
{
	TS_CLEANUP(ts_walk_done) struct ts_walk w;
	uint64_t number;
	*ret = 0;
	int code = ts_walk_begin(v->txn, v->user, one, &w, err);
	while (code == TS_OK && (code = ts_walk_next(&w, &number, err)) == TS_OK) {
		++*ret;
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

static int find_facts(const struct ts_view *v, const struct spot *s, struct ts_arena *a,
		      struct facts *f, struct ts_error *err)
{
	struct ts_uuid uuid = s->task;
	const struct ts_uuids one = {&uuid, 1};
	const uint32_t user = v->user;
	if (s->version == 0) {
		return ts_fail(err, TS_ENOTFOUND, "Task %.8s was not there then.",
			       ts_uuid_text(&s->task).text);
	}
	int code = ts_version_task(v->txn, user, s->version, &uuid, a, &f->task, err);
	if (code == TS_OK) {
		code = ts_number_or_none(v->txn, v->user, &uuid, &f->number, err);
	}
	if (code == TS_OK) {
		code = ts_transaction_of(v->txn, user, s->version, &f->made, err);
	}
	if (code == TS_OK) {
		code = count_versions(v, &one, &f->versions, err);
	}
	return code == TS_OK ? ts_losses_find(v->txn, v->user, &one, false, a, &f->losses, err)
			     : code;
}

/* Rows of name and value. */
struct rows {
	const struct ts_view *view;
	struct table *table;
	struct ts_buf text; /* of the value in work */
};

static void add_row(struct rows *r, const char *name, enum ts_style style)
{
	table_add(r->table, TS_STYLE_NONE, ts_slice_of(name));
	table_add(r->table, style, ts_buf_slice(&r->text));
	r->view->to->failed |= r->text.failed;
	ts_buf_clear(&r->text);
}

static void add_date(struct rows *r, int64_t date)
{
	ts_spell_date(&r->text, date);
	ts_buf_add_str(&r->text, " (");
	ts_spell_age(&r->text, date, r->view->now);
	ts_buf_add_char(&r->text, ')');
}

static void add_attribute(struct rows *r, const struct ts_attr *attr)
{
	TS_BUF(name);
	int64_t date;
	if (attr->value.kind == TS_VALUE_NONE || ts_key_is_element(attr->key)) {
		return;
	}
	ts_spell_attribute(&name, attr->key);
	if (ts_spell_is_date(attr->value, &date) &&
	    !ts_slice_eq(attr->key, TS_SLICE("description"))) {
		add_date(r, date);
	} else {
		ts_spell_value(&r->text, attr->key, attr->value);
	}
	add_row(r, name.failed ? "" : name.data, TS_STYLE_NONE);
}

/* These first, in this order; the others by name. */
static const char *const first[] = {"description", "status", "project",   "priority", "start",
				    "due",         "wait",   "scheduled", "until",    "recur"};

static bool is_first(struct ts_slice key)
{
	for (size_t i = 0; i < TS_COUNT_OF(first); i++) {
		if (ts_slice_eq(key, ts_slice_of(first[i]))) {
			return true;
		}
	}
	return false;
}

static void add_attributes(struct rows *r, const struct ts_task *task)
{
	for (size_t i = 0; i < TS_COUNT_OF(first); i++) {
		const struct ts_attr *attr = ts_task_find(task, ts_slice_of(first[i]));
		if (attr != NULL) {
			add_attribute(r, attr);
		}
	}
	for (size_t i = 0; i < task->count; i++) {
		if (!is_first(task->attrs[i].key)) {
			add_attribute(r, &task->attrs[i]);
		}
	}
	if (task->has_modified) {
		add_date(r, task->modified);
		add_row(r, "modified", TS_STYLE_NONE);
	}
}

static void add_tags(struct rows *r, const struct ts_task *task)
{
	for (size_t i = 0; i < task->count; i++) {
		const struct ts_attr *attr = &task->attrs[i];
		if (ts_slice_starts(attr->key, TS_KEY_TAG) && attr->value.kind != TS_VALUE_NONE) {
			ts_buf_add_str(&r->text, r->text.len > 0 ? " " : "");
			ts_buf_add_slice(&r->text, ts_key_element(attr->key, TS_KEY_TAG));
		}
	}
	if (r->text.len > 0) {
		add_row(r, "tags", TS_STYLE_NONE);
	}
}

static void add_annotations(struct rows *r, const struct ts_task *task)
{
	const char *name = "annotations";
	for (size_t i = 0; i < task->count; i++) {
		const struct ts_attr *attr = &task->attrs[i];
		if (ts_slice_starts(attr->key, TS_KEY_ANNOTATION) &&
		    attr->value.kind != TS_VALUE_NONE) {
			ts_spell_value(&r->text, attr->key, attr->value);
			add_row(r, name, TS_STYLE_NONE);
			name = "";
		}
	}
}

/* 4  Buy seeds */
static int add_depends(struct rows *r, const struct ts_task *task, struct ts_error *err)
{
	const char *name = "depends";
	int code = TS_OK;
	for (size_t i = 0; code == TS_OK && i < task->count; i++) {
		const struct ts_attr *attr = &task->attrs[i];
		TS_ARENA(a);
		struct ts_task other;
		struct ts_uuid uuid;
		uint64_t number;
		if (!ts_slice_starts(attr->key, TS_KEY_DEP) || ts_spell_is_none(attr->value) ||
		    !ts_uuid_parse(ts_key_element(attr->key, TS_KEY_DEP), &uuid)) {
			continue;
		}
		const struct ts_view *v = r->view;
		code = ts_head_task(v->txn, v->user, &uuid, &a, &other, NULL, err);
		if (code == TS_OK) {
			code = ts_number_or_none(v->txn, v->user, &uuid, &number, err);
		}
		if (code == TS_OK) {
			ts_spell_task(&r->text, number, &uuid);
			ts_buf_add_char(&r->text, ' ');
			ts_buf_add_slice(&r->text, ts_task_text(&other, "description"));
			add_row(r, name, ts_task_is_open(&other) ? TS_STYLE_NONE : TS_STYLE_DIM);
			name = "";
		}
	}
	return code;
}

/* Who made what is shown, and what lost. */
static void add_history(struct rows *r, const struct spot *s, const struct facts *f)
{
	const char *name = "conflicts";
	ts_buf_printf(&r->text, "%" PRIu64 ", ", s->version);
	add_date(r, f->made.time);
	if (f->made.received) {
		ts_buf_printf(&r->text, " from %.*s", TS_SLICE_ARGS(ts_made_by(r->view, &f->made)));
	} else {
		ts_buf_printf(&r->text, " by %.*s with %.*s",
			      TS_SLICE_ARGS(ts_made_by(r->view, &f->made)),
			      TS_SLICE_ARGS(ts_made_with(&f->made)));
	}
	add_row(r, "version", TS_STYLE_NONE);
	ts_buf_printf(&r->text, "%" PRIu64 "%s", f->versions,
		      s->version == s->head ? "" : "; this is not the newest one");
	add_row(r, "versions", TS_STYLE_NONE);
	for (size_t i = 0; i < f->losses.count; i++) {
		const struct ts_loss *loss = ts_loss_at(&f->losses, i);
		ts_conflict_words(&r->text,
				  &(struct ts_conflict){loss->key, loss->kept, loss->lost});
		add_row(r, name, TS_STYLE_CONFLICT);
		name = "";
	}
}

static int view_text(const struct ts_view *v, const struct spot *s, const struct facts *f,
		     struct ts_error *err)
{
	static const char *const heads[] = {"Name", "Value"};
	static const bool right[] = {false, false};
	TS_CLEANUP(table_free_p) struct table *table = NULL;
	int code = table_new(heads, right, TS_COUNT_OF(heads), &table, err);
	struct rows r = {.view = v, .table = table};
	if (code != TS_OK) {
		return code;
	}
	if (f->number > 0) {
		ts_buf_printf(&r.text, "%" PRIu64, f->number);
		add_row(&r, "id", TS_STYLE_NONE);
	}
	ts_buf_add_str(&r.text, ts_uuid_text(&s->task).text);
	add_row(&r, "uuid", TS_STYLE_NONE);
	add_attributes(&r, &f->task);
	add_tags(&r, &f->task);
	code = add_depends(&r, &f->task, err);
	add_annotations(&r, &f->task);
	add_history(&r, s, f);
	ts_buf_done(&r.text);
	return code == TS_OK ? table_print(table, v->width, v->color, v->to, err) : code;
}

/* {"task":{…},"version":…,…} */
static int view_json(const struct ts_view *v, const struct spot *s, const struct facts *f,
		     struct ts_error *err)
{
	struct ts_json j = ts_json_to(v->to);
	ts_json_open(&j, '{');
	ts_json_name(&j, "task");
	int code = task_json_open(&j, &f->task, f->number, err);
	ts_json_close(&j, '}');
	ts_json_name(&j, "version");
	ts_json_int(&j, (int64_t)s->version);
	ts_json_name(&j, "newest");
	ts_json_int(&j, (int64_t)s->head);
	ts_json_name(&j, "versions");
	ts_json_int(&j, (int64_t)f->versions);
	ts_json_date_member(&j, "time", f->made.time);
	ts_json_text_member(&j, "device", ts_made_by(v, &f->made));
	ts_json_text_member(&j, "command", ts_made_with(&f->made));
	ts_json_name(&j, "conflicts");
	ts_json_open(&j, '[');
	for (size_t i = 0; i < f->losses.count; i++) {
		const struct ts_loss *loss = ts_loss_at(&f->losses, i);
		ts_conflict_json(&j, &(struct ts_conflict){loss->key, loss->kept, loss->lost});
	}
	ts_json_close(&j, ']');
	ts_json_close(&j, '}');
	ts_buf_add_char(v->to, '\n');
	return code == TS_OK ? ts_view_end(v, err) : code;
}

int task_view(const struct ts_view *v, const struct spot *s, bool json, struct ts_error *err)
{
	TS_ARENA(a);
	TS_CLEANUP(facts_done) struct facts f = {0};
	int code = find_facts(v, s, &a, &f, err);
	if (code != TS_OK) {
		return code;
	}
	return json ? view_json(v, s, &f, err) : view_text(v, s, &f, err);
}

int task_json_open(struct ts_json *j, const struct ts_task *task, uint64_t number,
		   struct ts_error *err)
{
	TS_ARENA(a);
	TS_BUF(json);
	ts_task_write(task, &a, &json);
	if (json.failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	ts_json_open(j, '{');
	ts_json_name(j, "id");
	ts_json_int(j, (int64_t)number);
	ts_json_raw(j, (struct ts_slice){json.data + 1, json.len - 2});
	return TS_OK;
}
