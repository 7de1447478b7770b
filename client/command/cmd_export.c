/* SPDX-License-Identifier: MIT */
#include "client/command/target.h"
#include "common/base/date.h"
#include "common/base/file.h"

enum { FLUSH_AT = 64 << 10 }; /* [bytes] */

struct output {
	const struct line *line;
	struct ts_txn *txn;
	const struct replica *replica;
	const char *path; /* NULL: standard output */
	struct ts_buf text;
};

static void output_done(struct output *x)
{
	ts_txn_abort(x->txn);
	ts_buf_done(&x->text);
}

/* The filter's words; a status is only looked at where one of them says so. */
static int select_tasks(struct output *x, struct ts_arena *a, struct ts_uuids *ret,
			struct ts_error *err)
{
	TS_CLEANUP(filter_free_p) struct filter *f = NULL;
	const size_t count = x->line->word_count;
	const char **words = ts_arena_array(a, count + 1, sizeof(*words));
	if (words == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	for (size_t i = 0; i < count; i++) {
		words[i] = x->line->words[i];
	}
	words[count] = "all";
	int code = filter_new(words, count + 1, ts_date_now(), &f, err);
	return code == TS_OK ? filter_select(f, x->txn, x->replica, a, ret, err) : code;
}

/* What goes to standard output goes there as it is made; a file is written whole. */
static int flush(struct output *x, struct ts_error *err)
{
	if (x->path != NULL || x->text.len < FLUSH_AT) {
		return TS_OK;
	}
	int code = line_print(&x->text, err);
	ts_buf_clear(&x->text);
	return code;
}

static int add_task(struct output *x, const struct ts_uuid *uuid, bool first, struct ts_arena *a,
		    struct ts_error *err)
{
	struct ts_task task;
	uint64_t number = 0;
	ts_arena_reset(a);
	int code = replica_task(x->txn, x->replica, uuid, a, &task, NULL, err);
	if (code != TS_OK) {
		return code;
	}
	if (ts_number_of(x->txn, x->replica->user, uuid, &number, NULL) != TS_OK) {
		number = 0;
	}
	ts_buf_add_str(&x->text, first ? "" : ",\n");
	target_add_json(&x->text, &task, number, a);
	return flush(x, err);
}

static int add_tasks(struct output *x, const struct ts_uuids *tasks, struct ts_error *err)
{
	TS_ARENA(arena);
	int code = TS_OK;
	ts_buf_add_str(&x->text, "[\n");
	for (size_t i = 0; i < tasks->count && code == TS_OK; i++) {
		code = add_task(x, &tasks->at[i], i == 0, &arena, err);
	}
	ts_buf_add_str(&x->text, tasks->count > 0 ? "\n]\n" : "]\n");
	return code;
}

static int finish(struct output *x, struct ts_error *err)
{
	if (x->path == NULL) {
		return line_print(&x->text, err);
	}
	return x->text.failed
		       ? ts_fail(err, TS_ENOMEM, "Out of memory.")
		       : ts_file_write(x->path, ts_buf_slice(&x->text), 0600, TS_FILE_REPLACE, err);
}

static int run(struct line *l, struct ts_error *err)
{
	TS_ARENA(arena);
	TS_CLEANUP(replica_close) struct replica r = {0};
	TS_CLEANUP(output_done)
	struct output x = {.line = l, .replica = &r, .path = line_option(l, "output", NULL)};
	struct ts_uuids tasks;
	int code = line_replica(l, false, &r, err);
	if (code == TS_OK) {
		code = ts_txn_begin(r.store, TS_READ, &x.txn, err);
	}
	if (code == TS_OK) {
		code = select_tasks(&x, &arena, &tasks, err);
	}
	if (code == TS_OK) {
		code = add_tasks(&x, &tasks, err);
	}
	return code == TS_OK ? finish(&x, err) : code;
}

static const struct ts_option options[] = {
	{"output", "FILE", "write to a file, mode 0600, which is replaced when all is written", 0},
};

const struct command command_export = {
	.name = "export",
	.run = run,
	.words = WORDS_FILTER,
	.usage = "[FILTER…]",
	.brief = "print tasks as Taskwarrior's JSON",
	.help = "One array, a task a line, of whatever status unless the filter says one; `task "
		"import` and `taskc import` read it.\n"
		"\n"
		"  taskc export > all.json\n"
		"  taskc export project:home status:pending",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};
