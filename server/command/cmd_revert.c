/* SPDX-License-Identifier: MIT */
#include "common/base/date.h"
#include "common/cli/options.h"
#include "common/history/past.h"
#include "common/show/spell.h"
#include "server/history/held.h"
#include "server/history/subject.h"
#include "server/setup/bundle.h"

#include <inttypes.h>
#include <stdio.h>

enum { AT, BEFORE, DRY_RUN, JSON, OPTIONS };

static const struct ts_option options[OPTIONS] = {
	[AT] = {.name = "at", .value = "TIME"},
	[BEFORE] = {.name = "before", .value = "VERSION"},
	[DRY_RUN] = {.name = "dry-run"},
	[JSON] = {.name = "json"},
};

enum { HOLD_AT = 1 << 16 }; /* [bytes] collected before they are put by */

struct reverting {
	struct command_line *line;
	struct subject subject;
	struct ts_past past;
	struct ts_past_counts counts;
	struct ts_uuids tasks;
	char when[64]; /* what the tasks go back to, for people */
	bool dry;
	struct held held;
	struct ts_buf text;
	struct ts_json json;
	bool is_json;
};

static void reverting_done(struct reverting *r)
{
	subject_done(&r->subject);
	held_done(&r->held);
	ts_buf_done(&r->text);
}

static int by_time(struct reverting *r, const char *words, struct ts_transaction *ret,
		   struct ts_error *err)
{
	TS_BUF(when);
	struct subject *s = &r->subject;
	int64_t date;
	int code = subject_time(s, words, &date, err);
	if (code != TS_OK) {
		return code;
	}
	code = ts_past_at(s->txn, s->user.id, date, ret, err);
	ts_spell_moment(&when, code == TS_OK ? date : ret->time);
	(void)snprintf(r->when, sizeof(r->when), "%.40s", when.failed ? words : when.data);
	return code == TS_ENOTFOUND
		       ? ts_fail(err, TS_EINVAL, "The account was made later than that, on %s.",
				 r->when)
		       : code;
}

static int by_version(struct reverting *r, const char *word, struct ts_transaction *ret,
		      struct ts_error *err)
{
	struct subject *s = &r->subject;
	size_t number;
	int code = ts_option_number("before", word, 0, &number, err);
	if (code != TS_OK) {
		return code;
	}
	(void)snprintf(r->when, sizeof(r->when), "before version %zu", number);
	code = ts_past_before(s->txn, s->user.id, number, ret, err);
	return code == TS_ENOTFOUND
		       ? ts_fail(err, TS_EINVAL,
				 "There is no version %zu; `taskd history` shows them.", number)
		       : code;
}

static int find_moment(struct reverting *r, const struct ts_option_values *values,
		       struct ts_error *err)
{
	struct ts_transaction tr = {0};
	const char *at = ts_option_last(&values[AT], NULL);
	const char *before = ts_option_last(&values[BEFORE], NULL);
	if ((at != NULL) == (before != NULL)) {
		return ts_fail(err, TS_EUSAGE, "Say one of --at TIME and --before VERSION.");
	}
	int code = at != NULL ? by_time(r, at, &tr, err) : by_version(r, before, &tr, err);
	r->past.limit = tr.last;
	return code == TS_OK ? ts_past_check(r->subject.txn, r->subject.user.id, &tr, err) : code;
}

static const char *const words[] = {[TS_PAST_CHANGED] = "change",
				    [TS_PAST_RETURNED] = "bring back",
				    [TS_PAST_DELETED] = "delete"};

static void add_text(struct reverting *r, const struct ts_past_task *task,
		     const struct ts_difference *d)
{
	TS_BUF(line);
	const struct ts_revision *v = &task->revision;
	ts_buf_printf(&line, "%s ", words[task->what]);
	ts_spell_task(&line, 0, &v->head.uuid);
	ts_buf_add_str(&line, " '");
	ts_buf_add_slice(&line, ts_task_text(&v->head, "description"));
	ts_buf_add_str(&line, "'");
	for (size_t i = 0; i < d->count; i++) {
		ts_buf_add_str(&line, i == 0 ? ": " : "; ");
		(void)ts_change_words(&line, &d->at[i]);
	}
	ts_term_add(&r->text, false, TS_STYLE_NONE, ts_buf_slice(&line));
	ts_buf_add_char(&r->text, '\n');
	r->text.failed |= line.failed;
}

