/* SPDX-License-Identifier: MIT */
#include "common/wire/message.h"

#include "common/base/attr.h"

#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

uint32_t ts_message_length(const void *prefix)
{
	const unsigned char *p = prefix;
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

size_t ts_headers_end(struct ts_slice received)
{
	if (received.len > 0 && received.data[0] == '\n') {
		return 1;
	}
	const char *at = received.len > 0 ? memmem(received.data, received.len, "\n\n", 2) : NULL;
	return at != NULL ? (size_t)(at - received.data) + 2 : 0;
}

static int parse_line(struct ts_slice line, struct ts_headers *ret, struct ts_error *err)
{
	if (ret->count == TS_HEADERS_MAX) {
		return ts_fail(err, TS_EMALF, "The message has more than %d headers.",
			       TS_HEADERS_MAX);
	}
	struct ts_slice value = line;
	struct ts_slice name = ts_slice_trim(ts_slice_cut(&value, ':'));
	if (value.data == NULL || name.len == 0) {
		return ts_fail(err, TS_EMALF, "Header line %zu is no 'name: value'.",
			       ret->count + 1);
	}
	ret->at[ret->count++] = (struct ts_header){name, ts_slice_trim(value)};
	return TS_OK;
}

int ts_headers_parse(struct ts_slice block, struct ts_headers *ret, struct ts_error *err)
{
	ret->count = 0;
	while (block.data != NULL) {
		struct ts_slice line = ts_slice_cut(&block, '\n');
		if (line.len == 0) {
			return TS_OK; /* the empty line, or the end of the block */
		}
		int rc = parse_line(line, ret, err);
		if (rc != TS_OK) {
			return rc;
		}
	}
	return TS_OK;
}

struct ts_slice ts_headers_get(const struct ts_headers *h, const char *name)
{
	size_t len = strlen(name);
	for (size_t i = 0; i < h->count; i++) {
		struct ts_slice n = h->at[i].name;
		if (n.len == len && strncasecmp(n.data, name, len) == 0) {
			return h->at[i].value;
		}
	}
	return (struct ts_slice){NULL, 0};
}

void ts_message_begin(struct ts_buf *b)
{
	ts_buf_clear(b);
	ts_buf_add(b, "\0\0\0\0", TS_MESSAGE_PREFIX);
}

void ts_message_header(struct ts_buf *b, const char *name, struct ts_slice value)
{
	if (value.len == 0) {
		return;
	}
	ts_buf_add_str(b, name);
	ts_buf_add(b, ": ", 2);
	size_t from = b->len;
	ts_buf_add_slice(b, value);
	for (size_t i = from; !b->failed && i < b->len; i++) {
		unsigned char c = (unsigned char)b->data[i];
		if (c < ' ' || c == 0x7f) {
			b->data[i] = ' ';
		}
	}
	ts_buf_add_char(b, '\n');
}

void ts_message_headerf(struct ts_buf *b, const char *name, const char *fmt, ...)
{
	TS_AUTOFREE char *text = NULL;
	va_list args;
	va_start(args, fmt);
	int n = vasprintf(&text, fmt, args);
	va_end(args);
	if (n < 0) {
		text = NULL;
		b->failed = true;
		return;
	}
	ts_message_header(b, name, (struct ts_slice){text, (size_t)n});
}

int ts_message_finish(struct ts_buf *b, uint64_t payload_len, struct ts_error *err)
{
	ts_buf_add_char(b, '\n');
	if (b->failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for a message.");
	}
	uint64_t total;
	if (__builtin_add_overflow((uint64_t)b->len, payload_len, &total) || total > UINT32_MAX) {
		return ts_fail(err, TS_ETOOBIG, "The message is larger than 4 GiB.");
	}
	for (int i = 0; i < TS_MESSAGE_PREFIX; i++) {
		b->data[i] = (char)(total >> (24 - 8 * i) & 0xff);
	}
	return TS_OK;
}

const char *ts_status_text(int code)
{
	static const struct {
		int code;
		const char *text;
	} table[] = {
		{200, "Ok"},
		{201, "No change"},
		{202, "Decline"},
		{300, "Deprecated request type"},
		{301, "Redirect"},
		{302, "Retry"},
		{400, "Malformed data"},
		{401, "Unsupported encoding"},
		{420, "Server temporarily unavailable"},
		{421, "Server shutting down at operator request"},
		{430, "Access denied"},
		{431, "Account suspended"},
		{432, "Account terminated"},
		{500, "Syntax error in request"},
		{501, "Syntax error, illegal parameters"},
		{502, "Not implemented"},
		{503, "Command parameter not implemented"},
		{504, "Request too big"},
	};
	for (size_t i = 0; i < TS_COUNT_OF(table); i++) {
		if (table[i].code == code) {
			return table[i].text;
		}
	}
	return "Unknown";
}
