/* SPDX-License-Identifier: MIT */
/* A list of tasks: chosen columns, sorted. */
#pragma once

#include "client/show/view.h"

struct list;

/* Columns and keys to sort by, with commas between them; "" is the usual. A key has `+` or `-`
 * behind it: due+,project-. Any attribute may be either. Borrowed. TS_EUSAGE, TS_ENOMEM. */
int list_new(const char *columns, const char *sort, struct list **ret,
	     struct ts_error *err) TS_MUST_CHECK;
void list_free(struct list *l); /* accepts NULL */
TS_DEFINE_CLEANUP(struct list, list_free)
/* Copied. */
int list_add(struct list *l, const struct replica_entry *e, struct ts_error *err) TS_MUST_CHECK;
size_t list_count(const struct list *l);
/* The first `limit` of them, in order. */
int list_print(struct list *l, const struct ts_view *v, size_t limit,
	       struct ts_error *err) TS_MUST_CHECK;
int list_json(struct list *l, const struct ts_view *v, size_t limit,
	      struct ts_error *err) TS_MUST_CHECK;
