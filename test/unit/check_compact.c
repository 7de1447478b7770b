/* SPDX-License-Identifier: MIT */
/* Random histories, compacted at a random place: what must not change doesn't. */
#include "common/compact/compact.h"
#include "common/store/device.h"
#include "common/tree/version.h"
#include "common/verify/verify.h"
#include "test/unit/history_fixture.h"

enum { SYNCS = 110 };

static void print_fault(const struct ts_fault *fault, void *arg)
{
	ts_buf_printf(arg, "%s\n", fault->text);
}

static void assert_in_order(struct fixture *f)
{
	TS_BUF(faults);
	const struct ts_verify how = {print_fault, NULL, &faults};
	struct ts_verify_sums sums;
	ck_assert_int_eq(ts_verify_store(f->store, &how, &sums, &f->err), TS_OK);
	ck_assert_msg(sums.faults == 0, "%s", faults.data);
}

/* The tasks that a client with `key` is sent, and the key behind them. */
static void answer(struct fixture *f, const char *key, struct ts_buf *to)
{
	GOT(g);
	TS_BUF(payload);
	ts_buf_printf(&payload, "%s\n", key);
	fixture_sync(f, ts_buf_slice(&payload), key[0] == '\0', 1, &g);
	ts_buf_add_slice(to, ts_buf_slice(&g.payload));
	ts_buf_add_char(to, '=');
	ts_buf_add_char(to, '\n');
}

/* The answers to every key that was ever given out. */
static void answers(struct history *h, struct ts_buf *to)
{
	answer(h->f, "", to);
	for (size_t i = 0; i < h->count; i++) {
		answer(h->f, h->keys[i], to);
	}
}

/* Each version of `user` above `above`, or that recorded a conflict, with its task. */
static void list_versions(struct fixture *f, uint64_t above, bool all, struct ts_buf *to)
{
	struct ts_txn *t = fixture_begin(f, TS_READ);
	struct ts_slice record;
	struct ts_version v;
	uint64_t n = 0;
	while (ts_version_next(t, f->user.id, n + 1, &n, &record, &f->err) == TS_OK) {
		TS_ARENA(a);
		struct ts_task task;
		struct ts_conflicts conflicts;
		ck_assert_int_eq(ts_version_parse(n, record, &v, &f->err), TS_OK);
		if (n <= above && (!all || v.conflicts.len == 0)) {
			continue;
		}
		ck_assert_msg(ts_version_task(t, f->user.id, n, &v.task, &a, &task, &f->err) ==
				      TS_OK,
			      "%s", f->err.text);
		ck_assert_int_eq(ts_version_conflicts(t, f->user.id, &v, &a, &conflicts, &f->err),
				 TS_OK);
		ts_buf_printf(to, "%llu %s %d %llu %zu:", (unsigned long long)n,
			      ts_uuid_text(&v.task).text, v.side,
			      n > above ? (unsigned long long)v.merged : 0, conflicts.count);
		for (size_t i = 0; i < task.count; i++) {
			ts_buf_printf(to, " %.*s=%.*s@%lld,%llu", TS_SLICE_ARGS(task.attrs[i].key),
				      TS_SLICE_ARGS(task.attrs[i].value.text),
				      (long long)task.attrs[i].stamp.t,
				      (unsigned long long)task.attrs[i].stamp.n);
		}
		for (size_t i = 0; i < conflicts.count; i++) {
			ts_buf_printf(to, " lost %.*s", TS_SLICE_ARGS(conflicts.at[i].lost.text));
		}
		ts_buf_add_char(to, '\n');
	}
	ts_txn_abort(t);
}

/* What each transaction from the cutoff on had of each task. */
static void list_past(struct history *h, uint64_t cutoff, struct ts_buf *to)
{
	struct fixture *f = h->f;
	struct ts_txn *t = fixture_begin(f, TS_READ);
	struct ts_transaction tr;
	for (size_t i = 0; i < h->count; i++) {
		struct ts_uuid key;
		ck_assert(ts_uuid_parse(ts_slice_of(h->keys[i]), &key));
		ck_assert_int_eq(ts_transaction_by_key(t, f->user.id, &key, &tr, &f->err), TS_OK);
		for (uint64_t n = 0; n < HISTORY_TASKS && tr.last >= cutoff; n++) {
			const struct ts_uuid task = history_task(n);
			uint64_t head, at = 0;
			if (ts_head_get(t, f->user.id, &task, &head, &f->err) == TS_OK) {
				ck_assert_int_eq(
					ts_version_at(t, f->user.id, head, tr.last, &at, &f->err),
					TS_OK);
			}
			ts_buf_printf(to, "%llu ", (unsigned long long)at);
		}
	}
	ts_buf_add_char(to, '\n');
	ts_txn_abort(t);
}

