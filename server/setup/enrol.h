/* SPDX-License-Identifier: MIT */
/* Giving a user's device a certificate and a bundle. */
#pragma once

#include "common/base/buf.h"
#include "common/base/uuid.h"
#include "common/store/store.h"
#include "common/tls/pki.h"
#include "server/settings.h"

#include <stdio.h>

struct enrolment {
	const struct settings *settings;
	const char *data;       /* the data directory */
	struct ts_store *store; /* where devices are registered */
	uint32_t user_id;       /* there */
	const char *org, *user, *device;
	struct ts_uuid secret;
	const char *server; /* host:port that clients shall use; NULL: as the server's certificate
			     * and the setting `server` say */
	enum ts_key_type type;
	uint64_t days;      /* that the certificate lives; 0: as cert.life says */
	bool renew;         /* another certificate for a device that has one */
	const char *output; /* a file; NULL: DIR/bundles/ORG-USER-DEVICE.sh */
};

/*
 * Make a key and a certificate, write the bundle to its file, mode 0600, whose path is appended to
 * *ret_path, register the device in the store, and keep the certificate as
 * DIR/pki/clients/ORG-USER-DEVICE.cert.pem. The key is nowhere but in the bundle. On failure there
 * is neither. A bundle in DIR/bundles without its certificate is what a crash left, and is
 * replaced. With `renew` the device has a certificate, which stays good until its end;
 * TS_ENOTFOUND: it has none. Without, TS_EEXIST: it has one already, or the file is there.
 * TS_EINVAL: a name isn't in order, or the server's certificate isn't made out for the host in
 * `server`.
 */
int enrol_to_file(const struct enrolment *e, struct ts_buf *ret_path,
		  struct ts_error *err) TS_MUST_CHECK;
/* The same, with the bundle written to `to`. */
int enrol_to_stream(const struct enrolment *e, FILE *to, struct ts_error *err) TS_MUST_CHECK;

/* The paths of a device's certificate and of its bundle where `output` is NULL, appended. What is
 * not safe in a file's name is spelled %XX. */
void enrol_cert_path(const struct enrolment *e, struct ts_buf *to);
void enrol_bundle_path(const struct enrolment *e, struct ts_buf *to);

/* The CA of ca.cert, with its key, which lies beside it: ….cert.pem has ….key.pem. */
int enrol_open_ca(const struct settings *s, struct ts_pki_ca **ret,
		  struct ts_error *err) TS_MUST_CHECK;
/* The key's path for a certificate's; TS_EINVAL where its name doesn't end in cert.pem. */
int enrol_ca_key(const char *cert_path, struct ts_buf *to, struct ts_error *err) TS_MUST_CHECK;
