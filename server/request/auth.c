/* SPDX-License-Identifier: MIT */
#include "server/request/auth.h"

/* Every byte is looked at, whatever the others are. */
static bool same_key(const struct ts_uuid *a, const struct ts_uuid *b)
{
	volatile uint8_t differ = 0;
	for (size_t i = 0; i < sizeof(a->bytes); i++) {
		differ = (uint8_t)(differ | (a->bytes[i] ^ b->bytes[i]));
	}
	return differ == 0;
}

static int find(struct ts_txn *t, const struct claim *claim, struct account *ret,
		struct ts_error *err)
{
	if (ts_name_check(claim->org, NULL) != TS_OK || ts_name_check(claim->user, NULL) != TS_OK) {
		return TS_ENOTFOUND;
	}
	int rc = ts_org_get(t, claim->org, &ret->org, err);
	return rc == TS_OK ? ts_user_get(t, &ret->org, claim->user, &ret->user, err) : rc;
}

/* The account's state, for one who has shown its key. */
static int check_state(const struct account *a, struct ts_error *err)
{
	if (a->org.suspended || a->user.suspended) {
		return ts_fail(err, TS_ESUSPENDED, "The account is suspended.");
	}
	if (a->org.redirect[0] != '\0') {
		return ts_fail(err, TS_EREDIRECT, "The account lives at %s now.", a->org.redirect);
	}
	return TS_OK;
}

int auth_check(struct ts_txn *t, const struct claim *claim, struct account *ret,
	       struct ts_error *err)
{
	struct ts_uuid shown = {0};
	static const struct ts_uuid nobody = {{0x5a}};
	bool legible = ts_uuid_parse(claim->key, &shown);
	int rc = find(t, claim, ret, err);
	if (rc != TS_OK && rc != TS_ENOTFOUND) {
		return rc;
	}
	bool same = same_key(&shown, rc == TS_OK ? &ret->user.key : &nobody);
	if (rc != TS_OK || !legible || !same) {
		return ts_fail(err, TS_EACCESS,
			       "There is no such organization, user and key on this server.");
	}
	return check_state(ret, err);
}
