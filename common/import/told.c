/* SPDX-License-Identifier: MIT */
#include "common/import/told.h"

#include "common/base/json_out.h"
#include "common/show/term.h"

#include <stdio.h>

void ts_import_told_done(struct ts_import_told *t)
{
	ts_buf_done(&t->text);
}

static void add_json(struct ts_buf *to, const struct ts_import_refusal *refusal)
{
	struct ts_json j = ts_json_to(to);
	ts_buf_add_str(to, to->len > 0 ? "," : "");
	ts_json_open(&j, '{');
	ts_json_text_member(&j, "file", ts_slice_of(refusal->file));
	ts_json_name(&j, "line");
	ts_json_int(&j, (int64_t)refusal->line);
	ts_json_text_member(&j, "because", ts_slice_of(refusal->because));
	ts_json_close(&j, '}');
}

void ts_import_tell(const struct ts_import_refusal *refusal, void *arg)
{
	struct ts_import_told *t = arg;
	if (t->count++ >= TS_IMPORT_TOLD_MAX) {
		return;
	}
	if (t->json) {
		add_json(&t->text, refusal);
		return;
	}
	ts_buf_printf(&t->text, "%s:%zu: Not taken, because ", refusal->file, refusal->line);
	ts_term_add(&t->text, false, TS_STYLE_NONE, ts_slice_of(refusal->because));
	ts_buf_add_str(&t->text, ".\n");
}

void ts_import_told_json(const struct ts_import_told *t, const struct ts_import_counts *c, bool dry,
			 struct ts_buf *to)
{
	const struct {
		const char *name;
		size_t value;
	} counts[] = {{"added", c->added},
		      {"changed", c->changed},
		      {"same", c->same},
		      {"refused", c->refused}};
	struct ts_json j = ts_json_to(to);
	ts_json_open(&j, '{');
	for (size_t i = 0; i < TS_COUNT_OF(counts); i++) {
		ts_json_count_member(&j, counts[i].name, counts[i].value);
	}
	ts_json_name(&j, "dry_run");
	ts_json_bool(&j, dry);
	ts_json_name(&j, "refusals");
	ts_json_open(&j, '[');
	ts_buf_add_slice(to, ts_buf_slice(&t->text));
	ts_json_close(&j, ']');
	ts_json_close(&j, '}');
	ts_buf_add_char(to, '\n');
	to->failed |= t->text.failed;
}
