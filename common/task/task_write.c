/* SPDX-License-Identifier: MIT */
#include "common/base/date.h"
#include "common/base/json_out.h"
#include "common/task/shown.h"
#include "common/task/task_json.h"
#include "common/task/task_key.h"

static void add_value(struct ts_buf *to, struct ts_value value)
{
	if (value.kind == TS_VALUE_STRING) {
		ts_json_add_string(to, value.text);
	} else {
		ts_buf_add_slice(to, value.text);
	}
}

/* Begin a member or an element: a comma but before the first. */
static void add_comma(struct ts_buf *to)
{
	char last = to->len > 0 ? to->data[to->len - 1] : '\0';
	if (last != '{' && last != '[') {
		ts_buf_add_char(to, ',');
	}
}

static void add_name(struct ts_buf *to, struct ts_slice name)
{
	add_comma(to);
	ts_json_add_string(to, name);
	ts_buf_add_char(to, ':');
}

/* Attributes begin..end of a task whose keys share the first `prefix` bytes. */
struct range {
	const struct ts_attr *begin, *end;
	size_t prefix;
};

static bool lives(const struct ts_attr *attr)
{
	return attr->value.kind != TS_VALUE_NONE;
}

/* The run of keys at r->begin that are leaves below the same name; that of a plain attribute is
 * itself. */
static const struct ts_attr *group_end(const struct range *r, struct ts_slice *ret_piece,
				       bool *ret_object)
{
	struct ts_slice rest = ts_slice_skip(r->begin->key, r->prefix);
	*ret_piece = ts_key_cut(&rest);
	*ret_object = rest.data != NULL;
	const struct ts_attr *at = r->begin + 1;
	const struct ts_slice group = {r->begin->key.data, r->prefix + ret_piece->len + 1};
	while (*ret_object && at < r->end && ts_slice_starts(at->key, group)) {
		at++;
	}
	return at;
}

static bool any_lives(const struct ts_attr *at, const struct ts_attr *end)
{
	while (at < end && !lives(at)) {
		at++;
	}
	return at < end;
}

static void add_members(struct range r, struct ts_arena *a, struct ts_buf *to)
{
	while (r.begin < r.end) {
		struct ts_slice piece;
		bool object;
		const struct ts_attr *end = group_end(&r, &piece, &object);
		add_name(to, ts_key_name_of(a, piece));
		if (object) {
			ts_buf_add_char(to, '{');
			add_members((struct range){r.begin, end, r.prefix + piece.len + 1}, a, to);
			ts_buf_add_char(to, '}');
		} else {
			add_value(to, r.begin->value);
		}
		r.begin = end;
	}
}

static struct range set_range(const struct ts_task *task, struct ts_slice prefix)
{
	const struct ts_attr *begin = ts_task_from(task, prefix);
	struct range r = {begin, begin, prefix.len};
	while (r.end < task->attrs + task->count && ts_slice_starts(r.end->key, prefix)) {
		r.end++;
	}
	return r;
}

static void add_annotation(struct ts_buf *to, const struct ts_attr *attr)
{
	struct ts_slice element = ts_key_element(attr->key, TS_KEY_ANNOTATION);
	ts_buf_add_char(to, '{');
	add_name(to, TS_SLICE("description"));
	ts_json_add_string(to, ts_slice_skip(element, TS_KEY_DATE_LEN + 1));
	add_name(to, TS_SLICE("entry"));
	ts_json_add_string(to, (struct ts_slice){element.data, TS_KEY_DATE_LEN});
	if (attr->value.kind == TS_VALUE_JSON) {
		/* What else the client put there: an object, whose members go on here. */
		ts_buf_add_char(to, ',');
		ts_buf_add(to, attr->value.text.data + 1, attr->value.text.len - 2);
	}
	ts_buf_add_char(to, '}');
}

static void add_tag(struct ts_buf *to, const struct ts_attr *attr)
{
	ts_json_add_string(to, ts_key_element(attr->key, TS_KEY_TAG));
}

static void add_array(const struct ts_task *task, struct ts_slice prefix, const char *name,
		      void (*add)(struct ts_buf *to, const struct ts_attr *attr), struct ts_buf *to)
{
	struct range r = set_range(task, prefix);
	if (!any_lives(r.begin, r.end)) {
		return;
	}
	add_name(to, ts_slice_of(name));
	ts_buf_add_char(to, '[');
	for (; r.begin < r.end; r.begin++) {
		if (lives(r.begin)) {
			add_comma(to);
			add(to, r.begin);
		}
	}
	ts_buf_add_char(to, ']');
}

static void add_depends(const struct ts_task *task, struct ts_buf *to)
{
	struct range r = set_range(task, TS_KEY_DEP);
	if (!any_lives(r.begin, r.end)) {
		return;
	}
	add_name(to, TS_SLICE("depends"));
	ts_buf_add_char(to, '"');
	bool first = true;
	for (; r.begin < r.end; r.begin++) {
		if (lives(r.begin)) {
			ts_buf_add_str(to, first ? "" : ",");
			ts_buf_add_slice(to, ts_key_element(r.begin->key, TS_KEY_DEP));
			first = false;
		}
	}
	ts_buf_add_char(to, '"');
}

/* The map's plain attributes, and the two that are beside it, in order of name. */
static void add_attributes(const struct ts_task *task, struct ts_arena *a, struct ts_buf *to)
{
	const struct ts_uuid_text uuid = ts_uuid_text(&task->uuid);
	const struct ts_date_text modified = ts_date_text(task->modified);
	const struct ts_attr beside[2] = {
		{.key = TS_SLICE("modified"),
		 .value = {TS_VALUE_STRING, ts_slice_of(modified.text)}},
		{.key = TS_SLICE("uuid"), .value = {TS_VALUE_STRING, ts_slice_of(uuid.text)}},
	};
	struct ts_task all = {.attrs = ts_arena_array(a, task->count + 2, sizeof(*all.attrs))};
	if (all.attrs == NULL) {
		to->failed = true;
		return;
	}
	for (size_t i = 0, j = task->has_modified ? 0 : 1; i < task->count || j < 2;) {
		const struct ts_attr *next = i < task->count ? &task->attrs[i] : NULL;
		if (next == NULL || (j < 2 && ts_slice_cmp(beside[j].key, next->key) < 0)) {
			all.attrs[all.count++] = beside[j++];
			continue;
		}
		i++;
		if (!ts_key_is_element(next->key) && ts_task_shows(task, next)) {
			all.attrs[all.count++] = *next;
		}
	}
	add_members((struct range){all.attrs, all.attrs + all.count, 0}, a, to);
}

void ts_task_write(const struct ts_task *task, struct ts_arena *a, struct ts_buf *to)
{
	ts_buf_add_char(to, '{');
	add_attributes(task, a, to);
	add_array(task, TS_KEY_ANNOTATION, "annotations", add_annotation, to);
	add_array(task, TS_KEY_TAG, "tags", add_tag, to);
	add_depends(task, to);
	ts_buf_add_char(to, '}');
}
