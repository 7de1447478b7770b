/* SPDX-License-Identifier: MIT */
#include "server/account/changes.h"

#include "common/base/date.h"
#include "common/net/hostport.h"

#include <stdio.h>

static int add_org(struct errand *e, struct ts_error *err)
{
	const char *name = e->words[0];
	int rc = ts_org_add(e->txn, ts_slice_of(name), ts_date_now(), err);
	ts_buf_printf(&e->said, "Created organization '%s'\n", name);
	return rc == TS_EEXIST ? ts_fail(err, rc, "Organization '%s' already exists.", name) : rc;
}

/* The key is told even with --quiet: nothing else tells it. */
static int add_user(struct errand *e, struct ts_error *err)
{
	const char *name = e->words[1];
	int rc = ts_user_add(e->txn, &e->org, ts_slice_of(name), ts_date_now(), &e->user, err);
	if (rc == TS_EEXIST) {
		return ts_fail(err, rc, "User '%s' already exists.", name);
	}
	ts_buf_printf(&e->told, "New user key: %s\n", ts_uuid_text(&e->user.key).text);
	ts_buf_printf(&e->said, "Created user '%s' for organization '%s'\n", name, e->words[0]);
	return rc;
}

static int remove_org(struct errand *e, struct ts_error *err)
{
	ts_buf_printf(&e->said, "Removed organization '%s'\n", e->words[0]);
	return ts_org_remove(e->txn, ts_slice_of(e->org.name), err);
}

static int remove_user(struct errand *e, struct ts_error *err)
{
	ts_buf_printf(&e->said, "Removed user '%s' from organization '%s'\n", e->words[1],
		      e->words[0]);
	return ts_user_remove(e->txn, &e->user, err);
}

/* What is removed is gone. */
static bool confirm_org(const struct errand *e)
{
	return command_confirm(e->cl,
			       "Are you sure you want to remove organization '%s' with all its "
			       "users and their tasks?",
			       e->words[0]);
}

static bool confirm_user(const struct errand *e)
{
	return command_confirm(e->cl,
			       "Are you sure you want to remove user '%s' of organization '%s' "
			       "with all tasks?",
			       e->words[1], e->words[0]);
}

/* Turn the switch; where it is turned already, say so. */
static int turn(bool *suspended, bool to, struct ts_error *err)
{
	if (*suspended == to) {
		return ts_fail(err, TS_EINVAL, to ? "Already suspended." : "Not suspended.");
	}
	*suspended = to;
	return TS_OK;
}

static int turn_org(struct errand *e, bool to, struct ts_error *err)
{
	ts_buf_printf(&e->said, "%s organization '%s'\n", to ? "Suspended" : "Resumed",
		      e->words[0]);
	int rc = turn(&e->org.suspended, to, err);
	return rc == TS_OK ? ts_org_update(e->txn, &e->org, err) : rc;
}

static int turn_user(struct errand *e, bool to, struct ts_error *err)
{
	ts_buf_printf(&e->said, "%s user '%s' in organization '%s'\n", to ? "Suspended" : "Resumed",
		      e->words[1], e->words[0]);
	int rc = turn(&e->user.suspended, to, err);
	return rc == TS_OK ? ts_user_update(e->txn, &e->user, err) : rc;
}

static int suspend_org(struct errand *e, struct ts_error *err)
{
	return turn_org(e, true, err);
}

static int suspend_user(struct errand *e, struct ts_error *err)
{
	return turn_user(e, true, err);
}

static int resume_org(struct errand *e, struct ts_error *err)
{
	return turn_org(e, false, err);
}

static int resume_user(struct errand *e, struct ts_error *err)
{
	return turn_user(e, false, err);
}

static int redirect_org(struct errand *e, struct ts_error *err)
{
	struct hostport at;
	const char *to = e->words[1] != NULL ? e->words[1] : "";
	if (to[0] == '\0') {
		ts_buf_printf(&e->said, "Organization '%s' is served here\n", e->words[0]);
	} else if (hostport_parse(to, &at, err) != TS_OK) {
		return TS_EINVAL;
	} else {
		ts_buf_printf(&e->said, "Redirected organization '%s' to '%s'\n", e->words[0], to);
	}
	(void)snprintf(e->org.redirect, sizeof(e->org.redirect), "%s", to);
	return ts_org_update(e->txn, &e->org, err);
}

#define CHANGE(what, needed) .access = TS_WRITE, .about = ABOUT_##what, .words = (needed)

const struct errand_kind change_add_org = {CHANGE(NOTHING, 1), .run = add_org};
const struct errand_kind change_add_user = {CHANGE(ORG, 2), .run = add_user};
const struct errand_kind change_remove_org = {CHANGE(ORG, 1), .run = remove_org,
					      .confirm = confirm_org};
const struct errand_kind change_remove_user = {CHANGE(USER, 2), .run = remove_user,
					       .confirm = confirm_user};
const struct errand_kind change_suspend_org = {CHANGE(ORG, 1), .run = suspend_org};
const struct errand_kind change_suspend_user = {CHANGE(USER, 2), .run = suspend_user};
const struct errand_kind change_resume_org = {CHANGE(ORG, 1), .run = resume_org};
const struct errand_kind change_resume_user = {CHANGE(USER, 2), .run = resume_user};
const struct errand_kind change_redirect_org = {CHANGE(ORG, 1), .more = 1, .run = redirect_org};
