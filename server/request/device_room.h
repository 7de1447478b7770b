/* SPDX-License-Identifier: MIT */
/* Room for one more device of a user (the setting device.limit). */
#pragma once

#include "common/store/device.h"

/* The user is to have at most `most` devices with the one that comes; 0: any number. If need be,
 * the program without a certificate that was seen longest ago goes; what was revoked stays, because
 * that is why it is refused. TS_EEXIST: nobody can go. */
int device_make_room(struct ts_txn *t, uint32_t user, uint64_t most,
		     struct ts_error *err) TS_MUST_CHECK;