static void add_json(struct reverting *r, const struct ts_past_task *task,
		     const struct ts_difference *d)
{
	const struct ts_revision *v = &task->revision;
	struct ts_json *j = &r->json;
	ts_json_open(j, '{');
	ts_json_text_member(j, "uuid", ts_slice_of(ts_uuid_text(&v->head.uuid).text));
	ts_json_text_member(j, "description", ts_task_text(&v->head, "description"));
	ts_json_text_member(j, "what", ts_slice_of(words[task->what]));
	ts_json_name(j, "changes");
	ts_json_open(j, '[');
	for (size_t i = 0; i < d->count; i++) {
		ts_change_json(j, &d->at[i]);
	}
	ts_json_close(j, ']');
	ts_json_close(j, '}');
}

/* One task of a dry run. */
static int tell_task(const struct ts_past_task *task, void *arg, struct ts_error *err)
{
	TS_ARENA(a);
	struct reverting *r = arg;
	struct ts_difference d;
	int code = ts_task_difference(&task->revision.head, &task->revision.next, &a, &d, err);
	if (code != TS_OK) {
		return code;
	}
	(r->is_json ? add_json : add_text)(r, task, &d);
	return r->text.len > HOLD_AT ? held_add(&r->held, &r->text, err) : TS_OK;
}

/* Look, and count; a dry run tells each task. */
static int look(struct reverting *r, struct ts_error *err)
{
	if (r->is_json) {
		ts_json_open(&r->json, '{');
		ts_json_name(&r->json, "tasks");
		ts_json_open(&r->json, '[');
	}
	r->past.each = r->dry ? tell_task : NULL;
	r->past.arg = r;
	int code = held_begin(&r->held, err);
	if (code == TS_OK) {
		code = ts_past_revert(&r->past, r->subject.txn, r->subject.user.id, &r->counts,
				      err);
	}
	r->past.each = NULL;
	return code;
}

static size_t touched(const struct ts_past_counts *c)
{
	return c->changed + c->returned + c->deleted;
}

/* The transaction's time is later than the one before, so that there is a moment between them to
 * go back to. */
static int write_all(struct reverting *r, int64_t *ret_before, struct ts_error *err)
{
	struct subject *s = &r->subject;
	struct ts_append append;
	struct ts_append_by by = {.device = SUBJECT_DEVICE, .what = "revert"};
	int code = ts_append_begin(s->txn, s->user.id, &append, err);
	if (code == TS_OK) {
		*ret_before = append.newest.time;
		by.now = append.newest.time < s->now ? s->now : append.newest.time + 1;
		r->past.append = &append;
		r->past.now = s->now;
		code = ts_past_revert(&r->past, s->txn, s->user.id, &r->counts, err);
	}
	return code == TS_OK ? ts_append_close(&append, &by, err) : code;
}

static void add_counts(struct ts_buf *to, const struct ts_past_counts *c)
{
	ts_buf_printf(to, "%zu changed, %zu brought back, %zu deleted, %zu as they were",
		      c->changed, c->returned, c->deleted, c->same);
}

static int print(struct reverting *r, struct ts_error *err)
{
	ts_txn_abort(TS_TAKE(r->subject.txn));
	int code = held_add(&r->held, &r->text, err);
	return code == TS_OK ? held_print(&r->held, err) : code;
}

static int tell_text(struct reverting *r, int64_t before, struct ts_error *err)
{
	const struct subject *s = &r->subject;
	if (!r->dry && r->line->quiet) {
		return TS_OK;
	}
	ts_buf_printf(&r->text, "%s user '%s' in organization '%s' to %s: ",
		      r->dry ? "Would revert" : "Reverted", s->name, s->org, r->when);
	add_counts(&r->text, &r->counts);
	ts_buf_add_char(&r->text, '\n');
	if (!r->dry && touched(&r->counts) > 0) {
		ts_buf_add_str(&r->text, "To undo this: taskd revert ");
		bundle_add_word(s->org, &r->text);
		ts_buf_add_char(&r->text, ' ');
		bundle_add_word(s->name, &r->text);
		ts_buf_printf(&r->text, " --at %s\n", ts_date_text(before).text);
	}
	return print(r, err);
}

