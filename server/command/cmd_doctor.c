/* SPDX-License-Identifier: MIT */
#include "server/command/command.h"
#include "server/doctor/doctor.h"

#include "common/cli/options.h"
#include "common/show/term.h"

enum { JSON, OPTIONS };

static const struct ts_option options[OPTIONS] = {
	[JSON] = {.name = "json"},
};

/* Settings that can't be read are a finding; what can be found out without them is. */
static int examine(struct command_line *cl, struct ts_checkup_output *o, struct ts_error *err)
{
	struct ts_error fault = {0};
	struct settings read;
	TS_BUF(unknown);
	struct doctor_wish wish = {.data = cl->data,
				   .settings = cl->settings,
				   .fault = &fault,
				   .unknown = "",
				   .tell = ts_checkup_output_tell,
				   .arg = o};
	int rc = command_settings(cl, &read, &unknown, &fault);
	if (rc == TS_OK) {
		wish.settings = &read;
		wish.unknown = unknown.len > 0 ? ts_buf_slice(&unknown).data : "";
	}
	int found = doctor_run(&wish, err);
	if (rc == TS_OK) {
		command_settings_done(&read);
	}
	return found;
}

static int cmd_doctor(struct command_line *cl, struct ts_error *err)
{
	struct ts_option_values values[OPTIONS] = {0};
	struct ts_checkup_output o;
	int rc = ts_options_read(&cl->argc, cl->argv, options, OPTIONS, values, err);
	if (rc != TS_OK) {
		return rc;
	}
	if (cl->argc > 0) {
		return TS_EUSAGE;
	}
	ts_checkup_output_begin(&o, values[JSON].count > 0, ts_term_color("auto", STDOUT_FILENO));
	rc = examine(cl, &o, err);
	int printed = ts_checkup_output_end(&o, rc == TS_OK ? err : NULL);
	return rc == TS_OK ? printed : rc;
}

const struct command command_doctor = {
	.name = "doctor",
	.run = cmd_doctor,
	.flags = COMMAND_DATA | COMMAND_OPTIONS,
	.usage = "[options] [--json]",
	.help = "Looks at everything that a server needs, and changes nothing: data directory,\n"
		"configuration, log, files and who may read them, certificates with their chains,\n"
		"names and dates, the clock, the store and its accounts, the disk, limits, ports,\n"
		"and what a running server answers. Each check is a line that begins with ok,\n"
		"WARN, FAIL or skip; behind a fault stands what to do. The exit code tells "
		"whether\n"
		"there is a fault. Run it as the user that the server runs as.",
};
