/* SPDX-License-Identifier: MIT */
/* A store with a little of everything, damaged behind its back; what verifying it tells. */
#pragma once

#include "common/compact/compact.h"
#include "common/store/device.h"
#include "common/store/internal.h"
#include "common/tree/record.h"
#include "common/verify/verify.h"
#include "test/unit/history_fixture.h"

/* What was told. */
struct told {
	struct ts_buf text; /* "WORD: sentence\n" … */
	struct ts_verify_sums sums;
	uint64_t progress;
};

static inline void told_done(struct told *t)
{
	ts_buf_done(&t->text);
}

#define TOLD(name) TS_CLEANUP(told_done) struct told name = {0}

static inline void take_fault(const struct ts_fault *fault, void *arg)
{
	struct told *t = arg;
	ts_buf_printf(&t->text, "%s: %s\n", ts_fault_word(fault->kind), fault->text);
}

static inline void take_progress(uint64_t done, uint64_t total, void *arg)
{
	struct told *t = arg;
	ck_assert_uint_le(done, total);
	ck_assert_uint_gt(done, t->progress);
	t->progress = done;
}

/* Whatever is damaged, this comes to an end, with or without a sentence. */
static inline void compact(struct fixture *f)
{
	const struct ts_compact how = {.store = f->store, .user = f->user.id, .cutoff = 20};
	struct ts_compacted sums;
	struct ts_error err = {0};
	const int code = ts_compact_user(&how, &sums, &err);
	ck_assert_msg((code == TS_OK) == (err.text[0] == '\0'), "%d, '%s'", code, err.text);
}

static inline void verify(struct fixture *f, struct told *t)
{
	const struct ts_verify how = {take_fault, take_progress, t};
	ts_buf_clear(&t->text);
	t->progress = 0;
	ck_assert_msg(ts_verify_store(f->store, &how, &t->sums, &f->err) == TS_OK, "%s",
		      f->err.text);
	ts_buf_add_str(&t->text, "");
}

/*
 * The store that is damaged: alice has two tasks, A with twenty versions of the main line (1 to
 * 19, 22), a branch (20, 21) that was merged in 22 with a conflict, and B with version 23; further
 * a device, a sync point, a short number and a line in quarantine.
 */
struct patient {
	struct fixture *f;
	struct ts_txn *t;
	uint32_t user, bob;
	struct ts_uuid a, b;
};

static inline void edit(struct fixture *f, const char *key, int task, const char *project,
			int minute, struct got *g)
{
	TS_BUF(b);
	const struct ts_uuid id = history_task((uint64_t)task);
	ts_buf_printf(&b,
		      "%s\n{\"uuid\":\"%s\",\"description\":\"d\xC3\xA4\",\"status\":\"pending\","
		      "\"project\":\"%s\",\"modified\":\"20260101T00%02d00Z\"}\n",
		      key, ts_uuid_text(&id).text, project, minute);
	fixture_sync(f, ts_buf_slice(&b), false, HISTORY_START + minute, g);
}

static inline void make_tasks(struct fixture *f)
{
	GOT(g);
	GOT(base);
	TS_BUF(two);
	char project[20];
	const struct ts_uuid id = history_task(1);
	for (int i = 1; i <= 19; i++) {
		(void)snprintf(project, sizeof(project), "p%d", i);
		edit(f, g.key, 1, project, i, &g);
		if (i == 17) {
			memcpy(base.key, g.key, sizeof(g.key));
		}
	}
	ts_buf_printf(&two, "%s\n", base.key);
	for (int i = 1; i <= 2; i++) {
		ts_buf_printf(
			&two,
			"{\"uuid\":\"%s\",\"description\":\"d\xC3\xA4\",\"status\":"
			"\"pending\",\"project\":\"q%d\",\"modified\":\"20260101T00173%dZ\"}\n",
			ts_uuid_text(&id).text, i, i);
	}
	fixture_sync(f, ts_buf_slice(&two), false, HISTORY_START + 20, &g);
	ck_assert_uint_eq(g.conflicts, 1);
	edit(f, g.key, 2, "other", 30, &g);
}

static inline void make_rest(struct patient *p)
{
	struct fixture *f = p->f;
	const struct ts_org org = {.id = f->user.org};
	const struct ts_device d = {.id = "c0ffee", .name = "laptop", .synced = 20};
	const struct ts_sync_point point = {.sent = 5, .last = 6};
	const struct ts_reject r = {7, TS_SLICE("because"), TS_SLICE("not a task")};
	struct ts_user bob;
	bool is_new;
	ck_assert_int_eq(ts_user_add(p->t, &org, TS_SLICE("bob"), 1, &bob, &f->err), TS_OK);
	p->bob = bob.id;
	ck_assert_int_eq(ts_alias_add(p->t, &f->user, TS_SLICE("ally"), &f->err), TS_OK);
	ck_assert_int_eq(ts_device_put(p->t, p->user, &d, &f->err), TS_OK);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(ts_sync_point_add(p->t, p->user, "home", &point, &f->err), TS_OK);
	}
	ck_assert_int_eq(ts_number_give(p->t, p->user, &p->a, &f->err), TS_OK);
	ck_assert_int_eq(ts_reject_add(p->t, p->user, &r, &is_new, &f->err), TS_OK);
}

