/* SPDX-License-Identifier: MIT */
#include "client/setup/account.h"

#include "client/remote/remote.h"
#include "common/base/utf8.h"
#include "common/store/store.h"

enum { WORD_MAX = 300 }; /* [bytes] of a name, an address, a key */

#define AT(field) offsetof(struct account, field)

static const struct {
	const char *what;
	size_t at;
	bool needed;
} texts[] = {{"server address", AT(server), true},
	     {"organization", AT(org), true},
	     {"user", AT(user), true},
	     {"user's key", AT(secret), true},
	     {"trust", AT(trust), true},
	     {"device", AT(device), false},
	     {"TLS priorities", AT(priorities), false}};

static const struct {
	const char *what;
	size_t at;
} pems[] = {{"CA's certificate", AT(ca)}, {"certificate", AT(certificate)}, {"key", AT(key)}};

static struct ts_buf *field(const struct account *a, size_t at)
{
	return (struct ts_buf *)(void *)((char *)(uintptr_t)a + at);
}

static void done(struct ts_buf *b)
{
	if (b->len > 0) {
		explicit_bzero(b->data, b->len);
	}
	ts_buf_done(b);
}

void account_done(struct account *a)
{
	for (size_t i = 0; i < TS_COUNT_OF(texts); i++) {
		done(field(a, texts[i].at));
	}
	for (size_t i = 0; i < TS_COUNT_OF(pems); i++) {
		done(field(a, pems[i].at));
	}
}

static int check_text(const struct ts_buf *b, const char *what, bool needed, struct ts_error *err)
{
	if (b->failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (b->len == 0) {
		return needed ? ts_fail(err, TS_EINVAL, "There is no %s.", what) : TS_OK;
	}
	if (b->len > WORD_MAX || !ts_utf8_printable(ts_buf_slice(b))) {
		return ts_fail(err, TS_EINVAL, "The %s is no line of at most %d characters.", what,
			       WORD_MAX);
	}
	return TS_OK;
}

static int check_pem(const struct ts_buf *b, const char *what, struct ts_error *err)
{
	if (b->failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	return b->len == 0 || memmem(b->data, b->len, "-----BEGIN ", 11) != NULL
		       ? TS_OK
		       : ts_fail(err, TS_EINVAL, "The %s is not in PEM format.", what);
}

static int check_words(const struct account *a, struct ts_error *err)
{
	const char *trust = a->trust.data;
	if (strcmp(trust, "strict") != 0 && strcmp(trust, "ignore hostname") != 0 &&
	    strcmp(trust, "allow all") != 0) {
		return ts_fail(err, TS_EINVAL,
			       "The trust is '%.40s'; it can be 'strict', 'ignore hostname' or "
			       "'allow all'.",
			       trust);
	}
	if ((a->certificate.len > 0) != (a->key.len > 0)) {
		return ts_fail(err, TS_EINVAL,
			       "A certificate and its key come together; one of them is missing.");
	}
	struct hostport address;
	return remote_address(&(struct remote){.server = a->server.data}, &address, err);
}

static int check_names(const struct account *a, struct ts_error *err)
{
	int rc = ts_name_check(ts_buf_slice(&a->org), err);
	if (rc == TS_OK) {
		rc = ts_name_check(ts_buf_slice(&a->user), err);
	}
	if (rc == TS_OK && a->device.len > TS_DEVICE_MAX) {
		rc = ts_fail(err, TS_EINVAL, "The device's name is longer than %d bytes.",
			     TS_DEVICE_MAX);
	}
	return rc;
}

int account_check(const struct account *a, struct ts_error *err)
{
	int rc = TS_OK;
	for (size_t i = 0; rc == TS_OK && i < TS_COUNT_OF(texts); i++) {
		rc = check_text(field(a, texts[i].at), texts[i].what, texts[i].needed, err);
	}
	for (size_t i = 0; rc == TS_OK && i < TS_COUNT_OF(pems); i++) {
		rc = check_pem(field(a, pems[i].at), pems[i].what, err);
	}
	if (rc == TS_OK) {
		rc = check_words(a, err);
	}
	return rc == TS_OK ? check_names(a, err) : rc;
}
