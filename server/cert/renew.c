/* SPDX-License-Identifier: MIT */
#include "server/cert/renew.h"

#include "common/base/date.h"
#include "common/base/file.h"
#include "server/setup/enrol.h"

#include <sys/stat.h>

enum { DAY = 86400, LATE_DAYS = 7, CHAIN_MAX = 1 << 20 };

/* What is in question. */
struct work {
	const struct settings *s;
	struct ts_cert *server, *authority;
	struct ts_pki_ca *ca; /* with its key */
};

static void work_done(struct work *w)
{
	ts_cert_free(w->server);
	ts_cert_free(w->authority);
	ts_pki_ca_free(w->ca);
}

static int open_certs(struct work *w, struct ts_error *err)
{
	if (w->s->server_cert[0] == '\0' || w->s->ca_cert[0] == '\0') {
		return ts_fail(err, TS_EINVAL,
			       "The settings server.cert and ca.cert name no certificates.");
	}
	int rc = ts_cert_open(w->s->server_cert, &w->server, err);
	return rc == TS_OK ? ts_cert_open(w->s->ca_cert, &w->authority, err) : rc;
}

/* The end that a new one would have. */
static int64_t next_end(const struct work *w, int64_t now)
{
	const int64_t most = ts_cert_until(w->authority);
	const int64_t usual = now + (int64_t)(TS_PKI_SERVER_DAYS - LATE_DAYS) * DAY - 1;
	return usual < most ? usual : most;
}

/* A file with a chain keeps what is behind the first certificate. */
static int put_in_place(const char *path, struct ts_buf *cert, struct ts_error *err)
{
	TS_BUF(old);
	struct ts_slice first;
	struct stat st;
	int rc = ts_file_read(path, CHAIN_MAX, &old, err);
	if (rc != TS_OK) {
		return rc;
	}
	struct ts_slice rest = ts_buf_slice(&old);
	if (ts_cert_cut(&rest, &first)) {
		ts_buf_add_slice(cert, rest);
	}
	mode_t mode = stat(path, &st) == 0 ? st.st_mode & 0777 : 0644;
	return cert->failed ? ts_fail(err, TS_ENOMEM, "There is no memory for %s.", path)
			    : ts_file_write(path, ts_buf_slice(cert), mode, TS_FILE_REPLACE, err);
}

static int make(struct work *w, int64_t until, struct ts_error *err)
{
	TS_BUF(cert);
	int rc = enrol_open_ca(w->s, &w->ca, err);
	if (rc == TS_OK) {
		rc = ts_pki_renew(w->ca, w->server, until, &cert, err);
	}
	return rc == TS_OK ? put_in_place(w->s->server_cert, &cert, err) : rc;
}

/* NULL where it can be renewed, or why not. */
static const char *obstacle(const struct work *w, int64_t until, bool anyway)
{
	if (!ts_cert_issued_by(w->server, w->authority)) {
		return "another authority than that of ca.cert signed it; get a new one there";
	}
	if (until < ts_cert_until(w->server) + (anyway ? -DAY : DAY)) {
		return "nothing outlives its authority's certificate; 'taskd certificate renew "
		       "ca' comes first";
	}
	return NULL;
}

/* Asked for or not: of what isn't due nobody wants to hear what is wrong with it. */
static bool is_wanted(const struct work *w, bool anyway, int64_t now)
{
	return anyway ||
	       (w->s->cert_renew && ts_cert_due(ts_cert_from(w->server), ts_cert_until(w->server),
						w->s->cert_ahead, now));
}

int cert_renew_server(const struct settings *s, bool anyway, enum cert_result *ret,
		      struct ts_error *err)
{
	TS_CLEANUP(work_done) struct work w = {.s = s};
	const int64_t now = ts_date_now();
	*ret = CERT_KEPT;
	int rc = open_certs(&w, anyway ? err : NULL);
	if (rc != TS_OK || !is_wanted(&w, anyway, now)) {
		return anyway ? rc : TS_OK;
	}
	const int64_t until = next_end(&w, now);
	const char *why_not = obstacle(&w, until, anyway);
	if (why_not != NULL) {
		return anyway ? ts_fail(err, TS_EINVAL, "%s can't be renewed: %s.", s->server_cert,
					why_not)
			      : TS_OK;
	}
	rc = make(&w, until, err);
	*ret = rc == TS_OK ? CERT_RENEWED : CERT_KEPT;
	return rc;
}

int cert_renew_ca(const struct settings *s, struct ts_error *err)
{
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = NULL;
	int rc = enrol_open_ca(s, &ca, err);
	return rc == TS_OK ? ts_pki_renew_ca(ca, s->ca_cert, err) : rc;
}

int64_t cert_client_end(const struct settings *s, uint64_t days, int64_t ca_end, int64_t now)
{
	const uint64_t life = days != 0 ? days * DAY : s->cert_life / 1000;
	return life != 0 && life < (uint64_t)(ca_end - now) ? now + (int64_t)life : ca_end;
}
