/* SPDX-License-Identifier: MIT */
/* Rejected lines, short numbers, sync points, and what belongs to nobody. */
#include "common/verify/internal.h"

enum { BEHIND_ID = 4, BEHIND_KIND = 5, COUNT_BYTES = 8 };

static int check_reject(struct check *c, struct ts_kv_pair pair, void *arg, struct ts_error *err)
{
	const struct account *a = arg;
	struct ts_unpack u = {.rest = pair.value};
	struct ts_uuid id;
	(void)err;
	(void)ts_unpack_signed(&u);
	(void)ts_unpack_string(&u);
	const struct ts_slice line = ts_unpack_string(&u);
	if (u.failed || u.rest.len > 0 || pair.key.len != BEHIND_ID + sizeof(id.bytes)) {
		check_fault(c, TS_FAULT_REJECT, a, "A line in quarantine can't be read.");
		return TS_OK;
	}
	id = ts_uuid_of_bytes(line);
	if (memcmp(id.bytes, pair.key.data + BEHIND_ID, sizeof(id.bytes)) != 0) {
		check_fault(c, TS_FAULT_REJECT, a, "A line in quarantine is not what it was: '%s'.",
			    check_show(line).text);
	}
	return TS_OK;
}

int check_rejects(struct check *c, const struct account *a, struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(a->id);
	return check_each(c, TS_KV_REJECTS, ts_key_slice(&owner), check_reject,
			  (void *)(uintptr_t)a, err);
}

static struct ts_key number_key(uint32_t user, char kind, const void *rest, size_t len)
{
	struct ts_key k = ts_key_owner(user);
	ts_key_add(&k, &kind, 1);
	ts_key_add(&k, rest, len);
	return k;
}

/* 'n', number -> task. */
static int check_task_of_number(struct check *c, const struct account *a, struct ts_kv_pair pair,
				struct ts_error *err)
{
	const struct ts_key other = number_key(a->id, 't', pair.value.data, pair.value.len);
	struct ts_slice value;
	struct ts_uuid task;
	uint64_t be, back = 0;
	bool there, head;
	memcpy(&be, pair.key.data + BEHIND_KIND, sizeof(be));
	memcpy(task.bytes, pair.value.data, sizeof(task.bytes));
	int code = check_get(c, TS_KV_NUMBERS, &other, &there, &value, err);
	if (code == TS_OK && (!there || !check_number(value, &back) || back != be64toh(be))) {
		check_fault(c, TS_FAULT_NUMBER, a,
			    "The short number %llu is not that of its task %s.",
			    (unsigned long long)be64toh(be), ts_uuid_text(&task).text);
	}
	const struct ts_key at = ts_key_uuid(a->id, &task);
	if (code == TS_OK) {
		code = check_get(c, TS_KV_HEADS, &at, &head, &value, err);
	}
	if (code == TS_OK && !head) {
		check_fault(c, TS_FAULT_NUMBER, a,
			    "The short number %llu is that of a task that does not exist, %s.",
			    (unsigned long long)be64toh(be), ts_uuid_text(&task).text);
	}
	return code;
}

/* 't', task -> number. */
static int check_number_of_task(struct check *c, const struct account *a, struct ts_kv_pair pair,
				struct ts_error *err)
{
	struct ts_slice value;
	struct ts_uuid task;
	uint64_t n = 0;
	bool there;
	memcpy(task.bytes, pair.key.data + BEHIND_KIND, sizeof(task.bytes));
	const bool fine = check_number(pair.value, &n);
	const uint64_t be = htobe64(n);
	const struct ts_key other = number_key(a->id, 'n', &be, sizeof(be));
	int code = check_get(c, TS_KV_NUMBERS, &other, &there, &value, err);
	if (code == TS_OK && (!fine || !there ||
			      !ts_slice_eq(value, (struct ts_slice){(const char *)task.bytes,
								    sizeof(task.bytes)}))) {
		check_fault(c, TS_FAULT_NUMBER, a, "Task %s does not have the short number %llu.",
			    ts_uuid_text(&task).text, (unsigned long long)n);
	}
	return code;
}

static int check_short_number(struct check *c, struct ts_kv_pair pair, void *arg,
			      struct ts_error *err)
{
	const struct account *a = arg;
	const char kind = pair.key.len > BEHIND_ID ? pair.key.data[BEHIND_ID] : '\0';
	const size_t uuid = sizeof(struct ts_uuid), rest = pair.key.len - BEHIND_KIND;
	if (kind == 'n' && rest == sizeof(uint64_t) && pair.value.len == uuid) {
		return check_task_of_number(c, a, pair, err);
	}
	if (kind == 't' && rest == uuid) {
		return check_number_of_task(c, a, pair, err);
	}
	check_fault(c, TS_FAULT_NUMBER, a, "A short number can't be read.");
	return TS_OK;
}