static uint64_t version_of_key(struct history *h, size_t i)
{
	struct ts_txn *t = fixture_begin(h->f, TS_READ);
	struct ts_transaction tr;
	struct ts_uuid key;
	ck_assert(ts_uuid_parse(ts_slice_of(h->keys[i]), &key));
	ck_assert_int_eq(ts_transaction_by_key(t, h->f->user.id, &key, &tr, &h->f->err), TS_OK);
	ts_txn_abort(t);
	return tr.last;
}

static struct ts_compacted compact(struct fixture *f, uint64_t cutoff, uint64_t batch, bool dry_run)
{
	const struct ts_compact how = {.store = f->store,
				       .user = f->user.id,
				       .cutoff = cutoff,
				       .dry_run = dry_run,
				       .batch = batch};
	struct ts_compacted sums;
	ck_assert_msg(ts_compact_user(&how, &sums, &f->err) == TS_OK, "%s", f->err.text);
	return sums;
}

static uint64_t account_bytes(struct fixture *f)
{
	struct ts_txn *t = fixture_begin(f, TS_READ);
	struct ts_transaction tr;
	ck_assert_int_eq(ts_transaction_newest(t, f->user.id, &tr, &f->err), TS_OK);
	ts_txn_abort(t);
	return tr.bytes;
}

START_TEST(what_is_needed_stays)
{
	FIXTURE(f);
	TS_BUF(before);
	TS_BUF(after);
	struct history h;
	history_init(&h, &f, (uint64_t)_i + 100);
	history_grow(&h, SYNCS);
	const uint64_t cutoff = version_of_key(&h, history_random(&h, h.count));
	answers(&h, &before);
	list_versions(&f, cutoff, true, &before);
	list_past(&h, cutoff, &before);
	const struct ts_compacted dry = compact(&f, cutoff, 0, true);
	const struct ts_compacted sums = compact(&f, cutoff, (uint64_t)_i % 3 * 20, false);
	assert_in_order(&f);
	answers(&h, &after);
	list_versions(&f, cutoff, true, &after);
	list_past(&h, cutoff, &after);
	ck_assert_msg(strcmp(before.data, after.data) == 0, "something else is there now");
	ck_assert_uint_eq(sums.bytes_after, account_bytes(&f));
	ck_assert_int_eq(memcmp(&dry, &sums, sizeof(dry)), 0);
	/* Once more there is nothing to do; life goes on. */
	const struct ts_compacted again = compact(&f, cutoff, 0, false);
	ck_assert_uint_eq(again.versions_before, sums.versions_after);
	ck_assert_uint_eq(again.versions_after, sums.versions_after);
	ck_assert_uint_eq(again.bytes_after, again.bytes_before);
	history_grow(&h, 20);
	assert_in_order(&f);
	(void)compact(&f, version_of_key(&h, h.count - 1), 7, false);
	assert_in_order(&f);
	history_grow(&h, 20);
	assert_in_order(&f);
}
END_TEST

/* What others see while it goes on, and what is left behind where it stops. */
static void look_meanwhile(uint64_t tasks, uint64_t total, void *arg)
{
	ck_assert_uint_le(tasks, total);
	assert_in_order(arg);
}

START_TEST(in_between_all_is_in_order)
{
	FIXTURE(f);
	struct history h;
	struct ts_compacted sums;
	history_init(&h, &f, 7);
	history_grow(&h, SYNCS);
	const struct ts_compact how = {.store = f.store,
				       .user = f.user.id,
				       .cutoff = version_of_key(&h, h.count - 20),
				       .batch = 1,
				       .progress = look_meanwhile,
				       .arg = &f};
	ck_assert_int_eq(ts_compact_user(&how, &sums, &f.err), TS_OK);
	ck_assert_uint_eq(sums.tasks, HISTORY_TASKS);
	assert_in_order(&f);
}
END_TEST

