/* SPDX-License-Identifier: MIT */
#include "common/tree/attrs.h"

#include "common/base/date.h"
#include "common/task/task_key.h"

/*
 * A key is one byte: a name of this list, or one of the forms below it with more bytes behind.
 * The numbers are on disk: append only, never change one.
 */
static const struct ts_slice names[] = {
	TS_SLICE("description"), TS_SLICE("entry"),    TS_SLICE("status"), TS_SLICE("project"),
	TS_SLICE("priority"),    TS_SLICE("due"),      TS_SLICE("wait"),   TS_SLICE("scheduled"),
	TS_SLICE("until"),       TS_SLICE("start"),    TS_SLICE("end"),    TS_SLICE("recur"),
	TS_SLICE("mask"),        TS_SLICE("imask"),    TS_SLICE("parent"), TS_SLICE("rtype"),
	TS_SLICE("reviewed"),    TS_SLICE("estimate"),
};

enum key_form {
	KEY_TEXT = 0xF0,       /* string */
	KEY_TAG = 0xF1,        /* string */
	KEY_DEP = 0xF2,        /* 16 bytes */
	KEY_ANNOTATION = 0xF3, /* date, string */
};

/* A value is one byte: a word of this list (numbers on disk as well), or a form. The top bit says
 * that a stamp follows. */
static const struct ts_slice words[] = {
	TS_SLICE("x"),       TS_SLICE("pending"),   TS_SLICE("completed"), TS_SLICE("deleted"),
	TS_SLICE("waiting"), TS_SLICE("recurring"), TS_SLICE("H"),         TS_SLICE("M"),
	TS_SLICE("L"),       TS_SLICE("daily"),     TS_SLICE("weekly"),    TS_SLICE("monthly"),
	TS_SLICE("yearly"),  TS_SLICE("periodic"),
};

enum value_form {
	VALUE_NONE = 0x70,
	VALUE_STRING = 0x71, /* string */
	VALUE_NUMBER = 0x72, /* string */
	VALUE_JSON = 0x73,   /* string */
	VALUE_DATE = 0x74,   /* signed number: a string in the spelling of dates */
	VALUE_UUID = 0x75,   /* 16 bytes: a string in the spelling of UUIDs, lower case */
	STAMPED = 0x80,
};

static int find(const struct ts_slice *list, size_t count, struct ts_slice text)
{
	for (size_t i = 0; i < count; i++) {
		if (ts_slice_eq(list[i], text)) {
			return (int)i;
		}
	}
	return -1;
}

static void pack_byte(struct ts_buf *to, unsigned byte)
{
	ts_buf_add_char(to, (char)byte);
}

/* True where the text is exactly how its date is written. */
static bool spells_date(struct ts_slice text, int64_t *ret)
{
	if (text.len != TS_KEY_DATE_LEN || !ts_date_parse(text, ret)) {
		return false;
	}
	const struct ts_date_text again = ts_date_text(*ret);
	return ts_slice_eq(text, ts_slice_of(again.text));
}

static bool spells_uuid(struct ts_slice text, struct ts_uuid *ret)
{
	if (!ts_uuid_parse(text, ret)) {
		return false;
	}
	const struct ts_uuid_text again = ts_uuid_text(ret);
	return ts_slice_eq(text, ts_slice_of(again.text));
}

static bool pack_element(struct ts_buf *to, struct ts_slice key)
{
	struct ts_uuid uuid;
	int64_t date;
	if (ts_slice_starts(key, TS_KEY_TAG)) {
		pack_byte(to, KEY_TAG);
		ts_pack_string(to, ts_key_element(key, TS_KEY_TAG));
		return true;
	}
	if (ts_slice_starts(key, TS_KEY_DEP) &&
	    spells_uuid(ts_key_element(key, TS_KEY_DEP), &uuid)) {
		pack_byte(to, KEY_DEP);
		ts_buf_add(to, uuid.bytes, sizeof(uuid.bytes));
		return true;
	}
	struct ts_slice date_text = {key.data + TS_KEY_ANNOTATION.len, TS_KEY_DATE_LEN};
	const size_t text_at = TS_KEY_ANNOTATION.len + TS_KEY_DATE_LEN + 1;
	if (ts_slice_starts(key, TS_KEY_ANNOTATION) && key.len >= text_at &&
	    key.data[text_at - 1] == '_' && spells_date(date_text, &date)) {
		pack_byte(to, KEY_ANNOTATION);
		ts_pack_signed(to, date);
		ts_pack_string(to, ts_slice_skip(key, text_at));
		return true;
	}
	return false;
}

static void pack_key(struct ts_buf *to, struct ts_slice key)
{
	int name = find(names, TS_COUNT_OF(names), key);
	if (name >= 0) {
		pack_byte(to, (unsigned)name);
	} else if (!ts_key_is_element(key) || !pack_element(to, key)) {
		pack_byte(to, KEY_TEXT);
		ts_pack_string(to, key);
	}
}

