/* SPDX-License-Identifier: MIT */
/* Devices: their cards and names, who holds a certificate, and their numbers in transactions. */
#include "common/store/device.h"
#include "common/verify/internal.h"

enum { KIND_AT = 4, BEHIND_KIND = 5, ID_BYTES = 4 };

/* What is looked at, for the functions below. */
struct device_check {
	const struct account *account;
	uint64_t newest; /* version */
};

static struct ts_key user_key(uint32_t user, char kind, struct ts_slice rest)
{
	struct ts_key k = ts_key_owner(user);
	ts_key_add(&k, &kind, 1);
	ts_key_add(&k, rest.data, rest.len);
	return k;
}

static int check_holder_of(struct check *c, const struct account *a, const char *id,
			   struct ts_error *err)
{
	struct ts_key key = {.len = 0};
	struct ts_slice value;
	bool there;
	ts_key_add(&key, id, strlen(id) + 1);
	ts_key_add_id(&key, a->id);
	int code = check_get(c, TS_KV_HOLDERS, &key, &there, &value, err);
	if (code == TS_OK && !there) {
		check_fault(c, TS_FAULT_DEVICE, a, "Device '%s' is not among those who hold it.",
			    check_show(ts_slice_of(id)).text);
	}
	return code;
}

static int check_card(struct check *c, const struct device_check *d, struct ts_slice id,
		      struct ts_slice value, struct ts_error *err)
{
	const struct account *a = d->account;
	const struct shown shown = check_show(id);
	struct ts_device device;
	struct ts_slice named;
	bool there;
	c->sums->devices++;
	if (ts_store_unpack_device(id, value, &device, NULL) != TS_OK) {
		check_fault(c, TS_FAULT_DEVICE, a, "Device '%s' can't be read.", shown.text);
		return TS_OK;
	}
	if (device.synced > d->newest) {
		check_fault(c, TS_FAULT_DEVICE, a,
			    "Device '%s' has versions up to %llu, and there are %llu.", device.name,
			    (unsigned long long)device.synced, (unsigned long long)d->newest);
	}
	const struct ts_key key = user_key(a->id, 'n', ts_slice_of(device.name));
	int code = check_get(c, TS_KV_CARDS, &key, &there, &named, err);
	if (code == TS_OK && (!there || !ts_slice_eq(named, id))) {
		check_fault(c, TS_FAULT_DEVICE, a, "Device '%s' is not found by its name, '%s'.",
			    shown.text, check_show(ts_slice_of(device.name)).text);
	}
	return code == TS_OK ? check_holder_of(c, a, device.id, err) : code;
}

static int check_name(struct check *c, const struct device_check *d, struct ts_slice name,
		      struct ts_slice id, struct ts_error *err)
{
	const struct ts_key key = user_key(d->account->id, 'i', id);
	struct ts_device device = {0};
	struct ts_slice value;
	bool there;
	int code = check_get(c, TS_KV_CARDS, &key, &there, &value, err);
	if (code != TS_OK) {
		return code;
	}
	const bool same = there && ts_store_unpack_device(id, value, &device, NULL) == TS_OK &&
			  ts_slice_eq(ts_slice_of(device.name), name);
	if (!same) {
		check_fault(c, TS_FAULT_DEVICE, d->account,
			    "The name '%s' leads to a device that does not have it.",
			    check_show(name).text);
	}
	return TS_OK;
}

static int check_card_pair(struct check *c, struct ts_kv_pair pair, void *arg, struct ts_error *err)
{
	const struct device_check *d = arg;
	const char kind = pair.key.len > BEHIND_KIND ? pair.key.data[KIND_AT] : '\0';
	const struct ts_slice rest =
		ts_slice_skip(pair.key, pair.key.len < BEHIND_KIND ? pair.key.len : BEHIND_KIND);
	if (kind == 'i') {
		return check_card(c, d, rest, pair.value, err);
	}
	if (kind == 'n') {
		return check_name(c, d, rest, pair.value, err);
	}
	check_fault(c, TS_FAULT_DEVICE, d->account, "A record of a device can't be read.");
	return TS_OK;
}

/* The numbers that transactions name devices by: 'n', name -> number; 'i', number -> name. */
static int check_device_number(struct check *c, struct ts_kv_pair pair, void *arg,
			       struct ts_error *err)
{
	const struct device_check *d = arg;
	const char kind = pair.key.len > BEHIND_KIND ? pair.key.data[KIND_AT] : '\0';
	const struct ts_slice rest = ts_slice_skip(pair.key, BEHIND_KIND);
	struct ts_key other = {.len = 0};
	struct ts_slice value = {NULL, 0}, back = {NULL, 0};
	uint64_t number = 0, again = 0;
	bool there = false;
	int code = TS_OK;
	if (kind == 'i' && rest.len == ID_BYTES) {
		number = ts_key_get_id(rest, 0);
		other = user_key(d->account->id, 'n', pair.value);
		code = check_get(c, TS_KV_DEVICES, &other, &there, &value, err);
		there = there && check_number(value, &again) && again == number;
	} else if (kind == 'n' && check_number(pair.value, &number)) {
		const uint32_t be = htobe32((uint32_t)number);
		back = (struct ts_slice){(const char *)&be, sizeof(be)};
		other = user_key(d->account->id, 'i', back);
		code = check_get(c, TS_KV_DEVICES, &other, &there, &value, err);
		there = there && ts_slice_eq(value, rest);
	}
	if (code == TS_OK && !there) {
		check_fault(c, TS_FAULT_DEVICE, d->account,
			    "The number and the name of a device (number %llu) don't agree.",
			    (unsigned long long)number);
	}
	return code;
}

int check_devices(struct check *c, const struct account *a, struct ts_error *err)
{
	const struct ts_key owner = ts_key_owner(a->id);
	struct device_check d = {.account = a};
	int code = ts_version_newest(c->txn, a->id, &d.newest, err);
	if (code == TS_OK) {
		code = check_each(c, TS_KV_CARDS, ts_key_slice(&owner), check_card_pair, &d, err);
	}
	if (code == TS_OK) {
		code = check_each(c, TS_KV_DEVICES, ts_key_slice(&owner), check_device_number, &d,
				  err);
	}
	return code;
}

static int check_holder(struct check *c, struct ts_kv_pair pair, void *arg, struct ts_error *err)
{
	const size_t tail = 1 + ID_BYTES;
	struct ts_slice id = {pair.key.data, pair.key.len > tail ? pair.key.len - tail : 0};
	const uint32_t user = ts_key_get_id(pair.key, id.len + 1);
	const struct ts_key key = user_key(user, 'i', id);
	struct ts_slice value;
	bool there;
	(void)arg;
	int code = check_get(c, TS_KV_CARDS, &key, &there, &value, err);
	if (code == TS_OK && !there) {
		check_fault(c, TS_FAULT_DEVICE, check_find_account(c, user),
			    "A device '%s' is held that does not exist (user number %u).",
			    check_show(id).text, user);
	}
	return code;
}

int check_holders(struct check *c, struct ts_error *err)
{
	return check_each(c, TS_KV_HOLDERS, (struct ts_slice){NULL, 0}, check_holder, NULL, err);
}
