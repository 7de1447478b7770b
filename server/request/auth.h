/* SPDX-License-Identifier: MIT */
/* Who may do anything here: an organization, a user of it, and that user's key. */
#pragma once

#include "common/store/store.h"

/* What a client says of itself; borrowed, nothing of it is believed. */
struct claim {
	struct ts_slice org, user, key;
};

struct account {
	struct ts_org org;
	struct ts_user user;
};

/*
 * TS_OK: *ret is the account. TS_EACCESS: organization, user or key are wrong, and neither the
 * sentence nor the time this takes says which. TS_ESUSPENDED: all of it is right, but organization
 * or user are suspended. TS_EREDIRECT: it lives at ret->org.redirect. And the store's failures.
 */
int auth_check(struct ts_txn *t, const struct claim *claim, struct account *ret,
	       struct ts_error *err) TS_MUST_CHECK;
