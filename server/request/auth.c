/* SPDX-License-Identifier: MIT */
#include "server/request/auth.h"

#include "common/base/utf8.h"

/* Every byte is looked at, whatever the others are. */
static bool same_key(const struct ts_uuid *a, const struct ts_uuid *b)
{
	volatile uint8_t differ = 0;
	for (size_t i = 0; i < sizeof(a->bytes); i++) {
		differ = (uint8_t)(differ | (a->bytes[i] ^ b->bytes[i]));
	}
	return differ == 0;
}

struct search {
	struct ts_uuid shown;
	size_t compared;
	bool found;
	struct account *ret;
};

/* Names and aliases may be the same; the key tells users apart. */
static int compare(const struct ts_user *user, void *arg)
{
	struct search *s = arg;
	bool same = same_key(&s->shown, &user->key);
	s->compared++;
	if (same && !s->found) {
		s->found = true;
		s->ret->user = *user;
	}
	return TS_OK;
}

static int find(struct ts_txn *t, const struct claim *claim, struct search *s, struct ts_error *err)
{
	if (ts_name_check(claim->org, NULL) != TS_OK || ts_name_check(claim->user, NULL) != TS_OK) {
		return TS_ENOTFOUND;
	}
	int rc = ts_org_get(t, claim->org, &s->ret->org, err);
	return rc == TS_OK ? ts_user_each_called(t, &s->ret->org, claim->user, compare, s, err)
			   : rc;
}

/* The account's state, for one who has shown its key. */
static int check_state(const struct account *a, struct ts_error *err)
{
	if (a->org.suspended || a->user.suspended) {
		return ts_fail(err, TS_ESUSPENDED, "The account is suspended.");
	}
	if (a->org.redirect[0] != '\0') {
		return ts_fail(err, TS_EREDIRECT, "The account lives at %s now.", a->org.redirect);
	}
	return TS_OK;
}

int auth_check(struct ts_txn *t, const struct claim *claim, struct account *ret,
	       struct ts_error *err)
{
	static const struct ts_uuid nobody = {{0x5a}};
	struct search s = {.ret = ret};
	bool legible = ts_uuid_parse(claim->key, &s.shown);
	int rc = find(t, claim, &s, err);
	if (rc != TS_OK && rc != TS_ENOTFOUND) {
		return rc;
	}
	bool nothing = s.compared == 0 && same_key(&s.shown, &nobody);
	if (rc != TS_OK || nothing || !legible || !s.found) {
		return ts_fail(err, TS_EACCESS,
			       "There is no such organization, user and key on this server.");
	}
	return check_state(ret, err);
}

/* Devices */

static int revoked(const struct bearer *b, struct ts_error *err)
{
	return b->certificate
		       ? ts_fail(err, TS_EACCESS,
				 "This device's certificate was revoked. Ask the operator of the "
				 "server for a new bundle if that was not meant.")
		       : ts_fail(err, TS_EACCESS,
				 "This program was revoked as a device of your account. Ask the "
				 "operator of the server if that was not meant.");
}

/* Whose it is is not said. */
static int check_binding(const struct account *a, const struct bearer *b, struct ts_error *err)
{
	enum ts_binding own = a->user.binding;
	bool bound = own == TS_BINDING_DEFAULT ? b->binding : own == TS_BINDING_ON;
	if (!bound) {
		return TS_OK;
	}
	return b->certificate
		       ? ts_fail(err, TS_EACCESS,
				 "This certificate was made for another account, and yours takes "
				 "its own ones only. Ask the operator of the server for a bundle.")
		       : ts_fail(err, TS_EACCESS,
				 "This account is opened by its own certificates only, and none "
				 "was shown. Ask the operator of the server for a bundle.");
}

/* A certificate that everybody who had it has revoked is good for nobody else either. */
static int check_standing(struct ts_txn *t, const struct bearer *b, struct ts_error *err)
{
	struct ts_device_standing s = {0};
	if (!b->certificate) {
		return TS_OK;
	}
	int rc = ts_device_standing(t, b->id, &s, err);
	if (rc != TS_OK) {
		return rc;
	}
	return s.users > 0 && s.revoked == s.users ? revoked(b, err) : TS_OK;
}

/* "Bob/phone", as our own certificates say, is a phone. */
static struct ts_slice wish_of(const struct bearer *b)
{
	struct ts_slice name = ts_slice_of(b->name);
	const char *slash =
		b->certificate && name.len > 0 ? memrchr(name.data, '/', name.len) : NULL;
	return slash != NULL ? ts_slice_skip(name, (size_t)(slash - name.data) + 1) : name;
}

static int make_card(struct ts_txn *t, const struct account *a, const struct bearer *b,
		     struct ts_device *ret, struct ts_error *err)
{
	struct ts_device card = {.certificate = b->certificate, .until = b->until};
	memcpy(card.id, b->id, strlen(b->id) + 1);
	int rc = card.id[0] == '\0'
			 ? TS_OK
			 : ts_device_free_name(t, a->user.id, wish_of(b), card.name, err);
	if (rc == TS_OK) {
		*ret = card;
	}
	return rc;
}

static int get_card(struct ts_txn *t, const struct account *a, const struct bearer *b,
		    struct ts_device *ret, struct ts_error *err)
{
	int rc = b->id[0] != '\0' ? ts_device_get(t, a->user.id, b->id, ret, err) : TS_ENOTFOUND;
	return rc == TS_OK && ret->certificate != b->certificate ? TS_ENOTFOUND : rc;
}

int auth_device(struct ts_txn *t, const struct account *a, const struct bearer *b,
		struct ts_device *ret, bool *ret_known, struct ts_error *err)
{
	struct ts_device card;
	int rc = get_card(t, a, b, &card, err);
	if (rc == TS_OK && card.revoked != 0) {
		return revoked(b, err);
	}
	if (rc != TS_OK && rc != TS_ENOTFOUND) {
		return rc;
	}
	const bool known = rc == TS_OK;
	if (!known || !b->certificate) {
		rc = check_binding(a, b, err);
	}
	if (rc == TS_OK && !known) {
		rc = check_standing(t, b, err);
	}
	if (rc == TS_OK && !known) {
		rc = make_card(t, a, b, &card, err);
	}
	if (rc == TS_OK) {
		*ret = card;
		*ret_known = known;
	}
	return rc;
}

void auth_program_id(struct ts_slice client, char to[static TS_DEVICE_MAX + 1])
{
	/* A fingerprint is one byte longer. */
	struct ts_slice name = ts_utf8_beginning(client, TS_DEVICE_MAX - 1);
	if (name.len > 0) {
		memcpy(to, name.data, name.len);
	}
	to[name.len] = '\0';
}
