/* SPDX-License-Identifier: MIT */
/* What the files of this folder share. */
#pragma once

#include "common/log/log.h"

/* Hand a finished line to whoever wants it. */
void ts_log_emit(const struct ts_log_line *l);

/* The journal of systemd. */
bool ts_log_journal_there(void);
void ts_log_journal(const struct ts_log_line *l);
/* A line as text, without time and level. */
void ts_log_body(const struct ts_log_line *l, struct ts_buf *to);
