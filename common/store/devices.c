/* SPDX-License-Identifier: MIT */
/* Devices: a card for each, its name, and who holds a certificate. */
#include "common/store/device.h"

#include "common/store/internal.h"

#include <stdio.h>

enum { BY_ID = 'i', BY_NAME = 'n' };
enum { IS_CERTIFICATE = 1 << 0 };

static struct ts_key card_key(uint32_t user, char kind, struct ts_slice rest)
{
	struct ts_key k = ts_key_owner(user);
	ts_key_add(&k, &kind, 1);
	ts_key_add(&k, rest.data, rest.len < TS_NAME_MAX ? rest.len : TS_NAME_MAX);
	return k;
}

static struct ts_key holders_key(struct ts_slice id)
{
	struct ts_key k = {.len = 0};
	ts_key_add(&k, id.data, id.len < TS_DEVICE_MAX ? id.len : TS_DEVICE_MAX);
	ts_key_add(&k, "", 1);
	return k;
}

static struct ts_key holder_key(struct ts_slice id, uint32_t user)
{
	struct ts_key k = holders_key(id);
	ts_key_add_id(&k, user);
	return k;
}

static void pack(struct ts_buf *to, const struct ts_device *d)
{
	ts_pack_number(to, d->certificate ? IS_CERTIFICATE : 0);
	ts_pack_string(to, ts_slice_of(d->name));
	ts_pack_signed(to, d->issued);
	ts_pack_signed(to, d->until);
	ts_pack_signed(to, d->revoked);
	ts_pack_signed(to, d->first);
	ts_pack_signed(to, d->seen);
	ts_pack_number(to, d->synced);
	ts_pack_number(to, d->warned);
	ts_pack_string(to, ts_slice_of(d->renews));
	ts_pack_string(to, ts_slice_of(d->client));
	ts_pack_string(to, ts_slice_of(d->address));
}

int ts_store_unpack_device(struct ts_slice id, struct ts_slice value, struct ts_device *ret,
			   struct ts_error *err)
{
	struct ts_unpack u = {.rest = value};
	*ret = (struct ts_device){.certificate = (ts_unpack_number(&u) & IS_CERTIFICATE) != 0};
	ts_store_copy_text(id, TS_DEVICE_MAX, ret->id);
	ts_store_copy_text(ts_unpack_string(&u), TS_NAME_MAX, ret->name);
	ret->issued = ts_unpack_signed(&u);
	ret->until = ts_unpack_signed(&u);
	ret->revoked = ts_unpack_signed(&u);
	ret->first = ts_unpack_signed(&u);
	ret->seen = ts_unpack_signed(&u);
	ret->synced = ts_unpack_number(&u);
	ret->warned = (unsigned)ts_unpack_number(&u);
	ts_store_copy_text(ts_unpack_string(&u), TS_DEVICE_MAX, ret->renews);
	ts_store_copy_text(ts_unpack_string(&u), TS_DEVICE_CLIENT_MAX, ret->client);
	ts_store_copy_text(ts_unpack_string(&u), TS_DEVICE_ADDRESS_MAX, ret->address);
	return u.failed ? ts_store_damaged("device", err) : TS_OK;
}

static int get(struct ts_txn *t, uint32_t user, struct ts_slice id, struct ts_device *ret,
	       struct ts_error *err)
{
	const struct ts_key key = card_key(user, BY_ID, id);
	struct ts_slice value;
	int code = ts_kv_get(t->kv, TS_KV_CARDS, ts_key_slice(&key), &value, err);
	return code == TS_OK ? ts_store_unpack_device(id, value, ret, err) : code;
}

int ts_device_get(struct ts_txn *t, uint32_t user, const char *id, struct ts_device *ret,
		  struct ts_error *err)
{
	int code = get(t, user, ts_slice_of(id), ret, err);
	return code == TS_ENOTFOUND ? ts_fail(err, code, "Device '%s' does not exist.", id) : code;
}

