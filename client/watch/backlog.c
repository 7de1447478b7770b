/* SPDX-License-Identifier: MIT */
#include "client/watch/backlog.h"

#include "common/base/file.h"

enum { BACKLOG_MAX = 1 << 30 };

/* FNV-1a */
static uint64_t hash_of(struct ts_slice text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	for (size_t i = 0; i < text.len; i++) {
		hash = (hash ^ (unsigned char)text.data[i]) * UINT64_C(0x100000001b3);
	}
	return hash;
}

struct backlog backlog_parse(struct ts_slice text)
{
	struct backlog b = {.hash = hash_of(text)};
	struct ts_slice rest = text;
	while (rest.data != NULL) {
		struct ts_slice line = ts_slice_cut(&rest, '\n');
		struct ts_uuid key;
		if (ts_slice_starts(line, TS_SLICE("{"))) {
			b.unsent = true;
		} else if (ts_uuid_parse(line, &key)) {
			b.has_key = true;
			b.key = key;
		}
	}
	return b;
}

int backlog_read(const char *folder, struct backlog *ret, struct ts_error *err)
{
	TS_BUF(path);
	TS_BUF(text);
	ts_buf_printf(&path, "%s/backlog.data", folder);
	if (path.failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	int code = ts_file_read(path.data, BACKLOG_MAX, &text, err);
	if (code == TS_OK || code == TS_ENOTFOUND) {
		*ret = backlog_parse(ts_buf_slice(&text));
		return TS_OK;
	}
	return code;
}
