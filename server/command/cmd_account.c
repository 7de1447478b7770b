/* SPDX-License-Identifier: MIT */
/* add, remove, suspend, resume, redirect: one row each, one transaction each. */
#include "common/net/hostport.h"
#include "server/command/command.h"

#include "common/base/buf.h"
#include "common/base/date.h"

#include <stdio.h>

struct errand {
	struct command_line *cl;
	struct ts_txn *txn;
	struct ts_buf said;   /* told once it is on disk */
	const char *org_name; /* as given */
	const char *third;    /* user, key or address as given; NULL if none */
	struct ts_org org;    /* of rows that want one */
	struct ts_user user;
};

enum wants { NOTHING, ORG, USER };

struct action {
	const char *verb, *kind;
	int words, more; /* behind the kind: needed, and allowed in addition */
	enum wants wants;
	int (*run)(struct errand *a, struct ts_error *err);
};

static int org_missing(const struct errand *a, struct ts_error *err)
{
	return ts_fail(err, TS_ENOTFOUND, "Organization '%.300s' does not exist.", a->org_name);
}

static int find_org(struct errand *a, struct ts_error *err)
{
	int code = ts_org_get(a->txn, ts_slice_of(a->org_name), &a->org, err);
	return code == TS_ENOTFOUND || code == TS_EINVAL ? org_missing(a, err) : code;
}

/* By key as the reference server; by name where no key matches. */
static int find_user(struct errand *a, struct ts_error *err)
{
	struct ts_slice word = ts_slice_of(a->third);
	struct ts_uuid key;
	int code = TS_ENOTFOUND;
	if (ts_uuid_parse(word, &key)) {
		code = ts_user_by_key(a->txn, &a->org, &key, &a->user, err);
	}
	if (code == TS_ENOTFOUND) {
		code = ts_user_get(a->txn, &a->org, word, &a->user, err);
	}
	if (code == TS_ENOTFOUND || code == TS_EINVAL) {
		return ts_fail(err, TS_ENOTFOUND, "User '%.300s' does not exist.", a->third);
	}
	return code;
}

static int add_org(struct errand *a, struct ts_error *err)
{
	int code = ts_org_add(a->txn, ts_slice_of(a->org_name), ts_date_now(), err);
	ts_buf_printf(&a->said, "Created organization '%s'\n", a->org_name);
	return code == TS_EEXIST
		       ? ts_fail(err, code, "Organization '%s' already exists.", a->org_name)
		       : code;
}

static int add_user(struct errand *a, struct ts_error *err)
{
	int code =
		ts_user_add(a->txn, &a->org, ts_slice_of(a->third), ts_date_now(), &a->user, err);
	ts_buf_printf(&a->said, "Created user '%s' for organization '%s'\n", a->third, a->org_name);
	return code == TS_EEXIST ? ts_fail(err, code, "User '%s' already exists.", a->third) : code;
}

static int remove_org(struct errand *a, struct ts_error *err)
{
	ts_buf_printf(&a->said, "Removed organization '%s'\n", a->org_name);
	return ts_org_remove(a->txn, ts_slice_of(a->org.name), err);
}

