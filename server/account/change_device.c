/* SPDX-License-Identifier: MIT */
#include "server/account/changes.h"

#include "common/base/date.h"
#include "server/cert/devices.h"

#include <stdio.h>

static int rename_device(struct errand *e, struct ts_error *err)
{
	struct ts_device d = e->device;
	const struct ts_slice name = ts_slice_of(e->words[3]);
	int rc = ts_name_check(name, err);
	if (rc != TS_OK) {
		return rc;
	}
	memcpy(d.name, name.data, name.len);
	d.name[name.len] = '\0';
	rc = ts_device_put(e->txn, e->user.id, &d, err);
	if (rc == TS_EEXIST) {
		return ts_fail(err, rc, "User '%s' has a device '%s' already.", e->user.name,
			       e->words[3]);
	}
	ts_buf_printf(&e->said, "Device '%s' of user '%s' is called '%s' now\n", e->device.name,
		      e->user.name, e->words[3]);
	return rc;
}

static int revoke_device(struct errand *e, struct ts_error *err)
{
	size_t count = 0;
	if (e->device.revoked != 0) {
		return ts_fail(err, TS_EINVAL, "Device '%s' of user '%s' was revoked on %s.",
			       e->device.name, e->user.name, ts_date_text(e->device.revoked).text);
	}
	int rc = cert_device_revoke(e->txn, e->user.id, e->device.id, ts_date_now(), &count, err);
	ts_buf_printf(&e->said, "Revoked device '%s' of user '%s' in organization '%s'\n",
		      e->device.name, e->user.name, e->org.name);
	if (count > 1) {
		ts_buf_printf(&e->said,
			      "Renewed certificates are one device: %zu of them were revoked\n",
			      count);
	}
	return rc;
}

static bool confirm_revoke(const struct errand *e)
{
	return command_confirm(e->cl,
			       "Are you sure you want to revoke device '%s' of user '%s', so that "
			       "it can never sync again with the certificate that it has?",
			       e->words[2], e->words[1]);
}

/* Forgetting a revoked certificate would let it in again. */
static bool confirm_forget(const struct errand *e)
{
	return command_confirm(e->cl,
			       "Are you sure you want to forget device '%s' of user '%s', as if it "
			       "had never been seen? If it was revoked, that is forgotten as well.",
			       e->words[2], e->words[1]);
}

static int forget_device(struct errand *e, struct ts_error *err)
{
	ts_buf_printf(&e->said, "Forgot device '%s' of user '%s' in organization '%s'\n",
		      e->device.name, e->user.name, e->org.name);
	return ts_device_remove(e->txn, e->user.id, e->device.id, err);
}

#define CHANGE(needed) .access = TS_WRITE, .about = ABOUT_DEVICE, .words = (needed)

const struct errand_kind change_rename_device = {CHANGE(4), .run = rename_device};
const struct errand_kind change_revoke_device = {CHANGE(3), .run = revoke_device,
						 .confirm = confirm_revoke};
const struct errand_kind change_forget_device = {CHANGE(3), .run = forget_device,
						 .confirm = confirm_forget};
