/* SPDX-License-Identifier: MIT */
#include "client/words/attributes.h"

#include "client/replica/replica.h"
#include "common/base/date.h"

static const struct attribute {
	const char *name;
	enum attribute_kind kind;
} attributes[] = {
	{"annotations", ATTRIBUTE_FIXED}, {"depends", ATTRIBUTE_DEPENDS},
	{"description", ATTRIBUTE_TEXT},  {"due", ATTRIBUTE_DATE},
	{"end", ATTRIBUTE_DATE},          {"entry", ATTRIBUTE_DATE},
	{"id", ATTRIBUTE_FIXED},          {"modified", ATTRIBUTE_FIXED},
	{"priority", ATTRIBUTE_TEXT},     {"project", ATTRIBUTE_TEXT},
	{"recur", ATTRIBUTE_RECUR},       {"scheduled", ATTRIBUTE_DATE},
	{"start", ATTRIBUTE_DATE},        {"status", ATTRIBUTE_STATUS},
	{"tags", ATTRIBUTE_TAGS},         {"until", ATTRIBUTE_DATE},
	{"urgency", ATTRIBUTE_FIXED},     {"uuid", ATTRIBUTE_FIXED},
	{"wait", ATTRIBUTE_DATE},
};

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name(struct ts_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		const char c = s.data[i];
		if (!is_letter(c) && (i == 0 || c == '\0' || strchr("0123456789_-.", c) == NULL)) {
			return false;
		}
	}
	return s.len > 0;
}

bool attribute_cut(const char *word, struct ts_slice *ret_name, struct ts_slice *ret_value)
{
	struct ts_slice value = ts_slice_of(word);
	const struct ts_slice name = ts_slice_cut(&value, ':');
	if (value.data == NULL || !is_name(name) || ts_slice_starts(value, TS_SLICE(" ")) ||
	    ts_slice_starts(value, TS_SLICE("//"))) {
		return false;
	}
	*ret_name = name;
	*ret_value = value;
	return true;
}

bool attribute_cut_tag(const char *word, bool *ret_in, struct ts_slice *ret_tag)
{
	const char first = word[0] == '+' || word[0] == '-' ? word[1] : '\0';
	const bool begins = is_letter(first) || (first != '\0' && strchr("_@#", first) != NULL) ||
			    (uint8_t)first >= 0x80;
	*ret_in = word[0] == '+';
	*ret_tag = ts_slice_of(begins ? word + 1 : "");
	return begins && strpbrk(word, " \t\r\n,") == NULL;
}

struct ts_slice attribute_name(struct ts_slice name)
{
	const struct attribute *found = NULL;
	for (size_t i = 0; i < TS_COUNT_OF(attributes); i++) {
		const struct ts_slice whole = ts_slice_of(attributes[i].name);
		if (ts_slice_eq(whole, name)) {
			return whole;
		}
		if (name.len >= 3 && ts_slice_starts(whole, name)) {
			if (found != NULL) {
				return name;
			}
			found = &attributes[i];
		}
	}
	return found != NULL ? ts_slice_of(found->name) : name;
}

enum attribute_kind attribute_kind(struct ts_slice name)
{
	for (size_t i = 0; i < TS_COUNT_OF(attributes); i++) {
		if (ts_slice_eq(ts_slice_of(attributes[i].name), name)) {
			return attributes[i].kind;
		}
	}
	return ATTRIBUTE_TEXT;
}

int64_t attribute_date(const struct ts_task *task, struct ts_slice key, int64_t otherwise)
{
	const struct ts_attr *attr = ts_task_find(task, key);
	int64_t date;
	return attr != NULL && attr->value.kind != TS_VALUE_NONE &&
			       ts_date_parse(attr->value.text, &date)
		       ? date
		       : otherwise;
}

int attribute_find_status(struct ts_slice word, struct ts_slice *ret, struct ts_error *err)
{
	static const char *const known[] = {"pending", "waiting", "recurring", "completed",
					    "deleted"};
	for (size_t i = 0; i < TS_COUNT_OF(known); i++) {
		if (word.len >= 3 && ts_slice_starts(ts_slice_of(known[i]), word)) {
			*ret = ts_slice_of(known[i]);
			return TS_OK;
		}
	}
	return ts_fail(err, TS_EUSAGE,
		       "'%.*s' is not a status: pending, waiting, recurring, completed or deleted.",
		       TS_SLICE_ARGS(word));
}

struct ts_slice attribute_status(const struct ts_task *task, int64_t now)
{
	const struct ts_slice status = ts_task_text(task, "status");
	const bool pending = ts_slice_eq(status, TS_SLICE("pending"));
	if (!pending && !ts_slice_eq(status, TS_SLICE("waiting"))) {
		return status;
	}
	const int64_t wait = attribute_date(task, TS_SLICE("wait"), 0);
	return wait > now ? TS_SLICE("waiting") : TS_SLICE("pending");
}
