/* SPDX-License-Identifier: MIT */
/* Aliases: each stands in the table twice, by its name and by its user. */
#include "common/verify/internal.h"

enum { KIND_AT = 4, BEHIND_KIND = 5, ID_BYTES = 4 };

/* The key of the other entry, of which `first` and `second` stand behind the kind. */
static struct ts_key other_key(uint32_t org, char kind, struct ts_slice first,
			       struct ts_slice second)
{
	struct ts_key k = ts_key_owner(org);
	ts_key_add(&k, &kind, 1);
	ts_key_add(&k, first.data, first.len);
	ts_key_add(&k, second.data, second.len);
	return k;
}

/* Organization, 'a', alias, 0, user's id -> user's name. */
static int check_by_alias(struct check *c, struct ts_kv_pair pair, struct ts_error *err)
{
	const size_t tail = 1 + ID_BYTES;
	const uint32_t org = ts_key_get_id(pair.key, 0);
	const uint32_t id = ts_key_get_id(pair.key, pair.key.len - ID_BYTES);
	const struct account *a = check_find_account(c, id);
	const struct ts_slice alias = {pair.key.data + BEHIND_KIND,
				       pair.key.len - BEHIND_KIND - tail};
	const struct shown shown = check_show(alias);
	struct ts_slice value;
	bool there;
	if (a == NULL || a->org != org) {
		check_fault(c, TS_FAULT_ALIAS, NULL,
			    "The alias '%s' is of a user that does not exist (number %u).",
			    shown.text, id);
		return TS_OK;
	}
	if (strcmp(check_show(pair.value).text, a->name) != 0) {
		check_fault(c, TS_FAULT_ALIAS, a, "The alias '%s' leads to a user '%s'.",
			    shown.text, check_show(pair.value).text);
	}
	const struct ts_slice id_text = {pair.key.data + pair.key.len - ID_BYTES, ID_BYTES};
	const struct ts_key other = other_key(org, 'u', id_text, alias);
	int code = check_get(c, TS_KV_ALIASES, &other, &there, &value, err);
	if (code == TS_OK && !there) {
		check_fault(c, TS_FAULT_ALIAS, a, "The alias '%s' is not on the user's list.",
			    shown.text);
	}
	return code;
}

/* Organization, 'u', user's id, alias -> "". */
static int check_by_user(struct check *c, struct ts_kv_pair pair, struct ts_error *err)
{
	const uint32_t org = ts_key_get_id(pair.key, 0);
	const uint32_t id = ts_key_get_id(pair.key, BEHIND_KIND);
	const struct account *a = check_find_account(c, id);
	const struct ts_slice alias = ts_slice_skip(pair.key, BEHIND_KIND + ID_BYTES);
	const struct shown shown = check_show(alias);
	char tail[1 + ID_BYTES] = {0};
	struct ts_slice value;
	bool there;
	if (a == NULL || a->org != org) {
		check_fault(c, TS_FAULT_ALIAS, NULL,
			    "A user that does not exist (number %u) has the alias '%s'.", id,
			    shown.text);
		return TS_OK;
	}
	if (ts_name_check(alias, NULL) != TS_OK) {
		check_fault(c, TS_FAULT_ALIAS, a, "The alias '%s' is not allowed.", shown.text);
	}
	memcpy(tail + 1, pair.key.data + BEHIND_KIND, ID_BYTES);
	const struct ts_key other =
		other_key(org, 'a', alias, (struct ts_slice){tail, sizeof(tail)});
	int code = check_get(c, TS_KV_ALIASES, &other, &there, &value, err);
	if (code == TS_OK && !there) {
		check_fault(c, TS_FAULT_ALIAS, a, "The alias '%s' leads nowhere.", shown.text);
	}
	return code;
}

static int check_alias(struct check *c, struct ts_kv_pair pair, void *arg, struct ts_error *err)
{
	const char kind = pair.key.len > KIND_AT ? pair.key.data[KIND_AT] : '\0';
	(void)arg;
	if (kind == 'a' && pair.key.len > BEHIND_KIND + 1 + ID_BYTES) {
		return check_by_alias(c, pair, err);
	}
	if (kind == 'u' && pair.key.len > BEHIND_KIND + ID_BYTES) {
		return check_by_user(c, pair, err);
	}
	check_fault(c, TS_FAULT_ALIAS, NULL, "A record of an alias can't be read.");
	return TS_OK;
}

int check_aliases(struct check *c, struct ts_error *err)
{
	return check_each(c, TS_KV_ALIASES, (struct ts_slice){NULL, 0}, check_alias, NULL, err);
}
