/* SPDX-License-Identifier: MIT */
#pragma once

#include "client/sync/exchange.h"

/* Read an answer from sync->dial: headers into *ret, `messages` into the sync, the payload of a
 * success into a new upload. TS_EREFUSED: it is no answer, or too long; TS_ECLOSED, and those of
 * receiving and storing.
 */
int receive_answer(struct exchange *x, struct answer *ret, struct ts_error *err) TS_MUST_CHECK;
