/* SPDX-License-Identifier: MIT */
/* What a run came to, as one line of JSON. */
#pragma once

#include "test/bench/load.h"

/* What the kernel says of the server's process. */
struct process {
	double cpu;         /* [s] */
	long rss, peak_rss; /* [kB] */
	bool known;
};

struct process process_look(long pid);

struct report {
	const char *label, *mode;
	uint64_t elapsed; /* [us] */
	struct process before, after;
};

void waited_print(const char *label, const struct waited *w);
void report_print(const struct report *r, const struct client *clients, size_t count);
