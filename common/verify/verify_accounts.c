/* SPDX-License-Identifier: MIT */
/* The format, organizations, users and aliases. */
#include "common/verify/internal.h"

#include <stdlib.h>

static int out_of_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory.");
}

static int by_id(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* Both lists begin their entries with the id. */
static const void *find(const struct ts_buf *list, size_t size, uint32_t id)
{
	return list->len > 0 ? bsearch(&id, list->data, list->len / size, size, by_id) : NULL;
}

const struct org *check_find_org(const struct check *c, uint32_t id)
{
	return find(&c->org_list, sizeof(struct org), id);
}

const struct account *check_find_account(const struct check *c, uint32_t id)
{
	return find(&c->account_list, sizeof(struct account), id);
}

static const char *keep_name(struct check *c, struct ts_slice name)
{
	const struct shown shown = check_show(name);
	return ts_arena_copy(&c->names, ts_slice_of(shown.text)).data;
}

static int add_org(struct check *c, struct ts_kv_pair pair, void *arg, struct ts_error *err)
{
	struct ts_org org;
	(void)arg;
	c->sums->orgs++;
	const struct shown name = check_show(pair.key);
	if (ts_store_unpack_org(pair, &org, NULL) != TS_OK) {
		check_fault(c, TS_FAULT_ORG, NULL, "Organization '%s' can't be read.", name.text);
		return TS_OK;
	}
	if (ts_name_check(pair.key, NULL) != TS_OK) {
		check_fault(c, TS_FAULT_ORG, NULL,
			    "Organization '%s' has a name that is not allowed.", name.text);
	}
	const struct org o = {org.id, keep_name(c, pair.key)};
	ts_buf_add(&c->org_list, &o, sizeof(o));
	return o.name == NULL || c->org_list.failed ? out_of_memory(err) : TS_OK;
}

static int add_account(struct check *c, struct ts_kv_pair pair, void *arg, struct ts_error *err)
{
	struct ts_user user;
	(void)arg;
	c->sums->users++;
	const struct org *org = check_find_org(c, ts_key_get_id(pair.key, 0));
	const struct ts_slice name = ts_slice_skip(pair.key, pair.key.len < 4 ? pair.key.len : 4);
	const struct shown shown = check_show(name);
	if (ts_store_unpack_user(pair, &user, NULL) != TS_OK) {
		check_fault(c, TS_FAULT_USER, NULL, "User '%s' of organization '%s' can't be read.",
			    shown.text, org != NULL ? org->name : "?");
		return TS_OK;
	}
	if (org == NULL) {
		check_fault(c, TS_FAULT_USER, NULL,
			    "User '%s' is of an organization that does not exist (number %u).",
			    shown.text, user.org);
	}
	if (ts_name_check(name, NULL) != TS_OK) {
		check_fault(c, TS_FAULT_USER, NULL,
			    "User '%s' of organization '%s' has a name that is not allowed.",
			    shown.text, org != NULL ? org->name : "?");
	}
	const struct account a = {.id = user.id,
				  .org = user.org,
				  .key = user.key,
				  .name = keep_name(c, name),
				  .org_name = org != NULL ? org->name : "?"};
	ts_buf_add(&c->account_list, &a, sizeof(a));
	return a.name == NULL || c->account_list.failed ? out_of_memory(err) : TS_OK;
}

/* The counter that ids come from is not behind the greatest one. */
static int check_counter(struct check *c, const char *kind, uint32_t greatest, struct ts_error *err)
{
	struct ts_key key = {.len = strlen(kind)};
	struct ts_slice value;
	uint64_t last = 0;
	bool there;
	memcpy(key.data, kind, key.len);
	int code = check_get(c, TS_KV_META, &key, &there, &value, err);
	if (code == TS_OK && there && !check_number(value, &last)) {
		check_fault(c, TS_FAULT_META, NULL, "The counter '%s' can't be read.", kind);
	} else if (code == TS_OK && last < greatest) {
		check_fault(c, TS_FAULT_META, NULL,
			    "The counter '%s' says %llu, and number %u is in use.", kind,
			    (unsigned long long)last, greatest);
	}
	return code;
}

static int check_orgs(struct check *c, struct ts_error *err)
{
	const struct ts_slice all = {NULL, 0};
	int code = check_each(c, TS_KV_ORGS, all, add_org, NULL, err);
	struct org *orgs = (void *)c->org_list.data;
	const size_t count = c->org_list.len / sizeof(*orgs);
	if (count > 0) {
		qsort(orgs, count, sizeof(*orgs), by_id);
	}
	for (size_t i = 1; i < count; i++) {
		if (orgs[i].id == orgs[i - 1].id) {
			check_fault(c, TS_FAULT_ORG, NULL,
				    "Organizations '%s' and '%s' have the same number, %u.",
				    orgs[i - 1].name, orgs[i].name, orgs[i].id);
		}
	}
	return code == TS_OK ? check_counter(c, "org", count > 0 ? orgs[count - 1].id : 0, err)
			     : code;
}

static int by_key(const void *a, const void *b)
{
	const struct account *const *x = a, *const *y = b;
	const int by_org = ((*x)->org > (*y)->org) - ((*x)->org < (*y)->org);
	return by_org != 0 ? by_org
			   : memcmp((*x)->key.bytes, (*y)->key.bytes, sizeof((*x)->key.bytes));
}

/* Users of an organization are told apart by their keys. */
static int check_user_keys(struct check *c, struct ts_error *err)
{
	const struct account *accounts = (const void *)c->account_list.data;
	const size_t count = c->account_list.len / sizeof(*accounts);
	const struct account **sorted = ts_arena_array(&c->names, count + 1, sizeof(*sorted));
	if (sorted == NULL) {
		return out_of_memory(err);
	}
	for (size_t i = 0; i < count; i++) {
		sorted[i] = &accounts[i];
	}
	qsort(sorted, count, sizeof(*sorted), by_key);
	for (size_t i = 1; i < count; i++) {
		if (by_key(&sorted[i - 1], &sorted[i]) == 0) {
			check_fault(c, TS_FAULT_USER, sorted[i], "The user has the key of '%s'.",
				    sorted[i - 1]->name);
		}
	}
	return TS_OK;
}

static int check_users(struct check *c, struct ts_error *err)
{
	const struct ts_slice all = {NULL, 0};
	int code = check_each(c, TS_KV_USERS, all, add_account, NULL, err);
	struct account *accounts = (void *)c->account_list.data;
	const size_t count = c->account_list.len / sizeof(*accounts);
	if (count > 0) {
		qsort(accounts, count, sizeof(*accounts), by_id);
	}
	for (size_t i = 1; i < count; i++) {
		if (accounts[i].id == accounts[i - 1].id) {
			check_fault(c, TS_FAULT_USER, &accounts[i],
				    "The user has the number of '%s/%s', %u.",
				    accounts[i - 1].org_name, accounts[i - 1].name, accounts[i].id);
		}
	}
	if (code == TS_OK) {
		code = check_user_keys(c, err);
	}
	return code == TS_OK ? check_counter(c, "user", count > 0 ? accounts[count - 1].id : 0, err)
			     : code;
}

static int check_word(struct check *c, struct ts_kv_pair pair, void *arg, struct ts_error *err)
{
	const struct ts_slice horizon = TS_SLICE(TS_META_HORIZON);
	(void)arg;
	(void)err;
	if (!ts_slice_starts(pair.key, horizon)) {
		return TS_OK;
	}
	const uint32_t id = ts_key_get_id(pair.key, horizon.len);
	uint64_t number;
	if (pair.key.len != horizon.len + sizeof(id) || !check_number(pair.value, &number)) {
		check_fault(c, TS_FAULT_META, NULL, "The horizon of user number %u can't be read.",
			    id);
	} else if (check_find_account(c, id) == NULL) {
		check_fault(c, TS_FAULT_LEFTOVER, NULL,
			    "There is a horizon of a user that does not exist (number %u).", id);
	}
	return TS_OK;
}

int check_accounts(struct check *c, struct ts_error *err)
{
	const struct ts_slice all = {NULL, 0};
	int code = check_orgs(c, err);
	if (code == TS_OK) {
		code = check_users(c, err);
	}
	return code == TS_OK ? check_each(c, TS_KV_META, all, check_word, NULL, err) : code;
}
