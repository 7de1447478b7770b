/* SPDX-License-Identifier: MIT */
/* What a sync is doing, on the terminal's one line, once it takes longer than a moment. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum progress_stage {
	PROGRESS_CONNECTING,
	PROGRESS_UPLOADING,
	PROGRESS_WAITING,
	PROGRESS_DOWNLOADING,
	PROGRESS_APPLYING,
	PROGRESS_STAGES
};

struct progress;

/* On `fd`, which is a terminal; silent for the first `quiet` [ms]. What the terminal doesn't take at
 * once is left out: nothing here ever waits for it. NULL if out of memory: then there is none. */
struct progress *progress_new(int fd, uint64_t quiet);
/* Wipes its line; accepts NULL. */
void progress_free(struct progress *p);
/* Wipe the line, because something else is to be written; accepts NULL. */
void progress_clear(struct progress *p);
/* Totals of 0 are not known. All accept NULL and cost next to nothing when called often. */
void progress_show(struct progress *p, enum progress_stage stage, uint64_t tasks,
		   uint64_t tasks_total, uint64_t bytes, uint64_t bytes_total);
