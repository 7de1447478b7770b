/* SPDX-License-Identifier: MIT */
/* What Taskwarrior 2.6 makes of a setting's text: first the one, then the other. */
#pragma once

#include "common/base/buf.h"

/* Append `s`, each $NAME replaced by the environment's. */
void taskrc_expand(struct ts_slice s, struct ts_buf *to);
/* Append `s`, JSON's escapes replaced; one that is none stays as it is. */
void taskrc_unescape(struct ts_slice s, struct ts_buf *to);
