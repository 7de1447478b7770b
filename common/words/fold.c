/* SPDX-License-Identifier: MIT */
#include "common/words/fold.h"

#include "common/base/utf8.h"

#include <locale.h>
#include <wctype.h>

/* Unicode's letters, whatever the user's locale knows; NULL where the system has no such locale,
 * then only ASCII's letters are folded. */
static locale_t letters(void)
{
	static locale_t known;
	static bool asked;
	if (!asked) {
		known = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
		asked = true;
	}
	return known;
}

/* Cut one character off as a small letter. A byte that is no character stands for itself. */
static wint_t cut_small(struct ts_slice *rest)
{
	bool shown;
	const struct ts_slice c = ts_utf8_cut(rest, &shown);
	const uint8_t first = (uint8_t)c.data[0];
	if (c.len == 1) {
		return first >= 'A' && first <= 'Z' ? (wint_t)(first | 0x20) : (wint_t)first;
	}
	wint_t code = (wint_t)(first & (0xFFu >> (c.len + 1)));
	for (size_t i = 1; i < c.len; i++) {
		code = code << 6 | ((uint8_t)c.data[i] & 0x3Fu);
	}
	return letters() != (locale_t)0 ? towlower_l(code, letters()) : code;
}

bool ts_fold_starts(struct ts_slice text, struct ts_slice part)
{
	while (part.len > 0) {
		if (text.len == 0 || cut_small(&text) != cut_small(&part)) {
			return false;
		}
	}
	return true;
}

bool ts_fold_contains(struct ts_slice text, struct ts_slice part)
{
	while (!ts_fold_starts(text, part)) {
		if (text.len == 0) {
			return false;
		}
		(void)cut_small(&text);
	}
	return true;
}