static inline void put(struct patient *p, enum ts_kv_table table, struct ts_key key,
		       struct ts_slice value)
{
	ck_assert_int_eq(ts_kv_put(p->t->kv, table, ts_key_slice(&key), value, &p->f->err), TS_OK);
}

static inline void drop(struct patient *p, enum ts_kv_table table, struct ts_key key)
{
	struct ts_slice value;
	ck_assert_int_eq(ts_kv_get(p->t->kv, table, ts_key_slice(&key), &value, &p->f->err), TS_OK);
	ck_assert_int_eq(ts_kv_remove(p->t->kv, table, ts_key_slice(&key), &p->f->err), TS_OK);
}

static inline void put_number(struct patient *p, enum ts_kv_table table, struct ts_key key,
			      uint64_t n)
{
	TS_BUF(b);
	ts_pack_number(&b, n);
	put(p, table, key, ts_buf_slice(&b));
}

/* A copy of a record, with byte `at` changed; behind the end: one more. */
static inline void flip(struct patient *p, enum ts_kv_table table, struct ts_key key, size_t at,
			unsigned char with)
{
	TS_BUF(b);
	struct ts_slice value;
	ck_assert_int_eq(ts_kv_get(p->t->kv, table, ts_key_slice(&key), &value, &p->f->err), TS_OK);
	ts_buf_add_slice(&b, value);
	if (at < b.len) {
		b.data[at] = (char)((unsigned char)b.data[at] ^ with);
	} else {
		ts_buf_add_char(&b, (char)with);
	}
	put(p, table, key, ts_buf_slice(&b));
}

static inline void cut(struct patient *p, enum ts_kv_table table, struct ts_key key)
{
	TS_BUF(b);
	struct ts_slice value;
	ck_assert_int_eq(ts_kv_get(p->t->kv, table, ts_key_slice(&key), &value, &p->f->err), TS_OK);
	ck_assert_uint_gt(value.len, 0);
	ts_buf_add(&b, value.data, value.len - 1);
	put(p, table, key, ts_buf_slice(&b));
}

static inline struct ts_key version_key(const struct patient *p, uint64_t n)
{
	return ts_key_number(p->user, n);
}

static inline struct ts_key with_kind(uint32_t owner, char kind, const void *rest, size_t len)
{
	struct ts_key k = ts_key_owner(owner);
	ts_key_add(&k, &kind, 1);
	ts_key_add(&k, rest, len);
	return k;
}

/* Write version `n` again with what `change` does to it. */
static inline void rewrite(struct patient *p, uint64_t n, void (*change)(struct ts_version *v))
{
	TS_BUF(b);
	struct ts_version v;
	ck_assert_int_eq(ts_version_read(p->t, p->user, n, &v, &p->f->err), TS_OK);
	change(&v);
	ts_record_pack(&v, &b);
	put(p, TS_KV_VERSIONS, version_key(p, n), ts_buf_slice(&b));
}

static inline struct ts_transaction newest(struct patient *p)
{
	struct ts_transaction tr;
	ck_assert_int_eq(ts_transaction_newest(p->t, p->user, &tr, &p->f->err), TS_OK);
	return tr;
}

/* What is done to the store, and a part of what is told then. */
struct damage {
	void (*damage)(struct patient *p);
	const char *told;
};

/* TASKA and TASKB in a sentence are the tasks' UUIDs. */
static inline void fill_in(const struct patient *p, const char *from, struct ts_buf *to)
{
	for (const char *at; (at = strstr(from, "TASK")) != NULL; from = at + 5) {
		ts_buf_add(to, from, (size_t)(at - from));
		ts_buf_add_str(to, ts_uuid_text(at[4] == 'A' ? &p->a : &p->b).text);
	}
	ts_buf_add_str(to, from);
}

static inline void damage_is_found(const struct damage *d)
{
	FIXTURE(f);
	TOLD(t);
	TS_BUF(wanted);
	struct patient p = {&f, NULL, f.user.id, 0, history_task(1), history_task(2)};
	make_tasks(&f);
	p.t = fixture_begin(&f, TS_WRITE);
	make_rest(&p);
	fixture_commit(&f, p.t);
	verify(&f, &t);
	ck_assert_msg(t.sums.faults == 0, "before: %s", t.text.data);
	ck_assert_uint_eq(t.sums.versions, 23);
	ck_assert_uint_eq(t.sums.devices, 1);
	p.t = fixture_begin(&f, TS_WRITE);
	d->damage(&p);
	fixture_commit(&f, p.t);
	verify(&f, &t);
	fill_in(&p, d->told, &wanted);
	ck_assert_msg(strstr(t.text.data, wanted.data) != NULL, "got:\n%swanted:\n%s", t.text.data,
		      wanted.data);
	compact(&f);
}
