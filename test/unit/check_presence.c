/* SPDX-License-Identifier: MIT */
#include "server/request/limits.h"
#include "server/request/presence.h"
#include "test/unit/store_fixture.h"

#include <pthread.h>

enum { HALF = 30000, MINUTE = 60000 };

struct world {
	struct fixture f;
	struct presence *p;
	uint64_t ms;
};

static void world_init(struct world *w)
{
	fixture_init(&w->f);
	ck_assert_int_eq(presence_new(&w->p, NULL), TS_OK);
	w->ms = 5 * MINUTE;
}

static void world_done(struct world *w)
{
	presence_free(w->p);
	fixture_done(&w->f);
}

#define WORLD(name)                                                                                \
	TS_CLEANUP(world_done) struct world name;                                                  \
	world_init(&name)

static struct ts_device card_of(const char *id)
{
	struct ts_device d = {.certificate = true, .until = 1000};
	(void)snprintf(d.id, sizeof(d.id), "%s", id);
	(void)snprintf(d.name, sizeof(d.name), "%s", id);
	return d;
}

static struct sighting sight(const struct world *w, const struct ts_device *card, int64_t now)
{
	return (struct sighting){.user = w->f.user.id,
				 .card = card,
				 .client = TS_SLICE("task 2.6.2"),
				 .address = "192.0.2.1",
				 .now = now,
				 .ms = w->ms};
}

static void see(struct world *w, const char *id, int64_t now, bool known)
{
	struct ts_device card = card_of(id);
	struct sighting s = sight(w, &card, now);
	s.known = known;
	presence_note(w->p, &s);
}

/* One batch of the storage thread. */
static void batch_of(struct world *w, bool last, bool stored)
{
	struct ts_txn *t = fixture_begin(&w->f, TS_WRITE);
	ck_assert_msg(presence_write(w->p, w->ms, last, t, &w->f.err) == TS_OK, "%s",
		      w->f.err.text);
	if (stored) {
		fixture_commit(&w->f, t);
	} else {
		ts_txn_abort(t);
	}
	presence_written(w->p, w->ms, stored);
}

static void batch(struct world *w)
{
	batch_of(w, false, true);
}

/* False: it isn't in the store. */
static bool find(struct world *w, const char *id, struct ts_device *ret)
{
	struct ts_txn *t = fixture_begin(&w->f, TS_READ);
	int rc = ts_device_get(t, w->f.user.id, id, ret, NULL);
	ts_txn_abort(t);
	return rc == TS_OK;
}

static int64_t seen(struct world *w, const char *id)
{
	struct ts_device d;
	return find(w, id, &d) ? d.seen : 0;
}

static void put(struct world *w, const struct ts_device *d)
{
	struct ts_txn *t = fixture_begin(&w->f, TS_WRITE);
	ck_assert_int_eq(ts_device_put(t, w->f.user.id, d, NULL), TS_OK);
	fixture_commit(&w->f, t);
}

START_TEST(a_new_device_is_registered_with_the_next_batch)
{
	WORLD(w);
	struct ts_device d;
	see(&w, "phone", 100, false);
	see(&w, "phone", 101, false);
	ck_assert(!find(&w, "phone", &d));
	batch(&w);
	ck_assert(find(&w, "phone", &d));
	ck_assert_str_eq(d.name, "phone");
	ck_assert_str_eq(d.client, "task 2.6.2");
	ck_assert_str_eq(d.address, "192.0.2.1");
	ck_assert_int_eq(d.first, 100);
	ck_assert_int_eq(d.seen, 101);
	ck_assert_int_eq(d.until, 1000);
	ck_assert(d.certificate);
}
END_TEST

/* Another thread has looked at the clock before us, and takes its turn after us. */
START_TEST(a_clock_that_is_behind_makes_nothing_due)
{
	WORLD(w);
	see(&w, "phone", 100, false);
	ck_assert(!presence_due(w.p, w.ms - 1, false));
	batch(&w);
	w.ms--;
	see(&w, "phone", 101, true);
	batch(&w);
	ck_assert_int_eq(seen(&w, "phone"), 100);
}
END_TEST

