/* SPDX-License-Identifier: MIT */
#include "server/adopt/free_name.h"

#include "common/base/utf8.h"
#include "common/store/store.h"

enum { TRIES = 100000, NUMBER_ROOM = 12 };

/* What a name may not hold becomes '_', so that it can be one. */
static void make_allowed(struct ts_slice name, struct ts_buf *to)
{
	name = ts_slice_trim(name);
	while (name.len > 0 && to->len < TS_NAME_MAX - NUMBER_ROOM) {
		bool shown;
		const struct ts_slice c = ts_utf8_cut(&name, &shown);
		if (shown && c.data[0] != '/' && c.data[0] != '\\') {
			ts_buf_add_slice(to, c);
		} else {
			ts_buf_add_char(to, '_');
		}
	}
	while (to->len > 0 && ts_is_blank(to->data[to->len - 1])) {
		to->len--;
	}
	if (ts_name_check(ts_buf_slice(to), NULL) != TS_OK) {
		ts_buf_clear(to);
		ts_buf_add_str(to, "unnamed");
	}
}

int free_name_add(struct ts_slice wish, struct ts_buf *name,
		  int (*add)(struct ts_slice name, void *arg, struct ts_error *err), void *arg,
		  struct ts_error *err)
{
	int code = TS_EEXIST;
	if (ts_name_check(wish, NULL) == TS_OK) {
		ts_buf_add_slice(name, wish);
		code = name->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.")
				    : add(wish, arg, err);
		if (code != TS_EEXIST) {
			return code;
		}
		ts_buf_clear(name);
	}
	make_allowed(wish, name);
	const size_t len = name->len;
	for (int i = 1; i < TRIES && code == TS_EEXIST; i++) {
		name->len = len;
		if (i > 1) {
			ts_buf_printf(name, "-%d", i);
		}
		code = name->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.")
				    : add(ts_buf_slice(name), arg, err);
	}
	return code;
}