int check_numbers(struct check *c, const struct account *a, struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(a->id);
	return check_each(c, TS_KV_NUMBERS, ts_key_slice(&owner), check_short_number,
			  (void *)(uintptr_t)a, err);
}

/* The points of one remote are counted from 1. */
struct points {
	const struct account *account;
	struct ts_key remote; /* … with the user's id before it and a NUL behind it */
	uint64_t count, newest;
};

static int check_point(struct check *c, struct ts_kv_pair pair, void *arg, struct ts_error *err)
{
	struct points *p = arg;
	struct ts_unpack u = {.rest = pair.value};
	(void)err;
	(void)ts_unpack_bytes(&u, sizeof(struct ts_uuid));
	const uint64_t sent = ts_unpack_number(&u), last = ts_unpack_number(&u);
	(void)ts_unpack_number(&u);
	(void)ts_unpack_signed(&u);
	if (u.failed || u.rest.len > 0 || pair.key.len < BEHIND_ID + 1 + COUNT_BYTES ||
	    pair.key.len > BEHIND_ID + TS_DEVICE_MAX + 1 + COUNT_BYTES) {
		check_fault(c, TS_FAULT_SYNC_POINT, p->account, "A sync point can't be read.");
		return TS_OK;
	}
	const struct ts_slice remote = {pair.key.data, pair.key.len - COUNT_BYTES};
	uint64_t be;
	memcpy(&be, pair.key.data + remote.len, sizeof(be));
	p->count = ts_slice_eq(remote, ts_key_slice(&p->remote)) ? p->count + 1 : 1;
	p->remote.len = 0;
	ts_key_add(&p->remote, remote.data, remote.len);
	const struct shown shown =
		check_show((struct ts_slice){remote.data + BEHIND_ID, remote.len - BEHIND_ID - 1});
	if (be64toh(be) != p->count) {
		check_fault(c, TS_FAULT_SYNC_POINT, p->account,
			    "A sync point of the remote '%s' is missing before number %llu.",
			    shown.text, (unsigned long long)be64toh(be));
		p->count = be64toh(be);
	}
	if (sent > p->newest || last > p->newest) {
		check_fault(c, TS_FAULT_SYNC_POINT, p->account,
			    "A sync point of the remote '%s' speaks of version %llu, and there are "
			    "%llu.",
			    shown.text, (unsigned long long)(sent > last ? sent : last),
			    (unsigned long long)p->newest);
	}
	return TS_OK;
}

int check_sync_points(struct check *c, const struct account *a, struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(a->id);
	struct points p = {.account = a};
	int code = ts_version_newest(c->txn, a->id, &p.newest, err);
	return code == TS_OK ? check_each(c, TS_KV_SYNC_POINTS, ts_key_slice(&owner), check_point,
					  &p, err)
			     : code;
}

/* Tables whose keys begin with a user's id. */
static const struct {
	enum ts_kv_table table;
	const char *what;
} of_users[] = {
	{TS_KV_DEVICES, "device numbers"},
	{TS_KV_TRANSACTIONS, "transactions"},
	{TS_KV_SYNC_KEYS, "sync keys"},
	{TS_KV_VERSIONS, "versions"},
	{TS_KV_HEADS, "tasks"},
	{TS_KV_REJECTS, "lines in quarantine"},
	{TS_KV_NUMBERS, "short numbers"},
	{TS_KV_SYNC_POINTS, "sync points"},
	{TS_KV_CARDS, "devices"},
};

/* From one user's records to those of the next. */
static int check_table(struct check *c, size_t i, struct ts_error *err)
{
	const struct ts_slice all = {NULL, 0};
	struct ts_kv_pair pair;
	int code = ts_kv_seek(c->txn->kv, of_users[i].table, all, all, &pair, err);
	while (code == TS_OK) {
		const uint32_t id = ts_key_get_id(pair.key, 0);
		if (pair.key.len < BEHIND_ID) {
			check_fault(c, TS_FAULT_LEFTOVER, NULL,
				    "Among the %s there is one without a user.", of_users[i].what);
			code = ts_kv_next(c->txn->kv, of_users[i].table, all, &pair, err);
			continue;
		}
		if (check_find_account(c, id) == NULL) {
			check_fault(c, TS_FAULT_LEFTOVER, NULL,
				    "There are %s of a user that does not exist (number %u).",
				    of_users[i].what, id);
		}
		if (id == UINT32_MAX) {
			return TS_OK;
		}
		const struct ts_key next = ts_key_owner(id + 1);
		code = ts_kv_seek(c->txn->kv, of_users[i].table, ts_key_slice(&next), all, &pair,
				  err);
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

int check_leftovers(struct check *c, struct ts_error *err)
{
	int code = TS_OK;
	for (size_t i = 0; i < TS_COUNT_OF(of_users) && code == TS_OK; i++) {
		code = check_table(c, i, err);
	}
	return code;
}