START_TEST(two_of_a_name_are_told_apart)
{
	WORLD(w);
	struct ts_device d, card = card_of("one");
	struct sighting s = sight(&w, &card, 1);
	presence_note(w.p, &s);
	memcpy(card.id, "two", sizeof("two"));
	presence_note(w.p, &s);
	batch(&w);
	ck_assert(find(&w, "one", &d) && strcmp(d.name, "one") == 0);
	ck_assert(find(&w, "two", &d) && strcmp(d.name, "one-2") == 0);
}
END_TEST

START_TEST(a_device_is_written_at_most_once_in_half_a_minute)
{
	WORLD(w);
	see(&w, "phone", 100, false);
	batch(&w);
	for (int i = 1; i <= 3; i++) {
		w.ms += HALF / 4;
		see(&w, "phone", 100 + i, true);
		batch(&w);
		ck_assert_int_eq(seen(&w, "phone"), 100);
	}
	w.ms += HALF;
	batch(&w);
	ck_assert_int_eq(seen(&w, "phone"), 103);
}
END_TEST

START_TEST(what_waits_for_a_minute_gets_a_commit_of_its_own)
{
	WORLD(w);
	ck_assert(!presence_due(w.p, w.ms, false) && !presence_due(w.p, w.ms, true));
	see(&w, "phone", 100, false);
	ck_assert(!presence_due(w.p, w.ms + MINUTE - 1, false));
	ck_assert(presence_due(w.p, w.ms, true));
	w.ms += MINUTE;
	ck_assert(presence_due(w.p, w.ms, false));
	batch(&w);
	ck_assert(!presence_due(w.p, w.ms + MINUTE, false));
	see(&w, "phone", 101, true); /* too soon for the next batch */
	batch(&w);
	ck_assert_int_eq(seen(&w, "phone"), 100);
	ck_assert(presence_due(w.p, w.ms + MINUTE, false));
	batch_of(&w, true, true);
	ck_assert_int_eq(seen(&w, "phone"), 101);
	ck_assert(!presence_due(w.p, w.ms, true));
}
END_TEST

START_TEST(what_was_not_stored_is_written_again)
{
	WORLD(w);
	see(&w, "phone", 100, false);
	batch_of(&w, false, false);
	ck_assert_int_eq(seen(&w, "phone"), 0);
	batch(&w);
	ck_assert_int_eq(seen(&w, "phone"), 100);
}
END_TEST

START_TEST(what_is_seen_during_a_commit_is_not_lost)
{
	WORLD(w);
	see(&w, "phone", 100, false);
	struct ts_txn *t = fixture_begin(&w.f, TS_WRITE);
	ck_assert_int_eq(presence_write(w.p, w.ms, false, t, NULL), TS_OK);
	see(&w, "phone", 101, false);
	fixture_commit(&w.f, t);
	presence_written(w.p, w.ms, true);
	ck_assert_int_eq(seen(&w, "phone"), 100);
	w.ms += HALF;
	batch(&w);
	ck_assert_int_eq(seen(&w, "phone"), 101);
}
END_TEST

static void see_one_of(struct world *w, const char *id, bool certificate, int64_t now)
{
	struct ts_device card = card_of(id);
	card.certificate = certificate;
	struct sighting s = sight(w, &card, now);
	s.most = 3;
	presence_note(w->p, &s);
	batch(w);
}

/* A program that calls itself something else each time doesn't fill the store; what was revoked,
 * and certificates, stay. */
START_TEST(so_many_devices_and_no_more)
{
	WORLD(w);
	struct ts_device d, revoked = {.id = "lost", .name = "lost", .revoked = 1, .seen = 1};
	const uint64_t before = limits_hits(LIMIT_DEVICES);
	put(&w, &revoked);
	see_one_of(&w, "phone", true, 100);
	see_one_of(&w, "task 1", false, 101);
	ck_assert_uint_eq(limits_hits(LIMIT_DEVICES), before);
	for (int i = 2; i < 10; i++) {
		char id[24];
		(void)snprintf(id, sizeof(id), "task %d", i);
		see_one_of(&w, id, false, 100 + i);
		ck_assert(find(&w, id, &d));
		(void)snprintf(id, sizeof(id), "task %d", i - 1);
		ck_assert(!find(&w, id, &d));
	}
	ck_assert_uint_eq(limits_hits(LIMIT_DEVICES), before + 8);
	see_one_of(&w, "tablet", true, 200);
	ck_assert(find(&w, "tablet", &d) && !find(&w, "task 9", &d));
	see_one_of(&w, "desk", true, 201); /* nobody can go */
	ck_assert(!find(&w, "desk", &d));
	ck_assert(find(&w, "phone", &d) && find(&w, "lost", &d));
}
END_TEST

