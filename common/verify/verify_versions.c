/* SPDX-License-Identifier: MIT */
/*
 * Versions and heads. One walk in the order of numbers: what a version stands on was read before
 * it, and is mostly the newest of its task or the one just before; only what is neither is looked
 * up. Each record by itself is read to its end, and each difference stands on a version whose chain
 * is one shorter, so every task can be read in every version.
 */
#include "common/tree/record.h"
#include "common/verify/internal.h"
#include "common/verify/task_ends.h"

struct version_check {
	const struct account *account;
	struct task_ends ends;
	struct ts_version before;     /* the one read before; number 0: none */
	struct ts_transaction newest; /* … transaction */
	bool known;                   /* its record can be read */
	uint64_t horizon;
	uint64_t next; /* the number that comes, if none is missing */
	uint64_t bytes;
	struct ts_arena arena; /* of a record */
};

typedef unsigned long long number; /* for a sentence */

/* A version as far as another one that stands on it needs to know it. */
struct base {
	bool found;
	struct ts_uuid task;
	uint64_t chain, depth, jump;
};

/* Read what version `n` says of itself. */
static int look_up(struct check *c, const struct version_check *vc, uint64_t n, struct base *ret,
		   struct ts_error *err)
{
	const struct ts_key key = ts_key_number(vc->account->id, n);
	struct ts_version v = vc->before;
	struct ts_slice record;
	*ret = (struct base){.found = n != 0 && n == v.number};
	if (!ret->found) {
		int code = check_get(c, TS_KV_VERSIONS, &key, &ret->found, &record, err);
		if (code != TS_OK || !ret->found) {
			return code;
		}
		ret->found = ts_version_parse(n, record, &v, NULL) == TS_OK;
	}
	ret->task = v.task;
	ret->chain = v.chain;
	ret->depth = v.depth;
	ret->jump = v.jump;
	return TS_OK;
}

/* The same of something that version `v` stands on; a fault where that is not there or is another
 * task's. */
static int look_up_base(struct check *c, const struct version_check *vc, const struct ts_version *v,
			const struct task_end *end, uint64_t n, struct base *ret,
			struct ts_error *err)
{
	if (end->number == n) {
		*ret = (struct base){true, v->task, end->chain, end->depth, end->jump};
		return TS_OK;
	}
	int code = look_up(c, vc, n, ret, err);
	if (code == TS_OK && !ret->found) {
		check_fault(c, TS_FAULT_PARENT, vc->account,
			    "Version %llu of task %s stands on version %llu, which is not there.",
			    (number)v->number, ts_uuid_text(&v->task).text, (number)n);
	} else if (code == TS_OK && !ts_uuid_eq(&ret->task, &v->task)) {
		check_fault(c, TS_FAULT_PARENT, vc->account,
			    "Version %llu of task %s stands on version %llu, which is of task %s.",
			    (number)v->number, ts_uuid_text(&v->task).text, (number)n,
			    ts_uuid_text(&ret->task).text);
		ret->found = false;
	}
	return code;
}

/* How many records are to be read to know the task. */
static void check_chain(struct check *c, const struct version_check *vc, const struct ts_version *v,
			uint64_t parent_chain)
{
	const bool right =
		v->whole ? v->chain == 0 : v->parent != 0 && v->chain == parent_chain + 1;
	if (!right) {
		check_fault(c, TS_FAULT_PLACE, vc->account,
			    "Version %llu of task %s can't be read with %llu records before it.",
			    (number)v->number, ts_uuid_text(&v->task).text, (number)v->chain);
	}
}

static int check_bases(struct check *c, const struct version_check *vc, const struct ts_version *v,
		       const struct task_end *end, struct ts_error *err)
{
	struct base parent = {0}, merged;
	int code = TS_OK;
	if (v->parent != 0) {
		code = look_up_base(c, vc, v, end, v->parent, &parent, err);
	}
	if (code == TS_OK && (v->parent == 0 || parent.found)) {
		check_chain(c, vc, v, parent.chain);
	}
	return code == TS_OK && v->merged != 0
		       ? look_up_base(c, vc, v, end, v->merged, &merged, err)
		       : code;
}

/* Where a version that stands on `end` must jump to. */
static uint64_t right_jump(const struct task_end *end)
{
	const bool equal = end->second != 0 &&
			   end->depth - end->jump_depth == end->jump_depth - end->second_depth;
	return equal ? end->second : end->number;
}