/* Append the value's bytes behind its form; the form's byte is `form` with `flags`. */
static void pack_value(struct ts_buf *to, struct ts_value value, unsigned flags)
{
	static const unsigned forms[] = {[TS_VALUE_NONE] = VALUE_NONE,
					 [TS_VALUE_STRING] = VALUE_STRING,
					 [TS_VALUE_NUMBER] = VALUE_NUMBER,
					 [TS_VALUE_JSON] = VALUE_JSON};
	bool string = value.kind == TS_VALUE_STRING;
	int word = string ? find(words, TS_COUNT_OF(words), value.text) : -1;
	struct ts_uuid uuid;
	int64_t date;
	if (word >= 0) {
		pack_byte(to, flags | (unsigned)word);
	} else if (string && spells_date(value.text, &date)) {
		pack_byte(to, flags | VALUE_DATE);
		ts_pack_signed(to, date);
	} else if (string && spells_uuid(value.text, &uuid)) {
		pack_byte(to, flags | VALUE_UUID);
		ts_buf_add(to, uuid.bytes, sizeof(uuid.bytes));
	} else {
		pack_byte(to, flags | forms[value.kind]);
		if (value.kind != TS_VALUE_NONE) {
			ts_pack_string(to, value.text);
		}
	}
}

void ts_attr_pack(struct ts_buf *to, const struct ts_attr *attr, int64_t m)
{
	bool stamped = attr->stamp.t != m || attr->stamp.n != 0;
	pack_key(to, attr->key);
	pack_value(to, attr->value, stamped ? STAMPED : 0);
	if (stamped) {
		ts_pack_signed(to, attr->stamp.t - m);
		ts_pack_number(to, attr->stamp.n);
	}
}

/* Put the pieces of a key or value together in the arena. */
static struct ts_slice join(struct ts_arena *a, struct ts_slice first, struct ts_slice second,
			    struct ts_slice third)
{
	char *text = ts_arena_alloc(a, first.len + second.len + third.len + 1);
	if (text == NULL) {
		return (struct ts_slice){NULL, 0};
	}
	memcpy(text, first.data, first.len);
	memcpy(text + first.len, second.data, second.len);
	memcpy(text + first.len + second.len, third.data, third.len);
	return (struct ts_slice){text, first.len + second.len + third.len};
}

static struct ts_slice unpack_uuid(struct ts_unpack *u, struct ts_arena *a, struct ts_slice prefix)
{
	struct ts_uuid uuid;
	struct ts_slice bytes = ts_unpack_bytes(u, sizeof(uuid.bytes));
	if (u->failed) {
		return (struct ts_slice){NULL, 0};
	}
	memcpy(uuid.bytes, bytes.data, sizeof(uuid.bytes));
	const struct ts_uuid_text text = ts_uuid_text(&uuid);
	return join(a, prefix, ts_slice_of(text.text), TS_SLICE(""));
}

static struct ts_slice unpack_annotation(struct ts_unpack *u, struct ts_arena *a)
{
	const struct ts_date_text date = ts_date_text(ts_unpack_signed(u));
	struct ts_slice text = ts_unpack_string(u);
	char middle[TS_KEY_DATE_LEN + 1];
	memcpy(middle, date.text, TS_KEY_DATE_LEN);
	middle[TS_KEY_DATE_LEN] = '_';
	return join(a, TS_KEY_ANNOTATION, (struct ts_slice){middle, sizeof(middle)}, text);
}

static struct ts_slice unpack_key(struct ts_unpack *u, struct ts_arena *a)
{
	uint8_t form = ts_unpack_byte(u);
	if (form < TS_COUNT_OF(names)) {
		return names[form];
	}
	switch (form) {
	case KEY_TEXT:
		return ts_unpack_string(u);
	case KEY_TAG:
		return join(a, TS_KEY_TAG, ts_unpack_string(u), TS_SLICE(""));
	case KEY_DEP:
		return unpack_uuid(u, a, TS_KEY_DEP);
	case KEY_ANNOTATION:
		return unpack_annotation(u, a);
	default:
		u->failed = true;
		return (struct ts_slice){NULL, 0};
	}
}

static struct ts_value unpack_value(struct ts_unpack *u, struct ts_arena *a, unsigned form)
{
	if (form < TS_COUNT_OF(words)) {
		return (struct ts_value){TS_VALUE_STRING, words[form]};
	}
	switch (form) {
	case VALUE_NONE:
		return (struct ts_value){TS_VALUE_NONE, TS_SLICE("")};
	case VALUE_STRING:
		return (struct ts_value){TS_VALUE_STRING, ts_unpack_string(u)};
	case VALUE_NUMBER:
		return (struct ts_value){TS_VALUE_NUMBER, ts_unpack_string(u)};
	case VALUE_JSON:
		return (struct ts_value){TS_VALUE_JSON, ts_unpack_string(u)};
	case VALUE_DATE: {
		const struct ts_date_text date = ts_date_text(ts_unpack_signed(u));
		return (struct ts_value){TS_VALUE_STRING, ts_arena_copy(a, ts_slice_of(date.text))};
	}
	case VALUE_UUID:
		return (struct ts_value){TS_VALUE_STRING, unpack_uuid(u, a, TS_SLICE(""))};
	default:
		u->failed = true;
		return (struct ts_value){TS_VALUE_NONE, {NULL, 0}};
	}
}

bool ts_attr_unpack(struct ts_unpack *u, int64_t m, struct ts_arena *a, struct ts_attr *ret)
{
	ret->key = unpack_key(u, a);
	unsigned form = ts_unpack_byte(u);
	ret->value = unpack_value(u, a, form & ~(unsigned)STAMPED);
	ret->stamp = (struct ts_stamp){m, 0};
	if ((form & STAMPED) != 0) {
		int64_t from_m = ts_unpack_signed(u);
		if (__builtin_add_overflow(m, from_m, &ret->stamp.t)) {
			u->failed = true;
		}
		ret->stamp.n = ts_unpack_number(u);
	}
	return !u->failed && ret->key.data != NULL && ret->value.text.data != NULL;
}
