/* SPDX-License-Identifier: MIT */
/* What changed, in words and as JSON. */
#include "common/show/spell.h"
#include "common/show/view.h"
#include "common/task/task_key.h"

/* A set's element as people write it: `+home`, its uuid, its date and text; else the value. */
static void value_words(struct ts_buf *to, struct ts_slice key, struct ts_value value)
{
	if (ts_spell_is_none(value)) {
		ts_buf_add_str(to, "(none)");
		return;
	}
	ts_buf_add_str(to, ts_slice_starts(key, TS_KEY_TAG) ? "+" : "");
	ts_spell_value(to, key, value);
}

/* An element that came or went. */
static enum ts_style element_words(struct ts_buf *to, const struct ts_change *c)
{
	bool came = !ts_spell_is_none(c->to);
	bool is_tag = ts_slice_starts(c->key, TS_KEY_TAG);
	if (is_tag) {
		ts_buf_add_char(to, came ? '+' : '-');
	} else {
		ts_buf_add_str(to, ts_slice_starts(c->key, TS_KEY_DEP) ? "depends" : "annotation");
		ts_buf_add_str(to, came ? " added: " : " removed: ");
	}
	ts_spell_value(to, c->key, came ? c->to : c->from);
	return came ? TS_STYLE_ADDED : TS_STYLE_REMOVED;
}

enum ts_style ts_change_words(struct ts_buf *to, const struct ts_change *c)
{
	bool from = !ts_spell_is_none(c->from), came = !ts_spell_is_none(c->to);
	if (ts_key_is_element(c->key) && from != came) {
		return element_words(to, c);
	}
	ts_spell_attribute(to, c->key);
	ts_buf_add_str(to, ": ");
	if (from) {
		ts_spell_value(to, c->key, c->from);
		ts_buf_add_str(to, " -> ");
	}
	if (came) {
		ts_spell_value(to, c->key, c->to);
	} else {
		ts_buf_add_str(to, "(removed)");
	}
	return !from ? TS_STYLE_ADDED : !came ? TS_STYLE_REMOVED : TS_STYLE_NONE;
}

/* A value that was kept or lost: of an element, whether it is there. */
static void side_words(struct ts_buf *to, struct ts_slice key, struct ts_value value)
{
	if (!ts_key_is_element(key)) {
		value_words(to, key, value);
	} else {
		ts_buf_add_str(to, ts_spell_is_none(value) ? "without " : "with ");
		value_words(to, key,
			    ts_spell_is_none(value) ? (struct ts_value){TS_VALUE_STRING, key}
						    : value);
	}
}

void ts_conflict_words(struct ts_buf *to, const struct ts_conflict *c)
{
	ts_spell_attribute(to, c->key);
	ts_buf_add_str(to, ": kept ");
	side_words(to, c->key, c->kept);
	ts_buf_add_str(to, ", lost ");
	side_words(to, c->key, c->lost);
	ts_buf_add_str(to, " (concurrent edit)");
}

struct ts_slice ts_made_by(const struct ts_view *v, const struct ts_transaction *made)
{
	if (v->device != NULL && made->device[0] != '\0') {
		return v->device(made->device, v->device_arg);
	}
	return made->device[0] != '\0' ? ts_slice_of(made->device) : TS_SLICE("unknown");
}

struct ts_slice ts_made_with(const struct ts_transaction *made)
{
	return made->received || made->what[0] == '\0' ? TS_SLICE("sync") : ts_slice_of(made->what);
}

/* As in a task's JSON. */
static void annotation_json(struct ts_json *j, struct ts_slice element)
{
	ts_json_open(j, '{');
	ts_json_text_member(j, "entry", (struct ts_slice){element.data, TS_KEY_DATE_LEN});
	ts_json_text_member(j, "description", ts_slice_skip(element, TS_KEY_DATE_LEN + 1));
	ts_json_close(j, '}');
}

/* A value, or null. Of a set's key its element. */
static void value_json(struct ts_json *j, struct ts_slice key, struct ts_value value)
{
	if (ts_spell_is_none(value)) {
		ts_json_null(j);
	} else if (ts_slice_starts(key, TS_KEY_ANNOTATION)) {
		annotation_json(j, ts_key_element(key, TS_KEY_ANNOTATION));
	} else if (ts_slice_starts(key, TS_KEY_TAG)) {
		ts_json_text(j, ts_key_element(key, TS_KEY_TAG));
	} else if (ts_slice_starts(key, TS_KEY_DEP)) {
		ts_json_text(j, ts_key_element(key, TS_KEY_DEP));
	} else if (value.kind == TS_VALUE_STRING) {
		ts_json_text(j, value.text);
	} else {
		ts_json_raw(j, value.text);
	}
}

static void attribute_json(struct ts_json *j, struct ts_slice key)
{
	TS_BUF(name);
	ts_spell_attribute(&name, key);
	ts_json_text_member(j, "attribute", ts_buf_slice(&name));
	j->to->failed |= name.failed;
}

static void pair_json(struct ts_json *j, struct ts_slice key, const char *name1,
		      struct ts_value value1, const char *name2, struct ts_value value2)
{
	ts_json_open(j, '{');
	attribute_json(j, key);
	ts_json_name(j, name1);
	value_json(j, key, value1);
	ts_json_name(j, name2);
	value_json(j, key, value2);
	ts_json_close(j, '}');
}

void ts_change_json(struct ts_json *j, const struct ts_change *c)
{
	pair_json(j, c->key, "from", c->from, "to", c->to);
}

void ts_conflict_json(struct ts_json *j, const struct ts_conflict *c)
{
	pair_json(j, c->key, "kept", c->kept, "lost", c->lost);
}
