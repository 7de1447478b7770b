/* SPDX-License-Identifier: MIT */
/* Each shell's script; for complete.c. */
#pragma once

#include "common/base/buf.h"

void complete_bash(struct ts_buf *to);
void complete_zsh(struct ts_buf *to);
void complete_fish(struct ts_buf *to);
