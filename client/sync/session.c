/* SPDX-License-Identifier: MIT */
#include "client/sync/session.h"

#include "client/sync/state_file.h"
#include "common/base/file.h"

enum { FILE_MAX = 16 << 20, SESSION_MAX = 64 << 10 }; /* [bytes] */

void session_wipe(struct ts_buf *b)
{
	if (b->data != NULL) {
		explicit_bzero(b->data, b->cap);
	}
	ts_buf_done(b);
}

static int add_file(const struct remote *r, const char *setting, struct ts_buf *to,
		    struct ts_error *err)
{
	TS_BUF(path);
	ts_buf_add_char(to, '\n');
	if (setting[0] == '\0') {
		return TS_OK;
	}
	int code = remote_path(r, setting, &path, err);
	return code == TS_OK ? ts_file_read(path.data, FILE_MAX, to, err) : code;
}

int session_bind(const struct remote *r, struct ts_uuid *ret, struct ts_error *err)
{
	TS_BUF(all);
	ts_buf_printf(&all, "%s\n%s\n%s", r->server, r->trust, r->priorities);
	int code = add_file(r, r->ca, &all, err);
	code = code == TS_OK ? add_file(r, r->certificate, &all, err) : code;
	code = code == TS_OK ? add_file(r, r->crl, &all, err) : code;
	if (code == TS_OK && all.failed) {
		code = ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (code == TS_OK) {
		*ret = ts_uuid_of_bytes(ts_buf_slice(&all));
	}
	return code;
}

void session_load(const struct sync *s, const struct ts_uuid *binding, struct ts_buf *to)
{
	TS_BUF(path);
	TS_CLEANUP(session_wipe) struct ts_buf text = {0};
	if (state_path(s->place, s->remote->name, "session", &path, NULL) != TS_OK ||
	    ts_buf_reserve(&text, SESSION_MAX) == NULL ||
	    ts_file_read(path.data, SESSION_MAX, &text, NULL) != TS_OK) {
		return;
	}
	struct ts_slice rest = ts_buf_slice(&text);
	struct ts_slice line = ts_slice_cut(&rest, '\n');
	if (rest.data != NULL && ts_slice_eq(line, ts_slice_of(ts_uuid_text(binding).text))) {
		ts_buf_add_slice(to, rest);
	}
}

void session_save(const struct sync *s, const struct ts_uuid *binding)
{
	TS_BUF(path);
	TS_CLEANUP(session_wipe) struct ts_buf text = {0};
	(void)ts_buf_reserve(&text, SESSION_MAX);
	ts_buf_printf(&text, "%s\n", ts_uuid_text(binding).text);
	if (ts_tls_session(ts_dial_tls(s->dial), &text, NULL) == TS_OK &&
	    state_path(s->place, s->remote->name, "session", &path, NULL) == TS_OK) {
		(void)!state_write(path.data, ts_buf_slice(&text), NULL);
	}
}
