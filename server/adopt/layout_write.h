/* SPDX-License-Identifier: MIT */
/* A data directory that Debian's Taskserver serves at once: the way back. */
#pragma once

#include "common/store/store.h"

#include <stdio.h>

struct layout_request {
	const char *data; /* ours, whose configuration goes along */
	const char *to;   /* the new one: not there, or empty */
	const char *org;  /* NULL: all of them */
	const char *user; /* of that organization, by name; NULL: all of them */
	uint64_t limit;   /* [bytes] of a request */
	FILE *told;       /* what could not be written as it is, a line each; borrowed */
};

struct layout_counts {
	uint64_t orgs, users, states, keys;
	uint64_t rejects; /* in quarantine: they stay behind */
};

/*
 * Write configuration, organizations, users, and each history as clients are shown it: the states
 * of each transaction, oldest first, then its sync keys. Built beside `to` and renamed at the end;
 * one read transaction, so a server may go on meanwhile.
 *
 * TS_EEXIST: something is there; TS_ENOTFOUND: no such organization or user; TS_EIO, TS_EFULL.
 */
int layout_write(struct ts_store *store, const struct layout_request *r, struct layout_counts *ret,
		 struct ts_error *err) TS_MUST_CHECK;
/* The counts as a sentence; `to` NULL: to nobody. */
void layout_tell(const struct layout_counts *c, FILE *to, const char *folder);
