/* SPDX-License-Identifier: MIT */
#include "common/import/taskwarrior_line.h"

#include "common/base/json_out.h"
#include "common/base/utf8.h"

/* What a line becomes: attributes, and the elements of its sets. */
struct parts {
	struct ts_buf attributes, annotations, tags, depends;
};

static void parts_done(struct parts *p)
{
	ts_buf_done(&p->attributes);
	ts_buf_done(&p->annotations);
	ts_buf_done(&p->tags);
	ts_buf_done(&p->depends);
}

/* The names that older Taskwarriors have for characters. */
static const struct entity {
	struct ts_slice name;
	char c;
} entities[] = {
	{TS_SLICE("&open;"), '['},  {TS_SLICE("&close;"), ']'},  {TS_SLICE("&dquot;"), '"'},
	{TS_SLICE("&quot;"), '"'},  {TS_SLICE("&squot;"), '\''}, {TS_SLICE("&comma;"), ','},
	{TS_SLICE("&colon;"), ':'},
};

static bool cut_entity(struct ts_slice *rest, char *ret)
{
	for (size_t i = 0; i < TS_COUNT_OF(entities); i++) {
		if (ts_slice_starts(*rest, entities[i].name)) {
			*ret = entities[i].c;
			*rest = ts_slice_skip(*rest, entities[i].name.len);
			return true;
		}
	}
	return false;
}

/* An escape as in JSON; \uXXXX stays what it is, for the JSON that is made of it. */
static void cut_escape(struct ts_slice *rest, struct ts_buf *to)
{
	static const char letters[] = "bfnrt", meant[] = "\b\f\n\r\t";
	const char c = rest->len > 1 ? rest->data[1] : '\\';
	const char *at = c != '\0' ? strchr(letters, c) : NULL;
	ts_buf_add_char(to, at != NULL ? meant[at - letters] : c);
	*rest = ts_slice_skip(*rest, rest->len > 1 ? 2 : 1);
}

/* The text of a value between its quotes. */
static void decode(struct ts_slice value, struct ts_buf *to)
{
	char c;
	while (value.len > 0) {
		if (value.data[0] == '&' && cut_entity(&value, &c)) {
			ts_buf_add_char(to, c);
		} else if (value.data[0] == '\\') {
			cut_escape(&value, to);
		} else {
			ts_buf_add_char(to, value.data[0]);
			value = ts_slice_skip(value, 1);
		}
	}
}

static void add_string(struct ts_buf *to, struct ts_slice text)
{
	ts_buf_add_str(to, to->len > 0 ? "," : "");
	ts_json_add_string(to, text);
}

static void add_annotation(struct ts_buf *to, struct ts_slice entry, struct ts_slice text)
{
	ts_buf_add_str(to, to->len > 0 ? ",{\"entry\":" : "{\"entry\":");
	ts_json_add_string(to, entry);
	ts_buf_add_str(to, ",\"description\":");
	ts_json_add_string(to, text);
	ts_buf_add_char(to, '}');
}

static bool is_digits(struct ts_slice s)
{
	const bool any = s.len > 0;
	(void)ts_slice_cut_digits(&s);
	return any && s.len == 0;
}

/* One attribute. Some versions have a set's elements beside the set, as tags_home and dep_UUID. */
static void add(struct parts *p, struct ts_slice name, struct ts_slice text)
{
	static const struct ts_slice note = TS_SLICE("annotation_"), tags = TS_SLICE("tags_"),
				     tag = TS_SLICE("tag_"), dep = TS_SLICE("dep_");
	if (ts_slice_starts(name, note) && is_digits(ts_slice_skip(name, note.len))) {
		add_annotation(&p->annotations, ts_slice_skip(name, note.len), text);
	} else if (ts_slice_eq(name, TS_SLICE("tags"))) {
		while (text.data != NULL) {
			add_string(&p->tags, ts_slice_cut(&text, ','));
		}
	} else if (ts_slice_starts(name, tags)) {
		add_string(&p->tags, ts_slice_skip(name, tags.len));
	} else if (ts_slice_starts(name, tag)) {
		add_string(&p->tags, ts_slice_skip(name, tag.len));
	} else if (ts_slice_eq(name, TS_SLICE("depends"))) {
		add_string(&p->depends, text);
	} else if (ts_slice_starts(name, dep)) {
		add_string(&p->depends, ts_slice_skip(name, dep.len));
	} else {
		add_string(&p->attributes, name);
		ts_buf_add_char(&p->attributes, ':');
		ts_json_add_string(&p->attributes, text);
	}
}

/* Cut name:"value" off the front; the value still encoded. False where there is none. */
static bool cut_attribute(struct ts_slice *rest, struct ts_slice *ret_name,
			  struct ts_slice *ret_value)
{
	static const struct ts_slice mark = TS_SLICE(":\"");
	const char *at = memmem(rest->data, rest->len, mark.data, mark.len);
	if (at == NULL || at == rest->data) {
		return false;
	}
	*ret_name = (struct ts_slice){rest->data, (size_t)(at - rest->data)};
	struct ts_slice value = ts_slice_skip(*rest, ret_name->len + mark.len);
	size_t n = 0;
	while (n < value.len && value.data[n] != '"') {
		n += value.data[n] == '\\' ? 2 : 1;
	}
	if (n >= value.len) {
		return false;
	}
	*ret_value = (struct ts_slice){value.data, n};
	*rest = ts_slice_skip(value, n + 1);
	return true;
}

static void add_member(struct ts_buf *to, const char *name, const struct ts_buf *list)
{
	if (list->len > 0) {
		ts_buf_printf(to, "%s\"%s\":[", to->len > 1 ? "," : "", name);
		ts_buf_add_slice(to, ts_buf_slice(list));
		ts_buf_add_char(to, ']');
	}
}

static int write_task(const struct parts *p, struct ts_buf *to, struct ts_error *err)
{
	TS_BUF(task);
	ts_buf_add_char(&task, '{');
	ts_buf_add_slice(&task, ts_buf_slice(&p->attributes));
	add_member(&task, "annotations", &p->annotations);
	add_member(&task, "tags", &p->tags);
	add_member(&task, "depends", &p->depends);
	ts_buf_add_char(&task, '}');
	ts_buf_add_slice(to, ts_buf_slice(&task));
	return task.failed || p->attributes.failed || p->annotations.failed || p->tags.failed ||
			       p->depends.failed || to->failed
		       ? ts_fail(err, TS_ENOMEM, "Out of memory.")
		       : TS_OK;
}

int ts_taskwarrior_line_to_json(struct ts_slice line, struct ts_buf *to, struct ts_error *err)
{
	TS_CLEANUP(parts_done) struct parts p = {0};
	struct ts_slice name, value;
	TS_BUF(text);
	if (!ts_slice_cut_char(&line, '[') || !ts_utf8_valid(line) ||
	    memchr(line.data, '\0', line.len) != NULL) {
		return ts_fail(err, TS_EMALF, "it is not a line of Taskwarrior's");
	}
	while (cut_attribute(&line, &name, &value)) {
		ts_buf_clear(&text);
		decode(value, &text);
		if (text.failed) {
			return ts_fail(err, TS_ENOMEM, "Out of memory.");
		}
		add(&p, name, text.len > 0 ? ts_buf_slice(&text) : TS_SLICE(""));
		(void)ts_slice_cut_char(&line, ' ');
	}
	return ts_slice_eq(line, TS_SLICE("]"))
		       ? write_task(&p, to, err)
		       : ts_fail(err, TS_EMALF, "it is cut off or not a line of Taskwarrior's");
}
