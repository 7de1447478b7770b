/* SPDX-License-Identifier: MIT */
/* What `taskc setup` is told about a server and an account there, by a bundle or by Taskwarrior's
 * configuration. */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

struct account {
	struct ts_buf server, org, user, secret, trust; /* text, as in remote.conf */
	struct ts_buf device, priorities;               /* "": none */
	struct ts_buf ca, certificate, key;             /* PEM, "": none */
};

/* Wipes the secrets. */
void account_done(struct account *a);
/* Whether all of it can be what it says it is. TS_EINVAL with a sentence; TS_ENOMEM. */
int account_check(const struct account *a, struct ts_error *err) TS_MUST_CHECK;

/* A buffer's text, "" where nothing was appended. */
static inline const char *account_text(const struct ts_buf *b)
{
	return b->data != NULL ? b->data : "";
}