static int tell_json(struct reverting *r, int64_t before, struct ts_error *err)
{
	const struct ts_past_counts *c = &r->counts;
	const struct {
		const char *name;
		size_t value;
	} counts[] = {{"changed", c->changed},
		      {"returned", c->returned},
		      {"deleted", c->deleted},
		      {"same", c->same}};
	ts_json_close(&r->json, ']');
	for (size_t i = 0; i < TS_COUNT_OF(counts); i++) {
		ts_json_count_member(&r->json, counts[i].name, counts[i].value);
	}
	ts_json_name(&r->json, "dry_run");
	ts_json_bool(&r->json, r->dry);
	if (!r->dry && touched(c) > 0) {
		ts_json_date_member(&r->json, "undo", before);
	}
	ts_json_close(&r->json, '}');
	ts_buf_add_char(&r->text, '\n');
	return print(r, err);
}

/* Nothing is held while a person thinks it over. */
static bool ask(struct reverting *r)
{
	const struct ts_past_counts *c = &r->counts;
	ts_txn_abort(TS_TAKE(r->subject.txn));
	return command_confirm(r->line,
			       "Revert user '%s' in organization '%s' to %s (%zu changed, %zu "
			       "brought back, %zu deleted)?",
			       r->subject.name, r->subject.org, r->when, c->changed, c->returned,
			       c->deleted);
}

static int revert(struct reverting *r, struct ts_error *err)
{
	int64_t before = 0;
	int code = look(r, err);
	if (code == TS_OK && !r->dry && touched(&r->counts) > 0) {
		if (!ask(r)) {
			return TS_OK;
		}
		code = subject_begin(&r->subject, TS_WRITE, err);
		if (code == TS_OK) {
			code = write_all(r, &before, err);
		}
		if (code == TS_OK) {
			code = ts_txn_commit(TS_TAKE(r->subject.txn), err);
		}
	}
	return code == TS_OK ? (r->is_json ? tell_json : tell_text)(r, before, err) : code;
}

static int cmd_revert(struct command_line *cl, struct ts_error *err)
{
	struct ts_option_values values[OPTIONS] = {0};
	TS_CLEANUP(reverting_done) struct reverting r = {.line = cl};
	struct subject *s = &r.subject;
	int code = ts_options_read(&cl->argc, cl->argv, options, OPTIONS, values, err);
	if (code == TS_OK && cl->argc < 2) {
		code = TS_EUSAGE;
	}
	r.dry = values[DRY_RUN].count > 0;
	r.is_json = values[JSON].count > 0;
	r.json = ts_json_to(&r.text);
	if (code == TS_OK) {
		code = subject_open(cl, cl->argv[0], cl->argv[1], TS_READ, s, err);
	}
	if (code == TS_OK) {
		code = find_moment(&r, values, err);
	}
	if (code == TS_OK) {
		code = subject_tasks(s, cl->argv + 2, (size_t)cl->argc - 2, &r.tasks, err);
	}
	r.past.now = s->now;
	r.past.tasks = r.tasks.count > 0 ? &r.tasks : NULL;
	return code == TS_OK ? revert(&r, err) : code;
}

const struct command command_revert = {
	.name = "revert",
	.run = cmd_revert,
	.flags = COMMAND_DATA | COMMAND_SETTINGS | COMMAND_OPTIONS,
	.usage = "[options] <org> <user> [<task>...] --at <time> [--dry-run] [--json]\n"
		 "[options] <org> <user> [<task>...] --before <version> [--dry-run] [--json]",
	.help = "Makes a user's tasks, or those that are named, what they were at a time, or\n"
		"before the sync that a version in `taskd history` came with: what was changed\n"
		"since is changed back, what was deleted comes back, what was made since is\n"
		"deleted. It is an edit of now, which every client gets with its next sync and\n"
		"which can be reverted like any other. --dry-run only says what it would do,\n"
		"task by task.\n\n"
		"Tasks and times are said as for `taskd history`.",
};
