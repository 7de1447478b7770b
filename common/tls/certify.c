/* SPDX-License-Identifier: MIT */
/* What the making of all kinds of certificates has in common. */
#include "common/base/date.h"
#include "common/base/utf8.h"
#include "common/tls/internal.h"

#include <gnutls/crypto.h>

enum { DAY = 86400, LATE_DAYS = 7 };
enum { CN_MAX = 64, SERIAL_SIZE = 20 };

static unsigned name_length(const char *s)
{
	return (unsigned)ts_utf8_beginning(ts_slice_of(s), CN_MAX).len;
}

int ts_crt_new_serial(gnutls_x509_crt_t crt)
{
	unsigned char serial[SERIAL_SIZE];
	int n = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));
	serial[0] = (unsigned char)((serial[0] & 0x3F) | 0x40);
	return n < 0 ? n : gnutls_x509_crt_set_serial(crt, serial, sizeof(serial));
}

static int set_subject(gnutls_x509_crt_t crt, const struct ts_pki_subject *subject)
{
	int n = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, subject->name,
					      name_length(subject->name));
	if (n >= 0 && subject->org != NULL && subject->org[0] != '\0') {
		n = gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0,
						  subject->org, name_length(subject->org));
	}
	return n;
}

static int set_key_id(gnutls_x509_crt_t crt)
{
	unsigned char id[64];
	size_t len = sizeof(id);
	int n = gnutls_x509_crt_get_key_id(crt, GNUTLS_KEYID_USE_SHA1, id, &len);
	return n < 0 ? n : gnutls_x509_crt_set_subject_key_id(crt, id, len);
}

static int set_times(gnutls_x509_crt_t crt, const struct ts_pki_subject *subject, int64_t days,
		     gnutls_x509_crt_t issuer)
{
	int64_t from = subject->from != 0 ? subject->from : ts_date_now() - LATE_DAYS * DAY;
	int64_t until = subject->until != 0 ? subject->until : from + days * DAY - 1;
	if (subject->until == 0 && issuer != NULL &&
	    until > gnutls_x509_crt_get_expiration_time(issuer)) {
		until = gnutls_x509_crt_get_expiration_time(issuer);
	}
	int n = gnutls_x509_crt_set_activation_time(crt, from);
	return n < 0 ? n : gnutls_x509_crt_set_expiration_time(crt, until);
}

int ts_crt_fill(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key,
		const struct ts_pki_subject *subject, int64_t days, gnutls_x509_crt_t issuer)
{
	int n = gnutls_x509_crt_set_version(crt, 3);
	n = n < 0 ? n : gnutls_x509_crt_set_key(crt, key);
	n = n < 0 ? n : ts_crt_new_serial(crt);
	n = n < 0 ? n : set_subject(crt, subject);
	n = n < 0 ? n : set_times(crt, subject, days, issuer);
	n = n < 0 ? n : set_key_id(crt);
	n = n < 0 ? n
		  : gnutls_x509_crt_set_basic_constraints(crt, issuer == NULL,
							  issuer == NULL ? 0 : -1);
	return n;
}

static int set_authority(gnutls_x509_crt_t crt, gnutls_x509_crt_t issuer)
{
	unsigned char id[64];
	size_t len = sizeof(id);
	unsigned critical;
	if (gnutls_x509_crt_get_subject_key_id(issuer, id, &len, &critical) < 0) {
		return 0;
	}
	return gnutls_x509_crt_set_authority_key_id(crt, id, len);
}

int ts_crt_finish(gnutls_x509_crt_t crt, gnutls_x509_privkey_t key, const char *purpose,
		  const struct ts_pki_ca *ca)
{
	unsigned usage = GNUTLS_KEY_DIGITAL_SIGNATURE;
	if (gnutls_x509_privkey_get_pk_algorithm(key) == GNUTLS_PK_RSA) {
		usage |= GNUTLS_KEY_KEY_ENCIPHERMENT;
	}
	int n = gnutls_x509_crt_set_key_usage(crt, usage);
	n = n < 0 ? n : gnutls_x509_crt_set_key_purpose_oid(crt, purpose, 0);
	n = n < 0 ? n : set_authority(crt, ca->crt);
	return n < 0 ? n : gnutls_x509_crt_sign2(crt, ca->crt, ca->key, GNUTLS_DIG_SHA256, 0);
}

int ts_crt_export(gnutls_x509_crt_t crt, int n, gnutls_datum_t *ret, struct ts_error *err)
{
	n = n < 0 ? n : gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, ret);
	return n < 0 ? ts_tls_refuse(err, "A certificate can't be made", n) : TS_OK;
}
