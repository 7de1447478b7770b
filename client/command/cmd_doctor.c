/* SPDX-License-Identifier: MIT */
#include "client/command/command.h"

#include "client/setup/doctor.h"

static int run(struct line *l, struct ts_error *err)
{
	if (l->word_count > 1) {
		return ts_fail(err, TS_EUSAGE, "One remote at a time can be looked at.");
	}
	struct ts_checkup_output o;
	const struct doctor_wish wish = {.place = &l->place,
					 .settings = l->settings,
					 .fault = &l->fault,
					 .remote = l->word_count > 0 ? l->words[0] : NULL,
					 .tell = ts_checkup_output_tell,
					 .arg = &o};
	ts_checkup_output_begin(&o, l->json, l->color);
	int code = doctor_run(&wish, err);
	int printed = ts_checkup_output_end(&o, code == TS_OK ? err : NULL);
	return code == TS_OK ? printed : code;
}

const struct command command_doctor = {
	.name = "doctor",
	.run = run,
	.words = WORDS_REMOTE,
	.usage = "[REMOTE]",
	.brief = "look for what keeps syncs from working",
	.help = "Checks everything that a sync needs, in order: configuration, files, who may read "
		"them, certificates, the clock, the server's name and addresses, TLS, the account, "
		"the replica, and the last sync. Each check is a line that begins with `ok`, "
		"`WARN`, `FAIL` or `skip`; behind a fault stands what to do.\n"
		"\n"
		"Nothing is changed. The exit status is that of the first fault: 3 for one on this "
		"machine, 1 where the server can't be reached or believed, 2 where it refuses the "
		"account.",
	.repairs = true,
};