/* The id of the device with that name; it borrows from the store. TS_ENOTFOUND. */
static int id_of_name(struct ts_txn *t, uint32_t user, struct ts_slice name, struct ts_slice *ret,
		      struct ts_error *err)
{
	const struct ts_key key = card_key(user, BY_NAME, name);
	if (name.len == 0 || name.len > TS_NAME_MAX) {
		return TS_ENOTFOUND;
	}
	return ts_kv_get(t->kv, TS_KV_CARDS, ts_key_slice(&key), ret, err);
}

int ts_device_by_name(struct ts_txn *t, uint32_t user, struct ts_slice name, struct ts_device *ret,
		      struct ts_error *err)
{
	struct ts_slice id;
	int code = id_of_name(t, user, name, &id, err);
	if (code == TS_ENOTFOUND) {
		return ts_fail(err, code, "Device '%.*s' does not exist.", TS_SLICE_ARGS(name));
	}
	if (code == TS_OK) {
		code = get(t, user, id, ret, err);
		code = code == TS_ENOTFOUND ? ts_store_damaged("device", err) : code;
	}
	return code;
}

/* TS_OK where no other device has the name. */
static int check_name(struct ts_txn *t, uint32_t user, const struct ts_device *d,
		      struct ts_error *err)
{
	struct ts_slice other;
	int code = ts_name_check(ts_slice_of(d->name), err);
	if (code == TS_OK) {
		code = id_of_name(t, user, ts_slice_of(d->name), &other, err);
	}
	if (code == TS_OK && !ts_slice_eq(other, ts_slice_of(d->id))) {
		return ts_fail(err, TS_EEXIST, "Another device has the name '%s'.", d->name);
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

static int remove_name(struct ts_txn *t, uint32_t user, const char *name, struct ts_error *err)
{
	const struct ts_key key = card_key(user, BY_NAME, ts_slice_of(name));
	return ts_kv_remove(t->kv, TS_KV_CARDS, ts_key_slice(&key), err);
}

/* The name's entry, without that of the name before; and the holder's. */
static int put_entries(struct ts_txn *t, uint32_t user, const struct ts_device *d,
		       struct ts_error *err)
{
	const struct ts_slice id = ts_slice_of(d->id);
	const struct ts_key by_name = card_key(user, BY_NAME, ts_slice_of(d->name));
	const struct ts_key holder = holder_key(id, user);
	struct ts_device before;
	int code = get(t, user, id, &before, err);
	if (code == TS_OK && strcmp(before.name, d->name) == 0) {
		return TS_OK;
	}
	if (code == TS_OK) {
		code = remove_name(t, user, before.name, err);
	} else if (code == TS_ENOTFOUND) {
		code = ts_kv_put(t->kv, TS_KV_HOLDERS, ts_key_slice(&holder), TS_SLICE(""), err);
	}
	return code == TS_OK ? ts_kv_put(t->kv, TS_KV_CARDS, ts_key_slice(&by_name), id, err)
			     : code;
}

int ts_device_put(struct ts_txn *t, uint32_t user, const struct ts_device *d, struct ts_error *err)
{
	int code = d->id[0] != '\0' ? check_name(t, user, d, err)
				    : ts_fail(err, TS_EINVAL, "A device needs an id.");
	if (code == TS_OK) {
		code = put_entries(t, user, d, err);
	}
	if (code != TS_OK) {
		return code;
	}
	const struct ts_key key = card_key(user, BY_ID, ts_slice_of(d->id));
	pack(&t->record, d);
	return ts_store_put_record(t, TS_KV_CARDS, &key, err);
}

/* As much of `wish` as leaves room for `suffix`, without half a character or a blank at its end. */
static void name_with(struct ts_slice wish, const char *suffix, char to[static TS_NAME_MAX + 1])
{
	const size_t room = TS_NAME_MAX - strlen(suffix);
	if (wish.len > room) {
		wish.len = room;
		while (wish.len > 0 && ((unsigned char)wish.data[wish.len] & 0xC0) == 0x80) {
			wish.len--;
		}
		wish = ts_slice_trim(wish);
	}
	(void)snprintf(to, TS_NAME_MAX + 1, "%.*s%s", TS_SLICE_ARGS(wish), suffix);
}

int ts_device_free_name(struct ts_txn *t, uint32_t user, struct ts_slice wish,
			char to[static TS_NAME_MAX + 1], struct ts_error *err)
{
	char suffix[24] = "";
	struct ts_slice id;
	int code = TS_OK;
	if (ts_name_check(wish, NULL) != TS_OK) {
		wish = TS_SLICE("device");
	}
	for (unsigned n = 2; code == TS_OK; n++) {
		name_with(wish, suffix, to);
		code = id_of_name(t, user, ts_slice_of(to), &id, err);
		(void)snprintf(suffix, sizeof(suffix), "-%u", n);
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

int ts_device_each(struct ts_txn *t, uint32_t user,
		   int (*each)(const struct ts_device *d, void *arg), void *arg,
		   struct ts_error *err)
{
	const struct ts_key key = card_key(user, BY_ID, TS_SLICE(""));
	const struct ts_slice prefix = ts_key_slice(&key);
	struct ts_kv_pair pair;
	struct ts_device d;
	int code = ts_kv_seek(t->kv, TS_KV_CARDS, prefix, prefix, &pair, err);
	while (code == TS_OK) {
		code = ts_store_unpack_device(ts_slice_skip(pair.key, prefix.len), pair.value, &d,
					      err);
		if (code == TS_OK) {
			code = each(&d, arg);
		}
		if (code == TS_OK) {
			code = ts_kv_next(t->kv, TS_KV_CARDS, prefix, &pair, err);
		}
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

static int remove_device(struct ts_txn *t, uint32_t user, struct ts_device *d, struct ts_error *err)
{
	const struct ts_key card = card_key(user, BY_ID, ts_slice_of(d->id));
	const struct ts_key holder = holder_key(ts_slice_of(d->id), user);
	int code = remove_name(t, user, d->name, err);
	if (code == TS_OK) {
		code = ts_kv_remove(t->kv, TS_KV_HOLDERS, ts_key_slice(&holder), err);
	}
	return code == TS_OK ? ts_kv_remove(t->kv, TS_KV_CARDS, ts_key_slice(&card), err) : code;
}

int ts_device_remove(struct ts_txn *t, uint32_t user, const char *id, struct ts_error *err)
{
	struct ts_device d;
	int code = ts_device_get(t, user, id, &d, err);
	return code == TS_OK ? remove_device(t, user, &d, err) : code;
}

int ts_store_remove_devices(struct ts_txn *t, uint32_t user, struct ts_error *err)
{
	const struct ts_key key = card_key(user, BY_ID, TS_SLICE("")), owner = ts_key_owner(user);
	const struct ts_slice prefix = ts_key_slice(&key);
	struct ts_kv_pair pair;
	int code = ts_kv_seek(t->kv, TS_KV_CARDS, prefix, prefix, &pair, err);
	while (code == TS_OK) {
		const struct ts_key holder = holder_key(ts_slice_skip(pair.key, prefix.len), user);
		code = ts_kv_remove(t->kv, TS_KV_HOLDERS, ts_key_slice(&holder), err);
		if (code == TS_OK) {
			code = ts_kv_next(t->kv, TS_KV_CARDS, prefix, &pair, err);
		}
	}
	return code == TS_ENOTFOUND
		       ? ts_kv_remove_prefix(t->kv, TS_KV_CARDS, ts_key_slice(&owner), err)
		       : code;
}

int ts_device_standing(struct ts_txn *t, const char *id, struct ts_device_standing *ret,
		       struct ts_error *err)
{
	const struct ts_key key = holders_key(ts_slice_of(id));
	const struct ts_slice prefix = ts_key_slice(&key);
	struct ts_kv_pair pair;
	struct ts_device d;
	*ret = (struct ts_device_standing){0};
	int code = ts_kv_seek(t->kv, TS_KV_HOLDERS, prefix, prefix, &pair, err);
	while (code == TS_OK) {
		code = get(t, ts_key_get_id(pair.key, prefix.len), ts_slice_of(id), &d, err);
		if (code != TS_OK) {
			return code == TS_ENOTFOUND ? ts_store_damaged("device", err) : code;
		}
		ret->users++;
		ret->revoked += d.revoked != 0;
		code = ts_kv_next(t->kv, TS_KV_HOLDERS, prefix, &pair, err);
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}
