/* SPDX-License-Identifier: MIT */
/* Compiler attributes and ownership by scope; includable everywhere. */
#pragma once

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#define TS_MUST_CHECK   __attribute__((warn_unused_result))
#define TS_NONNULL(...) __attribute__((nonnull(__VA_ARGS__)))
#define TS_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define TS_CLEANUP(fn)  __attribute__((cleanup(fn)))

/* Make `fn_p`, the scope-exit form of a destructor that accepts NULL. */
#define TS_DEFINE_CLEANUP(type, fn)                                                                \
	static inline void fn##_p(type **p)                                                        \
	{                                                                                          \
		fn(*p);                                                                            \
	}

/* Give up ownership: yields the pointer and leaves NULL behind for the cleanup. */
#define TS_TAKE(p)                                                                                 \
	({                                                                                         \
		__typeof__(p) taken_ = (p);                                                        \
		(p) = NULL;                                                                        \
		taken_;                                                                            \
	})

#define TS_COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* The structure that `p`, which points to its field `field`, is embedded in. */
#define TS_OWNER(p, type, field) ((type *)(void *)((char *)(p)-offsetof(type, field)))

static inline void ts_free_p(void *pp)
{
	free(*(void **)pp);
}

static inline void ts_close_p(int *fd)
{
	if (*fd >= 0) {
		(void)close(*fd);
	}
}

#define TS_AUTOFREE  TS_CLEANUP(ts_free_p)
#define TS_AUTOCLOSE TS_CLEANUP(ts_close_p)
