/* SPDX-License-Identifier: MIT */
#include "server/account/changes.h"
#include "server/account/verb.h"
#include "server/account/views.h"

static const struct verb verbs[] = {
	{"add", &change_add_org, NULL},
	{"list", &view_orgs, NULL},
	{"show", &view_org, NULL},
	{"suspend", &change_suspend_org, NULL},
	{"resume", &change_resume_org, NULL},
	{"remove", &change_remove_org, NULL},
	{"redirect", &change_redirect_org, NULL},
	{"quota", &change_quota_org, NULL},
};

static int cmd_org(struct command_line *cl, struct ts_error *err)
{
	return verb_run(cl, verbs, TS_COUNT_OF(verbs), err);
}

const struct command command_org = {
	.name = "org",
	.run = cmd_org,
	.flags = COMMAND_DATA | COMMAND_SETTINGS | COMMAND_OPTIONS,
	.usage = "[options] add <org>\n"
		 "[options] list [--json]\n"
		 "[options] show <org> [--json]\n"
		 "[options] suspend|resume|remove <org>\n"
		 "[options] redirect <org> [<host:port>]\n"
		 "[options] quota <org> [--bytes <size>] [--tasks <number>] [--requests <number>]",
	.help = "Shows organizations and changes them, by name.\n"
		"\n"
		"A quota is what all users of the organization may have together: numbers, such\n"
		"as 10G for a size, 'none' or 'default', which is what the settings say; requests\n"
		"are those a minute.",
};
