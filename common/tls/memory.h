/* SPDX-License-Identifier: MIT */
/*
 * Client certificates that were found in order a moment ago: checking a chain is a third of what a
 * handshake costs, and the same devices come again and again. Only what verified is remembered,
 * for a minute at most, by the digest of the whole chain; new credentials (another CA, another
 * revocation list) begin with an empty memory. That the peer holds the key is proved in every
 * handshake all the same.
 */
#pragma once

#include "common/tls/tls.h"

#include <gnutls/gnutls.h>
#include <pthread.h>

enum { TS_MEMORY_SLOTS = 256, TS_MEMORY_SECONDS = 60 };

struct ts_tls_memory {
	pthread_mutex_t lock; /* of the slots */
	struct {
		uint8_t digest[32];
		int64_t until; /* [s since 1970] 0: empty */
		struct ts_tls_peer peer;
	} slots[TS_MEMORY_SLOTS];
};

struct ts_tls_digest {
	uint8_t bytes[32];
};

/* The digest of a chain as it was shown. False: there is none to be had. */
bool ts_memory_digest(const gnutls_datum_t *chain, unsigned count, struct ts_tls_digest *ret);
/* True, and *ret set, where that chain was in order a moment ago. Any thread. */
bool ts_memory_recall(struct ts_tls_memory *m, const struct ts_tls_digest *d, int64_t now,
		      struct ts_tls_peer *ret);
/* Remember a verified peer. Any thread. */
void ts_memory_keep(struct ts_tls_memory *m, const struct ts_tls_digest *d, int64_t now,
		    const struct ts_tls_peer *peer);
