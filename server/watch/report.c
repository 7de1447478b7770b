/* SPDX-License-Identifier: MIT */
#include "server/watch/report.h"

#include "common/base/utf8.h"
#include "common/show/spell.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

struct report {
	json_t *root;
};

void report_row(const char *name, const char *fmt, ...)
{
	char text[1000];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	ts_utf8_make_harmless(text);
	(void)printf("%14s%s %s\n", name, name[0] != '\0' ? ":" : " ",
		     text[0] != '\0' ? text : "-");
}

struct report_count report_count(uint64_t n, const char *noun)
{
	struct report_count c;
	(void)snprintf(c.text, sizeof(c.text), "%" PRIu64 " %s%s", n, noun, n == 1 ? "" : "s");
	return c;
}

/* Reading */

int report_parse(struct ts_slice json, struct report **ret, struct ts_error *err)
{
	struct report *r = calloc(1, sizeof(*r));
	if (r == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	r->root = json_loadb(json.data, json.len, 0, NULL);
	if (!json_is_object(r->root)) {
		report_free(r);
		return ts_fail(err, TS_EMALF, "The server's answer can't be read.");
	}
	*ret = r;
	return TS_OK;
}

void report_free(struct report *r)
{
	if (r != NULL) {
		json_decref(r->root);
		free(r);
	}
}

/* The value at a path such as "requests.hour"; NULL where it isn't. */
static const json_t *at(const struct report *r, const char *path)
{
	const json_t *j = r->root;
	struct ts_slice rest = ts_slice_of(path);
	while (rest.data != NULL && j != NULL) {
		char name[40];
		struct ts_slice word = ts_slice_cut(&rest, '.');
		(void)snprintf(name, sizeof(name), "%.*s", TS_SLICE_ARGS(word));
		j = json_object_get(j, name);
	}
	return j;
}

static uint64_t number(const struct report *r, const char *path)
{
	json_int_t n = json_integer_value(at(r, path));
	return n > 0 ? (uint64_t)n : 0;
}

long report_process(const struct report *r)
{
	return (long)number(r, "process.id");
}

/* Rows */

static void row_of_texts(const char *name, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *text = json_string_value(json_array_get(list, i));
		report_row(i == 0 ? name : "", "%s", text != NULL ? text : "?");
	}
}

struct span {
	char text[64];
};

/* "3 days 4 hours", "12 minutes" */
static struct span span_of(int64_t seconds)
{
	static const struct {
		int64_t length;
		const char *name;
	} units[] = {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}};
	struct span s;
	size_t i = 0;
	while (i < 3 && seconds < units[i].length) {
		i++;
	}
	int64_t many = seconds / units[i].length;
	int n = snprintf(s.text, sizeof(s.text), "%" PRId64 " %s%s", many, units[i].name,
			 many == 1 ? "" : "s");
	int64_t rest = i < 2 ? seconds % units[i].length / units[i + 1].length : 0;
	if (rest > 0) {
		(void)snprintf(s.text + n, sizeof(s.text) - (size_t)n, " %" PRId64 " %s%s", rest,
			       units[i + 1].name, rest == 1 ? "" : "s");
	}
	return s;
}

void report_life(const struct report *r, int64_t now)
{
	char day[40] = "?";
	struct tm tm;
	time_t started = (time_t)number(r, "started");
	if (gmtime_r(&started, &tm) != NULL) {
		(void)strftime(day, sizeof(day), "%Y-%m-%d %H:%M:%S", &tm);
	}
	report_row("Since", "%s UTC, %s", day, span_of(now > started ? now - started : 0).text);
	report_row("Version", "%s", json_string_value(at(r, "version")));
	row_of_texts("Listening", at(r, "listening"));
	row_of_texts("HTTP", at(r, "http"));
}

/* "5 idle, 2 wait" */
static void list_counts(const json_t *object, struct ts_buf *to)
{
	const char *key;
	json_t *value;
	json_object_foreach((json_t *)object, key, value)
	{
		ts_buf_printf(to, "%s%" JSON_INTEGER_FORMAT " %s", to->len > 0 ? ", " : "",
			      json_integer_value(value), key);
	}
}

static void row_of_requests(const struct report *r, const char *name, const char *path)
{
	char all[64], errors[64];
	(void)snprintf(all, sizeof(all), "%s.all", path);
	(void)snprintf(errors, sizeof(errors), "%s.errors", path);
	report_row(name, "%" PRIu64 ", %" PRIu64 " of them refused or failed", number(r, all),
		   number(r, errors));
}

static void row_of_refusals(const struct report *r)
{
	TS_BUF(handshakes);
	TS_BUF(limits);
	list_counts(at(r, "refused.handshakes"), &handshakes);
	list_counts(at(r, "refused.limits"), &limits);
	report_row("Log-ins", "%" PRIu64 " refused", number(r, "refused.logins"));
	if (handshakes.len > 0) {
		report_row("Handshakes", "failed: %s", handshakes.data);
	}
	if (limits.len > 0) {
		report_row("Limits", "hit: %s", limits.data);
	}
}

void report_work(const struct report *r)
{
	TS_BUF(states);
	row_of_requests(r, "Requests", "requests");
	row_of_requests(r, "Last minute", "requests.minute");
	row_of_requests(r, "Last hour", "requests.hour");
	report_row("Received", "%s, sent %s", ts_size_text(number(r, "requests.bytes_in")).text,
		   ts_size_text(number(r, "requests.bytes_out")).text);
	list_counts(at(r, "connections.states"), &states);
	report_row("Connections", "%" PRIu64 "%s%s%s", number(r, "connections.open"),
		   states.len > 0 ? " (" : "", states.len > 0 ? states.data : "",
		   states.len > 0 ? ")" : "");
	report_row("Waiting", "%s for news",
		   report_count(number(r, "connections.waiting"), "client").text);
	report_row("Storage", "%s, %" PRIu64 " failed; %s in the queue",
		   report_count(number(r, "storage.commits"), "commit").text,
		   number(r, "storage.failures"),
		   report_count(number(r, "storage.waiting"), "request").text);
	report_row("Memory", "%s; %" PRIu64 " of %" PRIu64 " file descriptors",
		   ts_size_text(number(r, "process.memory")).text, number(r, "process.files"),
		   number(r, "process.files_most"));
	row_of_refusals(r);
}

static const char *text_of(const json_t *line, const char *name)
{
	const char *text = json_string_value(json_object_get(line, name));
	return text != NULL ? text : "";
}

/* A line of the log in short. */
static void problem_row(const char *name, const json_t *line)
{
	const char *event = text_of(line, "event");
	const char *org = text_of(line, "org"), *user = text_of(line, "user");
	const char *said = text_of(line, "message");
	said = said[0] != '\0' ? said : text_of(line, "messages");
	said = said[0] != '\0' ? said : text_of(line, "reason");
	report_row(name, "%.19s %s%s%s%s%s%s%s", text_of(line, "time"), event,
		   event[0] != '\0' ? " " : "", org, org[0] != '\0' ? "/" : "", user,
		   user[0] != '\0' ? ": " : "", said);
}

void report_problems(const struct report *r)
{
	const json_t *list = at(r, "problems");
	for (size_t i = 0; i < json_array_size(list); i++) {
		problem_row(i == 0 ? "Problems" : "", json_array_get(list, i));
	}
}
