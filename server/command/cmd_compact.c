/* SPDX-License-Identifier: MIT */
#include "common/base/date.h"
#include "common/base/json_out.h"
#include "common/cli/options.h"
#include "common/cli/progress.h"
#include "common/compact/compact.h"
#include "common/show/spell.h"
#include "server/history/subject.h"

#include <inttypes.h>
#include <stdio.h>

enum { BEFORE, DRY_RUN, JSON, OPTIONS };

static const struct ts_option options[OPTIONS] = {
	[BEFORE] = {.name = "before", .value = "TIME"},
	[DRY_RUN] = {.name = "dry-run"},
	[JSON] = {.name = "json"},
};

/* One account, and what came of it. */
struct row {
	char org[TS_NAME_MAX + 1], user[TS_NAME_MAX + 1];
	uint32_t id;
	struct ts_cutoff cutoff;
	struct ts_compacted sums;
};

struct request {
	struct ts_store *store;
	const char *org, *user; /* NULL: all */
	int64_t before;
	bool dry_run, force, json;
	struct ts_buf rows; /* struct row[] */
	struct ts_buf text;
	struct ts_progress progress;
};

/* While accounts are listed. */
struct listing {
	struct request *r;
	struct ts_txn *txn;
	const struct ts_org *org;
	struct ts_error *err;
};

static struct row *rows(const struct request *r)
{
	return (struct row *)(void *)r->rows.data;
}

static size_t row_count(const struct request *r)
{
	return r->rows.len / sizeof(struct row);
}

