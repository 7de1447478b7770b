/* SPDX-License-Identifier: MIT */
#include "client/command/command.h"

#include "client/setup/doctor.h"
#include "client/show/term.h"
#include "common/base/json_out.h"

#include <stdio.h>

static const struct {
	const char *word; /* of a line */
	const char *json;
	enum style style;
} states[DOCTOR_STATES] = {
	[DOCTOR_OK] = {"ok   ", "ok", STYLE_ADDED},
	[DOCTOR_WARN] = {"WARN ", "warning", STYLE_DUE},
	[DOCTOR_FAIL] = {"FAIL ", "failure", STYLE_OVERDUE},
	[DOCTOR_SKIP] = {"skip ", "skipped", STYLE_DIM},
};

struct output {
	const struct line *line;
	struct ts_buf text;
	struct ts_json json;
};

/* Each line at once: a check may take long. */
static void tell(const struct doctor_line *l, void *arg)
{
	struct output *o = arg;
	ts_buf_clear(&o->text);
	term_add(&o->text, o->line->color, states[l->state].style,
		 ts_slice_of(states[l->state].word));
	ts_buf_printf(&o->text, " %s: ", l->check);
	term_add(&o->text, false, STYLE_NONE, ts_slice_of(l->text));
	if (l->advice[0] != '\0') {
		ts_buf_add_str(&o->text, " \xE2\x80\x94 ");
		term_add(&o->text, false, STYLE_NONE, ts_slice_of(l->advice));
	}
	ts_buf_add_char(&o->text, '\n');
	(void)!line_print(&o->text, NULL);
	(void)fflush(stdout);
}

static void tell_json(const struct doctor_line *l, void *arg)
{
	struct output *o = arg;
	ts_json_open(&o->json, '{');
	ts_json_name(&o->json, "check");
	ts_json_text(&o->json, ts_slice_of(l->check));
	ts_json_name(&o->json, "state");
	ts_json_text(&o->json, ts_slice_of(states[l->state].json));
	ts_json_name(&o->json, "text");
	ts_json_text(&o->json, ts_slice_of(l->text));
	if (l->advice[0] != '\0') {
		ts_json_name(&o->json, "advice");
		ts_json_text(&o->json, ts_slice_of(l->advice));
	}
	ts_json_close(&o->json, '}');
}

static int print_json(struct output *o, int code, struct ts_error *err)
{
	ts_json_close(&o->json, ']');
	ts_buf_add_char(&o->text, '\n');
	int printed = line_print(&o->text, code == TS_OK ? err : NULL);
	return code == TS_OK ? printed : code;
}

static int run(struct line *l, struct ts_error *err)
{
	if (l->word_count > 1) {
		return ts_fail(err, TS_EUSAGE, "One remote at a time can be looked at.");
	}
	struct output o = {.line = l};
	const struct doctor_wish wish = {.place = &l->place,
					 .settings = l->settings,
					 .fault = &l->fault,
					 .remote = l->word_count > 0 ? l->words[0] : NULL,
					 .tell = l->json ? tell_json : tell,
					 .arg = &o};
	o.json = ts_json_to(&o.text);
	if (l->json) {
		ts_json_open(&o.json, '[');
	}
	int code = doctor_run(&wish, err);
	if (l->json) {
		code = print_json(&o, code, err);
	}
	ts_buf_done(&o.text);
	return code;
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