START_TEST(old_versions_go)
{
	FIXTURE(f);
	struct history h;
	struct ts_store_stats stats;
	uint64_t horizon;
	history_init(&h, &f, 5);
	for (int i = 0; i < 100; i++) {
		history_sync(&h, h.count > 0 ? h.keys[h.count - 1] : "");
	}
	const uint64_t newest = version_of_key(&h, h.count - 1);
	const struct ts_compacted sums = compact(&f, newest, 0, false);
	ck_assert_uint_eq(sums.versions_before, newest);
	ck_assert_uint_eq(sums.versions_after, HISTORY_TASKS);
	ck_assert_uint_eq(sums.tasks, HISTORY_TASKS);
	ck_assert_uint_lt(sums.bytes_after, sums.bytes_before / 2);
	struct ts_txn *t = fixture_begin(&f, TS_READ);
	ts_store_stats(t, &stats);
	ck_assert_int_eq(ts_horizon_get(t, f.user.id, &horizon, &f.err), TS_OK);
	ts_txn_abort(t);
	ck_assert_uint_eq(stats.versions, HISTORY_TASKS);
	ck_assert_uint_eq(stats.transactions, h.count + 1);
	ck_assert_uint_eq(horizon, newest);
	assert_in_order(&f);
}
END_TEST

/* A client that is older than all that is left: its edit is merged, and it gets what is new. */
START_TEST(an_ancient_client_is_served)
{
	FIXTURE(f);
	GOT(g);
	TS_BUF(payload);
	struct history h;
	history_init(&h, &f, 6);
	history_grow(&h, SYNCS);
	(void)compact(&f, version_of_key(&h, h.count - 1), 0, false);
	const struct ts_uuid task = history_task(3);
	h.now += 10000;
	ts_buf_printf(&payload,
		      "%s\n{\"uuid\":\"%s\",\"description\":\"ancient\",\"status\":\"pending\","
		      "\"modified\":%lld}\n",
		      h.keys[0], ts_uuid_text(&task).text, (long long)h.now);
	fixture_sync(&f, ts_buf_slice(&payload), false, h.now, &g);
	ck_assert(!g.unknown_key);
	ck_assert_uint_eq(g.stored, 2);
	ck_assert_uint_eq(g.merges, 1);
	ck_assert_uint_eq(g.tasks, HISTORY_TASKS);
	ck_assert_ptr_nonnull(strstr(g.payload.data, "\"ancient\""));
	assert_in_order(&f);
}
END_TEST

/* What was sent before is known again, by a client that didn't get the answer. */
START_TEST(a_branch_behind_the_cutoff_is_known_again)
{
	FIXTURE(f);
	GOT(g);
	TS_BUF(payload);
	struct history h;
	history_init(&h, &f, 9);
	history_grow(&h, 40);
	const struct ts_uuid task = history_task(3);
	ts_buf_printf(&payload,
		      "%s\n{\"uuid\":\"%s\",\"description\":\"late\",\"status\":\"pending\","
		      "\"project\":\"odd\",\"modified\":%lld}\n",
		      h.keys[5], ts_uuid_text(&task).text, (long long)h.now + 7);
	const uint64_t cutoff = version_of_key(&h, h.count - 1);
	fixture_sync(&f, ts_buf_slice(&payload), false, h.now + 8, &g);
	ck_assert_uint_eq(g.stored, 2);
	(void)compact(&f, cutoff, 0, false);
	assert_in_order(&f);
	fixture_sync(&f, ts_buf_slice(&payload), false, h.now + 9, &g);
	ck_assert_uint_eq(g.stored, 0);
}
END_TEST

/* What a device has, and whether it lowers the cutoff: versions 1 to 5, one a transaction, made at
 * the times 10, 20 … 50. */
static const struct {
	struct ts_device device;
	int64_t before;
	bool force;
	uint64_t cutoff;
	bool held;
} cutoffs[] = {
	{{.certificate = true, .seen = 50, .synced = 5}, 55, false, 5, false},
	{{.certificate = true, .seen = 50, .synced = 5}, 50, false, 5, false},
	{{.certificate = true, .seen = 50, .synced = 5}, 49, false, 4, false},
	{{.certificate = true, .seen = 50, .synced = 5}, 9, false, 0, false},
	{{.certificate = true, .seen = 50, .synced = 5}, 0, false, 0, false},
	{{.certificate = true, .seen = 50, .synced = 2}, 49, false, 2, true},
	{{.certificate = true, .seen = 50, .synced = 2}, 49, true, 2, true},
	{{.certificate = true, .seen = 30, .synced = 2}, 49, false, 2, true},
	{{.certificate = true, .seen = 30, .synced = 2}, 49, true, 4, false},
	{{.certificate = true, .seen = 30, .synced = 0}, 49, false, 0, true},
	{{.certificate = true, .seen = 30, .synced = 2, .revoked = 40}, 49, false, 4, false},
	{{.certificate = false, .seen = 30, .synced = 2}, 49, false, 4, false},
	{{.certificate = true, .seen = 0, .synced = 0}, 49, false, 4, false},
};

