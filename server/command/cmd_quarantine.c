/* SPDX-License-Identifier: MIT */
#include "server/command/command.h"

#include "common/base/buf.h"
#include "common/base/date.h"
#include "common/base/utf8.h"
#include "common/cli/options.h"

#include <stdio.h>

struct request {
	const char *org, *user;
	bool clear;
};

static const struct ts_option options[] = {{.name = "clear"}};

static int parse(struct command_line *cl, struct request *r, struct ts_error *err)
{
	struct ts_option_values clear = {0};
	int rc = ts_options_read(&cl->argc, cl->argv, options, TS_COUNT_OF(options), &clear, err);
	if (rc == TS_OK && cl->argc != 2) {
		return TS_EUSAGE;
	}
	if (rc == TS_OK) {
		*r = (struct request){cl->argv[0], cl->argv[1], clear.count > 0};
	}
	return rc;
}

static int find(struct ts_txn *t, const struct request *r, struct ts_user *ret,
		struct ts_error *err)
{
	struct ts_org org;
	struct ts_uuid key;
	struct ts_slice user = ts_slice_of(r->user);
	int code = ts_org_get(t, ts_slice_of(r->org), &org, err);
	if (code == TS_ENOTFOUND) {
		return ts_fail(err, code, "Organization '%.300s' does not exist.", r->org);
	}
	if (code == TS_OK) {
		code = ts_user_get(t, &org, user, ret, err);
		if (code == TS_ENOTFOUND && ts_uuid_parse(user, &key)) {
			code = ts_user_by_key(t, &org, &key, ret, err);
		}
	}
	return code == TS_ENOTFOUND ? ts_fail(err, code, "User '%.300s' does not exist.", r->user)
				    : code;
}

/* What came from outside must not speak to the terminal. */
static void print_harmless(struct ts_slice s)
{
	while (s.len > 0) {
		bool shown;
		struct ts_slice c = ts_utf8_cut(&s, &shown);
		if (shown || c.data[0] == '\t') {
			(void)fwrite(c.data, 1, c.len, stdout);
			continue;
		}
		for (size_t i = 0; i < c.len; i++) {
			(void)printf("\\x%02x", (unsigned char)c.data[i]);
		}
	}
}

static int print_one(const struct ts_reject *r, void *arg)
{
	size_t *count = arg;
	++*count;
	(void)printf("%s  ", ts_date_text(r->time).text);
	print_harmless(r->reason);
	(void)printf("\n  ");
	print_harmless(r->line);
	(void)putchar('\n');
	return TS_OK;
}

static int show(struct ts_store *store, const struct request *r, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct ts_user user;
	size_t count = 0;
	int code = ts_txn_begin(store, TS_READ, &t, err);
	if (code == TS_OK) {
		code = find(t, r, &user, err);
	}
	if (code == TS_OK) {
		code = ts_reject_each(t, user.id, print_one, &count, err);
	}
	if (code == TS_OK && count == 0) {
		(void)puts("Nothing is in quarantine.");
	}
	return code;
}

static int clear(struct ts_store *store, const struct request *r, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct ts_user user;
	int code = ts_txn_begin(store, TS_WRITE, &t, err);
	if (code == TS_OK) {
		code = find(t, r, &user, err);
	}
	if (code == TS_OK) {
		code = ts_reject_clear(t, user.id, err);
	}
	return code == TS_OK ? ts_txn_commit(TS_TAKE(t), err) : code;
}

static int cmd_quarantine(struct command_line *cl, struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	struct request r = {0};
	int code = parse(cl, &r, err);
	if (code == TS_OK) {
		code = command_store(cl, &store, err);
	}
	if (code == TS_OK) {
		code = r.clear ? clear(store, &r, err) : show(store, &r, err);
	}
	if (code == TS_OK && r.clear) {
		command_say(cl, "Cleared the quarantine of user '%s' in organization '%s'\n",
			    r.user, r.org);
	}
	return code;
}

const struct command command_quarantine = {
	.name = "quarantine",
	.run = cmd_quarantine,
	.flags = COMMAND_DATA | COMMAND_SETTINGS | COMMAND_OPTIONS,
	.usage = "[options] <org> <user> [--clear]",
	.help = "Shows the lines that a user's clients sent and that could not be read as\n"
		"tasks: the time, the reason and the line. With --clear they are forgotten.",
};
