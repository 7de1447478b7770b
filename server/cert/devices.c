/* SPDX-License-Identifier: MIT */
#include "server/cert/devices.h"

#include "common/base/date.h"
#include "common/base/utf8.h"

#include <stdio.h>

/* All of them */

static int add_device(const struct ts_device *d, void *arg)
{
	struct cert_devices *all = arg;
	if (all->count == all->room) {
		size_t room = all->room != 0 ? 2 * all->room : 16;
		struct ts_device *at = reallocarray(all->at, room, sizeof(*at));
		if (at == NULL) {
			return TS_ENOMEM;
		}
		all->at = at;
		all->room = room;
	}
	all->at[all->count++] = *d;
	return TS_OK;
}

int cert_devices_read(struct ts_txn *t, uint32_t user, struct cert_devices *ret,
		      struct ts_error *err)
{
	*ret = (struct cert_devices){0};
	return ts_device_each(t, user, add_device, ret, err);
}

void cert_devices_done(struct cert_devices *d)
{
	free(d->at);
	*d = (struct cert_devices){0};
}

const struct ts_device *cert_devices_renewal(const struct cert_devices *d, const char *id)
{
	for (size_t i = 0; i < d->count; i++) {
		if (strcmp(d->at[i].renews, id) == 0) {
			return &d->at[i];
		}
	}
	return NULL;
}

/* One of them */

int cert_device(const struct ts_cert *cert, struct ts_slice name, struct ts_device *ret,
		struct ts_error *err)
{
	int rc = ts_name_check(name, err);
	if (rc != TS_OK) {
		return rc;
	}
	*ret = (struct ts_device){
		.certificate = true, .issued = ts_date_now(), .until = ts_cert_until(cert)};
	_Static_assert(TS_DEVICE_MAX >= 64, "a fingerprint is an id");
	ts_cert_fingerprint(cert, ret->id);
	memcpy(ret->name, name.data, name.len);
	ret->name[name.len] = '\0';
	return TS_OK;
}

int cert_device_add(struct ts_txn *t, uint32_t user, struct ts_device *d, struct ts_error *err)
{
	struct ts_device before;
	int rc = ts_device_by_name(t, user, ts_slice_of(d->name), &before, err);
	if (rc == TS_OK && (before.issued == 0 || before.seen != 0)) {
		return ts_fail(err, TS_EEXIST,
			       "The user has a device '%s' already; choose another name with "
			       "--device, or give it a new certificate with --renew.",
			       d->name);
	}
	if (rc == TS_OK) {
		rc = ts_device_remove(t, user, before.id, err);
	}
	return rc == TS_OK || rc == TS_ENOTFOUND ? ts_device_put(t, user, d, err) : rc;
}

/* "phone" becomes "phone-old", or "phone-old-2". */
static int step_aside(struct ts_txn *t, uint32_t user, struct ts_device *old, struct ts_error *err)
{
	char wish[TS_NAME_MAX + 8];
	const struct ts_slice name = ts_utf8_beginning(ts_slice_of(old->name), TS_NAME_MAX - 16);
	(void)snprintf(wish, sizeof(wish), "%.*s-old", TS_SLICE_ARGS(name));
	return ts_device_free_name(t, user, ts_slice_of(wish), old->name, err);
}

/* Renewals */

/* The name goes to what was made last, but not away from what is in use. */
static int take_name(struct ts_txn *t, uint32_t user, struct ts_device *old, struct ts_device *d,
		     struct ts_error *err)
{
	TS_CLEANUP(cert_devices_done) struct cert_devices all;
	int rc = cert_devices_read(t, user, &all, err);
	if (rc != TS_OK) {
		return rc;
	}
	const struct ts_device *other = cert_devices_renewal(&all, old->id);
	if (other != NULL && (other->seen != 0 || other->revoked != 0)) {
		return ts_device_free_name(t, user, ts_slice_of(other->name), d->name, err);
	}
	struct ts_device before = other != NULL ? *other : *old;
	memcpy(d->name, before.name, sizeof(d->name));
	rc = step_aside(t, user, &before, err);
	return rc == TS_OK ? ts_device_put(t, user, &before, err) : rc;
}

int cert_device_renew(struct ts_txn *t, uint32_t user, struct ts_device *old, struct ts_device *d,
		      struct ts_error *err)
{
	int rc = take_name(t, user, old, d, err);
	if (rc != TS_OK) {
		return rc;
	}
	memcpy(d->renews, old->id, sizeof(d->renews));
	d->synced = old->synced;
	memcpy(d->client, old->client, sizeof(d->client));
	memcpy(d->address, old->address, sizeof(d->address));
	return ts_device_put(t, user, d, err);
}

/* Revoking what belongs together */

struct family {
	struct cert_devices all;
	bool *member; /* of each: it belongs to the one in question */
};

static void family_done(struct family *f)
{
	cert_devices_done(&f->all);
	free(f->member);
}

/* True: at least one more belongs to it. */
static bool spread(struct family *f)
{
	bool grown = false;
	for (size_t i = 0; i < f->all.count; i++) {
		for (size_t k = 0; k < f->all.count; k++) {
			if (f->member[i] != f->member[k] &&
			    strcmp(f->all.at[i].renews, f->all.at[k].id) == 0) {
				f->member[i] = f->member[k] = grown = true;
			}
		}
	}
	return grown;
}

/* TS_ENOTFOUND: nobody has that id. */
static int gather(struct family *f, const char *id, struct ts_error *err)
{
	bool found = false;
	f->member = calloc(f->all.count + 1, sizeof(*f->member));
	if (f->member == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for devices.");
	}
	for (size_t i = 0; i < f->all.count; i++) {
		f->member[i] = strcmp(f->all.at[i].id, id) == 0;
		found = found || f->member[i];
	}
	while (spread(f)) {
	}
	return found ? TS_OK : ts_fail(err, TS_ENOTFOUND, "There is no device %s.", id);
}

int cert_device_revoke(struct ts_txn *t, uint32_t user, const char *id, int64_t now,
		       size_t *ret_count, struct ts_error *err)
{
	TS_CLEANUP(family_done) struct family f = {0};
	*ret_count = 0;
	int rc = cert_devices_read(t, user, &f.all, err);
	if (rc == TS_OK) {
		rc = gather(&f, id, err);
	}
	for (size_t i = 0; i < f.all.count && rc == TS_OK; i++) {
		if (f.member[i] && f.all.at[i].revoked == 0) {
			f.all.at[i].revoked = now;
			++*ret_count;
			rc = ts_device_put(t, user, &f.all.at[i], err);
		}
	}
	return rc;
}
