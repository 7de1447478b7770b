/* SPDX-License-Identifier: MIT */
#include "common/store/internal.h"

#include <stdio.h>

#define FORMAT "taskd store"

enum { FORMAT_VERSION = 1 };

const char ts_store_file[] = "tasks.mdb";

struct ts_store {
	struct ts_kv *kv;
};

int ts_store_damaged(const char *what, struct ts_error *err)
{
	return ts_fail(err, TS_EDAMAGED, "The store is damaged: a record of a %s can't be read.",
		       what);
}

int ts_store_put_record(struct ts_txn *t, enum ts_kv_table table, const struct ts_key *key,
			struct ts_error *err)
{
	int ret = t->record.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.")
				   : ts_kv_put(t->kv, table, ts_key_slice(key),
					       ts_buf_slice(&t->record), err);
	ts_buf_clear(&t->record);
	return ret;
}

static struct ts_key meta_key(const char *word)
{
	struct ts_key k = {.len = strlen(word)};
	memcpy(k.data, word, k.len);
	return k;
}

int ts_store_new_id(struct ts_txn *t, const char *kind, uint32_t *ret, struct ts_error *err)
{
	struct ts_key key = meta_key(kind);
	struct ts_slice value;
	uint64_t last = 0;
	int code = ts_kv_get(t->kv, TS_KV_META, ts_key_slice(&key), &value, err);
	if (code == TS_OK) {
		struct ts_unpack u = {.rest = value};
		last = ts_unpack_number(&u);
		if (u.failed || last >= UINT32_MAX) {
			return ts_store_damaged("counter", err);
		}
	} else if (code != TS_ENOTFOUND) {
		return code;
	}
	ts_pack_number(&t->record, last + 1);
	code = ts_store_put_record(t, TS_KV_META, &key, err);
	if (code == TS_OK) {
		*ret = (uint32_t)(last + 1);
	}
	return code;
}

/* The record that says which program may read the rest. */
static int write_format(struct ts_txn *t, struct ts_error *err)
{
	struct ts_key key = meta_key(TS_META_FORMAT);
	ts_pack_string(&t->record, TS_SLICE(FORMAT));
	ts_pack_number(&t->record, FORMAT_VERSION);
	return ts_store_put_record(t, TS_KV_META, &key, err);
}

static int check_format(struct ts_txn *t, const char *dir, struct ts_error *err)
{
	struct ts_key key = meta_key(TS_META_FORMAT);
	struct ts_slice value;
	int code = ts_kv_get(t->kv, TS_KV_META, ts_key_slice(&key), &value, err);
	if (code != TS_OK) {
		return code;
	}
	struct ts_unpack u = {.rest = value};
	struct ts_slice name = ts_unpack_string(&u);
	uint64_t version = ts_unpack_number(&u);
	if (u.failed || !ts_slice_eq(name, TS_SLICE(FORMAT)) || version != FORMAT_VERSION) {
		return ts_fail(err, TS_EFORMAT,
			       "The store in %s has format %llu, and this program reads format %d "
			       "only: use the version of taskd that wrote it, or a newer one.",
			       dir, (unsigned long long)version, FORMAT_VERSION);
	}
	return TS_OK;
}

static int prepare(struct ts_store *s, const char *dir, bool create, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	int code = ts_txn_begin(s, create ? TS_WRITE : TS_READ, &t, err);
	if (code != TS_OK) {
		return code;
	}
	code = check_format(t, dir, err);
	if (code != TS_ENOTFOUND) {
		return code;
	}
	if (!create) {
		return ts_fail(err, TS_ENOTFOUND, "The store in %s was never finished.", dir);
	}
	code = write_format(t, err);
	return code == TS_OK ? ts_txn_commit(TS_TAKE(t), err) : code;
}

int ts_store_open(const char *dir, bool create, struct ts_store **ret, struct ts_error *err)
{
	TS_AUTOFREE char *path = NULL;
	TS_CLEANUP(ts_store_close_p) struct ts_store *s = calloc(1, sizeof(*s));
	if (s == NULL || asprintf(&path, "%s/%s", dir, ts_store_file) < 0) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	int code = ts_kv_open(path, create, &s->kv, err);
	if (code == TS_OK) {
		code = prepare(s, dir, create, err);
	}
	if (code == TS_OK) {
		*ret = TS_TAKE(s);
	}
	return code;
}

void ts_store_close(struct ts_store *s)
{
	if (s != NULL) {
		ts_kv_close(s->kv);
		free(s);
	}
}

int ts_txn_begin(struct ts_store *s, enum ts_access how, struct ts_txn **ret, struct ts_error *err)
{
	TS_AUTOFREE struct ts_txn *t = calloc(1, sizeof(*t));
	if (t == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	t->store = s;
	int code = ts_kv_begin(s->kv, how, &t->kv, err);
	if (code == TS_OK) {
		*ret = TS_TAKE(t);
	}
	return code;
}

static void txn_free(struct ts_txn *t)
{
	ts_buf_done(&t->record);
	free(t);
}

int ts_txn_commit(struct ts_txn *t, struct ts_error *err)
{
	int code = ts_kv_commit(TS_TAKE(t->kv), err);
	txn_free(t);
	return code;
}

void ts_txn_abort(struct ts_txn *t)
{
	if (t != NULL) {
		ts_kv_abort(t->kv);
		txn_free(t);
	}
}

uint64_t ts_store_serial(struct ts_store *s)
{
	return ts_kv_serial(s->kv);
}

uint64_t ts_txn_serial(struct ts_txn *t)
{
	return ts_kv_txn_serial(t->kv);
}

int ts_store_touch(struct ts_txn *t, int64_t now, struct ts_error *err)
{
	struct ts_key key = meta_key("touched");
	ts_pack_number(&t->record, (uint64_t)now);
	return ts_store_put_record(t, TS_KV_META, &key, err);
}

void ts_store_stats(struct ts_txn *t, struct ts_store_stats *ret)
{
	struct ts_kv_room room;
	ts_kv_room(t->kv, &room);
	*ret = (struct ts_store_stats){
		.orgs = ts_kv_count(t->kv, TS_KV_ORGS),
		.users = ts_kv_count(t->kv, TS_KV_USERS),
		.devices = ts_kv_count(t->kv, TS_KV_CARDS) / 2, /* an id and a name each */
		.versions = ts_kv_count(t->kv, TS_KV_VERSIONS),
		.transactions = ts_kv_count(t->kv, TS_KV_TRANSACTIONS),
		.bytes = room.bytes,
		.page_bytes = room.page_bytes,
		.pages_used = room.pages_used,
		.pages_free = room.pages_free,
		.readers = room.readers,
	};
}

int ts_store_copy(struct ts_store *s, int fd, struct ts_error *err)
{
	return ts_kv_copy(s->kv, fd, err);
}
