/* SPDX-License-Identifier: MIT */
/* How the last syncs with a remote went: state/NAME.status, lines of `name=value`, for `taskc
 * status` and for monitoring. */
#pragma once

#include "client/place.h"

#include <stdint.h>

struct sync_status {
	int64_t last_try;                   /* [s since 1970] 0: never */
	int64_t last_success;               /* 0: never */
	int64_t last_error;                 /* 0: never, or none since the last success */
	int error_code;                     /* exit status of the last try */
	char error[400];                    /* its sentence, "" */
	char messages[1000];                /* what the server said last */
	uint64_t sent, received, conflicts; /* of the last success */
};

/* Zeroed where there is none. TS_EIO, TS_EDAMAGED. */
int status_read(const struct place *p, const char *remote, struct sync_status *ret,
		struct ts_error *err) TS_MUST_CHECK;
int status_write(const struct place *p, const char *remote, const struct sync_status *s,
		 struct ts_error *err) TS_MUST_CHECK;
