/* SPDX-License-Identifier: MIT */
#include "server/command/command.h"
#include "server/command/exchange.h"

#include "common/base/file.h"
#include "common/wire/message.h"

#include <stdio.h>

enum { FILE_LIMIT = 1 << 30, ANSWER_LIMIT = 1 << 30 };

static const char *or_null(const char *s)
{
	return s[0] != '\0' ? s : NULL;
}

static int credentials(const struct settings *s, struct ts_tls_creds **ret, struct ts_error *err)
{
	struct ts_tls_config config = {
		.ca_file = or_null(s->ca_cert),
		.cert_file = or_null(s->client_cert),
		.key_file = or_null(s->client_key),
		.priorities = or_null(s->ciphers),
		.trust = strcmp(s->trust, "strict") == 0 ? TS_TRUST_STRICT : TS_TRUST_ALLOW_ALL,
	};
	return ts_tls_creds_new(&config, ret, err);
}

/* The file's bytes behind four of length. */
static int read_message(const char *path, struct ts_buf *message, struct ts_error *err)
{
	ts_message_begin(message);
	int code = ts_file_read(path, FILE_LIMIT, message, err);
	if (code == TS_OK &&
	    ts_headers_end(ts_slice_skip(ts_buf_slice(message), TS_MESSAGE_PREFIX)) == 0) {
		code = ts_fail(err, TS_EMALF,
			       "'%.200s' has no empty line behind the headers: Malformed message",
			       path);
	}
	if (code != TS_OK) {
		return code;
	}
	uint64_t length = message->len;
	for (int i = 0; i < TS_MESSAGE_PREFIX; i++) {
		message->data[i] = (char)(length >> (8 * (TS_MESSAGE_PREFIX - 1 - i)) & 0xff);
	}
	return TS_OK;
}

static int send_file(const struct command_line *cl, struct ts_tls_creds *creds,
		     const struct hostport *to, const char *path, struct ts_error *err)
{
	TS_BUF(message);
	TS_BUF(answer);
	const struct settings *s = cl->settings;
	const struct exchange_limits limits = {
		.idle = s->timeout_idle, .whole = s->timeout_request, .size = ANSWER_LIMIT};
	command_say(cl, ">>> %s\n", path);
	int code = read_message(path, &message, err);
	if (code == TS_OK) {
		code = exchange(creds, to, ts_buf_slice(&message), &limits, &answer, err);
	}
	if (code != TS_OK) {
		return code;
	}
	struct ts_slice text = ts_slice_skip(ts_buf_slice(&answer), TS_MESSAGE_PREFIX);
	command_say(cl, "<<<\n");
	(void)fwrite(text.data, 1, text.len, stdout);
	(void)putchar('\n');
	return TS_OK;
}

static int cmd_client(struct command_line *cl, struct ts_error *err)
{
	TS_CLEANUP(ts_tls_creds_unref_p) struct ts_tls_creds *creds = NULL;
	struct hostport to;
	if (cl->argc < 2) {
		return TS_EUSAGE;
	}
	int code = hostport_parse(cl->argv[0], &to, err);
	if (code == TS_OK) {
		code = credentials(cl->settings, &creds, err);
	}
	for (int i = 1; code == TS_OK && i < cl->argc; i++) {
		code = send_file(cl, creds, &to, cl->argv[i], err);
	}
	return code;
}

const struct command command_client = {
	.name = "client",
	.run = cmd_client,
	.flags = COMMAND_SETTINGS,
	.usage = "[options] <host:port> <file> [<file> ...]",
	.help = "Sends each <file> to Taskserver on <host:port> and displays the response. A\n"
		"file holds the headers of a request, an empty line, and its payload. The\n"
		"settings client.cert, client.key, ca.cert and trust are used.",
};
