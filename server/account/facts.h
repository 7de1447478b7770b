/* SPDX-License-Identifier: MIT */
/* What there is to know of accounts and devices, and how it is spelled. */
#pragma once

#include "common/base/buf.h"
#include "common/base/json_out.h"
#include "common/store/device.h"
#include "server/request/quota.h"

struct user_facts {
	const struct ts_org *org; /* borrowed, as is the user */
	const struct ts_user *user;
	struct quota_use use;
	uint64_t versions;
	uint64_t rejects; /* lines in quarantine */
	size_t devices;   /* that are not revoked */
	int64_t seen;     /* [s since 1970] the last request of any device; 0: none yet */
};

int facts_of_user(struct ts_txn *t, const struct ts_org *org, const struct ts_user *user,
		  struct user_facts *ret, struct ts_error *err) TS_MUST_CHECK;

/* "active", "suspended" */
const char *facts_state(bool suspended);
/* "in use", "revoked", "expired" or "new", which was never seen */
const char *facts_device_state(const struct ts_device *d, int64_t now);
/* "on", "off" or "default" */
const char *facts_binding(enum ts_binding binding);
/* "2026-11-21 17:20", or `otherwise` for 0. */
void facts_add_time(struct ts_buf *to, int64_t time, const char *otherwise);

/* The members of an object. */
void facts_json_user(const struct user_facts *f, struct ts_json *j);
void facts_json_org(const struct ts_org *org, size_t users, const struct quota_use *use,
		    struct ts_json *j);
void facts_json_quota(const struct ts_quota *q, struct ts_json *j);
void facts_json_device(const struct ts_device *d, int64_t now, struct ts_json *j);
