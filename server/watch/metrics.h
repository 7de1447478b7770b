/* SPDX-License-Identifier: MIT */
/* The metrics, in the text format of Prometheus: one table in metrics.c names each. */
#pragma once

#include "server/watch/scene.h"

/* All of them, appended to `to`. */
void metrics_write(const struct scene *s, struct ts_buf *to);
