/* SPDX-License-Identifier: MIT */
/* What the client is told. */
#include "server/request/request.h"

#include "common/base/utf8.h"
#include "common/log/log.h"

#include <config.h>
#include <stdarg.h>
#include <stdio.h>

void request_say(struct request *r, const char *fmt, ...)
{
	size_t at = strlen(r->messages);
	if (at > 0 && at + 1 < sizeof(r->messages)) {
		r->messages[at++] = ' ';
	}
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(r->messages + at, sizeof(r->messages) - at, fmt, args);
	va_end(args);
	struct ts_slice all = ts_slice_of(r->messages);
	while (!ts_utf8_valid(all)) {
		r->messages[--all.len] = '\0'; /* a character that was cut */
	}
}

/* What is our own fault is for the log; a client's user is told no paths. */
static const char *for_stranger(const struct request *r, const struct ts_error *err)
{
	if (r->stored) {
		return "Your changes were stored, but the answer could not be made. Sync again in "
		       "a moment.";
	}
	switch (err->code) {
	case TS_ENOMEM:
	case TS_EFULL:
		return "The server has no space left for this; nothing was stored. Try again "
		       "later.";
	case TS_EIO:
	case TS_EDAMAGED:
	case TS_EFORMAT:
	case TS_ENOTFOUND:
		return "The server failed; nothing was stored. Its operator finds the reason in "
		       "its log.";
	default:
		return NULL;
	}
}

/* For a client that wants to hear it: its key is unknown, an older one perhaps is not. */
static void tell_history(struct request *r)
{
	r->status = "Client sync key not found.";
	if (!r->sync.unknown_key) {
		struct ts_uuid_text key = ts_uuid_text(&r->sync.newest);
		ts_message_header(&r->values, "since", ts_slice_of(key.text));
	}
}

static bool is_init(const struct request *r)
{
	return ts_slice_eq(ts_headers_get(&r->headers, "subtype"), TS_SLICE("init"));
}

/* Taskwarrior has thrown its list of changes away before it sent everything. */
static void tell_init(struct request *r)
{
	struct ts_slice client = ts_headers_get(&r->headers, "client");
	if (is_init(r) && !r->stored && !ts_slice_starts(client, TS_SLICE("taskc "))) {
		request_say(r, "Run 'task sync init' again when that is settled; a plain 'task "
			       "sync' would not send your tasks.");
	}
}

void request_fail(struct request *r, const struct ts_error *err)
{
	const char *general = for_stranger(r, err);
	if (general != NULL) {
		ts_log(TS_LOG_ERROR, "A request failed: %s", err->text);
	}
	r->code = ts_wire_code(err->code);
	r->payload = NULL;
	r->line[0] = '\0';
	r->messages[0] = '\0';
	ts_buf_clear(&r->values);
	r->status = NULL;
	request_say(r, "%s", general != NULL ? general : err->text);
	tell_init(r);
	if (err->code == TS_EHISTORY) {
		tell_history(r);
	}
	if (err->code == TS_EREDIRECT) {
		(void)snprintf(r->info, sizeof(r->info), "%s", r->account.org.redirect);
	}
}

static struct ts_slice line_of(const struct request *r)
{
	return ts_slice_of(r->line[0] != '\0' ? r->line : "\n");
}

int request_head(struct request *r, struct ts_buf *b, uint64_t *ret_payload, struct ts_error *err)
{
	uint64_t payload = r->payload != NULL ? ts_spool_size(r->payload) : line_of(r).len;
	ts_message_begin(b);
	ts_message_header(b, "client", TS_SLICE("taskd " PACKAGE_VERSION));
	ts_message_headerf(b, "code", "%d", r->code);
	const char *status = r->status != NULL ? r->status : ts_status_text(r->code);
	ts_message_header(b, "status", ts_slice_of(status));
	ts_message_header(b, "info", ts_slice_of(r->info));
	ts_message_header(b, "messages", ts_slice_of(r->messages));
	ts_message_header(b, "connection", ts_slice_of(r->keep ? "keep" : ""));
	ts_buf_add_slice(b, ts_buf_slice(&r->values));
	int rc = ts_message_finish(b, payload, err);
	if (rc == TS_OK) {
		*ret_payload = payload;
	}
	return rc;
}

int request_payload(const struct request *r, uint64_t offset, void *to, size_t len, size_t *ret_got,
		    struct ts_error *err)
{
	if (r->payload != NULL) {
		return ts_spool_read(r->payload, offset, to, len, ret_got, err);
	}
	struct ts_slice rest = ts_slice_skip(line_of(r), (size_t)offset);
	*ret_got = rest.len < len ? rest.len : len;
	if (*ret_got > 0) {
		memcpy(to, rest.data, *ret_got);
	}
	return TS_OK;
}
