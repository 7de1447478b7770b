/* SPDX-License-Identifier: MIT */
/* What a user is called, has as a key, and is opened by. */
#include "server/account/changes.h"

/* An alias may be another user's name: the key tells them apart. */
static int rename_user(struct errand *e, struct ts_error *err)
{
	const char *name = e->words[2];
	TS_BUF(before);
	ts_buf_add_str(&before, e->user.name);
	int rc = ts_user_rename(e->txn, &e->user, ts_slice_of(name), err);
	if (rc == TS_EEXIST) {
		return ts_fail(err, rc, "User '%s' already exists.", name);
	}
	ts_buf_printf(&e->said,
		      "User '%s' in organization '%s' is called '%s' now; devices that say '%s' "
		      "are served as before\n",
		      before.data, e->org.name, name, before.data);
	return rc;
}

static int rekey_user(struct errand *e, struct ts_error *err)
{
	e->user.key = ts_uuid_random();
	ts_buf_printf(&e->told, "New user key: %s\n", ts_uuid_text(&e->user.key).text);
	ts_buf_printf(&e->said,
		      "The old key of user '%s' opens nothing any more: each device needs a new "
		      "bundle ('taskd user bundle'), or the new key in its configuration\n",
		      e->user.name);
	return ts_user_update(e->txn, &e->user, err);
}

static bool confirm_rekey(const struct errand *e)
{
	return command_confirm(e->cl,
			       "Are you sure you want to make a new key for user '%s' of "
			       "organization '%s', so that none of their devices can sync before "
			       "it has it?",
			       e->words[1], e->words[0]);
}

static const struct {
	const char *word;
	enum ts_binding binding;
	const char *said;
} bindings[] = {
	{"on", TS_BINDING_ON, "is opened by the certificates of their devices only"},
	{"off", TS_BINDING_OFF, "is opened by every certificate that the server takes"},
	{"default", TS_BINDING_DEFAULT, "is opened as the setting cert.binding says"},
};

static int bind_user(struct errand *e, struct ts_error *err)
{
	size_t i = 0;
	while (i < TS_COUNT_OF(bindings) && strcmp(bindings[i].word, e->words[2]) != 0) {
		i++;
	}
	if (i == TS_COUNT_OF(bindings)) {
		return ts_fail(err, TS_EINVAL,
			       "A binding is 'on', 'off' or 'default', not '%.100s'.", e->words[2]);
	}
	e->user.binding = bindings[i].binding;
	ts_buf_printf(&e->said, "The account of user '%s' in organization '%s' %s\n", e->user.name,
		      e->org.name, bindings[i].said);
	return ts_user_update(e->txn, &e->user, err);
}

/* An alias goes through the same checks as a name, and may be somebody else's. */
static int alias_user(struct errand *e, struct ts_error *err)
{
	const struct ts_slice alias = ts_slice_of(e->words[2]);
	const bool away = e->options[0].count > 0;
	int rc = away ? ts_alias_remove(e->txn, &e->user, alias, err)
		      : ts_alias_add(e->txn, &e->user, alias, err);
	if (rc == TS_ENOTFOUND) {
		return ts_fail(err, rc, "User '%s' has no alias '%.150s'.", e->user.name,
			       e->words[2]);
	}
	ts_buf_printf(&e->said, "Devices that say '%s' are%s served as user '%s' of '%s'\n",
		      e->words[2], away ? " no longer" : "", e->user.name, e->org.name);
	return rc;
}

static const struct ts_option alias_options[] = {{.name = "remove"}};

#define CHANGE(needed) .access = TS_WRITE, .about = ABOUT_USER, .words = (needed)

const struct errand_kind change_rename_user = {CHANGE(3), .run = rename_user};
const struct errand_kind change_rekey_user = {CHANGE(2), .run = rekey_user,
					      .confirm = confirm_rekey};
const struct errand_kind change_bind_user = {CHANGE(3), .run = bind_user};
const struct errand_kind change_alias_user = {CHANGE(3), .run = alias_user,
					      .options = alias_options,
					      .option_count = TS_COUNT_OF(alias_options)};
