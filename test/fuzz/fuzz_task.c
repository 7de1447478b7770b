/* SPDX-License-Identifier: MIT */
/* A task that was read and written reads the same again, and writes the same bytes. */
#include "common/task/merge.h"
#include "common/task/task_json.h"
#include "test/fuzz/fuzz.h"

static void round_trip(const struct ts_task *task, struct ts_arena *a)
{
	static const struct ts_task_limits none = {0};
	struct ts_task again;
	struct ts_task_repair repair;
	TS_BUF(text);
	TS_BUF(twice);
	ts_task_write(task, a, &text);
	FUZZ_CHECK(ts_task_read(ts_buf_slice(&text), &none, a, &again, &repair, NULL) == TS_OK);
	ts_task_write(&again, a, &twice);
	FUZZ_CHECK(ts_slice_eq(ts_buf_slice(&text), ts_buf_slice(&twice)));
}

static void succeed(const struct ts_task *task, struct ts_arena *a)
{
	static const struct ts_task nothing = {0};
	struct ts_task first, second;
	size_t changed;
	FUZZ_CHECK(ts_task_succeed(&nothing, task, 1, a, &first, &changed) == TS_OK);
	FUZZ_CHECK(changed == task->count);
	FUZZ_CHECK(ts_task_succeed(&first, task, 1, a, &second, &changed) == TS_OK);
	FUZZ_CHECK(changed == 0 && ts_task_identical(&first, &second));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct ts_task_limits limits = {
		.line = 1 << 16, .depth = 32, .attributes = 1000};
	char *copy = fuzz_copy(data, size);
	TS_ARENA(a);
	struct ts_task task;
	struct ts_task_repair repair;
	if (copy != NULL && ts_task_read((struct ts_slice){copy, size}, &limits, &a, &task, &repair,
					 NULL) == TS_OK) {
		round_trip(&task, &a);
		succeed(&task, &a);
	}
	free(copy);
	return 0;
}
