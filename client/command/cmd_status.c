/* SPDX-License-Identifier: MIT */
#include "client/command/command.h"
#include "client/history/history.h"
#include "client/remote/remote.h"
#include "client/replica/pending.h"
#include "client/sync/status.h"
#include "common/base/date.h"
#include "common/base/json_out.h"
#include "common/tls/pki.h"
#include "common/words/date_words.h"

#include <stdio.h>
#include <time.h>

static const struct ts_option options[] = {
	{.name = "max-age",
	 .value = "DURATION",
	 .help = "fail (exit status 6) where the last good sync is longer ago, such as 1d or 12h"},
};

/* What there is to say of one remote. */
struct report {
	const char *name;
	struct sync_status status;
	bool has_pending;
	size_t pending;      /* changes that wait to be sent */
	int64_t expires;     /* [s since 1970] 0: not known */
	struct ts_error why; /* what could not be found out, or "" */
};

struct job {
	const struct line *line;
	const struct replica *replica; /* NULL: it can't be read */
	struct ts_error no_replica;    /* why */
	int64_t now, max_age;          /* [s] max_age -1: any */
	bool has_conflicts;
	size_t conflicts; /* open ones */
	struct ts_buf text;
	struct ts_json json;
	size_t count;
	bool old;
	struct ts_error *err;
};

/* Finding out */

static int count_pending(const struct job *j, struct report *r)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *txn = NULL;
	struct ts_sync_point point;
	int code = ts_txn_begin(j->replica->store, TS_READ, &txn, &r->why);
	if (code != TS_OK) {
		return code;
	}
	code = ts_sync_point_get(txn, j->replica->user, r->name, 0, &point, &r->why);
	if (code != TS_OK && code != TS_ENOTFOUND) {
		return code;
	}
	return pending_count(txn, j->replica, r->name, code == TS_OK ? &point : NULL, SIZE_MAX,
			     &r->pending, &r->why);
}

static void find_expiry(const struct job *j, struct report *r)
{
	TS_BUF(path);
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	struct remote remote;
	int code = remote_read(&j->line->place, j->line->settings, r->name, &remote, &r->why);
	if (code != TS_OK) {
		return;
	}
	code = remote_path(&remote, remote.certificate, &path, &r->why);
	if (code == TS_OK) {
		code = ts_cert_open(path.data, &cert, &r->why);
	}
	r->expires = code == TS_OK ? ts_cert_until(cert) : 0;
	remote_done(&remote);
}

static void find_out(const struct job *j, const char *name, struct report *r)
{
	*r = (struct report){.name = name};
	if (j->replica == NULL) {
		r->why = j->no_replica;
	} else {
		r->has_pending = count_pending(j, r) == TS_OK;
	}
	find_expiry(j, r);
	if (status_read(&j->line->place, name, &r->status, &r->why) != TS_OK) {
		r->status = (struct sync_status){0};
	}
}

/* Telling */

