/* SPDX-License-Identifier: MIT */
#include "server/account/changes.h"
#include "server/account/verb.h"
#include "server/account/views.h"

static const struct verb verbs[] = {
	{"list", &view_devices, NULL},
	{"rename", &change_rename_device, NULL},
	{"revoke", &change_revoke_device, NULL},
	{"forget", &change_forget_device, NULL},
};

static int cmd_device(struct command_line *cl, struct ts_error *err)
{
	return verb_run(cl, verbs, TS_COUNT_OF(verbs), err);
}

const struct command command_device = {
	.name = "device",
	.run = cmd_device,
	.flags = COMMAND_DATA | COMMAND_SETTINGS | COMMAND_OPTIONS,
	.usage = "[options] list <org> <user> [--json]\n"
		 "[options] rename <org> <user> <device> <new name>\n"
		 "[options] revoke|forget <org> <user> <device>",
	.help = "Shows a user's devices and changes them. A device is a certificate, or, where a\n"
		"client shows none, a program.\n"
		"\n"
		"revoke refuses it from now on: connections that it has open are told so at their\n"
		"next request, and at once where they wait for news. forget takes it off the "
		"list,\n"
		"as if it had never been seen: a certificate that was revoked, and is forgotten, "
		"is\n"
		"let in again by an account that isn't bound to its certificates.",
};
