/* SPDX-License-Identifier: MIT */
#include "client/editor/task_text.h"

#include "client/words/attributes.h"
#include "common/base/date.h"
#include "common/base/utf8.h"
#include "common/task/shown.h"
#include "common/task/task_json.h"
#include "common/task/task_key.h"

#include <time.h>

static const char introduction[] =
	"# Change what stands behind a colon. What is left empty, or taken out, is taken away;\n"
	"# any other name: value may be added. \\n is a new line, \\\\ a backslash.\n";

/* These come first, in this order, be they empty. */
static const char *const usual[] = {"description", "status", "project", "priority", "due", "wait",
				    "scheduled",   "until",  "recur",   "start",    "end", "entry"};

static void add_escaped(struct ts_buf *to, struct ts_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		const char c = text.data[i];
		if (c == '\n' || c == '\r' || c == '\\') {
			ts_buf_printf(to, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : '\\');
		} else {
			ts_buf_add_char(to, c);
		}
	}
}

/* Local time, with its zone: the hour that comes twice in autumn stays the one it is. */
static void add_date(struct ts_buf *to, struct ts_slice text)
{
	char local[40];
	int64_t date;
	struct tm tm;
	if (!ts_date_parse(text, &date)) {
		add_escaped(to, text);
		return;
	}
	const time_t t = date;
	(void)localtime_r(&t, &tm);
	(void)strftime(local, sizeof(local), "%Y-%m-%dT%H:%M:%S%z", &tm);
	ts_buf_add_str(to, local);
}

static bool lives(const struct ts_attr *attr)
{
	return attr != NULL && attr->value.kind != TS_VALUE_NONE;
}

static void add_line(struct ts_buf *to, struct ts_slice name, struct ts_slice value)
{
	ts_buf_add_slice(to, name);
	ts_buf_add_char(to, ':');
	ts_buf_add_str(to, value.len > 0 ? " " : "");
	if (attribute_kind(name) == ATTRIBUTE_DATE && value.len > 0) {
		add_date(to, value);
	} else {
		add_escaped(to, value);
	}
	ts_buf_add_char(to, '\n');
}

static bool is_usual(struct ts_slice name)
{
	for (size_t i = 0; i < TS_COUNT_OF(usual); i++) {
		if (ts_slice_eq(name, ts_slice_of(usual[i]))) {
			return true;
		}
	}
	return false;
}

/* True where the line can be read back as what it was. */
static bool is_writable(const struct ts_task *task, const struct ts_attr *attr)
{
	static const struct ts_slice taken[] = {TS_SLICE("annotation"), TS_SLICE("tags"),
						TS_SLICE("depends")};
	for (size_t i = 0; i < TS_COUNT_OF(taken); i++) {
		if (ts_slice_eq(attr->key, taken[i])) {
			return false;
		}
	}
	return !ts_key_is_element(attr->key) && ts_task_shows(task, attr) && attr->key.len > 0 &&
	       attr->key.data[0] != '#' && memchr(attr->key.data, ':', attr->key.len) == NULL &&
	       memchr(attr->key.data, ' ', attr->key.len) == NULL &&
	       attribute_kind(attr->key) != ATTRIBUTE_FIXED && ts_utf8_printable(attr->key);
}

static void add_set(const struct ts_task *task, struct ts_slice prefix, const char *name,
		    struct ts_buf *to)
{
	ts_buf_printf(to, "%s:", name);
	for (const struct ts_attr *at = ts_task_from(task, prefix);
	     at < task->attrs + task->count && ts_slice_starts(at->key, prefix); at++) {
		if (lives(at)) {
			ts_buf_add_char(to, ' ');
			add_escaped(to, ts_key_element(at->key, prefix));
		}
	}
	ts_buf_add_char(to, '\n');
}

static void add_annotations(const struct ts_task *task, struct ts_buf *to)
{
	for (const struct ts_attr *at = ts_task_from(task, TS_KEY_ANNOTATION);
	     at < task->attrs + task->count && ts_slice_starts(at->key, TS_KEY_ANNOTATION); at++) {
		const struct ts_slice element = ts_key_element(at->key, TS_KEY_ANNOTATION);
		if (!lives(at) || element.len <= TS_KEY_DATE_LEN) {
			continue;
		}
		ts_buf_add_str(to, "annotation: ");
		add_date(to, (struct ts_slice){element.data, TS_KEY_DATE_LEN});
		ts_buf_add_char(to, ' ');
		add_escaped(to, ts_slice_skip(element, TS_KEY_DATE_LEN + 1));
		ts_buf_add_char(to, '\n');
	}
}

int task_text_write(const struct ts_task *task, uint64_t number, struct ts_arena *a,
		    struct ts_buf *to, struct ts_error *err)
{
	(void)a;
	ts_buf_printf(to, "# Task %llu, %s\n", (unsigned long long)number,
		      ts_uuid_text(&task->uuid).text);
	ts_buf_add_str(to, introduction);
	for (size_t i = 0; i < TS_COUNT_OF(usual); i++) {
		add_line(to, ts_slice_of(usual[i]), ts_task_text(task, usual[i]));
	}
	add_set(task, TS_KEY_TAG, "tags", to);
	add_set(task, TS_KEY_DEP, "depends", to);
	for (size_t i = 0; i < task->count; i++) {
		const struct ts_attr *attr = &task->attrs[i];
		if (lives(attr) && !is_usual(attr->key) && is_writable(task, attr)) {
			add_line(to, attr->key, attr->value.text);
		}
	}
	add_annotations(task, to);
	return to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

/* Where the members of an object begin and end: outside of texts, not within others. */
struct nesting {
	size_t depth;
	bool string, escaped;
};

static bool is_break(struct nesting *n, char c)
{
	if (n->string) {
		n->string = c != '"' || n->escaped;
		n->escaped = c == '\\' && !n->escaped;
		return false;
	}
	n->string = c == '"';
	n->depth += c == '{' || c == '[' ? 1 : 0;
	n->depth -= c == '}' || c == ']' ? 1 : 0;
	return n->depth == 1 && (c == '{' || c == ',');
}

int task_text_write_json(const struct ts_task *task, struct ts_arena *a, struct ts_buf *to,
			 struct ts_error *err)
{
	TS_BUF(json);
	struct nesting n = {0};
	ts_task_write(task, a, &json);
	for (size_t i = 0; i < json.len && !json.failed; i++) {
		const char c = json.data[i];
		ts_buf_add_str(to, i + 1 == json.len ? "\n" : "");
		ts_buf_add_char(to, c);
		ts_buf_add_str(to, is_break(&n, c) ? "\n  " : "");
	}
	ts_buf_add_char(to, '\n');
	return to->failed || json.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}