/* Follow the jumps of `v`, which is the newest of its task now. */
static int remember(struct check *c, const struct version_check *vc, const struct ts_version *v,
		    struct task_end *end, struct ts_error *err)
{
	struct task_end now = {.task = v->task,
			       .number = v->number,
			       .depth = v->depth,
			       .chain = v->chain,
			       .jump = v->jump,
			       .lost = end->lost};
	struct base jump = {0}, second = {0};
	int code = TS_OK;
	if (v->jump != 0 && v->jump == end->number) {
		now.jump_depth = end->depth;
		now.second = end->jump;
		now.second_depth = end->jump_depth;
	} else if (v->jump != 0) {
		code = look_up(c, vc, v->jump, &jump, err);
		if (code == TS_OK && jump.jump != 0) {
			code = look_up(c, vc, jump.jump, &second, err);
		}
		now.jump_depth = jump.depth;
		now.second = jump.jump;
		now.second_depth = second.depth;
		now.lost |= !jump.found || (jump.jump != 0 && !second.found);
	}
	*end = now;
	return code;
}

/* A version of the main line stands on the one before it. */
static int check_main(struct check *c, const struct version_check *vc, const struct ts_version *v,
		      struct task_end *end, struct ts_error *err)
{
	const struct ts_uuid_text task = ts_uuid_text(&v->task);
	if (v->parent != end->number) {
		check_fault(c, TS_FAULT_PARENT, vc->account,
			    "Version %llu of task %s is on the main line behind version %llu, and "
			    "stands on %llu.",
			    (number)v->number, task.text, (number)end->number, (number)v->parent);
		end->lost = true;
	} else if (v->parent != 0 && v->depth != end->depth + 1) {
		check_fault(c, TS_FAULT_PLACE, vc->account,
			    "Version %llu of task %s has %llu versions before it, and says %llu.",
			    (number)v->number, task.text, (number)end->depth + 1, (number)v->depth);
		end->lost = true;
	} else if (v->parent != 0 && !end->lost && v->jump != right_jump(end)) {
		check_fault(c, TS_FAULT_PLACE, vc->account,
			    "Version %llu of task %s jumps to version %llu instead of %llu.",
			    (number)v->number, task.text, (number)v->jump, (number)right_jump(end));
		end->lost = true;
	}
	return remember(c, vc, v, end, err);
}

/* Versions between the one that comes and `n` are missing, unless it is long ago. */
static void check_gap(struct check *c, const struct version_check *vc, uint64_t n)
{
	const uint64_t from = vc->next > vc->horizon ? vc->next : vc->horizon + 1;
	if (n == from + 1) {
		check_fault(c, TS_FAULT_MISSING, vc->account, "Version %llu is missing.",
			    (number)from);
	} else if (n > from) {
		check_fault(c, TS_FAULT_MISSING, vc->account, "Versions %llu to %llu are missing.",
			    (number)from, (number)n - 1);
	}
}