static int list_user(const struct ts_user *user, void *arg)
{
	const struct listing *l = arg;
	struct row row = {.id = user->id};
	memcpy(row.org, l->org->name, sizeof(row.org));
	memcpy(row.user, user->name, sizeof(row.user));
	ts_buf_add(&l->r->rows, &row, sizeof(row));
	return l->r->rows.failed ? ts_fail(l->err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

static int list_org(const struct ts_org *org, void *arg)
{
	struct listing *l = arg;
	struct ts_user user;
	l->org = org;
	if (l->r->user == NULL) {
		return ts_user_each(l->txn, org, list_user, l, l->err);
	}
	int code = ts_user_get(l->txn, org, ts_slice_of(l->r->user), &user, l->err);
	return code == TS_OK ? list_user(&user, l) : code;
}

static int list_accounts(struct request *r, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct ts_org org;
	int code = ts_txn_begin(r->store, TS_READ, &t, err);
	struct listing l = {.r = r, .txn = t, .err = err};
	if (code != TS_OK || r->org == NULL) {
		return code == TS_OK ? ts_org_each(t, list_org, &l, err) : code;
	}
	code = ts_org_get(t, ts_slice_of(r->org), &org, err);
	return code == TS_OK ? list_org(&org, &l) : code;
}

static int find_cutoff(const struct request *r, struct row *row, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	int code = ts_txn_begin(r->store, TS_READ, &t, err);
	return code == TS_OK ? ts_cutoff_find(t, row->id, r->before, r->force, &row->cutoff, err)
			     : code;
}

static void show_progress(uint64_t tasks, uint64_t total, void *arg)
{
	struct request *r = arg;
	r->progress.total = total;
	ts_progress_set(&r->progress, tasks);
}

static int compact_account(struct request *r, struct row *row, struct ts_error *err)
{
	char doing[40];
	int code = find_cutoff(r, row, err);
	const struct ts_compact how = {.store = r->store,
				       .user = row->id,
				       .cutoff = row->cutoff.version,
				       .dry_run = r->dry_run,
				       .progress = show_progress,
				       .arg = r};
	(void)snprintf(doing, sizeof(doing), "Compacting %.25s", row->user);
	ts_progress_begin(&r->progress, doing, 0);
	code = code == TS_OK ? ts_compact_user(&how, &row->sums, err) : code;
	ts_progress_clear(&r->progress);
	return code;
}

static void add_json_row(struct ts_json *j, const struct row *row)
{
	ts_json_open(j, '{');
	ts_json_text_member(j, "org", ts_slice_of(row->org));
	ts_json_text_member(j, "user", ts_slice_of(row->user));
	ts_json_count_member(j, "cutoff", row->cutoff.version);
	ts_json_count_member(j, "tasks_compacted", row->sums.tasks);
	ts_json_count_member(j, "versions_before", row->sums.versions_before);
	ts_json_count_member(j, "versions_after", row->sums.versions_after);
	ts_json_count_member(j, "bytes_before", row->sums.bytes_before);
	ts_json_count_member(j, "bytes_after", row->sums.bytes_after);
	if (row->cutoff.held) {
		ts_json_name(j, "held_by");
		ts_json_open(j, '{');
		ts_json_text_member(j, "name", ts_slice_of(row->cutoff.holder.name));
		ts_json_text_member(j, "id", ts_slice_of(row->cutoff.holder.id));
		ts_json_date_member(j, "seen", row->cutoff.holder.seen);
		ts_json_close(j, '}');
	}
	ts_json_close(j, '}');
}

static void add_json(struct request *r)
{
	struct ts_json j = ts_json_to(&r->text);
	ts_json_open(&j, '{');
	ts_json_date_member(&j, "before", r->before);
	ts_json_name(&j, "dry_run");
	ts_json_bool(&j, r->dry_run);
	ts_json_name(&j, "users");
	ts_json_open(&j, '[');
	for (size_t i = 0; i < row_count(r); i++) {
		add_json_row(&j, &rows(r)[i]);
	}
	ts_json_close(&j, ']');
	ts_json_close(&j, '}');
	ts_buf_add_char(&r->text, '\n');
}

static void add_text_row(struct request *r, const struct row *row)
{
	const struct ts_compacted *s = &row->sums;
	ts_buf_printf(&r->text,
		      "%s/%s: versions %" PRIu64 " -> %" PRIu64 ", bytes %" PRIu64 " -> %" PRIu64
		      "\n",
		      row->org, row->user, s->versions_before, s->versions_after, s->bytes_before,
		      s->bytes_after);
	if (row->cutoff.held) {
		const bool stale = row->cutoff.holder.seen < r->before;
		ts_buf_printf(&r->text,
			      "  The device '%s' has nothing later than that yet: last seen ",
			      row->cutoff.holder.name);
		ts_spell_date(&r->text, row->cutoff.holder.seen);
		ts_buf_add_str(&r->text,
			       stale ? ". Revoke it, or pass it over with --force.\n" : ".\n");
	}
}

static void add_text(struct request *r)
{
	struct ts_compacted all = {0};
	for (size_t i = 0; i < row_count(r); i++) {
		const struct ts_compacted *s = &rows(r)[i].sums;
		add_text_row(r, &rows(r)[i]);
		all.versions_before += s->versions_before;
		all.versions_after += s->versions_after;
		all.bytes_before += s->bytes_before;
		all.bytes_after += s->bytes_after;
	}
	ts_buf_printf(&r->text,
		      "%s %" PRIu64 " of %" PRIu64 " versions, %" PRIu64 " of %" PRIu64 " bytes.\n",
		      r->dry_run ? "Would drop" : "Dropped",
		      all.versions_before - all.versions_after, all.versions_before,
		      all.bytes_before - all.bytes_after, all.bytes_before);
}

static int run(struct request *r, struct ts_error *err)
{
	int code = list_accounts(r, err);
	for (size_t i = 0; i < row_count(r) && code == TS_OK; i++) {
		code = compact_account(r, &rows(r)[i], err);
	}
	if (code != TS_OK) {
		return code;
	}
	(r->json ? add_json : add_text)(r);
	return command_print(&r->text, err);
}

static int parse(struct command_line *cl, struct request *r, struct ts_error *err)
{
	const struct subject now = {.now = ts_date_now()};
	struct ts_option_values values[OPTIONS] = {0};
	int code = ts_options_read(&cl->argc, cl->argv, options, OPTIONS, values, err);
	if (code != TS_OK) {
		return code;
	}
	if (values[BEFORE].count == 0 || cl->argc > 2) {
		return TS_EUSAGE;
	}
	*r = (struct request){.org = cl->argc > 0 ? cl->argv[0] : NULL,
			      .user = cl->argc > 1 ? cl->argv[1] : NULL,
			      .dry_run = values[DRY_RUN].count > 0,
			      .force = cl->force,
			      .json = values[JSON].count > 0};
	return subject_time(&now, values[BEFORE].at[0], &r->before, err);
}

static int cmd_compact(struct command_line *cl, struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	struct request r = {0};
	int code = parse(cl, &r, err);
	if (code == TS_OK && !r.dry_run &&
	    !command_confirm(cl, "Drop versions that nobody needs, for good?")) {
		return TS_OK;
	}
	if (code == TS_OK) {
		code = command_store(cl, &store, err);
	}
	if (code == TS_OK) {
		r.store = store;
		code = run(&r, err);
	}
	ts_buf_done(&r.rows);
	ts_buf_done(&r.text);
	return code;
}

const struct command command_compact = {
	.name = "compact",
	.run = cmd_compact,
	.flags = COMMAND_DATA | COMMAND_SETTINGS | COMMAND_OPTIONS,
	.usage = "[options] --before <time> [--dry-run] [--force] [--json] [<org> [<user>]]",
	.help = "Drops old versions of tasks that no client can need, of one user, of an\n"
		"organization, or of all; it is never done by itself. Every task stays as it\n"
		"is. What goes are versions that were replaced before that time. Those that\n"
		"recorded a conflict stay. The server may go on serving.\n\n"
		"A device that has not synced since holds back what it may need: nothing goes\n"
		"that is later than what it has. With --force those devices are passed over\n"
		"that were last seen before that time; if one comes back, it is sent all that\n"
		"changed, and what was edited on it is merged as if it were new. A revoked\n"
		"device holds nothing back.\n\n"
		"The store's file does not become smaller: what is free in it is used again.\n"
		"--dry-run only says what would go. Times are as in 'history'.",
};
