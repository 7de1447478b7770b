/* SPDX-License-Identifier: MIT */
/* What a watch keeps in step with a server: a replica of taskc's, or Taskwarrior's data. */
#pragma once

#include "client/place.h"
#include "client/remote/remote.h"
#include "client/settings.h"
#include "client/sync/sync.h"

struct target {
	const struct target_ops *ops;
	const struct place *place;       /* borrowed */
	const struct settings *settings; /* borrowed */
	struct remote remote;
	struct ts_dial *dial; /* kept open by the server for another request, or NULL */
	struct ts_buf folder; /* the files in it are changed by edits */
	uint64_t seen;        /* of what was there at the last look: a version, a hash */
	char device[TS_DEVICE_MAX + 1];
};

/* What a sync did, as far as one can tell. */
struct target_result {
	size_t sent, received, conflicts;
	bool counted;        /* those are known */
	char messages[1000]; /* from the server, "" */
};

struct target_ops {
	/* Whether something is there to be sent that wasn't at the last look. */
	int (*look)(struct target *t, bool *ret_changed, struct ts_error *err);
	/* `stop_fd` readable: end, TS_ECANCELED. */
	int (*sync)(struct target *t, int stop_fd, struct target_result *ret, struct ts_error *err);
	/* As sync_wait(); TS_EUNSUPPORTED also where nothing was synced yet. */
	int (*wait)(struct target *t, int cancel_fd, struct ts_error *err);
};

/* A replica, `device` is its name; `remote` NULL: the usual one. TS_ENOTFOUND, TS_EINVAL… */
int target_replica(struct target *ret, const struct place *place, const struct settings *settings,
		   const char *remote, const char *device, struct ts_error *err) TS_MUST_CHECK;
/* Taskwarrior's data, with the configuration at $TASKRC or where Taskwarrior finds it. The server
 * is asked as its taskd.* settings say, or as `remote` (NULL: those). */
int target_taskwarrior(struct target *ret, const struct place *place,
		       const struct settings *settings, const char *remote,
		       struct ts_error *err) TS_MUST_CHECK;
void target_done(struct target *t); /* a zeroed one too */
