/* SPDX-License-Identifier: MIT */
#include "client/settings.h"

#define CONF_STRUCT struct settings
#include "common/conf/items.h"

#define GENERAL "General"
#define LISTS   "Lists"
#define TIMES   "Times of a sync"
#define LIMITS  "Limits"
#define WATCH   "Watch"

const struct ts_conf_item settings_items[] = {
	{"device", TEXT(device), .def = "", .group = GENERAL,
	 .doc = "This machine's name in the history of tasks; empty is its host name."},
	{"remote", TEXT(remote), .def = "", .group = GENERAL,
	 .doc = "The remote that commands use where none is named; empty is the only one."},
	{"editor", TEXT(editor), .def = "", .group = GENERAL,
	 .doc = "The program of `taskc edit`; empty is $VISUAL, $EDITOR or vi."},
	{"weekstart", CHOICE(weekstart, "monday|sunday"), .def = "monday", .group = GENERAL,
	 .doc = "The day that weeks begin with, for dates such as `eow`."},

	{"cert.ahead", SPAN(cert_ahead), .def = "30d", .group = GENERAL,
	 .doc = "How long before its end this machine's certificate is renewed, during a sync, by "
		"a server that does that; 0 is never."},

	{"color", CHOICE(color, "auto|always|never"), .def = "auto", .group = LISTS,
	 .doc = "Colour in what is shown. With `auto` on a terminal only, and never where the "
		"environment has NO_COLOR."},
	{"columns", TEXT(columns), .def = "", .group = LISTS,
	 .doc = "The columns of `taskc list`, with commas between them; empty is the usual ones."},
	{"sort", TEXT(sort), .def = "", .group = LISTS,
	 .doc = "What `taskc list` sorts by: attributes with `+` or `-` behind them, with commas "
		"between them; empty is what is most pressing first."},
	{"width", NUMBER(width, 20, 100000), .def = "80", .group = LISTS,
	 .doc = "Columns of text where the output is no terminal and COLUMNS is not set."},

	{"timeout.connect", TIME(timeout_connect), .def = "20s", .group = TIMES,
	 .doc = "How long finding the server and connecting to it may take."},
	{"timeout.handshake", TIME(timeout_handshake), .def = "20s", .group = TIMES,
	 .doc = "How long the TLS handshake may take."},
	{"timeout.idle", TIME(timeout_idle), .def = "30s", .group = TIMES,
	 .doc = "How long a request or an answer may stand still on its way."},
	{"timeout.answer", TIME(timeout_answer), .def = "2m", .group = TIMES,
	 .doc = "How long the server may take from the end of a request to the beginning of its "
		"answer."},
	{"timeout.sync", TIME(timeout_sync), .def = "1h", .group = TIMES,
	 .doc = "How long one try of a sync may take in all."},
	{"retry.count", NUMBER(retry_count, 0, 1000), .def = "3", .group = TIMES,
	 .doc = "How often a sync is tried again where the server could not be reached or is "
		"busy."},
	{"retry.delay", TIME(retry_delay), .def = "2s", .group = TIMES,
	 .doc = "The wait before the second try; doubled for each further one, and varied a "
		"little."},
	{"retry.max", TIME(retry_max), .def = "1m", .group = TIMES,
	 .doc = "The longest wait between two tries."},
	{"hook.timeout", TIME(hook_timeout), .def = "1m", .group = TIMES,
	 .doc = "How long one hook may run before it is ended."},

	{"batch", BYTES(batch, 4 * K, G), .def = "16M", .group = LIMITS,
	 .doc = "How many bytes of tasks go into one request; where more wait, the sync takes "
		"several."},
	{"answer.max", BYTES(answer_max, 64 * K, 4 * G - 1), .def = "1G", .group = LIMITS,
	 .doc = "The longest answer that is taken."},
	{"memory", BYTES(memory, 64 * K, G), .def = "16M", .group = LIMITS,
	 .doc = "How much of a request and of an answer is held in memory; what is beyond that "
		"goes to a temporary file."},
	{"history", NUMBER(history, 1, 200), .def = "32", .group = LIMITS,
	 .doc = "How many earlier sync keys are sent along, so that a server which was restored "
		"from a back-up finds the last one that it still knows."},

	{"watch.quiet", TIME(watch_quiet), .def = "5s", .group = WATCH,
	 .doc = "How long the replica has to be left alone before the last of several changes is "
		"synced."},
	{"watch.interval", TIME(watch_interval), .def = "5m", .group = WATCH,
	 .doc = "How often to sync where the server can't tell of others' changes by itself; "
		"varied a little."},
	{"watch.wait", TIME(watch_wait), .def = "10m", .group = WATCH,
	 .doc = "How long the server is asked to wait for others' changes with one request."},
};
const size_t settings_count = TS_COUNT_OF(settings_items);

static const struct ts_conf_table table = {settings_items, TS_COUNT_OF(settings_items)};

int settings_init(struct settings *s, struct ts_error *err)
{
	*s = (struct settings){0};
	return ts_conf_init(&table, s, err);
}

int settings_read(struct settings *s, const char *path, struct ts_error *err)
{
	TS_BUF(unknown);
	int code = ts_conf_read(&table, s, path, &unknown, err);
	if (code == TS_ENOTFOUND) {
		return TS_OK;
	}
	if (code == TS_OK && unknown.len > 0) {
		code = ts_fail(err, TS_EINVAL, "%s has what is no setting: %s", path, unknown.data);
	}
	return code;
}

int settings_override(struct settings *s, const char *assignment, struct ts_error *err)
{
	struct ts_slice value = ts_slice_of(assignment);
	struct ts_slice word = ts_slice_cut(&value, '=');
	TS_AUTOFREE char *name = strndup(word.data, word.len);
	if (name == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (value.data == NULL) {
		return ts_fail(err, TS_EUSAGE, "'%s' is not of the form NAME=VALUE.", assignment);
	}
	int code = ts_conf_set(&table, s, name, value.data, err);
	return code == TS_ENOTFOUND ? ts_fail(err, TS_EUSAGE, "There is no setting '%s'.", name)
				    : code;
}

void settings_done(struct settings *s)
{
	ts_conf_done(&table, s);
}
