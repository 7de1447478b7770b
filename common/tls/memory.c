/* SPDX-License-Identifier: MIT */
#include "common/tls/memory.h"

#include <gnutls/crypto.h>
#include <string.h>

bool ts_memory_digest(const gnutls_datum_t *chain, unsigned count, struct ts_tls_digest *ret)
{
	gnutls_hash_hd_t hash;
	if (count == 0 || gnutls_hash_init(&hash, GNUTLS_DIG_SHA256) != GNUTLS_E_SUCCESS) {
		return false;
	}
	bool whole = true;
	for (unsigned i = 0; i < count && whole; i++) {
		/* The length keeps one chain from looking like another cut elsewhere. */
		whole = gnutls_hash(hash, &chain[i].size, sizeof(chain[i].size)) == 0 &&
			gnutls_hash(hash, chain[i].data, chain[i].size) == 0;
	}
	gnutls_hash_deinit(hash, ret->bytes);
	return whole;
}

bool ts_memory_recall(struct ts_tls_memory *m, const struct ts_tls_digest *d, int64_t now,
		      struct ts_tls_peer *ret)
{
	const size_t i = d->bytes[0] % TS_MEMORY_SLOTS;
	(void)pthread_mutex_lock(&m->lock);
	bool known = m->slots[i].until > now &&
		     memcmp(m->slots[i].digest, d->bytes, sizeof(d->bytes)) == 0;
	if (known) {
		*ret = m->slots[i].peer;
	}
	(void)pthread_mutex_unlock(&m->lock);
	return known;
}

void ts_memory_keep(struct ts_tls_memory *m, const struct ts_tls_digest *d, int64_t now,
		    const struct ts_tls_peer *peer)
{
	const size_t i = d->bytes[0] % TS_MEMORY_SLOTS;
	int64_t until = now + TS_MEMORY_SECONDS;
	(void)pthread_mutex_lock(&m->lock);
	memcpy(m->slots[i].digest, d->bytes, sizeof(d->bytes));
	m->slots[i].until = until < peer->not_after ? until : peer->not_after;
	m->slots[i].peer = *peer;
	(void)pthread_mutex_unlock(&m->lock);
}
