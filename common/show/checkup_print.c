/* SPDX-License-Identifier: MIT */
/* What a check-up finds, for people and for programs. */
#include "common/show/checkup.h"

#include "common/show/term.h"

#include <errno.h>
#include <stdio.h>

static const struct {
	const char *word; /* of a line */
	const char *json;
	enum ts_style style;
} kinds[TS_FINDING_KINDS] = {
	[TS_FINDING_OK] = {"ok   ", "ok", TS_STYLE_ADDED},
	[TS_FINDING_WARN] = {"WARN ", "warning", TS_STYLE_DUE},
	[TS_FINDING_FAIL] = {"FAIL ", "failure", TS_STYLE_OVERDUE},
	[TS_FINDING_SKIP] = {"skip ", "skipped", TS_STYLE_DIM},
};

/* Out of memory, or nowhere to write to, is told at the end. */
static void print(struct ts_checkup_output *o)
{
	if (o->text.failed) {
		o->code = TS_ENOMEM;
	} else if (fwrite(o->text.data, 1, o->text.len, stdout) != o->text.len ||
		   fflush(stdout) != 0) {
		o->code = TS_EIO;
	}
	ts_buf_clear(&o->text);
}

static void tell_person(struct ts_checkup_output *o, const struct ts_finding *f)
{
	ts_term_add(&o->text, o->color, kinds[f->kind].style, ts_slice_of(kinds[f->kind].word));
	ts_buf_printf(&o->text, " %s: ", f->check);
	ts_term_add(&o->text, false, TS_STYLE_NONE, ts_slice_of(f->text));
	if (f->advice[0] != '\0') {
		ts_buf_add_str(&o->text, " \xE2\x80\x94 ");
		ts_term_add(&o->text, false, TS_STYLE_NONE, ts_slice_of(f->advice));
	}
	ts_buf_add_char(&o->text, '\n');
	print(o);
}

static void tell_program(struct ts_checkup_output *o, const struct ts_finding *f)
{
	ts_json_open(&o->json, '{');
	ts_json_name(&o->json, "check");
	ts_json_text(&o->json, ts_slice_of(f->check));
	ts_json_name(&o->json, "state");
	ts_json_text(&o->json, ts_slice_of(kinds[f->kind].json));
	ts_json_name(&o->json, "text");
	ts_json_text(&o->json, ts_slice_of(f->text));
	if (f->advice[0] != '\0') {
		ts_json_name(&o->json, "advice");
		ts_json_text(&o->json, ts_slice_of(f->advice));
	}
	ts_json_close(&o->json, '}');
}

void ts_checkup_output_begin(struct ts_checkup_output *o, bool as_json, bool color)
{
	*o = (struct ts_checkup_output){.color = color, .as_json = as_json};
	o->json = ts_json_to(&o->text);
	if (as_json) {
		ts_json_open(&o->json, '[');
	}
}

void ts_checkup_output_tell(const struct ts_finding *f, void *arg)
{
	struct ts_checkup_output *o = arg;
	if (o->as_json) {
		tell_program(o, f);
	} else {
		tell_person(o, f);
	}
}

int ts_checkup_output_end(struct ts_checkup_output *o, struct ts_error *err)
{
	if (o->as_json) {
		ts_json_close(&o->json, ']');
		ts_buf_add_char(&o->text, '\n');
		print(o);
	}
	ts_buf_done(&o->text);
	if (o->code == TS_EIO) {
		return ts_fail_errno(err, errno, "Standard output can't be written");
	}
	return o->code == TS_OK ? TS_OK : ts_fail(err, o->code, "Out of memory.");
}
