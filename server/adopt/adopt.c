/* SPDX-License-Identifier: MIT */
#include "server/adopt/adopt.h"

#include "common/base/json_out.h"
#include "server/adopt/adopt_internal.h"

#include <inttypes.h>

enum { REPORT_MEMORY = 1 << 20 }; /* [bytes] of findings; more goes to a temporary file */

static void adoption_done(struct adoption *a)
{
	ts_progress_clear(&a->progress);
	ts_txn_abort(a->txn);
	ts_store_close(a->store);
	report_done(&a->report);
	adopt_place_clear(a);
}

int adopt_begin(struct adoption *a, struct ts_error *err)
{
	return a->txn == NULL ? ts_txn_begin(a->store, TS_WRITE, &a->txn, err) : TS_OK;
}

int adopt_commit(struct adoption *a, struct ts_error *err)
{
	a->uncommitted = 0;
	return a->txn != NULL ? ts_txn_commit(TS_TAKE(a->txn), err) : TS_OK;
}

/* What the store has, counted anew. */
struct count {
	struct ts_txn *txn;
	struct ts_error *err;
	struct report_totals got;
	uint64_t known_keys; /* birth keys not counted */
};

static int count_key(const struct ts_uuid *key, uint64_t last, void *arg)
{
	struct count *c = arg;
	(void)key;
	(void)last;
	c->known_keys++;
	return TS_OK;
}

static int count_reject(const struct ts_reject *r, void *arg)
{
	struct count *c = arg;
	(void)r;
	c->got.rejects++;
	return TS_OK;
}

static int count_head(const struct ts_uuid *task, uint64_t head, void *arg, struct ts_error *err)
{
	struct count *c = arg;
	(void)task;
	(void)head;
	(void)err;
	c->got.tasks++;
	return TS_OK;
}

static int count_user(const struct ts_user *user, void *arg)
{
	struct count *c = arg;
	uint64_t versions = 0;
	int code = ts_version_newest(c->txn, user->id, &versions, c->err);
	c->got.versions += versions;
	c->got.users++;
	c->got.users_suspended += user->suspended;
	if (code == TS_OK) {
		code = ts_sync_key_each(c->txn, user->id, count_key, c, c->err);
		c->known_keys--;
	}
	if (code == TS_OK) {
		code = ts_reject_each(c->txn, user->id, count_reject, c, c->err);
	}
	return code == TS_OK ? ts_head_each(c->txn, user->id, count_head, c, c->err) : code;
}

static int count_org(const struct ts_org *org, void *arg)
{
	struct count *c = arg;
	c->got.orgs++;
	c->got.orgs_suspended += org->suspended;
	return ts_user_each(c->txn, org, count_user, c, c->err);
}

/* Lines are what became of them, and the store holds what was counted: or nothing is taken over. */
static int check_sum(struct adoption *a, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct count c = {.err = err};
	const struct report_totals *want = &a->report.totals, *got = &c.got;
	int code = ts_txn_begin(a->store, TS_READ, &t, err);
	c.txn = t;
	if (code == TS_OK) {
		code = ts_org_each(t, count_org, &c, err);
	}
	if (code != TS_OK) {
		return code;
	}
	const bool lines =
		want->pieces == want->blank + want->keys + want->states &&
		want->pieces >= want->lines &&
		want->states == want->versions + want->same + want->rejects + want->again;
	const bool store = got->versions == want->versions && got->rejects == want->rejects &&
			   got->tasks == want->tasks && got->users == want->users &&
			   got->users_suspended == want->users_suspended &&
			   got->orgs == want->orgs && got->orgs_suspended == want->orgs_suspended &&
			   c.known_keys == want->keys - want->keys_twice + want->keys_made;
	return lines && store ? TS_OK
			      : ts_fail(err, TS_EDAMAGED,
					"What was read and what is in the new store don't add up. "
					"Nothing was taken over; this is a fault of taskd.");
}

static int build(struct adoption *a, struct ts_error *err)
{
	int code = ts_store_open(a->place, true, &a->store, err);
	ts_progress_begin(&a->progress, a->request->dry ? "Reading" : "Taking over", adopt_size(a));
	if (code == TS_OK) {
		code = adopt_accounts(a, err);
	}
	if (code == TS_OK) {
		code = adopt_commit(a, err);
	}
	if (code == TS_OK) {
		code = check_sum(a, err);
	}
	ts_progress_clear(&a->progress);
	return code;
}

