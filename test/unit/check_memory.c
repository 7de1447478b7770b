/* SPDX-License-Identifier: MIT */
#include "common/tls/memory.h"
#include "test/unit/unit.h"

static struct ts_tls_memory *new_memory(void)
{
	struct ts_tls_memory *m = calloc(1, sizeof(*m));
	ck_assert_ptr_nonnull(m);
	ck_assert_int_eq(pthread_mutex_init(&m->lock, NULL), 0);
	return m;
}

static struct ts_tls_digest digest_of(const char *first, const char *second)
{
	struct ts_tls_digest d;
	const gnutls_datum_t chain[] = {
		{(unsigned char *)(uintptr_t)first, (unsigned)strlen(first)},
		{(unsigned char *)(uintptr_t)second, (unsigned)strlen(second)}};
	ck_assert(ts_memory_digest(chain, 2, &d));
	return d;
}

START_TEST(a_chain_is_recalled_for_a_minute)
{
	TS_AUTOFREE struct ts_tls_memory *m = new_memory();
	const struct ts_tls_peer peer = {
		.state = TS_PEER_VERIFIED, .name = "alice", .not_after = 1000000};
	struct ts_tls_peer found = {0};
	const struct ts_tls_digest d = digest_of("leaf", "ca"), other = digest_of("leafc", "a");
	ck_assert(!ts_memory_recall(m, &d, 1000, &found));
	ts_memory_keep(m, &d, 1000, &peer);
	ck_assert(ts_memory_recall(m, &d, 1000, &found));
	ck_assert_str_eq(found.name, "alice");
	ck_assert(ts_memory_recall(m, &d, 1000 + TS_MEMORY_SECONDS - 1, &found));
	ck_assert(!ts_memory_recall(m, &d, 1000 + TS_MEMORY_SECONDS, &found));
	ck_assert(!ts_memory_recall(m, &other, 1000, &found));
}
END_TEST

START_TEST(a_certificate_is_not_recalled_behind_its_end)
{
	TS_AUTOFREE struct ts_tls_memory *m = new_memory();
	const struct ts_tls_peer peer = {.state = TS_PEER_VERIFIED, .not_after = 1010};
	struct ts_tls_peer found;
	const struct ts_tls_digest d = digest_of("leaf", "");
	ts_memory_keep(m, &d, 1000, &peer);
	ck_assert(ts_memory_recall(m, &d, 1009, &found));
	ck_assert(!ts_memory_recall(m, &d, 1010, &found));
}
END_TEST

START_TEST(no_chain_has_no_digest)
{
	struct ts_tls_digest d;
	ck_assert(!ts_memory_digest(NULL, 0, &d));
}
END_TEST

UNIT_MAIN("memory", {a_chain_is_recalled_for_a_minute, 0},
	  {a_certificate_is_not_recalled_behind_its_end, 0}, {no_chain_has_no_digest, 0})
