/* SPDX-License-Identifier: MIT */
#include "server/account/changes.h"
#include "server/account/verb.h"
#include "server/account/views.h"

static const struct verb verbs[] = {
	{"add", &change_add_user, NULL},
	{"list", &view_users, NULL},
	{"show", &view_user, NULL},
	{"rename", &change_rename_user, NULL},
	{"alias", &change_alias_user, NULL},
	{"rekey", &change_rekey_user, NULL},
	{"suspend", &change_suspend_user, NULL},
	{"resume", &change_resume_user, NULL},
	{"remove", &change_remove_user, NULL},
	{"bind", &change_bind_user, NULL},
	{"quota", &change_quota_user, NULL},
	{"bundle", NULL, user_bundle},
};

static int cmd_user(struct command_line *cl, struct ts_error *err)
{
	return verb_run(cl, verbs, TS_COUNT_OF(verbs), err);
}

const struct command command_user = {
	.name = "user",
	.run = cmd_user,
	.flags = COMMAND_DATA | COMMAND_SETTINGS | COMMAND_OPTIONS,
	.usage = "[options] add <org> <user>\n"
		 "[options] list [<org>] [--json]\n"
		 "[options] show <org> <user> [--json] [--secret]\n"
		 "[options] rename <org> <user> <new name>\n"
		 "[options] alias <org> <user> <alias> [--remove]\n"
		 "[options] rekey|suspend|resume|remove <org> <user>\n"
		 "[options] bind <org> <user> on|off|default\n"
		 "[options] quota <org> <user> [--bytes <size>] [--tasks <number>] [--requests "
		 "<number>]\n"
		 "[options] bundle <org> <user> [--device <name>] [--host <name[:port]>] [--days "
		 "<number>] [--output <file>]\n"
		 "[options] bundle --renew <org> <user> <device>",
	.help = "Shows users and changes them, by name. What is changed holds from the next\n"
		"request on, without a restart.\n"
		"\n"
		"add prints the user's key, a secret; show --secret prints it again, and rekey\n"
		"makes another one, which every device of the user then needs. rename keeps the\n"
		"old name as an alias, so that no device needs a change.\n"
		"\n"
		"bind decides whether the account is opened by the user's own certificates only\n"
		"(on), by any of the authority (off), or as cert.binding says (default). quota\n"
		"takes numbers, such as 100M for a size, 'none' and 'default'; requests are those\n"
		"a minute.\n"
		"\n"
		"bundle makes another bundle for a user, with a certificate of its own for "
		"another\n"
		"device. --host is where that device finds the server; --key-type is rsa, ecdsa\n"
		"or ed25519; --days is how long the certificate lives; an --output of - is\n"
		"standard output. With --renew a device that has a certificate gets another one;\n"
		"the one that it had is good until its end.",
};
