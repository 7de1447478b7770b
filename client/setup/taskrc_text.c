/* SPDX-License-Identifier: MIT */
#include "client/setup/taskrc_text.h"

#include <ctype.h>

void taskrc_expand(struct ts_slice s, struct ts_buf *to)
{
	while (s.len > 0) {
		size_t n = 1;
		while (n < s.len && (isalnum((unsigned char)s.data[n]) || s.data[n] == '_')) {
			n++;
		}
		if (s.data[0] != '$' || n == 1) {
			ts_buf_add_char(to, s.data[0]);
			s = ts_slice_skip(s, 1);
			continue;
		}
		TS_AUTOFREE char *name = strndup(s.data + 1, n - 1);
		const char *value = name != NULL ? getenv(name) : NULL;
		to->failed = to->failed || name == NULL;
		ts_buf_add_str(to, value != NULL ? value : "");
		s = ts_slice_skip(s, n);
	}
}

static void add_character(unsigned c, struct ts_buf *to)
{
	if (c < 0x80) {
		ts_buf_add_char(to, (char)c);
	} else if (c < 0x800) {
		ts_buf_add_char(to, (char)(0xC0 | c >> 6));
		ts_buf_add_char(to, (char)(0x80 | (c & 0x3F)));
	} else {
		ts_buf_add_char(to, (char)(0xE0 | c >> 12));
		ts_buf_add_char(to, (char)(0x80 | (c >> 6 & 0x3F)));
		ts_buf_add_char(to, (char)(0x80 | (c & 0x3F)));
	}
}

/* The four digits of a \u escape; 0 where they are none. */
static unsigned hex4(struct ts_slice s)
{
	char text[5] = {0};
	for (size_t i = 0; i < 4; i++) {
		if (i >= s.len || !isxdigit((unsigned char)s.data[i])) {
			return 0;
		}
		text[i] = s.data[i];
	}
	return (unsigned)strtoul(text, NULL, 16);
}

void taskrc_unescape(struct ts_slice s, struct ts_buf *to)
{
	static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
	while (s.len > 0) {
		char next = s.len > 1 && s.data[0] == '\\' ? s.data[1] : '\0';
		const char *known = next != '\0' ? strchr(from, next) : NULL;
		unsigned c = next == 'u' ? hex4(ts_slice_skip(s, 2)) : 0;
		if (known != NULL) {
			ts_buf_add_char(to, into[known - from]);
		} else if (c != 0) {
			add_character(c, to);
		} else {
			ts_buf_add_char(to, s.data[0]);
		}
		s = ts_slice_skip(s, known != NULL ? 2 : c != 0 ? 6 : 1);
	}
}
