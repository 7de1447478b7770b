/* SPDX-License-Identifier: MIT */
/* Certificates that are made here, as devices in the store. */
#pragma once

#include "common/store/device.h"
#include "common/tls/pki.h"

/* All devices of a user. */
struct cert_devices {
	struct ts_device *at;
	size_t count, room;
};

/* *ret is freed by the caller in any case. */
int cert_devices_read(struct ts_txn *t, uint32_t user, struct cert_devices *ret,
		      struct ts_error *err) TS_MUST_CHECK;
void cert_devices_done(struct cert_devices *d);
/* The one of them that has taken the place of `id`; NULL: none has. */
const struct ts_device *cert_devices_renewal(const struct cert_devices *d, const char *id);

/* The certificate as a device called `name` that was never seen, made now. */
int cert_device(const struct ts_cert *cert, struct ts_slice name, struct ts_device *ret,
		struct ts_error *err) TS_MUST_CHECK;
/* Register the first certificate of a device. One of that name that was made here and never used
 * is what an interrupted enrolment has left, and is replaced. TS_EEXIST: the user has such a device
 * already. */
int cert_device_add(struct ts_txn *t, uint32_t user, struct ts_device *d,
		    struct ts_error *err) TS_MUST_CHECK;
/*
 * Register a certificate that takes the place of the one of `old`, whose name it gets; `old` is
 * good until its end under another name ("phone-old"). Where `old` was renewed before, because the
 * answer was lost, or because there are two copies of the device, both certificates stay.
 */
int cert_device_renew(struct ts_txn *t, uint32_t user, struct ts_device *old, struct ts_device *d,
		      struct ts_error *err) TS_MUST_CHECK;
/*
 * Revoke a device, and what is the same one: the certificates that have taken its place and those
 * whose place it took, which may all have one key. *ret_count: how many were revoked now.
 * TS_ENOTFOUND.
 */
int cert_device_revoke(struct ts_txn *t, uint32_t user, const char *id, int64_t now,
		       size_t *ret_count, struct ts_error *err) TS_MUST_CHECK;
