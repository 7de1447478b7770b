/* SPDX-License-Identifier: MIT */
/* What differs between two versions of a task: a line with - for what was, one with + for what
 * is. */
#include "client/show/view.h"
#include "common/show/spell.h"
#include "common/task/task_key.h"

#include <inttypes.h>

static void add_line(const struct ts_view *v, char sign, struct ts_slice key, struct ts_value value)
{
	TS_BUF(line);
	if (ts_spell_is_none(value)) {
		return;
	}
	ts_buf_add_char(&line, sign);
	ts_spell_attribute(&line, key);
	ts_buf_add_str(&line, ": ");
	ts_spell_value(&line, key, value);
	ts_view_wrapped(v, NULL, 0, sign == '-' ? TS_STYLE_REMOVED : TS_STYLE_ADDED,
			ts_buf_slice(&line));
	v->to->failed |= line.failed;
}

static struct ts_slice description_of(const struct compared *c)
{
	struct ts_slice after = ts_task_text(&c->after, "description");
	return after.len > 0 ? after : ts_task_text(&c->before, "description");
}

/* 3  Buy milk  (version 4 to 9), or (new, version 9) */
static void add_title(const struct ts_view *v, const struct compared *c, uint64_t number)
{
	TS_BUF(title);
	ts_spell_task(&title, number, &c->task);
	ts_buf_add_str(&title, "  ");
	ts_buf_add_slice(&title, description_of(c));
	if (c->from > 0) {
		ts_buf_printf(&title, "  (version %" PRIu64 " to %" PRIu64 ")", c->from, c->to);
	} else {
		ts_buf_printf(&title, "  (new, version %" PRIu64 ")", c->to);
	}
	ts_view_wrapped(v, NULL, 0, TS_STYLE_VERSION, ts_buf_slice(&title));
	v->to->failed |= title.failed;
}

int diff_add(const struct ts_view *v, const struct compared *c, struct ts_error *err)
{
	uint64_t number;
	int code = ts_number_or_none(v->txn, v->user, &c->task, &number, err);
	if (code != TS_OK) {
		return code;
	}
	ts_buf_add_str(v->to, v->to->len > 0 ? "\n" : "");
	add_title(v, c, number);
	for (size_t i = 0; i < c->changes.count; i++) {
		const struct ts_change *change = &c->changes.at[i];
		add_line(v, '-', change->key, change->from);
		add_line(v, '+', change->key, change->to);
	}
	return ts_view_end(v, err);
}

int diff_add_json(const struct ts_view *v, const struct compared *c, struct ts_json *j,
		  struct ts_error *err)
{
	const struct ts_uuid_text uuid = ts_uuid_text(&c->task);
	uint64_t number;
	int code = ts_number_or_none(v->txn, v->user, &c->task, &number, err);
	ts_json_open(j, '{');
	ts_json_text_member(j, "uuid", ts_slice_of(uuid.text));
	ts_json_name(j, "id");
	ts_json_int(j, (int64_t)number);
	ts_json_text_member(j, "description", description_of(c));
	ts_json_name(j, "from");
	ts_json_int(j, (int64_t)c->from);
	ts_json_name(j, "to");
	ts_json_int(j, (int64_t)c->to);
	ts_json_name(j, "changes");
	ts_json_open(j, '[');
	for (size_t i = 0; i < c->changes.count; i++) {
		ts_change_json(j, &c->changes.at[i]);
	}
	ts_json_close(j, ']');
	ts_json_close(j, '}');
	return code == TS_OK ? ts_view_end(v, err) : code;
}
