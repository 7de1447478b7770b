/* SPDX-License-Identifier: MIT */
#include "server/adopt/spelling.h"

#include "common/base/attr.h"
#include "server/adopt/skip_string.h"

/* Members of the object, one after the other: names and values as they are written. */
struct members {
	struct ts_slice rest;
	struct ts_slice name, value; /* a string's quotes taken off the name only */
};

/* The length of the value at the front: up to the comma or bracket that ends it. */
static size_t value_length(struct ts_slice s)
{
	size_t depth = 0;
	for (size_t i = 0; i < s.len;) {
		const char c = s.data[i];
		if (c == '"') {
			i = skip_string(s, i);
			continue;
		}
		if (depth == 0 && (c == ',' || c == '}' || c == ']')) {
			return i;
		}
		depth += c == '{' || c == '[' ? 1 : 0;
		depth -= c == '}' || c == ']' ? 1 : 0;
		i++;
	}
	return s.len;
}

static struct ts_slice skip_to(struct ts_slice s, char c)
{
	const char *at = s.len > 0 ? memchr(s.data, c, s.len) : NULL;
	return at != NULL ? ts_slice_skip(s, (size_t)(at - s.data)) : ts_slice_skip(s, s.len);
}

static bool next_member(struct members *m)
{
	m->rest = skip_to(m->rest, '"');
	if (m->rest.len < 2) {
		return false;
	}
	const size_t end = skip_string(m->rest, 0);
	m->name = (struct ts_slice){m->rest.data + 1, end - 2};
	m->rest = skip_to(ts_slice_skip(m->rest, end), ':');
	(void)ts_slice_cut_char(&m->rest, ':');
	while (m->rest.len > 0 && ts_is_blank(m->rest.data[0])) {
		m->rest = ts_slice_skip(m->rest, 1);
	}
	m->value = (struct ts_slice){m->rest.data, value_length(m->rest)};
	m->rest = ts_slice_skip(m->rest, m->value.len);
	return true;
}

static unsigned depends(struct ts_slice value)
{
	if (ts_slice_cut_char(&value, '[')) {
		return SPELLING_DEPENDS_LIST;
	}
	return value.len > 1 && memchr(value.data, '[', value.len) != NULL ? SPELLING_DEPENDS_TEXT
									   : 0;
}

static unsigned date(struct ts_slice value)
{
	(void)ts_slice_cut_char(&value, '"');
	const size_t digits = ts_slice_cut_digits(&value).len;
	const char next = value.len > 0 ? value.data[0] : '"';
	return digits > 0 && digits != 8 && next != 'T' && next != '-' ? SPELLING_EPOCH : 0;
}

static const struct rule {
	const char *name;
	unsigned (*look)(struct ts_slice value);
	unsigned without; /* what it is where the name is missing */
} rules[] = {
	{"depends", depends, 0},
	{"entry", date, SPELLING_NO_ENTRY},
	{"modified", date, SPELLING_NO_MODIFIED},
	{"end", date, 0},
	{"start", date, 0},
	{"due", date, 0},
	{"wait", date, 0},
	{"scheduled", date, 0},
	{"until", date, 0},
};

unsigned spelling_of(struct ts_slice json)
{
	struct members m = {.rest = json};
	unsigned found = SPELLING_NO_ENTRY | SPELLING_NO_MODIFIED;
	while (next_member(&m)) {
		for (size_t i = 0; i < TS_COUNT_OF(rules); i++) {
			if (ts_slice_eq(m.name, ts_slice_of(rules[i].name))) {
				found &= ~rules[i].without;
				found |= rules[i].look(m.value);
				break;
			}
		}
	}
	return found;
}
