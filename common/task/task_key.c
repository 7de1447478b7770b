/* SPDX-License-Identifier: MIT */
#include "common/task/task_key.h"

bool ts_key_is_element(struct ts_slice key)
{
	return ts_slice_starts(key, TS_KEY_TAG) || ts_slice_starts(key, TS_KEY_DEP) ||
	       ts_slice_starts(key, TS_KEY_ANNOTATION);
}

void ts_key_add_name(struct ts_buf *b, bool first, struct ts_slice name)
{
	if (!first) {
		ts_buf_add_char(b, '/');
	} else if (ts_key_is_element(name)) {
		ts_buf_add_str(b, "~2");
	}
	for (size_t i = 0; i < name.len; i++) {
		switch (name.data[i]) {
		case '~':
			ts_buf_add_str(b, "~0");
			break;
		case '/':
			ts_buf_add_str(b, "~1");
			break;
		default:
			ts_buf_add_char(b, name.data[i]);
		}
	}
}

struct ts_slice ts_key_name_of(struct ts_arena *a, struct ts_slice piece)
{
	if (piece.len == 0 || memchr(piece.data, '~', piece.len) == NULL) {
		return piece.data != NULL ? piece : TS_SLICE("");
	}
	char *name = ts_arena_alloc(a, piece.len);
	size_t n = 0;
	for (size_t i = 0; name != NULL && i < piece.len; i++) {
		if (piece.data[i] != '~' || i + 1 == piece.len) {
			name[n++] = piece.data[i];
			continue;
		}
		i++;
		if (piece.data[i] != '2') {
			name[n++] = piece.data[i] == '1' ? '/' : '~';
		}
	}
	return (struct ts_slice){name, name != NULL ? n : 0};
}
