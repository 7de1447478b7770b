/* SPDX-License-Identifier: MIT */
/* A file of any bytes is cut into the same records however it arrives, and every line of
 * Taskwarrior's that is read becomes JSON. */
#include "common/import/task_reader.h"
#include "common/import/taskwarrior_line.h"
#include "common/task/task_json.h"
#include "test/fuzz/fuzz.h"

static int note(const struct ts_task_record *record, void *arg, struct ts_error *err)
{
	struct ts_buf *to = arg;
	TS_BUF(json);
	TS_BUF(compact);
	ts_buf_printf(to, "%zu %d %s ", record->line, record->is_line,
		      record->fault != NULL ? record->fault : "");
	ts_buf_add_slice(to, record->text);
	if (record->is_line && record->fault == NULL &&
	    ts_taskwarrior_line_to_json(record->text, &json, err) == TS_OK) {
		FUZZ_CHECK(ts_json_check(ts_buf_slice(&json), &compact, NULL) == TS_OK);
	}
	return TS_OK;
}

static void cut(struct ts_slice in, size_t piece, struct ts_buf *to)
{
	TS_CLEANUP(ts_task_reader_done) struct ts_task_reader r = {.each = note, .arg = to};
	struct ts_error err = {0};
	for (size_t at = 0; at < in.len; at += piece) {
		const size_t left = in.len - at;
		const struct ts_slice part = {in.data + at, left < piece ? left : piece};
		FUZZ_CHECK(ts_task_reader_feed(&r, part, &err) == TS_OK);
	}
	FUZZ_CHECK(ts_task_reader_end(&r, &err) == TS_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TS_AUTOFREE char *copy = fuzz_copy(data, size);
	const struct ts_slice in = {copy, size};
	TS_BUF(whole);
	TS_BUF(pieces);
	if (copy == NULL) {
		return 0;
	}
	cut(in, size + 1, &whole);
	cut(in, 3, &pieces);
	FUZZ_CHECK(ts_slice_eq(ts_buf_slice(&whole), ts_buf_slice(&pieces)));
	return 0;
}
