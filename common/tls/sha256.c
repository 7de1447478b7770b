/* SPDX-License-Identifier: MIT */
#include "common/tls/sha256.h"

#include <gnutls/crypto.h>
#include <stdio.h>

struct ts_sha256 {
	gnutls_hash_hd_t hash;
};

int ts_sha256_new(struct ts_sha256 **ret, struct ts_error *err)
{
	TS_AUTOFREE struct ts_sha256 *h = calloc(1, sizeof(*h));
	if (h == NULL || gnutls_hash_init(&h->hash, GNUTLS_DIG_SHA256) != GNUTLS_E_SUCCESS) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for a checksum.");
	}
	*ret = TS_TAKE(h);
	return TS_OK;
}

void ts_sha256_free(struct ts_sha256 *h)
{
	if (h != NULL) {
		gnutls_hash_deinit(h->hash, NULL);
		free(h);
	}
}

void ts_sha256_add(struct ts_sha256 *h, struct ts_slice data)
{
	if (data.len > 0) {
		(void)gnutls_hash(h->hash, data.data,
				  data.len); /* fails with a wrong handle only */
	}
}

void ts_sha256_take(struct ts_sha256 *h, char to[static TS_SHA256_TEXT + 1])
{
	uint8_t sum[TS_SHA256_TEXT / 2];
	gnutls_hash_output(h->hash, sum);
	for (size_t i = 0; i < sizeof(sum); i++) {
		(void)snprintf(to + 2 * i, 3, "%02x", sum[i]);
	}
}
