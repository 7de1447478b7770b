/* SPDX-License-Identifier: MIT */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* libFuzzer's entry; main.c calls it with each file of the corpus where there is no libFuzzer. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What must hold for every input. */
#define FUZZ_CHECK(truth)                                                                          \
	do {                                                                                       \
		if (!(truth)) {                                                                    \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* A heap copy of exactly that size, so that a sanitizer sees one byte too far. */
static inline char *fuzz_copy(const uint8_t *data, size_t size)
{
	char *copy = malloc(size > 0 ? size : 1);
	if (copy != NULL && size > 0) {
		memcpy(copy, data, size);
	}
	return copy;
}
