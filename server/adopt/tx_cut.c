/* SPDX-License-Identifier: MIT */
#include "server/adopt/tx_cut.h"

#include "server/adopt/skip_string.h"

/* Beginnings of tasks behind damage that are tried, so that no line takes long. */
enum { TRIES = 64 };

static const struct ts_slice replacement = TS_SLICE("\xEF\xBF\xBD");

/* How many bytes at the front are one character; 0: they are none. */
static size_t character(struct ts_slice s)
{
	const unsigned char c = (unsigned char)s.data[0];
	const size_t n = c < 0x80 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
	return n <= s.len && ts_utf8_valid((struct ts_slice){s.data, n}) ? n : 0;
}

static unsigned rewrite(struct ts_slice line, struct ts_buf *to)
{
	unsigned marks = 0;
	while (line.len > 0) {
		size_t n = character(line);
		if (n == 0) {
			ts_buf_add_slice(to, replacement);
			marks |= TX_UTF8;
			n = 1;
		} else if (line.data[0] == '\0') {
			marks |= TX_NUL;
		} else {
			ts_buf_add(to, line.data, n);
		}
		line = ts_slice_skip(line, n);
	}
	return marks;
}

unsigned tx_clean(struct ts_slice *line, struct ts_buf *to)
{
	unsigned marks = line->len > 0 && line->data[line->len - 1] == '\r' ? TX_CRLF : 0;
	if (line->len > 0 &&
	    (memchr(line->data, '\0', line->len) != NULL || !ts_utf8_valid(*line))) {
		marks |= rewrite(*line, to);
		*line = ts_buf_slice(to);
	}
	*line = ts_slice_trim(*line);
	return marks;
}

/* The length of the JSON object that `s` begins with; 0: it has no end. */
static size_t object_length(struct ts_slice s)
{
	size_t depth = 0;
	for (size_t i = 0; i < s.len;) {
		const char c = s.data[i];
		if (c == '"') {
			i = skip_string(s, i);
			continue;
		}
		i++;
		depth += c == '{' || c == '[' ? 1 : 0;
		if ((c == '}' || c == ']') && --depth == 0) {
			return i;
		}
	}
	return 0;
}

static bool has(struct ts_slice s, struct ts_slice part)
{
	return memmem(s.data, s.len, part.data, part.len) != NULL;
}

/* A sync key at the end of a line whose own newline is lost. The end of a cut task may look like
 * one: a key that nobody has does no harm. */
static bool ends_in_key(struct ts_slice s)
{
	struct ts_uuid key;
	if (s.len <= TS_UUID_TEXT) {
		return false;
	}
	const char *at = s.data + s.len - TS_UUID_TEXT;
	return ts_uuid_parse((struct ts_slice){at, TS_UUID_TEXT}, &key) && at[-1] != '"' &&
	       at[-1] != ',' && at[-1] != '-';
}

/* Where, behind the beginning of a damaged `s`, something whole begins; its end if nowhere. */
static size_t next_whole(struct ts_slice s)
{
	static const struct ts_slice begin = TS_SLICE("{\""), uuid = TS_SLICE("\"uuid\":");
	size_t at = 1;
	for (int tries = 0; tries < TRIES && at < s.len; tries++) {
		const char *found = memmem(s.data + at, s.len - at, begin.data, begin.len);
		if (found == NULL) {
			break;
		}
		const size_t from = (size_t)(found - s.data);
		const size_t n = object_length(ts_slice_skip(s, from));
		if (n > 0 && has((struct ts_slice){found, n}, uuid)) {
			return from;
		}
		at = from + 1;
	}
	return ends_in_key(s) ? s.len - TS_UUID_TEXT : s.len;
}

static bool begins_with_key(struct ts_slice s, struct ts_uuid *ret)
{
	return s.len >= TS_UUID_TEXT &&
	       (s.len == TS_UUID_TEXT || s.data[TS_UUID_TEXT] == '{' ||
		ts_is_blank(s.data[TS_UUID_TEXT])) &&
	       ts_uuid_parse((struct ts_slice){s.data, TS_UUID_TEXT}, ret);
}

struct tx_found tx_cut(struct ts_slice *rest)
{
	struct tx_found f = {.kind = TX_NOTHING, .text = *rest};
	if (rest->len == 0) {
		return f;
	}
	if (begins_with_key(*rest, &f.key)) {
		f.kind = TX_KEY;
		f.text.len = TS_UUID_TEXT;
	} else {
		const bool object = rest->data[0] == '{';
		f.text.len = object ? object_length(*rest) : 0;
		f.kind = f.text.len > 0 ? TX_TASK : TX_JUNK;
		if (f.kind == TX_JUNK) {
			f.text.len = next_whole(*rest);
			f.fault = object ? "it is cut off" : "it is neither a task nor a sync key";
		}
	}
	*rest = ts_slice_trim(ts_slice_skip(*rest, f.text.len));
	return f;
}