START_TEST(devices_hold_the_cutoff)
{
	FIXTURE(f);
	struct ts_cutoff cutoff;
	struct ts_device d = cutoffs[_i].device;
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	for (uint64_t n = 1; n <= 5; n++) {
		const struct ts_transaction tr = {
			.last = n, .key = ts_uuid_random(), .time = (int64_t)n * 10};
		ck_assert_int_eq(ts_version_put(t, f.user.id, n, TS_SLICE("x"), &f.err), TS_OK);
		ck_assert_int_eq(ts_transaction_add(t, f.user.id, &tr, &f.err), TS_OK);
	}
	(void)strcpy(d.id, "c0ffee");
	(void)strcpy(d.name, "old phone");
	ck_assert_int_eq(ts_device_put(t, f.user.id, &d, &f.err), TS_OK);
	ck_assert_int_eq(ts_cutoff_find(t, f.user.id, cutoffs[_i].before, cutoffs[_i].force,
					&cutoff, &f.err),
			 TS_OK);
	ck_assert_uint_eq(cutoff.version, cutoffs[_i].cutoff);
	ck_assert_int_eq(cutoff.held, cutoffs[_i].held);
	ck_assert_str_eq(cutoff.holder.name, cutoffs[_i].held ? "old phone" : "");
	ts_txn_abort(t);
}
END_TEST

START_TEST(a_renewed_certificate_holds_nothing)
{
	FIXTURE(f);
	struct ts_cutoff cutoff;
	struct ts_device old = {.id = "old", .name = "phone", .certificate = true, .seen = 2};
	struct ts_device new = {
		.id = "new", .name = "phone-2", .certificate = true, .renews = "old"};
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	const struct ts_transaction tr = {.last = 1, .key = ts_uuid_random(), .time = 5};
	ck_assert_int_eq(ts_version_put(t, f.user.id, 1, TS_SLICE("x"), &f.err), TS_OK);
	ck_assert_int_eq(ts_transaction_add(t, f.user.id, &tr, &f.err), TS_OK);
	ck_assert_int_eq(ts_device_put(t, f.user.id, &old, &f.err), TS_OK);
	ck_assert_int_eq(ts_device_put(t, f.user.id, &new, &f.err), TS_OK);
	ck_assert_int_eq(ts_cutoff_find(t, f.user.id, 9, false, &cutoff, &f.err), TS_OK);
	ck_assert_uint_eq(cutoff.version, 0);
	new.seen = 9;
	new.synced = 1;
	ck_assert_int_eq(ts_device_put(t, f.user.id, &new, &f.err), TS_OK);
	ck_assert_int_eq(ts_cutoff_find(t, f.user.id, 9, false, &cutoff, &f.err), TS_OK);
	ck_assert_uint_eq(cutoff.version, 1);
	ts_txn_abort(t);
}
END_TEST

/* A device may say that it has a part of a transaction; the cutoff doesn't go through one. */
START_TEST(the_cutoff_ends_with_a_transaction)
{
	FIXTURE(f);
	struct ts_cutoff cutoff;
	const struct ts_device d = {
		.id = "x", .name = "x", .certificate = true, .seen = 9, .synced = 5};
	struct ts_txn *t = fixture_begin(&f, TS_WRITE);
	for (uint64_t n = 1; n <= 9; n++) {
		const struct ts_transaction tr = {.last = n, .key = ts_uuid_random(), .time = 5};
		ck_assert_int_eq(ts_version_put(t, f.user.id, n, TS_SLICE("x"), &f.err), TS_OK);
		if (n % 3 == 0) {
			ck_assert_int_eq(ts_transaction_add(t, f.user.id, &tr, &f.err), TS_OK);
		}
	}
	ck_assert_int_eq(ts_device_put(t, f.user.id, &d, &f.err), TS_OK);
	ck_assert_int_eq(ts_cutoff_find(t, f.user.id, 9, false, &cutoff, &f.err), TS_OK);
	ck_assert_uint_eq(cutoff.wanted.last, 9);
	ck_assert_uint_eq(cutoff.version, 3);
	ts_txn_abort(t);
}
END_TEST

UNIT_MAIN("compact", {what_is_needed_stays, 9}, {in_between_all_is_in_order, 0},
	  {old_versions_go, 0}, {an_ancient_client_is_served, 0},
	  {a_branch_behind_the_cutoff_is_known_again, 0},
	  {devices_hold_the_cutoff, TS_COUNT_OF(cutoffs)}, {a_renewed_certificate_holds_nothing, 0},
	  {the_cutoff_ends_with_a_transaction, 0})
