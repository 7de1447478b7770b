/* SPDX-License-Identifier: MIT */
/* What is told at one moment: everything that isn't a count of `struct stats`, looked up once. */
#pragma once

#include "common/base/json_out.h"
#include "server/cert/ends.h"
#include "server/watch/watch.h"

/* This process, as the system sees it. */
struct scene_process {
	double cpu;                      /* [s] */
	uint64_t memory, memory_virtual; /* [bytes] */
	uint64_t files, files_most;
};

struct scene {
	const struct watch_subject *subject;
	struct policy *policy; /* a reference */
	int64_t now;           /* [s since 1970] */
	struct scene_process process;
	uint64_t readable; /* 1, or 0: the store can't be read, and the next two are empty */
	struct ts_store_stats store;
	struct cert_ends ends;
	uint64_t disk_free; /* [bytes] for the data directory */
	uint64_t waiting, queue, tails;
	uint64_t tail_drops;
};

/* `policy` is the caller's reference, taken over. */
void scene_begin(const struct watch_subject *subject, struct policy *policy, struct scene *ret);
void scene_done(struct scene *s);
/* [bytes] that may still be written to `dir`; 0 where that is not known. */
uint64_t scene_disk_free(const char *dir);