START_TEST(what_others_wrote_stays)
{
	WORLD(w);
	struct ts_device d = card_of("phone");
	d.issued = 7;
	d.first = 8;
	d.synced = 9;
	d.until = 2000;
	put(&w, &d);
	see(&w, "phone", 100, true);
	d.revoked = 50;
	memcpy(d.name, "lost", sizeof("lost"));
	put(&w, &d);
	batch(&w);
	ck_assert(find(&w, "phone", &d));
	ck_assert_str_eq(d.name, "lost");
	ck_assert_int_eq(d.revoked, 50);
	ck_assert_int_eq(d.issued, 7);
	ck_assert_int_eq(d.first, 8);
	ck_assert_int_eq(d.until, 2000);
	ck_assert_uint_eq(d.synced, 9); /* it didn't say */
	ck_assert_int_eq(d.seen, 100);
}
END_TEST

START_TEST(a_device_that_was_forgotten_stays_so)
{
	WORLD(w);
	struct ts_device d = card_of("phone");
	put(&w, &d);
	see(&w, "phone", 100, true);
	struct ts_txn *t = fixture_begin(&w.f, TS_WRITE);
	ck_assert_int_eq(ts_device_remove(t, w.f.user.id, "phone", NULL), TS_OK);
	fixture_commit(&w.f, t);
	batch(&w);
	ck_assert(!find(&w, "phone", &d));
}
END_TEST

START_TEST(a_removed_user_gets_no_devices)
{
	WORLD(w);
	struct ts_device d;
	see(&w, "phone", 100, false);
	struct ts_txn *t = fixture_begin(&w.f, TS_WRITE);
	ck_assert_int_eq(ts_user_remove(t, &w.f.user, NULL), TS_OK);
	fixture_commit(&w.f, t);
	batch(&w);
	ck_assert(!find(&w, "phone", &d));
}
END_TEST

START_TEST(what_is_synced_is_the_last_word)
{
	WORLD(w);
	struct ts_device d = card_of("phone"), card = card_of("phone");
	const uint64_t said[] = {5, 9, 7};
	d.synced = 99;
	put(&w, &d);
	for (size_t i = 0; i < TS_COUNT_OF(said); i++) {
		struct sighting s = sight(&w, &card, 100);
		s.synced = &said[i];
		presence_note(w.p, &s);
		s.synced = NULL;
		presence_note(w.p, &s);
	}
	card.synced = 99; /* what the store said when the request came */
	presence_recall(w.p, w.f.user.id, &card);
	ck_assert_uint_eq(card.synced, 7);
	batch(&w);
	ck_assert(find(&w, "phone", &d));
	ck_assert_uint_eq(d.synced, 7);
}
END_TEST

static const struct {
	unsigned store, told[3], want;
} warnings[] = {
	{0, {0, 0, 0}, 0},    {0, {30, 30, 30}, 30}, {0, {30, 14, 14}, 14},
	{0, {14, 30, 0}, 14}, {7, {14, 14, 0}, 7},   {14, {0, 1, 7}, 1},
};

START_TEST(the_last_warning_is_kept)
{
	WORLD(w);
	struct ts_device d = card_of("phone"), card = card_of("phone");
	d.warned = warnings[_i].store;
	put(&w, &d);
	for (size_t i = 0; i < TS_COUNT_OF(warnings[_i].told); i++) {
		card.warned = warnings[_i].told[i];
		struct sighting s = sight(&w, &card, 100);
		s.known = true;
		presence_note(w.p, &s);
	}
	batch(&w);
	ck_assert(find(&w, "phone", &d));
	ck_assert_uint_eq(d.warned, warnings[_i].want);
	card.warned = 0;
	presence_recall(w.p, w.f.user.id, &card);
	presence_recall(w.p, w.f.user.id + 1, &card);
	ck_assert_uint_le(card.warned, d.warned == 0 ? 0 : 30);
}
END_TEST