static void add_ago(struct ts_buf *to, int64_t seconds)
{
	static const struct {
		int64_t size;
		const char *name;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
	size_t i = 0;
	seconds = seconds > 0 ? seconds : 0;
	while (units[i].size > 1 && seconds < 2 * units[i].size) {
		i++;
	}
	const int64_t n = seconds / units[i].size;
	ts_buf_printf(to, "%lld %s%s ago", (long long)n, units[i].name, n == 1 ? "" : "s");
}

static void add_time(struct ts_buf *to, const char *format, int64_t t)
{
	char text[40] = "?";
	const time_t seconds = (time_t)t;
	struct tm tm;
	if (localtime_r(&seconds, &tm) != NULL) {
		(void)strftime(text, sizeof(text), format, &tm);
	}
	ts_buf_add_str(to, text);
}

static void add_moment(struct ts_buf *to, int64_t now, int64_t t)
{
	add_time(to, "%Y-%m-%d %H:%M", t);
	ts_buf_add_str(to, ", ");
	add_ago(to, now - t);
}

static void describe_syncs(struct job *j, const struct report *r)
{
	struct ts_buf *to = &j->text;
	const struct sync_status *s = &r->status;
	ts_buf_printf(to, "%s%s: last good sync ", j->count > 0 ? "\n" : "", r->name);
	if (s->last_success > 0) {
		add_moment(to, j->now, s->last_success);
	} else {
		ts_buf_add_str(to, "never");
	}
	ts_buf_add_char(to, '\n');
	if (s->error[0] != '\0') {
		ts_buf_add_str(to, "  last error: ");
		add_moment(to, j->now, s->last_error);
		ts_buf_printf(to, ": %s\n", s->error);
	}
}

static void describe(struct job *j, const struct report *r)
{
	struct ts_buf *to = &j->text;
	describe_syncs(j, r);
	if (r->has_pending) {
		ts_buf_printf(to, "  waiting: %zu change%s\n", r->pending,
			      r->pending == 1 ? "" : "s");
	}
	if (r->expires > 0) {
		ts_buf_add_str(to, "  certificate: until ");
		add_time(to, "%Y-%m-%d", r->expires);
		ts_buf_add_str(to, r->expires < j->now ? ", which is over\n" : "\n");
	}
	if (r->status.messages[0] != '\0') {
		ts_buf_printf(to, "  the server says: %s\n", r->status.messages);
	}
	if (r->why.text[0] != '\0') {
		ts_buf_printf(to, "  not known: %s\n", r->why.text);
	}
}

static void add_date(struct ts_json *json, const char *name, int64_t t)
{
	ts_json_name(json, name);
	if (t > 0) {
		ts_json_text(json, ts_slice_of(ts_date_text(t).text));
	} else {
		ts_json_null(json);
	}
}

static void add_text(struct ts_json *json, const char *name, const char *text)
{
	ts_json_name(json, name);
	ts_json_text(json, ts_slice_of(text));
}

static void add_number(struct ts_json *json, const char *name, bool known, int64_t number)
{
	ts_json_name(json, name);
	if (known) {
		ts_json_int(json, number);
	} else {
		ts_json_null(json);
	}
}

static void describe_json(struct job *j, const struct report *r)
{
	struct ts_json *json = &j->json;
	const struct sync_status *s = &r->status;
	ts_json_open(json, '{');
	add_text(json, "remote", r->name);
	add_date(json, "last_success", s->last_success);
	add_number(json, "age", s->last_success > 0, j->now - s->last_success);
	add_date(json, "last_try", s->last_try);
	add_date(json, "last_error", s->last_error);
	add_number(json, "exit", s->last_try > 0, s->error_code);
	add_text(json, "error", s->error);
	add_text(json, "messages", s->messages);
	add_number(json, "waiting", r->has_pending, (int64_t)r->pending);
	add_number(json, "sent", true, (int64_t)s->sent);
	add_number(json, "received", true, (int64_t)s->received);
	add_number(json, "conflicts", true, (int64_t)s->conflicts);
	add_number(json, "open_conflicts", j->has_conflicts, (int64_t)j->conflicts);
	add_date(json, "certificate_ends", r->expires);
	add_text(json, "not_known", r->why.text);
	ts_json_close(json, '}');
}

static int add_remote(const char *name, void *arg)
{
	struct job *j = arg;
	struct report r;
	find_out(j, name, &r);
	if (j->line->json) {
		describe_json(j, &r);
	} else {
		describe(j, &r);
	}
	j->count++;
	if (j->max_age >= 0 && !j->old &&
	    (r.status.last_success == 0 || j->now - r.status.last_success > j->max_age)) {
		j->old = true;
		(void)ts_fail(j->err, TS_EOLD, "%s: the last good sync is too long ago%s%.200s",
			      name, r.status.error[0] != '\0' ? ": " : ".", r.status.error);
	}
	return TS_OK;
}

static int add_remotes(struct job *j)
{
	const struct line *l = j->line;
	struct remote remote;
	int code = l->word_count > 0
			   ? remote_read(&l->place, l->settings, l->words[0], &remote, j->err)
			   : remote_each(&l->place, add_remote, j, j->err);
	if (code == TS_OK && l->word_count > 0) {
		remote_done(&remote);
		code = add_remote(l->words[0], j);
	}
	return code;
}

static int tell(struct job *j)
{
	if (j->line->json) {
		ts_json_open(&j->json, '[');
	}
	int code = add_remotes(j);
	if (j->line->json) {
		ts_json_close(&j->json, ']');
		ts_buf_add_char(&j->text, '\n');
	}
	if (code == TS_OK && j->count == 0 && !j->line->json) {
		ts_buf_add_str(&j->text, "There is no remote yet; `taskc setup FILE` makes one.\n");
	}
	if (code == TS_OK && j->count == 0 && j->max_age >= 0) {
		j->old = true;
		(void)ts_fail(j->err, TS_EOLD, "There is no remote yet, so there was no sync.");
	}
	if (code == TS_OK && j->conflicts > 0 && !j->line->json) {
		ts_buf_printf(&j->text,
			      "\n%zu value%s lost to other edits; `taskc conflicts` lists %s.\n",
			      j->conflicts, j->conflicts == 1 ? "" : "s",
			      j->conflicts == 1 ? "it" : "them");
	}
	code = code == TS_OK ? line_print(&j->text, j->err) : code;
	return code == TS_OK && j->old ? TS_EOLD : code;
}

/* What can't be read is told, beside what is known all the same. */
static void open_replica(struct job *j, struct replica *replica)
{
	int code = line_replica(j->line, false, replica, &j->no_replica);
	j->replica = code == TS_OK ? replica : NULL;
}

static void count_conflicts(struct job *j)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *txn = NULL;
	j->has_conflicts = j->replica != NULL &&
			   ts_txn_begin(j->replica->store, TS_READ, &txn, NULL) == TS_OK &&
			   losses_count(txn, j->replica, &j->conflicts, NULL) == TS_OK;
}

static int run(struct line *l, struct ts_error *err)
{
	struct replica replica = {0};
	struct job j = {.line = l, .now = ts_date_now(), .max_age = -1, .err = err};
	const char *age = line_option(l, "max-age", NULL);
	if (l->word_count > 1) {
		return ts_fail(err, TS_EUSAGE, "Name one remote, or none for all.");
	}
	int code = age != NULL ? ts_duration_words_parse(ts_slice_of(age), &j.max_age, err) : TS_OK;
	if (code != TS_OK) {
		return ts_fail(err, TS_EUSAGE, "'%.60s' is no duration, such as 12h or 1d.", age);
	}
	j.json = ts_json_to(&j.text);
	open_replica(&j, &replica);
	count_conflicts(&j);
	code = tell(&j);
	replica_close(&replica);
	ts_buf_done(&j.text);
	return code;
}

const struct command command_status = {
	.name = "status",
	.run = run,
	.words = WORDS_REMOTE,
	.usage = "[--max-age DURATION] [REMOTE]",
	.brief = "tell how the last syncs went and what waits to be sent",
	.help = "For each remote: when the last good sync was, what went wrong since, how many "
		"changes\n"
		"wait to be sent, and when the certificate ends; then how many conflicts are\n"
		"open. With --max-age it is a check for\n"
		"monitoring: exit status 6 where the last good sync is longer ago, or there was "
		"none.",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};
