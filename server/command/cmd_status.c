/* SPDX-License-Identifier: MIT */
/* taskd status [--json]: what a running server says of itself, and what the store says in any
 * case. */
#include "server/command/command.h"

#include "common/base/date.h"
#include "common/base/json_out.h"
#include "common/cli/options.h"
#include "common/show/spell.h"
#include "server/cert/ends.h"
#include "server/datalock.h"
#include "server/pidfile.h"
#include "server/watch/control.h"
#include "server/watch/report.h"
#include "server/watch/scene.h"

#include <inttypes.h>
#include <time.h>

/* What the store and the files say. */
struct holdings {
	struct ts_store_stats store;
	uint64_t suspended_orgs, suspended_users;
	uint64_t rejects, reject_users; /* lines in quarantine, and whose */
	struct cert_ends ends;
	uint64_t disk_free;
};

/* Looking */

struct count {
	struct ts_txn *t;
	struct ts_error *err;
	struct holdings *h;
	uint64_t lines;
};

static int count_line(const struct ts_reject *r, void *arg)
{
	struct count *c = arg;
	(void)r;
	c->lines++;
	return TS_OK;
}

static int count_user(const struct ts_user *user, void *arg)
{
	struct count *c = arg;
	c->h->suspended_users += user->suspended ? 1 : 0;
	c->lines = 0;
	int rc = ts_reject_each(c->t, user->id, count_line, c, c->err);
	c->h->rejects += c->lines;
	c->h->reject_users += c->lines > 0 ? 1 : 0;
	return rc;
}

static int count_org(const struct ts_org *org, void *arg)
{
	struct count *c = arg;
	c->h->suspended_orgs += org->suspended ? 1 : 0;
	return ts_user_each(c->t, org, count_user, c, c->err);
}

static int look(struct command_line *cl, int64_t now, struct holdings *ret, struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	*ret = (struct holdings){.disk_free = scene_disk_free(cl->data)};
	int rc = command_store(cl, &store, err);
	if (rc == TS_OK) {
		rc = ts_txn_begin(store, TS_READ, &t, err);
	}
	if (rc == TS_OK) {
		struct count c = {.t = t, .err = err, .h = ret};
		ts_store_stats(t, &ret->store);
		rc = ts_org_each(t, count_org, &c, err);
	}
	return rc == TS_OK ? cert_ends(cl->settings, t, now, &ret->ends, err) : rc;
}

/* What the server tells of itself; empty where none can be asked. */
static void ask(const struct command_line *cl, struct ts_buf *ret)
{
	TS_AUTOFREE char *line = NULL;
	size_t size = 0;
	FILE *f = NULL;
	if (control_get(cl->data, "/status", &f, NULL) != TS_OK) {
		return;
	}
	ssize_t n = getline(&line, &size, f);
	if (n > 0) {
		ts_buf_add(ret, line, (size_t)n - (line[n - 1] == '\n' ? 1 : 0));
	}
	(void)fclose(f);
}

/* For a person */

static void print_process(const struct command_line *cl, const struct report *r)
{
	bool running = r != NULL || datalock_taken(cl->data);
	long pid = r != NULL ? report_process(r)
			     : (running ? (long)pidfile_alive(cl->settings->pid_file) : 0);
	if (pid != 0) {
		report_row("Running", "yes, process %ld", pid);
	} else {
		report_row("Running", "%s", running ? "yes" : "no");
	}
}

static void print_end(const char *name, const char *whose, int64_t until, int64_t now)
{
	if (until == 0) {
		return;
	}
	unsigned stage = cert_stage(0, until, now);
	report_row(name, "%s%s until %s, %s", stage > 0 ? "ATTENTION: " : "", whose,
		   ts_day(until).text, cert_span(until, now).text);
}

static void print_ends(const struct cert_ends *e, int64_t now)
{
	print_end("Certificates", "the server's", e->server, now);
	print_end(e->server != 0 ? "" : "Certificates", "the authority's", e->authority, now);
	if (e->clients[0] > 0) {
		report_row("",
			   "ATTENTION: %s of clients within %u days, %zu within %u, %zu within "
			   "%u, %zu within %u",
			   report_count(e->clients[0], "end").text, cert_stages[0], e->clients[1],
			   cert_stages[1], e->clients[2], cert_stages[2], e->clients[3],
			   cert_stages[3]);
	}
	if (e->ended > 0) {
		report_row("", "%zu of clients have ended", e->ended);
	}
}

static void print_holdings(const struct holdings *h, int64_t now)
{
	const struct ts_store_stats *s = &h->store;
	print_ends(&h->ends, now);
	report_row("Organizations", "%" PRIu64 ", %" PRIu64 " of them suspended", s->orgs,
		   h->suspended_orgs);
	report_row("Users",
		   h->suspended_users > 0 ? "%" PRIu64 ", %" PRIu64 " of them suspended"
					  : "%" PRIu64,
		   s->users, h->suspended_users);
	report_row("Devices", "%" PRIu64, s->devices);
	report_row("Transactions", "%" PRIu64, s->transactions);
	report_row("Versions", "%" PRIu64, s->versions);
	report_row("Store", "%" PRIu64 " bytes on disk, %s free on it", s->bytes,
		   ts_size_text(h->disk_free).text);
	if (h->rejects > 0) {
		report_row("Quarantine", "%s of %s; 'taskd quarantine' shows them",
			   report_count(h->rejects, "line").text,
			   report_count(h->reject_users, "user").text);
	}
}