static int remove_user(struct errand *a, struct ts_error *err)
{
	ts_buf_printf(&a->said, "Removed user '%s' from organization '%s'\n", a->third,
		      a->org_name);
	return ts_user_remove(a->txn, &a->user, err);
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

static int turn_org(struct errand *a, bool to, struct ts_error *err)
{
	ts_buf_printf(&a->said, "%s organization '%s'\n", to ? "Suspended" : "Resumed",
		      a->org_name);
	int code = turn(&a->org.suspended, to, err);
	return code == TS_OK ? ts_org_update(a->txn, &a->org, err) : code;
}

static int turn_user(struct errand *a, bool to, struct ts_error *err)
{
	ts_buf_printf(&a->said, "%s user '%s' in organization '%s'\n", to ? "Suspended" : "Resumed",
		      a->third, a->org_name);
	int code = turn(&a->user.suspended, to, err);
	return code == TS_OK ? ts_user_update(a->txn, &a->user, err) : code;
}

static int suspend_org(struct errand *a, struct ts_error *err)
{
	return turn_org(a, true, err);
}

static int suspend_user(struct errand *a, struct ts_error *err)
{
	return turn_user(a, true, err);
}

static int resume_org(struct errand *a, struct ts_error *err)
{
	return turn_org(a, false, err);
}

static int resume_user(struct errand *a, struct ts_error *err)
{
	return turn_user(a, false, err);
}

static int redirect_org(struct errand *a, struct ts_error *err)
{
	struct hostport at;
	const char *to = a->third != NULL ? a->third : "";
	if (to[0] == '\0') {
		ts_buf_printf(&a->said, "Organization '%s' is served here\n", a->org_name);
	} else if (hostport_parse(to, &at, err) != TS_OK) {
		return TS_EINVAL;
	} else {
		ts_buf_printf(&a->said, "Redirected organization '%s' to '%s'\n", a->org_name, to);
	}
	(void)snprintf(a->org.redirect, sizeof(a->org.redirect), "%s", to);
	return ts_org_update(a->txn, &a->org, err);
}

static const struct action actions[] = {
	{"add", "org", 1, 0, NOTHING, add_org},       {"add", "user", 2, 0, ORG, add_user},
	{"remove", "org", 1, 0, ORG, remove_org},     {"remove", "user", 2, 0, USER, remove_user},
	{"suspend", "org", 1, 0, ORG, suspend_org},   {"suspend", "user", 2, 0, USER, suspend_user},
	{"resume", "org", 1, 0, ORG, resume_org},     {"resume", "user", 2, 0, USER, resume_user},
	{"redirect", "org", 1, 1, ORG, redirect_org},
};

static const struct action *find_action(const char *verb, const char *kind)
{
	for (size_t i = 0; i < TS_COUNT_OF(actions); i++) {
		if (strcmp(actions[i].verb, verb) == 0 && strcmp(actions[i].kind, kind) == 0) {
			return &actions[i];
		}
	}
	return NULL;
}

static int choose(struct command_line *cl, const char *verb, const struct action **ret,
		  struct ts_error *err)
{
	if (cl->argc == 0) {
		return ts_fail(err, TS_EINVAL, "Subcommand not specified - expected %s.",
			       find_action(verb, "user") != NULL ? "'org' or 'user'" : "'org'");
	}
	*ret = find_action(verb, cl->argv[0]);
	if (*ret == NULL) {
		bool group = strcmp(cl->argv[0], "group") == 0;
		return ts_fail(err, TS_EINVAL, "Unrecognized argument '%.100s'%s", cl->argv[0],
			       group ? ": this server has no groups." : "");
	}
	int words = cl->argc - 1;
	return words < (*ret)->words || words > (*ret)->words + (*ret)->more ? TS_EUSAGE : TS_OK;
}

/* What is removed is gone. */
static bool confirmed(const struct errand *a, const struct action *what)
{
	if (what->run == remove_org) {
		return command_confirm(a->cl,
				       "Are you sure you want to remove organization '%s' with all "
				       "its users and their tasks?",
				       a->org_name);
	}
	return what->run != remove_user ||
	       command_confirm(a->cl,
			       "Are you sure you want to remove user '%s' of organization '%s' "
			       "with all tasks?",
			       a->third, a->org_name);
}

static int act(struct errand *a, const struct action *what, struct ts_error *err)
{
	int code = what->wants >= ORG ? find_org(a, err) : TS_OK;
	if (code == TS_OK && what->wants == USER) {
		code = find_user(a, err);
	}
	return code == TS_OK ? what->run(a, err) : code;
}

static int perform(struct errand *a, const struct action *what, struct ts_store *store,
		   struct ts_error *err)
{
	int code = ts_txn_begin(store, TS_WRITE, &a->txn, err);
	if (code != TS_OK) {
		return code;
	}
	code = act(a, what, err);
	if (code != TS_OK) {
		ts_txn_abort(TS_TAKE(a->txn));
		return code;
	}
	return ts_txn_commit(TS_TAKE(a->txn), err);
}

static void tell(const struct errand *a, const struct action *what)
{
	if (what->run == add_user) { /* even with --quiet: nothing else tells it */
		(void)printf("New user key: %s\n", ts_uuid_text(&a->user.key).text);
	}
	command_say(a->cl, "%s", a->said.failed ? "Done\n" : a->said.data);
}

static int errand_command(struct command_line *cl, const char *verb, struct ts_error *err)
{
	const struct action *what = NULL;
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	int code = choose(cl, verb, &what, err);
	if (code != TS_OK) {
		return code;
	}
	struct errand a = {
		.cl = cl, .org_name = cl->argv[1], .third = cl->argc > 2 ? cl->argv[2] : NULL};
	if (!confirmed(&a, what)) {
		return TS_OK;
	}
	code = command_store(cl, &store, err);
	if (code == TS_OK) {
		code = perform(&a, what, store, err);
	}
	if (code == TS_OK) {
		tell(&a, what);
	}
	ts_buf_done(&a.said);
	return code;
}

static int cmd_add(struct command_line *cl, struct ts_error *err)
{
	return errand_command(cl, "add", err);
}

static int cmd_remove(struct command_line *cl, struct ts_error *err)
{
	return errand_command(cl, "remove", err);
}

static int cmd_suspend(struct command_line *cl, struct ts_error *err)
{
	return errand_command(cl, "suspend", err);
}

static int cmd_resume(struct command_line *cl, struct ts_error *err)
{
	return errand_command(cl, "resume", err);
}

static int cmd_redirect(struct command_line *cl, struct ts_error *err)
{
	return errand_command(cl, "redirect", err);
}

const struct command command_add = {
	.name = "add",
	.run = cmd_add,
	.flags = COMMAND_DATA | COMMAND_SETTINGS,
	.usage = "[options] org <org>\n"
		 "[options] user <org> <user>",
	.help = "Creates a new organization or user. A user's key, which is printed, is a\n"
		"secret: whoever knows it has access to the user's tasks.",
};

const struct command command_remove = {
	.name = "remove",
	.run = cmd_remove,
	.flags = COMMAND_DATA | COMMAND_SETTINGS,
	.usage = "[options] [--force] org <org>\n"
		 "[options] [--force] user <org> <key>",
	.help = "Deletes an organization or user, with all tasks. Permanently. A user is named\n"
		"by key or by name.",
};

const struct command command_suspend = {
	.name = "suspend",
	.run = cmd_suspend,
	.flags = COMMAND_DATA | COMMAND_SETTINGS,
	.usage = "[options] org <org>\n"
		 "[options] user <org> <key>",
	.help = "Suspends an organization or user: requests are answered with 431 until it is\n"
		"resumed.",
};

const struct command command_resume = {
	.name = "resume",
	.run = cmd_resume,
	.flags = COMMAND_DATA | COMMAND_SETTINGS,
	.usage = "[options] org <org>\n"
		 "[options] user <org> <key>",
	.help = "Resumes, or un-suspends an organization or user.",
};

const struct command command_redirect = {
	.name = "redirect",
	.run = cmd_redirect,
	.flags = COMMAND_DATA | COMMAND_SETTINGS,
	.usage = "[options] org <org> [<host:port>]",
	.help = "Answers the requests of an organization's users with 301 and the place where\n"
		"their accounts live now. Without <host:port> they are served here again.",
};
