/* SPDX-License-Identifier: MIT */
#include "server/cert/chain.h"

#include "common/base/file.h"
#include "common/tls/pki.h"

enum { FILE_SIZE_MAX = 1 << 20 };

/* Whether one of the certificates in `roots` has signed `cert`. */
static int signed_by_one(const struct ts_cert *cert, struct ts_slice roots, bool *ret,
			 struct ts_error *err)
{
	struct ts_slice pem;
	int rc = TS_OK;
	while (!*ret && rc == TS_OK && ts_cert_cut(&roots, &pem)) {
		TS_CLEANUP(ts_cert_free_p) struct ts_cert *root = NULL;
		rc = ts_cert_parse(pem, &root, err);
		*ret = rc == TS_OK && ts_cert_issued_by(cert, root);
	}
	return rc;
}

/* Whether the server's chain leads to one of `roots`. */
static int leads_to(struct ts_slice chain, struct ts_slice roots, bool *ret, struct ts_error *err)
{
	struct ts_slice pem;
	int rc = TS_OK;
	*ret = false;
	while (!*ret && rc == TS_OK && ts_cert_cut(&chain, &pem)) {
		TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
		rc = ts_cert_parse(pem, &cert, err);
		if (rc == TS_OK) {
			rc = signed_by_one(cert, roots, ret, err);
		}
	}
	return rc;
}

/* The certificates of a text without what else is in it. */
static int add_certs(struct ts_slice text, struct ts_buf *to, struct ts_error *err)
{
	struct ts_slice pem;
	while (ts_cert_cut(&text, &pem)) {
		ts_buf_add_slice(to, pem);
		if (pem.data[pem.len - 1] != '\n') {
			ts_buf_add_char(to, '\n');
		}
	}
	return to->failed ? ts_fail(err, TS_ENOMEM, "There is no memory for certificates.") : TS_OK;
}

/* *ret: whether the file is the one, and its certificates were appended. */
static int try_file(struct ts_slice chain, const char *path, bool *ret, struct ts_buf *to,
		    struct ts_error *err)
{
	TS_BUF(roots);
	*ret = false;
	if (path[0] == '\0') {
		return TS_OK;
	}
	int rc = ts_file_read(path, FILE_SIZE_MAX, &roots, err);
	if (rc == TS_OK) {
		rc = leads_to(chain, ts_buf_slice(&roots), ret, err);
	}
	return rc == TS_OK && *ret ? add_certs(ts_buf_slice(&roots), to, err) : rc;
}

int cert_chain_roots(const struct settings *s, struct ts_buf *to, struct ts_error *err)
{
	TS_BUF(chain);
	bool found = false;
	int rc = ts_file_read(s->server_cert, FILE_SIZE_MAX, &chain, err);
	if (rc == TS_OK) {
		rc = try_file(ts_buf_slice(&chain), s->ca_cert, &found, to, err);
	}
	if (rc != TS_OK || found) {
		return rc;
	}
	rc = try_file(ts_buf_slice(&chain), s->server_ca, &found, to, err);
	if (rc == TS_OK && !found && s->server_ca[0] != '\0') {
		rc = ts_fail(err, TS_EINVAL,
			     "None of the certificates in server.ca, %s, has signed the server's "
			     "certificate %s or the last one of its chain.",
			     s->server_ca, s->server_cert);
	}
	return rc;
}