static int check_tree(struct check *c, struct version_check *vc, const struct ts_version *v,
		      struct ts_error *err)
{
	struct task_end *end = task_ends_find(&vc->ends, &v->task, true);
	if (end == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	int code = check_bases(c, vc, v, end, err);
	return code == TS_OK && !v->side ? check_main(c, vc, v, end, err) : code;
}

static int check_version(struct check *c, struct ts_kv_pair pair, void *arg, struct ts_error *err)
{
	struct version_check *vc = arg;
	struct ts_version v;
	c->sums->versions++;
	vc->bytes += pair.value.len;
	if (pair.key.len != 4 + TS_KEY_NUMBER_BYTES) {
		check_fault(c, TS_FAULT_RECORD, vc->account, "A version has no number.");
		return TS_OK;
	}
	const uint64_t n = ts_key_get_number(pair.key);
	check_gap(c, vc, n);
	vc->next = n + 1;
	if (vc->known && n > vc->newest.last) {
		check_fault(c, TS_FAULT_TRANSACTION, vc->account,
			    "Version %llu belongs to no transaction.", (number)n);
	}
	if (ts_version_parse(n, pair.value, &v, NULL) != TS_OK) {
		check_fault(c, TS_FAULT_RECORD, vc->account, "Version %llu can't be read.",
			    (number)n);
		return TS_OK;
	}
	ts_arena_reset(&vc->arena);
	if (!ts_record_check(&v, &vc->arena)) {
		check_fault(c, TS_FAULT_RECORD, vc->account,
			    "Version %llu of task %s can't be read to its end.", (number)n,
			    ts_uuid_text(&v.task).text);
	}
	int code = check_tree(c, vc, &v, err);
	vc->before = v;
	return code;
}

static int check_head(struct check *c, struct ts_kv_pair pair, void *arg, struct ts_error *err)
{
	struct version_check *vc = arg;
	struct ts_uuid task;
	uint64_t head;
	(void)err;
	c->sums->tasks++;
	if (pair.key.len != 4 + sizeof(task.bytes) || !check_number(pair.value, &head)) {
		check_fault(c, TS_FAULT_HEAD, vc->account, "The record of a task can't be read.");
		return TS_OK;
	}
	memcpy(task.bytes, pair.key.data + 4, sizeof(task.bytes));
	struct task_end *end = task_ends_find(&vc->ends, &task, false);
	if (end == NULL || end->number == 0) {
		check_fault(c, TS_FAULT_HEAD, vc->account,
			    "The newest version of task %s is said to be %llu, and it has none.",
			    ts_uuid_text(&task).text, (number)head);
	} else if (end->number != head) {
		check_fault(c, TS_FAULT_HEAD, vc->account,
			    "The newest version of task %s is %llu, and is said to be %llu.",
			    ts_uuid_text(&task).text, (number)end->number, (number)head);
	}
	if (end != NULL) {
		end->head = true;
	}
	return TS_OK;
}

/* Every task that has versions has a head. */
static void check_headless(struct check *c, const struct version_check *vc)
{
	for (size_t i = 0; i < vc->ends.size; i++) {
		const struct task_end *end = &vc->ends.at[i];
		if (vc->ends.used[i] && !end->head) {
			check_fault(c, TS_FAULT_HEAD, vc->account,
				    "Task %s has versions, and is not on the list of tasks.",
				    ts_uuid_text(&end->task).text);
		}
	}
}

static void check_counts(struct check *c, const struct version_check *vc, uint64_t tasks)
{
	if (vc->known && tasks != vc->newest.tasks) {
		check_fault(c, TS_FAULT_COUNT, vc->account,
			    "The account has %llu tasks, and its newest transaction says %llu.",
			    (number)tasks, (number)vc->newest.tasks);
	}
	if (vc->known && vc->bytes != vc->newest.bytes) {
		check_fault(c, TS_FAULT_COUNT, vc->account,
			    "The account's versions have %llu bytes, and its newest transaction "
			    "says %llu.",
			    (number)vc->bytes, (number)vc->newest.bytes);
	}
}

static int check_all(struct check *c, struct version_check *vc, struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(vc->account->id);
	const uint64_t tasks_before = c->sums->tasks;
	int code = check_each(c, TS_KV_VERSIONS, ts_key_slice(&owner), check_version, vc, err);
	if (code == TS_OK) {
		check_gap(c, vc, vc->known ? vc->newest.last + 1 : vc->next);
		code = check_each(c, TS_KV_HEADS, ts_key_slice(&owner), check_head, vc, err);
	}
	if (code == TS_OK) {
		check_headless(c, vc);
		check_counts(c, vc, c->sums->tasks - tasks_before);
	}
	return code;
}

/* The newest transaction; where it can't be read, that was told already. */
static int find_newest(struct check *c, struct version_check *vc, struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(vc->account->id);
	struct ts_kv_pair pair;
	uint64_t device;
	int code = ts_kv_last(c->txn->kv, TS_KV_TRANSACTIONS, ts_key_slice(&owner), &pair, err);
	if (code == TS_OK) {
		vc->known = ts_store_unpack_transaction(pair, &vc->newest, &device, NULL) == TS_OK;
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

int check_versions(struct check *c, const struct account *a, struct ts_error *err)
{
	struct version_check vc = {.account = a, .next = 1};
	int code = find_newest(c, &vc, err);
	if (code == TS_OK && ts_horizon_get(c->txn, a->id, &vc.horizon, NULL) != TS_OK) {
		vc.horizon = 0;
	}
	if (code == TS_OK) {
		code = check_all(c, &vc, err);
	}
	task_ends_done(&vc.ends);
	ts_arena_done(&vc.arena);
	return code;
}
