/* SPDX-License-Identifier: MIT */
#include "common/base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void ts_buf_done(struct ts_buf *b)
{
	free(b->data);
	*b = (struct ts_buf){0};
}

void ts_buf_clear(struct ts_buf *b)
{
	b->len = 0;
	b->failed = false;
}

char *ts_buf_reserve(struct ts_buf *b, size_t more)
{
	size_t need;
	if (b->failed || __builtin_add_overflow(b->len, more, &need) ||
	    __builtin_add_overflow(need, 1, &need)) {
		b->failed = true;
		return NULL;
	}
	if (need > b->cap) {
		size_t cap = b->cap < 64 ? 64 : b->cap;
		while (cap < need) {
			cap = cap > SIZE_MAX / 2 ? need : cap * 2;
		}
		char *data = realloc(b->data, cap);
		if (data == NULL) {
			b->failed = true;
			return NULL;
		}
		b->data = data;
		b->cap = cap;
	}
	return b->data + b->len;
}

void ts_buf_add(struct ts_buf *b, const void *data, size_t len)
{
	char *at = ts_buf_reserve(b, len);
	if (at == NULL) {
		return;
	}
	if (len > 0) {
		memcpy(at, data, len);
	}
	b->len += len;
	b->data[b->len] = '\0';
}

void ts_buf_add_slice(struct ts_buf *b, struct ts_slice s)
{
	ts_buf_add(b, s.data, s.len);
}

void ts_buf_add_str(struct ts_buf *b, const char *s)
{
	ts_buf_add(b, s, strlen(s));
}

void ts_buf_add_char(struct ts_buf *b, char c)
{
	ts_buf_add(b, &c, 1);
}

void ts_buf_printf(struct ts_buf *b, const char *fmt, ...)
{
	va_list args, again;
	va_start(args, fmt);
	va_copy(again, args);
	int n = vsnprintf(NULL, 0, fmt, args);
	char *at = n >= 0 ? ts_buf_reserve(b, (size_t)n) : NULL;
	if (at != NULL) {
		(void)vsnprintf(at, (size_t)n + 1, fmt, again);
		b->len += (size_t)n;
	}
	va_end(again);
	va_end(args);
}
