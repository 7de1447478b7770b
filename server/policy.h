/* SPDX-License-Identifier: MIT */
/*
 * One reading of the configuration and the certificates: immutable and counted, so that a
 * connection keeps what it began with while a reload replaces it for the next ones.
 */
#pragma once

#include "common/base/spool.h"
#include "common/net/address.h"
#include "common/sync/upload.h"
#include "common/tls/tls.h"
#include "server/cert/watch.h"
#include "server/settings.h"

struct policy {
	atomic_uint refs;
	struct policy *base; /* whose settings these are, a reference; NULL: they are its own */
	struct settings settings;
	void (*settings_done)(struct settings *s);
	struct ts_tls_creds *creds; /* NULL in tests without TLS */
	struct cert_files files;    /* of the certificates, as they were before they were read */
	struct ts_task_limits limits;
	struct ts_spool_budget budget;
	bool strict;                /* a client must show a certificate that is in order */
	struct ts_networks proxies; /* whose connections begin with a PROXY header */
	struct ts_networks exempt;  /* from the limits an address */
};

/* Takes the settings over, which `done` frees, and reads the certificates. On failure the settings
 * are freed as well. TS_EINVAL, TS_ENOTFOUND, TS_EIO, TS_ENOMEM with a sentence. */
int policy_new(const struct settings *settings, void (*done)(struct settings *s),
	       struct policy **ret, struct ts_error *err) TS_MUST_CHECK;
/* The same settings, and the certificates read anew. *ret is another one also where they are the
 * same. On a failure `c` goes on being what it is. */
int policy_renew(struct policy *c, struct policy **ret, struct ts_error *err) TS_MUST_CHECK;
/* The same without certificates: nothing can be served over TLS with it. */
int policy_plain(const struct settings *settings, void (*done)(struct settings *s),
		 struct policy **ret, struct ts_error *err) TS_MUST_CHECK;
struct policy *policy_ref(struct policy *c);
void policy_unref(struct policy *c); /* accepts NULL */
TS_DEFINE_CLEANUP(struct policy, policy_unref)
