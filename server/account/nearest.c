/* SPDX-License-Identifier: MIT */
#include "server/account/nearest.h"

#include "common/base/buf.h"

#include <ctype.h>

static size_t least(size_t a, size_t b, size_t c)
{
	size_t n = a < b ? a : b;
	return n < c ? n : c;
}

/* In halves of a change. */
static size_t cost(char a, char b)
{
	if (a == b) {
		return 0;
	}
	return tolower((unsigned char)a) == tolower((unsigned char)b) ? 1 : 2;
}

/* Levenshtein's, a row at a time. */
size_t nearest_distance(struct ts_slice a, struct ts_slice b)
{
	size_t row[NEAREST_BYTES + 1];
	a.len = a.len < NEAREST_BYTES ? a.len : NEAREST_BYTES;
	b.len = b.len < NEAREST_BYTES ? b.len : NEAREST_BYTES;
	for (size_t k = 0; k <= b.len; k++) {
		row[k] = 2 * k;
	}
	for (size_t i = 0; i < a.len; i++) {
		size_t diagonal = row[0];
		row[0] = 2 * (i + 1);
		for (size_t k = 0; k < b.len; k++) {
			size_t above = row[k + 1];
			row[k + 1] =
				least(above + 2, row[k] + 2, diagonal + cost(a.data[i], b.data[k]));
			diagonal = above;
		}
	}
	return row[b.len];
}

/* Its beginning counts as near, however long the rest is. */
static bool is_beginning(struct ts_slice wanted, struct ts_slice name)
{
	struct ts_slice part = {name.data, wanted.len};
	return wanted.len >= 2 && name.len > wanted.len &&
	       nearest_distance(wanted, part) <= wanted.len / 2;
}

static void insert(struct nearest *n, struct ts_slice name, size_t distance)
{
	size_t at = n->count;
	while (at > 0 && n->at[at - 1].distance > distance) {
		at--;
	}
	if (at == NEAREST_NAMES) {
		return;
	}
	n->count += n->count < NEAREST_NAMES ? 1 : 0;
	memmove(&n->at[at + 1], &n->at[at], (n->count - 1 - at) * sizeof(n->at[0]));
	n->at[at].distance = distance;
	memcpy(n->at[at].name, name.data, name.len);
	n->at[at].name[name.len] = '\0';
}

void nearest_hint(struct nearest *n, struct ts_slice name)
{
	if (name.len <= NEAREST_BYTES) {
		insert(n, name, 0);
	}
}

void nearest_offer(struct nearest *n, struct ts_slice name)
{
	size_t distance = nearest_distance(n->wanted, name);
	size_t bound = 2 + n->wanted.len * 2 / 3;
	if (is_beginning(n->wanted, name)) {
		distance = distance < bound ? distance : bound;
	}
	if (distance <= bound && name.len <= NEAREST_BYTES) {
		insert(n, name, distance);
	}
}

int nearest_fail(const struct nearest *n, const char *what, struct ts_error *err)
{
	TS_BUF(names);
	for (size_t i = 0; i < n->count; i++) {
		ts_buf_printf(&names, "%s'%.60s'", i > 0 ? " or " : "", n->at[i].name);
	}
	if (names.len == 0 || names.failed) {
		return ts_fail(err, TS_ENOTFOUND, "%s '%.*s' does not exist.", what,
			       (int)(n->wanted.len < 150 ? n->wanted.len : 150), n->wanted.data);
	}
	return ts_fail(err, TS_ENOTFOUND, "%s '%.*s' does not exist; do you mean %s?", what,
		       (int)(n->wanted.len < 150 ? n->wanted.len : 150), n->wanted.data,
		       names.data);
}
