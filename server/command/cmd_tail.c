/* SPDX-License-Identifier: MIT */
/* taskd tail [--json] [--errors] [--user ORG/USER]: follow the log of a running server. */
#include "server/command/command.h"

#include "common/cli/options.h"
#include "server/datalock.h"
#include "server/watch/control.h"

#include <errno.h>

enum { JSON, ERRORS, USER, OPTIONS };

static const struct ts_option options[OPTIONS] = {
	[JSON] = {.name = "json"},
	[ERRORS] = {.name = "errors"},
	[USER] = {.name = "user", .value = "ORG/USER"},
};

/* As a word of a query. */
static void add_escaped(struct ts_buf *to, struct ts_slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		ts_buf_printf(to, "%%%02X", (unsigned char)s.data[i]);
	}
}

static int make_target(const struct ts_option_values *values, struct ts_buf *to,
		       struct ts_error *err)
{
	struct ts_slice user = ts_slice_of(ts_option_last(&values[USER], ""));
	struct ts_slice org = ts_slice_cut(&user, '/');
	if (values[USER].count > 0 && (org.len == 0 || user.len == 0)) {
		return ts_fail(err, TS_EINVAL, "A user is named ORG/USER here.");
	}
	ts_buf_printf(to, "/tail?json=%d&errors=%d", values[JSON].count > 0,
		      values[ERRORS].count > 0);
	if (org.len > 0) {
		ts_buf_add_str(to, "&org=");
		add_escaped(to, org);
		ts_buf_add_str(to, "&user=");
		add_escaped(to, user);
	}
	return to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

/* Empty lines only show that the server is still there. */
static int follow(FILE *from, struct ts_error *err)
{
	TS_AUTOFREE char *line = NULL;
	size_t size = 0;
	ssize_t n;
	while ((n = getline(&line, &size, from)) > 0) {
		if (n == 1) {
			continue;
		}
		if (fwrite(line, 1, (size_t)n, stdout) != (size_t)n || fflush(stdout) != 0) {
			return errno == EPIPE ? TS_OK
					      : ts_fail_errno(err, errno, "Can't write the lines");
		}
	}
	return ts_fail(err, TS_ECLOSED, "The server has stopped.");
}

static int cmd_tail(struct command_line *cl, struct ts_error *err)
{
	struct ts_option_values values[OPTIONS] = {0};
	TS_BUF(target);
	FILE *from = NULL;
	int rc = ts_options_read(&cl->argc, cl->argv, options, OPTIONS, values, err);
	if (rc == TS_OK && cl->argc > 0) {
		return TS_EUSAGE;
	}
	if (rc == TS_OK) {
		rc = make_target(values, &target, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	rc = control_get(cl->data, target.data, &from, err);
	if ((rc == TS_ENOTFOUND || rc == TS_ECONNECT) && !datalock_taken(cl->data)) {
		return ts_fail(err, rc, "No server runs on '%.200s'.", cl->data);
	}
	if (rc == TS_OK) {
		rc = follow(from, err);
		(void)fclose(from);
	}
	return rc;
}

const struct command command_tail = {
	.name = "tail",
	.run = cmd_tail,
	.flags = COMMAND_DATA | COMMAND_OPTIONS,
	.usage = "[options] [--json] [--errors] [--user ORG/USER]",
	.help = "Follows what happens in the running server, a line an event, until it is\n"
		"interrupted: requests are shown even where `verbose` keeps them out of the log.\n"
		"--json gives a JSON object a line; --errors shows what went wrong only, and "
		"--user\n"
		"what that user does. A reader that is too slow misses lines, and is told how "
		"many.",
};