static void print(const struct command_line *cl, const struct report *r, const struct holdings *h,
		  int64_t now)
{
	const struct settings *s = cl->settings;
	report_row("Data", "%s", cl->data);
	report_row("Server", "%s", s->server);
	report_row("Trust", "%s", s->trust);
	report_row("Log", "%s", strcmp(s->log_format, "journald") == 0 ? "the journal" : s->log);
	print_process(cl, r);
	if (r != NULL) {
		report_life(r, now);
		report_work(r);
	}
	print_holdings(h, now);
	if (r != NULL) {
		report_problems(r);
	}
}

/* For a program */

static void text(struct ts_json *j, const char *name, const char *value)
{
	ts_json_name(j, name);
	ts_json_text(j, ts_slice_of(value));
}

static void add_ends(struct ts_json *j, const struct cert_ends *e)
{
	ts_json_name(j, "certificates");
	ts_json_open(j, '{');
	ts_json_count_member(j, "server_until", (uint64_t)e->server);
	ts_json_count_member(j, "authority_until", (uint64_t)e->authority);
	ts_json_name(j, "clients_ending");
	ts_json_open(j, '{');
	for (size_t i = 0; i < CERT_STAGES; i++) {
		char days[16];
		(void)snprintf(days, sizeof(days), "%u", cert_stages[i]);
		ts_json_count_member(j, days, e->clients[i]);
	}
	ts_json_close(j, '}');
	ts_json_count_member(j, "clients_ended", e->ended);
	ts_json_close(j, '}');
}

static void add_store(struct ts_json *j, const struct holdings *h)
{
	const struct ts_store_stats *s = &h->store;
	ts_json_name(j, "store");
	ts_json_open(j, '{');
	ts_json_count_member(j, "organizations", s->orgs);
	ts_json_count_member(j, "organizations_suspended", h->suspended_orgs);
	ts_json_count_member(j, "users", s->users);
	ts_json_count_member(j, "users_suspended", h->suspended_users);
	ts_json_count_member(j, "devices", s->devices);
	ts_json_count_member(j, "transactions", s->transactions);
	ts_json_count_member(j, "versions", s->versions);
	ts_json_count_member(j, "bytes", s->bytes);
	ts_json_count_member(j, "pages_used", s->pages_used);
	ts_json_count_member(j, "pages_free", s->pages_free);
	ts_json_count_member(j, "disk_free", h->disk_free);
	ts_json_count_member(j, "quarantine_lines", h->rejects);
	ts_json_count_member(j, "quarantine_users", h->reject_users);
	ts_json_close(j, '}');
}

static int print_json(const struct command_line *cl, struct ts_slice status,
		      const struct holdings *h, struct ts_error *err)
{
	TS_BUF(b);
	struct ts_json j = ts_json_to(&b);
	ts_json_open(&j, '{');
	text(&j, "data", cl->data);
	text(&j, "server", cl->settings->server);
	ts_json_name(&j, "running");
	ts_json_bool(&j, status.len > 0 || datalock_taken(cl->data));
	ts_json_name(&j, "status");
	ts_json_raw(&j, status.len > 0 ? status : TS_SLICE("null"));
	add_ends(&j, &h->ends);
	add_store(&j, h);
	ts_json_close(&j, '}');
	if (b.failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	(void)puts(b.data);
	return TS_OK;
}

static const struct ts_option options[] = {{.name = "json"}};

static int cmd_status(struct command_line *cl, struct ts_error *err)
{
	struct ts_option_values json = {0};
	TS_CLEANUP(report_free_p) struct report *r = NULL;
	TS_BUF(status);
	struct holdings h;
	int64_t now = time(NULL);
	int rc = ts_options_read(&cl->argc, cl->argv, options, TS_COUNT_OF(options), &json, err);
	if (rc == TS_OK && cl->argc > 0) {
		return TS_EUSAGE;
	}
	if (rc == TS_OK) {
		rc = look(cl, now, &h, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	ask(cl, &status);
	if (json.count > 0) {
		return print_json(cl, ts_buf_slice(&status), &h, err);
	}
	if (status.len > 0) {
		rc = report_parse(ts_buf_slice(&status), &r, err);
	}
	if (rc == TS_OK) {
		print(cl, r, &h, now);
	}
	return rc;
}

const struct command command_status = {
	.name = "status",
	.run = cmd_status,
	.flags = COMMAND_DATA | COMMAND_SETTINGS | COMMAND_OPTIONS,
	.usage = "[options] [--json]",
	.help = "Shows whether a server runs on the data directory, what it does and what went\n"
		"wrong lately, when certificates end, and what the store holds. It asks the "
		"running\n"
		"server through the socket DIR/taskd.sock.",
};