static void print_accounts(const struct report_totals *t, FILE *to)
{
	(void)fprintf(to, "  settings       %" PRIu64 ", %" PRIu64 " left out\n", t->settings,
		      t->settings_left);
	(void)fprintf(
		to, "  organizations  %" PRIu64 ", %" PRIu64 " suspended, %" PRIu64 " redirected\n",
		t->orgs, t->orgs_suspended, t->redirects);
	(void)fprintf(to, "  users          %" PRIu64 ", %" PRIu64 " suspended\n", t->users,
		      t->users_suspended);
}

static void print_histories(const struct report_totals *t, FILE *to)
{
	(void)fprintf(to,
		      "  histories      %" PRIu64 " (%" PRIu64 " bytes, %" PRIu64 " lines, %" PRIu64
		      " of them blank)\n",
		      t->files, t->bytes, t->lines, t->blank);
	(void)fprintf(to, "  sync keys      %" PRIu64, t->keys);
	if (t->keys_twice > 0) {
		(void)fprintf(to, ", %" PRIu64 " of them again", t->keys_twice);
	}
	if (t->keys_made > 0) {
		(void)fprintf(to, "; %" PRIu64 " new", t->keys_made);
	}
	(void)fprintf(to,
		      "\n  task lines     %" PRIu64 " = %" PRIu64 " versions + %" PRIu64
		      " without a change + %" PRIu64 " in quarantine\n",
		      t->states, t->versions, t->same, t->rejects + t->again);
	(void)fprintf(to, "  tasks          %" PRIu64 "\n", t->tasks);
}

static int print_text(const struct adoption *a, FILE *to, struct ts_error *err)
{
	const struct adopt_request *r = a->request;
	if (!r->quiet) {
		(void)fprintf(to,
			      r->dry ? "%s could be taken over like this:\n" : "Took over %s:\n",
			      a->old);
		print_accounts(&a->report.totals, to);
		print_histories(&a->report.totals, to);
	}
	int code = report_print(&a->report, r->all, to, err);
	if (code != TS_OK || r->quiet) {
		return code;
	}
	if (r->dry) {
		(void)fputs("\nNothing was changed.\n", to);
	} else {
		(void)fprintf(to, "\nNext: taskd server --data %s\n", r->data);
	}
	return TS_OK;
}

static int print_json(const struct adoption *a, FILE *to, struct ts_error *err)
{
	TS_BUF(text);
	struct ts_json j = ts_json_to(&text);
	ts_json_open(&j, '{');
	ts_json_name(&j, "from");
	ts_json_text(&j, ts_slice_of(a->old));
	ts_json_name(&j, "dry_run");
	ts_json_bool(&j, a->request->dry);
	ts_buf_add_char(&text, ',');
	if (text.failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	(void)fwrite(text.data, 1, text.len, to);
	int code = report_print_json(&a->report, to, err);
	(void)fputs("}\n", to);
	return code;
}

static int prepare(struct adoption *a, struct ts_error *err)
{
	int code = adopt_place_make(a, err);
	if (code != TS_OK) {
		return code;
	}
	a->budget = (struct ts_spool_budget){
		.usage = &a->usage,
		.dir = a->place,
		.each = REPORT_MEMORY,
		.total = REPORT_MEMORY,
	};
	code = report_init(&a->report, &a->budget, err);
	if (code == TS_OK) {
		code = adopt_check_running(a, err);
	}
	return code == TS_OK ? adopt_config(a, err) : code;
}

int adopt_run(const struct adopt_request *r, FILE *out, struct ts_error *err)
{
	TS_CLEANUP(adoption_done) struct adoption a = {.request = r, .lock = -1};
	int code = prepare(&a, err);
	if (code == TS_OK) {
		code = build(&a, err);
	}
	if (code != TS_OK) {
		return code;
	}
	ts_store_close(TS_TAKE(a.store));
	code = adopt_place_finish(&a, err);
	if (code != TS_OK) {
		return code;
	}
	return r->json ? print_json(&a, out, err) : print_text(&a, out, err);
}
