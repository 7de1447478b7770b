/* SPDX-License-Identifier: MIT */
#include "common/compact/compact.h"

#include "common/base/buf.h"
#include "common/history/past.h"

#include <string.h>

struct search {
	struct ts_txn *txn;
	uint32_t user;
	int64_t before;
	bool force;
	struct ts_buf devices; /* struct ts_device[] */
	struct ts_cutoff *cutoff;
	struct ts_error *err;
};

static int list_device(const struct ts_device *d, void *arg)
{
	struct search *s = arg;
	ts_buf_add(&s->devices, d, sizeof(*d));
	return s->devices.failed ? ts_fail(s->err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

/* Another certificate took the place of this device's, and was used since. */
static bool was_replaced(const struct search *s, const struct ts_device *d)
{
	const struct ts_device *all = (const void *)s->devices.data;
	for (size_t i = 0; i < s->devices.len / sizeof(*all); i++) {
		if (all[i].seen > 0 && strcmp(all[i].renews, d->id) == 0) {
			return true;
		}
	}
	return false;
}

/* Lower the cutoff to what the devices have. */
static void look_at_devices(struct search *s)
{
	const struct ts_device *all = (const void *)s->devices.data;
	for (size_t i = 0; i < s->devices.len / sizeof(*all); i++) {
		const struct ts_device *d = &all[i];
		const bool counts = d->certificate && d->revoked == 0 && d->seen != 0 &&
				    !(s->force && d->seen < s->before);
		if (counts && d->synced < s->cutoff->version && !was_replaced(s, d)) {
			s->cutoff->version = d->synced;
			s->cutoff->held = true;
			s->cutoff->holder = *d;
		}
	}
}

/* A cutoff never goes through a transaction. */
static int align(struct search *s)
{
	struct ts_transaction tr = {.last = 0};
	uint64_t number = 0, last = 0;
	int code = TS_OK;
	if (!s->cutoff->held || s->cutoff->version == 0) {
		return TS_OK;
	}
	code = ts_transaction_of(s->txn, s->user, s->cutoff->version, &tr, s->err);
	if (code != TS_OK || tr.last == s->cutoff->version) {
		return code;
	}
	for (; code == TS_OK && number <= s->cutoff->version; number = tr.last + 1) {
		last = number > 0 ? number - 1 : 0;
		code = ts_transaction_of(s->txn, s->user, number, &tr, s->err);
	}
	s->cutoff->version = last;
	return code;
}

int ts_cutoff_find(struct ts_txn *t, uint32_t user, int64_t before, bool force,
		   struct ts_cutoff *ret, struct ts_error *err)
{
	struct search s = {.txn = t,
			   .user = user,
			   .before = before,
			   .force = force,
			   .cutoff = ret,
			   .err = err};
	*ret = (struct ts_cutoff){0};
	int code = ts_past_at(t, user, before, &ret->wanted, err);
	if (code == TS_ENOTFOUND) {
		ret->wanted = (struct ts_transaction){0};
		return TS_OK;
	}
	ret->version = ret->wanted.last;
	if (code == TS_OK) {
		code = ts_device_each(t, user, list_device, &s, err);
	}
	if (code == TS_OK) {
		look_at_devices(&s);
		code = align(&s);
	}
	ts_buf_done(&s.devices);
	return code;
}
