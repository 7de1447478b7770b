/* SPDX-License-Identifier: MIT */
#pragma once

#include "common/base/attr.h"
#include "common/base/slice.h"

/*
 * A check that may be fed in pieces: a character may be cut at any byte. Well-formed is what
 * Unicode's table 3-7 says: no overlong form, no surrogate, nothing above U+10FFFF.
 */
struct ts_utf8 {
	uint8_t need;      /* continuation bytes still to come */
	uint8_t low, high; /* bounds of the next one */
};

/* False from the first byte that can't continue; the state is then of no more use. */
bool ts_utf8_feed(struct ts_utf8 *u, struct ts_slice s) TS_MUST_CHECK;

/* True where no character is left unfinished. */
static inline bool ts_utf8_complete(const struct ts_utf8 *u)
{
	return u->need == 0;
}

/* The beginning of `s`, which is UTF-8: at most `most` bytes, no character cut. */
static inline struct ts_slice ts_utf8_beginning(struct ts_slice s, size_t most)
{
	if (s.len > most) {
		s.len = most;
		while (s.len > 0 && ((uint8_t)s.data[s.len] & 0xC0) == 0x80) {
			s.len--;
		}
	}
	return s;
}

static inline bool ts_utf8_valid(struct ts_slice s)
{
	struct ts_utf8 u = {0};
	return ts_utf8_feed(&u, s) && ts_utf8_complete(&u);
}

/*
 * Cut the first character off *rest, which isn't empty; where it is none, the first byte.
 * *ret_shown is false for that, and for what is not seen but obeyed: control characters, separators
 * of lines, marks that turn the direction of writing.
 */
struct ts_slice ts_utf8_cut(struct ts_slice *rest, bool *ret_shown);
/* True where all of it is shown. */
bool ts_utf8_printable(struct ts_slice s);
/* Put a '?' for each byte of `text` that a terminal would obey: it may come from a file's name, an
 * argument or a peer. */
void ts_utf8_make_harmless(char *text);
