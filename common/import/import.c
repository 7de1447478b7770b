/* SPDX-License-Identifier: MIT */
#include "common/import/import.h"

#include "common/import/task_reader.h"
#include "common/import/taskwarrior_line.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

static const struct ts_task_limits limits = {.line = TS_TASK_RECORD_MAX, .depth = 100};

int ts_import_new(int64_t now, size_t memory,
		  void (*refused)(const struct ts_import_refusal *r, void *arg), void *arg,
		  struct ts_import **ret, struct ts_error *err)
{
	TS_CLEANUP(ts_import_free_p) struct ts_import *i = calloc(1, sizeof(*i));
	const char *dir = getenv("TMPDIR");
	if (i == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	i->now = now;
	i->refused = refused;
	i->arg = arg;
	i->budget = (struct ts_spool_budget){
		.usage = &i->usage,
		.dir = dir != NULL && dir[0] != '\0' ? dir : "/tmp",
		.each = memory,
		.total = SIZE_MAX / 2,
	};
	if (ts_upload_new(&limits, &i->budget, &i->states) != TS_OK) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	*ret = TS_TAKE(i);
	return TS_OK;
}

void ts_import_free(struct ts_import *i)
{
	if (i != NULL) {
		ts_upload_free(i->states);
		ts_arena_done(&i->arena);
		ts_buf_done(&i->json);
		free(i);
	}
}

static int refuse(struct ts_import *i, const struct ts_task_record *record, const char *because,
		  struct ts_error *err)
{
	const struct ts_import_refusal r = {i->file, record->line, because};
	i->refusals++;
	if (i->refused != NULL) {
		i->refused(&r, i->arg);
	}
	return i->keep_refused ? ts_upload_keep_reject(i->states, record->text, because, err)
			       : TS_OK;
}

/* Put a uuid before the members; one of the task's own stands behind it, and counts. */
static void add_uuid(struct ts_slice json, struct ts_buf *to)
{
	const struct ts_uuid uuid = ts_uuid_random();
	struct ts_slice rest = ts_slice_skip(json, 1);
	while (ts_slice_cut_char(&rest, ' ')) {
	}
	ts_buf_clear(to);
	ts_buf_printf(to, "{\"uuid\":\"%s\"%s", ts_uuid_text(&uuid).text,
		      rest.len > 0 && rest.data[0] == '}' ? "" : ",");
	ts_buf_add_slice(to, rest);
}

/* Read a task; one without uuid is a new one, as Taskwarrior takes it. */
static int read_task(struct ts_import *i, struct ts_slice json, struct ts_task *ret,
		     struct ts_error *why)
{
	TS_BUF(named);
	struct ts_task_repair repair;
	int code = ts_task_read(json, &limits, &i->arena, ret, &repair, why);
	if (code != TS_EMALF || json.len == 0 || json.data[0] != '{') {
		return code;
	}
	add_uuid(json, &named);
	return named.failed
		       ? TS_ENOMEM
		       : ts_task_read(ts_buf_slice(&named), &limits, &i->arena, ret, &repair, why);
}

static int take(struct ts_import *i, const struct ts_task_record *record, struct ts_error *err)
{
	struct ts_error why = {0};
	struct ts_task task;
	struct ts_slice json = record->text;
	int code = TS_OK;
	if (record->is_line) {
		ts_buf_clear(&i->json);
		code = ts_taskwarrior_line_to_json(json, &i->json, &why);
		json = ts_buf_slice(&i->json);
	}
	if (code == TS_OK) {
		code = read_task(i, json, &task, &why);
	}
	if (code == TS_EMALF) {
		return refuse(i, record, why.text, err);
	}
	return code == TS_OK ? ts_upload_keep_state(i->states, &task, false, err)
			     : ts_fail(err, TS_ENOMEM, "Out of memory.");
}

static int each_record(const struct ts_task_record *record, void *arg, struct ts_error *err)
{
	struct ts_import *i = arg;
	if (record->fault != NULL) {
		return refuse(i, record, record->fault, err);
	}
	int code = take(i, record, err);
	ts_arena_reset(&i->arena);
	return code;
}

int ts_import_read(struct ts_import *i, int fd, const char *name, struct ts_error *err)
{
	enum { PIECE = 64 << 10 };
	TS_CLEANUP(ts_task_reader_done)
	struct ts_task_reader reader = {.each = each_record, .arg = i};
	TS_AUTOFREE char *piece = malloc(PIECE);
	ssize_t got = 1;
	i->file = name;
	if (piece == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	while (got != 0) {
		got = read(fd, piece, PIECE);
		if (got < 0 && errno == EISDIR) {
			return ts_fail(err, TS_EINVAL,
				       "%s is a folder: name the files in it, such as pending.data "
				       "and completed.data.",
				       name);
		}
		if (got < 0 && errno != EINTR) {
			return ts_fail_errno(err, errno, "Could not read %s", name);
		}
		const struct ts_slice bytes = {piece, got > 0 ? (size_t)got : 0};
		int code = ts_task_reader_feed(&reader, bytes, err);
		if (code != TS_OK) {
			return code;
		}
	}
	return ts_task_reader_end(&reader, err);
}

int ts_import_read_file(struct ts_import *i, const char *name, struct ts_error *err)
{
	if (strcmp(name, "-") == 0) {
		return ts_import_read(i, STDIN_FILENO, "standard input", err);
	}
	TS_AUTOCLOSE int fd = open(name, O_RDONLY | O_CLOEXEC);
	return fd >= 0 ? ts_import_read(i, fd, name, err)
		       : ts_fail_errno(err, errno, "Could not open %s", name);
}
