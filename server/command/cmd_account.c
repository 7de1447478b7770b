/* SPDX-License-Identifier: MIT */
/* add, remove, suspend, resume, redirect: the reference server's commands, with its words. */
#include "server/account/changes.h"

static const struct action {
	const char *verb, *kind;
	const struct errand_kind *errand;
} actions[] = {
	{"add", "org", &change_add_org},           {"add", "user", &change_add_user},
	{"remove", "org", &change_remove_org},     {"remove", "user", &change_remove_user},
	{"suspend", "org", &change_suspend_org},   {"suspend", "user", &change_suspend_user},
	{"resume", "org", &change_resume_org},     {"resume", "user", &change_resume_user},
	{"redirect", "org", &change_redirect_org},
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

static int run(struct command_line *cl, const char *verb, struct ts_error *err)
{
	if (cl->argc == 0) {
		return ts_fail(err, TS_EINVAL, "Subcommand not specified - expected %s.",
			       find_action(verb, "user") != NULL ? "'org' or 'user'" : "'org'");
	}
	const struct action *what = find_action(verb, cl->argv[0]);
	if (what == NULL) {
		bool group = strcmp(cl->argv[0], "group") == 0;
		return ts_fail(err, TS_EINVAL, "Unrecognized argument '%.100s'%s", cl->argv[0],
			       group ? ": this server has no groups." : "");
	}
	cl->argc--;
	cl->argv++;
	return errand_run(cl, what->errand, true, err);
}

static int cmd_add(struct command_line *cl, struct ts_error *err)
{
	return run(cl, "add", err);
}

static int cmd_remove(struct command_line *cl, struct ts_error *err)
{
	return run(cl, "remove", err);
}

static int cmd_suspend(struct command_line *cl, struct ts_error *err)
{
	return run(cl, "suspend", err);
}

static int cmd_resume(struct command_line *cl, struct ts_error *err)
{
	return run(cl, "resume", err);
}

static int cmd_redirect(struct command_line *cl, struct ts_error *err)
{
	return run(cl, "redirect", err);
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
