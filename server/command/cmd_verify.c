/* SPDX-License-Identifier: MIT */
#include "common/base/json_out.h"
#include "common/cli/options.h"
#include "common/cli/progress.h"
#include "common/verify/verify.h"
#include "server/command/command.h"

#include <inttypes.h>
#include <stdio.h>

enum { TOLD_OF_A_KIND = 20 };

static const struct ts_option options[] = {{.name = "json"}};

struct telling {
	bool json;
	uint64_t counts[TS_FAULT_KINDS];
	struct ts_progress progress;
	struct ts_buf text;
	struct ts_json list; /* into `text` */
};

static void tell_fault(const struct ts_fault *fault, void *arg)
{
	struct telling *t = arg;
	if (++t->counts[fault->kind] > TOLD_OF_A_KIND) {
		return;
	}
	if (t->json) {
		ts_json_open(&t->list, '{');
		ts_json_text_member(&t->list, "kind", ts_slice_of(ts_fault_word(fault->kind)));
		ts_json_text_member(&t->list, "text", ts_slice_of(fault->text));
		ts_json_close(&t->list, '}');
		return;
	}
	ts_progress_clear(&t->progress);
	(void)puts(fault->text);
	(void)fflush(stdout);
}

static void tell_progress(uint64_t done, uint64_t total, void *arg)
{
	struct telling *t = arg;
	t->progress.total = total;
	ts_progress_set(&t->progress, done);
}

/* The end of the object that begins with the list of faults. */
static void end_json(struct telling *t, const struct ts_verify_sums *s)
{
	struct ts_json *j = &t->list;
	ts_json_close(j, ']');
	ts_json_name(j, "counts");
	ts_json_open(j, '{');
	for (int i = 0; i < TS_FAULT_KINDS; i++) {
		if (t->counts[i] > 0) {
			ts_json_count_member(j, ts_fault_word((enum ts_fault_kind)i), t->counts[i]);
		}
	}
	ts_json_close(j, '}');
	ts_json_count_member(j, "organizations", s->orgs);
	ts_json_count_member(j, "users", s->users);
	ts_json_count_member(j, "devices", s->devices);
	ts_json_count_member(j, "tasks", s->tasks);
	ts_json_count_member(j, "versions", s->versions);
	ts_json_count_member(j, "transactions", s->transactions);
	ts_json_count_member(j, "sync_keys", s->sync_keys);
	ts_json_name(j, "in_order");
	ts_json_bool(j, s->faults == 0);
	ts_json_close(j, '}');
	ts_buf_add_char(&t->text, '\n');
}

static void end_text(struct telling *t, const struct ts_verify_sums *s)
{
	for (int i = 0; i < TS_FAULT_KINDS; i++) {
		if (t->counts[i] > TOLD_OF_A_KIND) {
			ts_buf_printf(&t->text, "… and %" PRIu64 " more like these (%s).\n",
				      t->counts[i] - TOLD_OF_A_KIND,
				      ts_fault_word((enum ts_fault_kind)i));
		}
	}
	ts_buf_printf(&t->text,
		      "organizations %" PRIu64 ", users %" PRIu64 ", devices %" PRIu64
		      ", tasks %" PRIu64 ", versions %" PRIu64 ", transactions %" PRIu64 ": ",
		      s->orgs, s->users, s->devices, s->tasks, s->versions, s->transactions);
	if (s->faults == 0) {
		ts_buf_add_str(&t->text, "in order.\n");
	} else {
		ts_buf_printf(&t->text, "%" PRIu64 " %s.\n", s->faults,
			      s->faults == 1 ? "fault" : "faults");
	}
}

static int run(struct ts_store *store, struct telling *t, struct ts_error *err)
{
	const struct ts_verify how = {tell_fault, tell_progress, t};
	struct ts_verify_sums sums;
	if (t->json) {
		t->list = ts_json_to(&t->text);
		ts_json_open(&t->list, '{');
		ts_json_name(&t->list, "faults");
		ts_json_open(&t->list, '[');
	}
	ts_progress_begin(&t->progress, "Verifying", 0);
	int code = ts_verify_store(store, &how, &sums, err);
	ts_progress_clear(&t->progress);
	if (code != TS_OK) {
		return code;
	}
	(t->json ? end_json : end_text)(t, &sums);
	code = command_print(&t->text, err);
	if (code == TS_OK && sums.faults > 0) {
		return ts_fail(err, TS_EDAMAGED,
			       "The store is not in order. Restore it from a back-up of before.");
	}
	return code;
}

static int cmd_verify(struct command_line *cl, struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	struct ts_option_values json = {0};
	int code = ts_options_read(&cl->argc, cl->argv, options, TS_COUNT_OF(options), &json, err);
	if (code == TS_OK && cl->argc != 0) {
		code = TS_EUSAGE;
	}
	if (code == TS_OK) {
		code = command_store(cl, &store, err);
	}
	if (code != TS_OK) {
		return code;
	}
	struct telling t = {.json = json.count > 0};
	code = run(store, &t, err);
	ts_buf_done(&t.text);
	return code;
}

const struct command command_verify = {
	.name = "verify",
	.run = cmd_verify,
	.flags = COMMAND_DATA | COMMAND_OPTIONS,
	.usage = "[options] [--json]",
	.help = "Reads every record of the store and tells what is wrong with it: accounts,\n"
		"devices, transactions, sync keys, each version of each task and what it\n"
		"stands on, and the counts of tasks and bytes. The server may go on serving;\n"
		"nothing is changed. The exit code is 0 where everything is in order.\n\n"
		"Of faults of the same kind the first 20 are told.",
};
