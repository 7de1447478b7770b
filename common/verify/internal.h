/* SPDX-License-Identifier: MIT */
/* What the files of common/verify/ share. They know the tables as they are. */
#pragma once

#include "common/base/arena.h"
#include "common/store/internal.h"
#include "common/verify/verify.h"

struct account {
	uint32_t id, org;
	struct ts_uuid key;
	const char *name, *org_name;
};

struct org {
	uint32_t id;
	const char *name;
};

struct check {
	struct ts_txn *txn;
	const struct ts_verify *how;
	struct ts_verify_sums *sums;
	uint64_t done, total; /* records */
	struct ts_arena names;
	struct ts_buf org_list, account_list; /* struct org[], struct account[], by id */
};

/* Tell a fault; of `a`, which may be NULL. */
void check_fault(struct check *c, enum ts_fault_kind kind, const struct account *a, const char *fmt,
		 ...) TS_PRINTF(4, 5);
/* One more record is read. */
void check_count(struct check *c);

/* Call `each` for each pair of the table whose key begins with `prefix`. It may look things up in
 * any table, and walk through others. Stops where it returns something else than TS_OK. */
typedef int check_each_fn(struct check *c, struct ts_kv_pair pair, void *arg, struct ts_error *err);
int check_each(struct check *c, enum ts_kv_table table, struct ts_slice prefix, check_each_fn *each,
	       void *arg, struct ts_error *err) TS_MUST_CHECK;
/* Look a record up. *ret: whether it is there. */
int check_get(struct check *c, enum ts_kv_table table, const struct ts_key *key, bool *ret,
	      struct ts_slice *ret_value, struct ts_error *err) TS_MUST_CHECK;

/* NULL: none. */
const struct org *check_find_org(const struct check *c, uint32_t id);
const struct account *check_find_account(const struct check *c, uint32_t id);

/* A text that may be anything, for a sentence: what can't be shown is '?'. */
struct shown {
	char text[80];
};
struct shown check_show(struct ts_slice s);
/* The value of a record that is one number and nothing else. */
bool check_number(struct ts_slice value, uint64_t *ret);

/* The parts, each of one subject. Accounts come first: the others ask for them. */
int check_accounts(struct check *c, struct ts_error *err) TS_MUST_CHECK;
int check_aliases(struct check *c, struct ts_error *err) TS_MUST_CHECK;
int check_devices(struct check *c, const struct account *a, struct ts_error *err) TS_MUST_CHECK;
int check_holders(struct check *c, struct ts_error *err) TS_MUST_CHECK;
int check_transactions(struct check *c, const struct account *a,
		       struct ts_error *err) TS_MUST_CHECK;
int check_versions(struct check *c, const struct account *a, struct ts_error *err) TS_MUST_CHECK;
int check_rejects(struct check *c, const struct account *a, struct ts_error *err) TS_MUST_CHECK;
int check_numbers(struct check *c, const struct account *a, struct ts_error *err) TS_MUST_CHECK;
int check_sync_points(struct check *c, const struct account *a, struct ts_error *err) TS_MUST_CHECK;
int check_leftovers(struct check *c, struct ts_error *err) TS_MUST_CHECK;
