/* SPDX-License-Identifier: MIT */
#pragma once

#include "common/base/attr.h"
#include "common/base/slice.h"

/*
 * True where Taskwarrior 2.6.2 reads `s` as the period of a recurring task: a word such as
 * "weekly", a number with a unit such as "3 days", or ISO 8601's form such as "P1M". A task with
 * any other period ends its `task sync` with an error, every time.
 */
bool ts_recur_valid(struct ts_slice s);
