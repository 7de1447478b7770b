/* SPDX-License-Identifier: MIT */
/* The errands that only look. */
#pragma once

#include "server/account/errand.h"

/* lists.c */
extern const struct errand_kind view_orgs, view_users, view_devices;
/* view_account.c */
extern const struct errand_kind view_user, view_org;

/* The lines of a user's devices, for view_devices and view_user. */
int views_add_devices(struct ts_txn *t, uint32_t user, struct ts_buf *to,
		      struct ts_error *err) TS_MUST_CHECK;
/* The same as an array of JSON. */
struct ts_json;
int views_json_devices(struct ts_txn *t, uint32_t user, struct ts_json *j,
		       struct ts_error *err) TS_MUST_CHECK;
