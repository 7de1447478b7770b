/* SPDX-License-Identifier: MIT */
/* Keys of the store's tables: integers big-endian, so that the order of bytes is the order of
 * numbers. */
#pragma once

#include "common/store/store.h"

#include <endian.h>

struct ts_key {
	char data[4 + 1 + TS_NAME_MAX + 1 + 4];
	size_t len;
};

static inline struct ts_slice ts_key_slice(const struct ts_key *k)
{
	return (struct ts_slice){k->data, k->len};
}

/* An owner (user or organization): the prefix of all that is theirs. */
static inline struct ts_key ts_key_owner(uint32_t id)
{
	struct ts_key k = {.len = 4};
	uint32_t be = htobe32(id);
	memcpy(k.data, &be, 4);
	return k;
}

static inline struct ts_key ts_key_name(uint32_t owner, struct ts_slice name)
{
	struct ts_key k = ts_key_owner(owner);
	size_t n = name.len < TS_NAME_MAX ? name.len : TS_NAME_MAX;
	memcpy(k.data + k.len, name.data, n);
	k.len += n;
	return k;
}

static inline struct ts_key ts_key_uuid(uint32_t owner, const struct ts_uuid *uuid)
{
	struct ts_key k = ts_key_owner(owner);
	memcpy(k.data + k.len, uuid->bytes, sizeof(uuid->bytes));
	k.len += sizeof(uuid->bytes);
	return k;
}

/* Append to a key of less than what it has room for. */
static inline void ts_key_add(struct ts_key *k, const void *data, size_t len)
{
	size_t n = len < sizeof(k->data) - k->len ? len : sizeof(k->data) - k->len;
	memcpy(k->data + k->len, data, n);
	k->len += n;
}

static inline void ts_key_add_id(struct ts_key *k, uint32_t id)
{
	const uint32_t be = htobe32(id);
	ts_key_add(k, &be, sizeof(be));
}

/* The id whose four bytes begin at `at`; 0 where they aren't there. */
static inline uint32_t ts_key_get_id(struct ts_slice key, size_t at)
{
	uint32_t be = 0;
	if (key.len >= at + sizeof(be)) {
		memcpy(&be, key.data + at, sizeof(be));
	}
	return be32toh(be);
}

enum { TS_KEY_NUMBER_BYTES = 6 };

/* A version's number, in six bytes: more than any account will see. */
static inline struct ts_key ts_key_number(uint32_t owner, uint64_t number)
{
	struct ts_key k = ts_key_owner(owner);
	uint64_t be = htobe64(number);
	memcpy(k.data + k.len, (const char *)&be + 8 - TS_KEY_NUMBER_BYTES, TS_KEY_NUMBER_BYTES);
	k.len += TS_KEY_NUMBER_BYTES;
	return k;
}

/* The version's number behind an owner; 0, which is none, where it isn't there. */
static inline uint64_t ts_key_get_number(struct ts_slice key)
{
	uint64_t be = 0;
	if (key.len == 4 + TS_KEY_NUMBER_BYTES) {
		memcpy((char *)&be + 8 - TS_KEY_NUMBER_BYTES, key.data + 4, TS_KEY_NUMBER_BYTES);
	}
	return be64toh(be);
}
