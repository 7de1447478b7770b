/* SPDX-License-Identifier: MIT */
/*
 * Who may do anything here: an organization, a user of it, and that user's key; and on which
 * device. Both are asked at each request, so that what an operator changes holds at once.
 */
#pragma once

#include "common/store/device.h"
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

/* What a request came with; borrowed. */
struct bearer {
	const char *id;   /* of the device, as in struct ts_device; "" unknown */
	const char *name; /* the certificate's common name, or what the program says */
	bool certificate; /* `id` is the fingerprint of one that was shown */
	int64_t until;    /* [s since 1970] its end */
	bool binding;     /* as the settings have it */
};

/*
 * For who has shown the key of `a`: the device. TS_OK: *ret is it, or, where it is a new one, what
 * shall be registered. TS_EACCESS with a sentence: it was revoked; or the account is
 * bound to its certificates, and this is none of them.
 */
int auth_device(struct ts_txn *t, const struct account *a, const struct bearer *b,
		struct ts_device *ret, bool *ret_known, struct ts_error *err) TS_MUST_CHECK;

/* A program's name as the id of a device: never one of a certificate. */
void auth_program_id(struct ts_slice client, char to[static TS_DEVICE_MAX + 1]);
