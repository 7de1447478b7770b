/* SPDX-License-Identifier: MIT */
#pragma once

#include "common/base/slice.h"

/* True where `text` has `part` in it, without regard to case. */
bool ts_fold_contains(struct ts_slice text, struct ts_slice part);
/* True where it begins with it, without regard to case. */
bool ts_fold_starts(struct ts_slice text, struct ts_slice part);
