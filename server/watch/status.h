/* SPDX-License-Identifier: MIT */
/* How the server is, as one JSON object: what `taskd status` asks for. */
#pragma once

#include "server/watch/scene.h"

/* `http` is where HTTP is served, as texts. */
void status_write(const struct scene *s, const char *const *http, size_t http_count,
		  struct ts_buf *to);