START_TEST(texts_are_cut_between_characters)
{
	WORLD(w);
	char client[200];
	struct ts_device d, card = card_of("phone");
	struct sighting s = sight(&w, &card, 1);
	memset(client, 'x', 99);
	memcpy(client + 99, "\xC3\xA4\xC3\xA4", 4);
	s.client = (struct ts_slice){client, 103};
	s.address = "0123456789012345678901234567890123456789012345678901234567890123456789";
	presence_note(w.p, &s);
	batch(&w);
	ck_assert(find(&w, "phone", &d));
	ck_assert_uint_eq(strlen(d.client), 99);
	ck_assert_uint_eq(strlen(d.address), TS_DEVICE_ADDRESS_MAX);
}
END_TEST

START_TEST(memory_is_bounded_and_given_back)
{
	enum { MANY = 20000, MOST = 16384 };
	WORLD(w);
	char id[TS_DEVICE_MAX + 1];
	for (int i = 0; i < MANY; i++) {
		(void)snprintf(id, sizeof(id), "device %d", i);
		see(&w, id, 1, false);
	}
	ck_assert_uint_eq(presence_count(w.p), MOST);
	struct ts_txn *t = fixture_begin(&w.f, TS_WRITE);
	while (presence_due(w.p, w.ms, true)) {
		ck_assert_int_eq(presence_write(w.p, w.ms, true, t, NULL), TS_OK);
		presence_written(w.p, w.ms, true);
	}
	ts_txn_abort(t);
	see(&w, "one more", 1, false); /* what is written makes room */
	ck_assert_uint_eq(presence_count(w.p), MOST);
	w.ms += HALF;
	batch(&w);
	ck_assert_uint_eq(presence_count(w.p), 1);
}
END_TEST

enum { THREADS = 4, EACH = 2000 };

static void *note_many(void *arg)
{
	struct world *w = arg;
	char id[TS_DEVICE_MAX + 1];
	for (int i = 0; i < EACH; i++) {
		(void)snprintf(id, sizeof(id), "device %d", i % 7);
		struct ts_device card = card_of(id);
		struct sighting s = sight(w, &card, i);
		presence_note(w->p, &s);
		presence_recall(w->p, w->f.user.id, &card);
	}
	return NULL;
}

START_TEST(many_threads_note_while_one_writes)
{
	WORLD(w);
	pthread_t threads[THREADS];
	struct ts_device d;
	for (int i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_create(&threads[i], NULL, note_many, &w), 0);
	}
	for (int i = 0; i < 10; i++) {
		struct ts_txn *t = fixture_begin(&w.f, TS_WRITE);
		ck_assert_int_eq(presence_write(w.p, w.ms, true, t, NULL), TS_OK);
		fixture_commit(&w.f, t);
		presence_written(w.p, w.ms, true);
	}
	for (int i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	}
	batch_of(&w, true, true);
	ck_assert_uint_eq(presence_count(w.p), 7);
	ck_assert(find(&w, "device 6", &d));
}
END_TEST

UNIT_MAIN("presence", {a_new_device_is_registered_with_the_next_batch, 0},
	  {a_clock_that_is_behind_makes_nothing_due, 0}, {two_of_a_name_are_told_apart, 0},
	  {a_device_is_written_at_most_once_in_half_a_minute, 0},
	  {what_waits_for_a_minute_gets_a_commit_of_its_own, 0},
	  {what_was_not_stored_is_written_again, 0}, {what_is_seen_during_a_commit_is_not_lost, 0},
	  {so_many_devices_and_no_more, 0}, {what_others_wrote_stays, 0},
	  {a_device_that_was_forgotten_stays_so, 0}, {a_removed_user_gets_no_devices, 0},
	  {what_is_synced_is_the_last_word, 0}, {the_last_warning_is_kept, TS_COUNT_OF(warnings)},
	  {texts_are_cut_between_characters, 0}, {memory_is_bounded_and_given_back, 0},
	  {many_threads_note_while_one_writes, 0})
