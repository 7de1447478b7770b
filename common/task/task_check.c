/* SPDX-License-Identifier: MIT */
#include "common/task/task_check.h"

#include "common/task/task_json.h"

int ts_task_check(struct ts_slice json, struct ts_buf *ret_normalized, struct ts_error *err)
{
	TS_ARENA(arena);
	const struct ts_task_limits none = {0};
	struct ts_task task;
	struct ts_task_repair repair;
	int code = ts_task_read(json, &none, &arena, &task, &repair, err);
	if (code != TS_OK) {
		return code;
	}
	ts_task_write(&task, &arena, ret_normalized);
	return ret_normalized->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}
