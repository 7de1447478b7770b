/* SPDX-License-Identifier: MIT */
/*
 * Where taskc's files are. $TASKC_DIR, or --dir, is one folder for everything; else the XDG Base
 * Directory Specification says where.
 *
 *	config  $XDG_CONFIG_HOME/taskc  taskc.conf, hooks/, remotes/NAME/: remote.conf, ca.pem, …
 *	data    $XDG_DATA_HOME/taskc    the replica
 *	state   $XDG_STATE_HOME/taskc   how the last sync went, TLS sessions, the lock
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

struct place {
	char *config, *data, *state; /* absolute paths, owned */
};

/* `dir`: --dir, or NULL. Makes nothing. TS_EINVAL: neither HOME nor anything else says where. */
int place_find(const char *dir, struct place *ret, struct ts_error *err) TS_MUST_CHECK;
void place_done(struct place *p);
/* `folder`/`name`… into *to, cleared before: place_path(&b, p->config, "remotes", "home", NULL).
 * TS_OK or TS_ENOMEM. */
int place_path(struct ts_buf *to, struct ts_error *err, const char *folder, ...) TS_MUST_CHECK
	__attribute__((sentinel));
