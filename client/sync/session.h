/* SPDX-License-Identifier: MIT */
/*
 * The TLS session that the next sync resumes: state/NAME.session, which is a secret. It is passed
 * over where it is of another server, or was made with other certificates or another trust.
 */
#pragma once

#include "client/sync/sync.h"
#include "common/base/uuid.h"

/* What a session of this remote is good for: its address and the contents of its files. */
int session_bind(const struct remote *r, struct ts_uuid *ret, struct ts_error *err) TS_MUST_CHECK;
/* Append what to resume; nothing where there is nothing. */
void session_load(const struct sync *s, const struct ts_uuid *binding, struct ts_buf *to);
/* Keep what sync->dial has, if the server offers it. A failure costs the next sync some time. */
void session_save(const struct sync *s, const struct ts_uuid *binding);
/* Free a buffer that held a secret. */
void session_wipe(struct ts_buf *b);
