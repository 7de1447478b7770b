/* SPDX-License-Identifier: MIT */
#include "common/base/arena.h"

#include <stdalign.h>
#include <stdlib.h>

enum { CHUNK_SIZE = 8192 };

struct ts_arena_chunk {
	struct ts_arena_chunk *next;
	size_t used, size;
	alignas(max_align_t) char data[];
};

static struct ts_arena_chunk *add_chunk(struct ts_arena *a, size_t need)
{
	size_t size = need > CHUNK_SIZE ? need : CHUNK_SIZE;
	struct ts_arena_chunk *c = malloc(sizeof(*c) + size);
	if (c == NULL) {
		return NULL;
	}
	*c = (struct ts_arena_chunk){.next = a->chunks, .size = size};
	a->chunks = c;
	a->size += size;
	return c;
}

void *ts_arena_alloc(struct ts_arena *a, size_t size)
{
	const size_t unit = alignof(max_align_t);
	if (size > SIZE_MAX / 2) {
		return NULL;
	}
	size = (size + unit - 1) / unit * unit;
	struct ts_arena_chunk *c = a->chunks;
	if (c == NULL || c->size - c->used < size) {
		c = add_chunk(a, size);
		if (c == NULL) {
			return NULL;
		}
	}
	void *at = c->data + c->used;
	c->used += size;
	return memset(at, 0, size);
}

void *ts_arena_array(struct ts_arena *a, size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes)) {
		return NULL;
	}
	return ts_arena_alloc(a, bytes);
}

struct ts_slice ts_arena_copy(struct ts_arena *a, struct ts_slice s)
{
	char *copy = s.len < SIZE_MAX ? ts_arena_alloc(a, s.len + 1) : NULL;
	if (copy == NULL) {
		return (struct ts_slice){NULL, 0};
	}
	if (s.len > 0) {
		memcpy(copy, s.data, s.len);
	}
	return (struct ts_slice){copy, s.len};
}

void ts_arena_reset(struct ts_arena *a)
{
	struct ts_arena_chunk *keep = NULL;
	while (a->chunks != NULL) {
		struct ts_arena_chunk *c = a->chunks;
		a->chunks = c->next;
		if (keep == NULL && c->size == CHUNK_SIZE) {
			keep = c;
		} else {
			free(c);
		}
	}
	if (keep != NULL) {
		keep->next = NULL;
		keep->used = 0;
		a->chunks = keep;
	}
	a->size = keep != NULL ? keep->size : 0;
}

void ts_arena_done(struct ts_arena *a)
{
	while (a->chunks != NULL) {
		struct ts_arena_chunk *c = a->chunks;
		a->chunks = c->next;
		free(c);
	}
	a->size = 0;
}
