/* SPDX-License-Identifier: MIT */
#include "common/base/date.h"
#include "common/task/recur.h"
#include "common/task/task_json.h"
#include "common/task/task_key.h"

void ts_json_add_string(struct ts_buf *to, struct ts_slice text)
{
	static const char *const named[32] = {
		['\b'] = "\\b", ['\f'] = "\\f", ['\n'] = "\\n", ['\r'] = "\\r", ['\t'] = "\\t"};
	size_t begin = 0;
	ts_buf_add_char(to, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.data[i];
		if (c >= 0x20 && c != '"' && c != '\\') {
			continue;
		}
		ts_buf_add(to, text.data + begin, i - begin);
		begin = i + 1;
		if (c >= 0x20) {
			const char escaped[2] = {'\\', (char)c};
			ts_buf_add(to, escaped, 2);
		} else if (named[c] != NULL) {
			ts_buf_add_str(to, named[c]);
		} else {
			ts_buf_printf(to, "\\u%04x", c);
		}
	}
	ts_buf_add(to, text.data + begin, text.len - begin);
	ts_buf_add_char(to, '"');
}

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

/* Where a plain value and an object of the same name meet, after a merge of two edits that
 * disagreed on what it is, the one that changed later is shown. */
static bool shadowed_by_object(const struct range *r)
{
	const struct ts_attr *value = r->begin;
	for (const struct ts_attr *at = value + 1; at < r->end; at++) {
		if (!ts_slice_starts(at->key, value->key)) {
			break;
		}
		if (lives(at) && at->key.data[value->key.len] == '/' &&
		    ts_stamp_cmp(at->stamp, value->stamp) >= 0) {
			return true;
		}
	}
	return false;
}

static bool shadowed_by_value(const struct range *r, const struct ts_attr *end,
			      struct ts_slice name_path, const struct ts_attr *first)
{
	for (const struct ts_attr *at = r->begin - 1; at >= first; at--) {
		if (!ts_slice_starts(at->key, name_path)) {
			return false;
		}
		if (at->key.len != name_path.len) {
			continue;
		}
		if (!lives(at)) {
			return false;
		}
		for (const struct ts_attr *leaf = r->begin; leaf < end; leaf++) {
			if (lives(leaf) && ts_stamp_cmp(leaf->stamp, at->stamp) >= 0) {
				return false;
			}
		}
		return true;
	}
	return false;
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
	const struct ts_attr *first = r.begin;
	while (r.begin < r.end) {
		struct ts_slice piece;
		bool object;
		const struct ts_attr *end = group_end(&r, &piece, &object);
		const struct ts_slice path = {r.begin->key.data, r.prefix + piece.len};
		bool shown = any_lives(r.begin, end) &&
			     !(object ? shadowed_by_value(&r, end, path, first)
				      : shadowed_by_object(&r));
		if (shown) {
			add_name(to, ts_key_name_of(a, piece));
		}
		if (shown && object) {
			ts_buf_add_char(to, '{');
			add_members((struct range){r.begin, end, path.len + 1}, a, to);
			ts_buf_add_char(to, '}');
		} else if (shown) {
			add_value(to, r.begin->value);
		}
		r.begin = end;
	}
}

static struct range set_range(const struct ts_task *task, struct ts_slice prefix)
{
	size_t low = 0, high = task->count;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		if (ts_slice_cmp(task->attrs[mid].key, prefix) < 0) {
			low = mid + 1;
		} else {
			high = mid;
		}
	}
	struct range r = {task->attrs + low, task->attrs + low, prefix.len};
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

/* Taskwarrior takes an attribute of such a name for an annotation, and the rest of the name for
 * its date. */
static bool is_false_annotation(struct ts_slice key)
{
	static const struct ts_slice prefix = TS_SLICE("~2annotation_");
	int64_t t;
	return ts_slice_starts(key, prefix) &&
	       !(ts_date_parse(ts_slice_skip(key, prefix.len), &t) && t >= TS_DATE_MIN &&
		 t <= TS_DATE_MAX);
}

/* What Taskwarrior 2.6.2 can't live with stays in the store and is shown to nobody. */
static bool is_hidden(const struct ts_task *task, const struct ts_attr *attr)
{
	if (ts_slice_eq(attr->key, TS_SLICE("recur"))) {
		const struct ts_attr *due = ts_task_find(task, TS_SLICE("due"));
		return due == NULL || !lives(due) || !ts_recur_valid(attr->value.text);
	}
	return is_false_annotation(attr->key);
}

/* The map's plain attributes, and the two that are beside it, in order of name. */
static void add_attributes(const struct ts_task *task, struct ts_arena *a, struct ts_buf *to)
{
	const struct ts_uuid_text uuid = ts_uuid_text(&task->uuid);
	const struct ts_date_text modified = ts_date_text(task->modified);
	const struct ts_attr beside[2] = {
		{.key = TS_SLICE("modified"),
		 .value = {task->has_modified ? TS_VALUE_STRING : TS_VALUE_NONE,
			   ts_slice_of(modified.text)}},
		{.key = TS_SLICE("uuid"), .value = {TS_VALUE_STRING, ts_slice_of(uuid.text)}},
	};
	struct ts_task all = {.attrs = ts_arena_array(a, task->count + 2, sizeof(*all.attrs))};
	if (all.attrs == NULL) {
		to->failed = true;
		return;
	}
	for (size_t i = 0, j = 0; i < task->count || j < 2;) {
		const struct ts_attr *next = i < task->count ? &task->attrs[i] : NULL;
		if (next == NULL || (j < 2 && ts_slice_cmp(beside[j].key, next->key) < 0)) {
			all.attrs[all.count++] = beside[j++];
			continue;
		}
		i++;
		if (!ts_key_is_element(next->key) && !is_hidden(task, next)) {
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
