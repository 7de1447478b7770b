/* SPDX-License-Identifier: MIT */
/* What people call the devices of an account. */
#include "server/history/subject.h"

#include "common/store/device.h"

#include <ctype.h>
#include <stdlib.h>

enum { FINGERPRINT_SHOWN = 12 };

struct named {
	struct ts_slice id, name;
};

/* In the subject's arena. */
struct names {
	struct subject *subject;
	struct named *at; /* in order of ids */
	size_t count, capacity;
	bool whole;
};

static int add_device(const struct ts_device *d, void *arg)
{
	struct names *n = arg;
	struct ts_arena *a = &n->subject->arena;
	if (n->count == n->capacity) {
		n->capacity = 2 * n->capacity + 16;
		struct named *more = ts_arena_array(a, n->capacity, sizeof(*more));
		if (more == NULL) {
			return TS_ENOMEM;
		}
		if (n->count > 0) {
			memcpy(more, n->at, n->count * sizeof(*more));
		}
		n->at = more;
	}
	struct named *named = &n->at[n->count++];
	named->id = ts_arena_copy(a, ts_slice_of(d->id));
	named->name = ts_arena_copy(a, ts_slice_of(d->name));
	return named->id.data != NULL && named->name.data != NULL ? TS_OK : TS_ENOMEM;
}

static int by_id(const void *a, const void *b)
{
	const struct named *x = a, *y = b;
	return ts_slice_cmp(x->id, y->id);
}

static bool is_fingerprint(struct ts_slice id)
{
	bool yes = id.len == TS_DEVICE_MAX;
	for (size_t i = 0; i < id.len && yes; i++) {
		yes = isxdigit((unsigned char)id.data[i]) != 0;
	}
	return yes;
}

static struct ts_slice name_of(const char *id, void *arg)
{
	const struct names *n = arg;
	struct named wanted = {.id = ts_slice_of(id)};
	const struct named *found =
		n->count > 0 ? bsearch(&wanted, n->at, n->count, sizeof(wanted), by_id) : NULL;
	if (found != NULL) {
		return found->name;
	}
	if (is_fingerprint(wanted.id) && !n->whole) {
		wanted.id.len = FINGERPRINT_SHOWN;
	}
	return wanted.id;
}

int subject_name_devices(struct subject *s, bool whole, struct ts_view *view, struct ts_error *err)
{
	struct names *n = ts_arena_alloc(&s->arena, sizeof(*n));
	if (n == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	*n = (struct names){.subject = s, .whole = whole};
	view->device = name_of;
	view->device_arg = n;
	int code = ts_device_each(s->txn, s->user.id, add_device, n, err);
	if (code == TS_OK && n->count > 0) {
		qsort(n->at, n->count, sizeof(*n->at), by_id);
	}
	return code;
}
