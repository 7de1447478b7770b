/* SPDX-License-Identifier: MIT */
#pragma once

#include "common/task/task.h"

/*
 * Which attributes a client is shown. Some stay in the store and are shown to nobody, because
 * Taskwarrior 2.6.2 would fail at every sync or export: a period of recurrence without a due date
 * or that it can't read, an attribute whose name it takes for an annotation. And where a merge
 * left a value and an object of the same name, the one that changed later is shown.
 *
 * What was not shown can't have been removed by an edit that lacks it.
 */
bool ts_task_shows(const struct ts_task *task, const struct ts_attr *attr);
