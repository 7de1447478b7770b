/* SPDX-License-Identifier: MIT */
/*
 * A server that is started as root, so that it may listen on any port, and goes on as somebody who
 * may do little. Keys, data and the log are opened by that somebody: what it could not open again
 * at a reload, it can't open at the start.
 */
#pragma once

#include "server/settings.h"

/* Is it root now, with a user to become? */
bool privilege_to_drop(const struct settings *s);
/* Check that whom the settings name exists, and that this process is them or may become them; and
 * that root doesn't serve what is another user's. TS_EINVAL, TS_EACCESS… with a sentence. */
int privilege_check(const struct settings *s, struct ts_error *err) TS_MUST_CHECK;
/* Become the user and group of the settings, for good, with the other groups that the system gives
 * that user, none of them root's. Call it while there is one thread only. TS_EINVAL, TS_EACCESS
 * with a sentence: end then. */
int privilege_drop(const struct settings *s, struct ts_error *err) TS_MUST_CHECK;
/* What root made in somebody else's data directory (NULL: none) becomes that owner's, who could not
 * use it otherwise. Done by others than root it does nothing. */
void privilege_settle(const char *data);
