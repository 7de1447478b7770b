/* SPDX-License-Identifier: MIT */
/*
 * What requests see of devices: when they came, with which program, from where, and how far they
 * have synced. It is kept in memory and written by the storage thread along with other work, so
 * that no request waits for it: a device at most once in half a minute, and everything within a
 * minute or so. A crash loses what was not written yet, which is no more than that.
 */
#pragma once

#include "common/store/device.h"

struct presence;

/* TS_ENOMEM. */
int presence_new(struct presence **ret, struct ts_error *err) TS_MUST_CHECK;
void presence_free(struct presence *p); /* accepts NULL */
TS_DEFINE_CLEANUP(struct presence, presence_free)

/* A request of a device; all borrowed. */
struct sighting {
	uint32_t user;
	const struct ts_device *card; /* id, name, certificate, until and warned count */
	bool known;                   /* it is in the store; else it shall be registered */
	uint64_t most;                /* devices that the user may have then; 0: any number */
	struct ts_slice client;       /* program and version, as it says */
	const char *address;          /* "" not to be kept */
	int64_t now;                  /* [s since 1970] */
	uint64_t ms;                  /* ts_clock_ms() */
	const uint64_t *synced; /* the version up to which it had everything; NULL: it didn't say */
};

/* Any thread. Where there is no memory for one more device, it is passed over this time. */
void presence_note(struct presence *p, const struct sighting *s);
/* Any thread: what of `card` is newer here than in the store. */
void presence_recall(struct presence *p, uint32_t user, struct ts_device *card);

/* Storage thread. `ms` is ts_clock_ms(); `last`: nothing comes behind it. */

/* Something has waited so long that it gets a commit of its own. */
bool presence_due(struct presence *p, uint64_t ms, bool last);
/* Write what may be written now. A device that was forgotten meanwhile stays so. */
int presence_write(struct presence *p, uint64_t ms, bool last, struct ts_txn *t,
		   struct ts_error *err) TS_MUST_CHECK;
/* What the last presence_write() wrote is on disk, or not. */
void presence_written(struct presence *p, uint64_t ms, bool stored);

/* How many devices are in memory. */
size_t presence_count(struct presence *p);
