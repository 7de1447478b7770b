/* SPDX-License-Identifier: MIT */
/*
 * A bump allocator for what lives exactly as long as one piece of work (a task's merge, one
 * line's parse): the many small strings of a task map have one owner and one free.
 */
#pragma once

#include "common/base/attr.h"
#include "common/base/slice.h"

struct ts_arena_chunk;

struct ts_arena {
	struct ts_arena_chunk *chunks; /* newest first */
	size_t size;                   /* [bytes] of all chunks */
};

#define TS_ARENA(name) TS_CLEANUP(ts_arena_done) struct ts_arena name = {0}

/* Zeroed memory, aligned for any type, freed by reset or done. NULL if out of memory. */
void *ts_arena_alloc(struct ts_arena *a, size_t size) TS_MUST_CHECK;
/* Zeroed array; NULL on overflow or if out of memory. */
void *ts_arena_array(struct ts_arena *a, size_t count, size_t size) TS_MUST_CHECK;
/* A copy of `s` in the arena, NUL behind it; .data is NULL if out of memory. */
struct ts_slice ts_arena_copy(struct ts_arena *a, struct ts_slice s) TS_MUST_CHECK;
/* Forget everything allocated, keep one chunk for the next piece of work. */
void ts_arena_reset(struct ts_arena *a);
/* Free everything; usable again afterwards. */
void ts_arena_done(struct ts_arena *a);
