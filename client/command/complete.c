/* SPDX-License-Identifier: MIT */
#include "client/command/complete.h"

#include "client/command/complete_shells.h"
#include "client/remote/remote.h"
#include "common/base/utf8.h"

#include <string.h>

enum { DESCRIPTION_MAX = 100 };

int complete_script(const char *shell, struct ts_buf *to, struct ts_error *err)
{
	static const struct {
		const char *shell;
		void (*make)(struct ts_buf *to);
	} shells[] = {{"bash", complete_bash}, {"zsh", complete_zsh}, {"fish", complete_fish}};
	for (size_t i = 0; i < TS_COUNT_OF(shells); i++) {
		if (strcmp(shell, shells[i].shell) == 0) {
			shells[i].make(to);
			return TS_OK;
		}
	}
	return ts_fail(err, TS_EUSAGE, "There is no completion for '%.40s': bash, zsh or fish.",
		       shell);
}

/* One line of at most DESCRIPTION_MAX bytes, whole characters. */
static void add_shown(struct ts_buf *to, struct ts_slice text)
{
	size_t start = to->len;
	while (text.len > 0 && to->len - start < DESCRIPTION_MAX) {
		bool shown;
		struct ts_slice c = ts_utf8_cut(&text, &shown);
		if (shown) {
			ts_buf_add_slice(to, c);
		} else {
			ts_buf_add_char(to, ' ');
		}
	}
}

/* Tasks come in order of uuid; the lines are sorted by number afterwards. */
struct task_line {
	uint64_t number;
	size_t at, len; /* in `text` */
};

struct task_lines {
	struct ts_buf rows; /* of struct task_line */
	struct ts_buf text;
};

static int add_task(const struct replica_entry *e, void *arg, struct ts_error *err)
{
	struct task_lines *lines = arg;
	struct task_line row = {.number = e->number, .at = lines->text.len};
	(void)err;
	if (e->number != 0) {
		ts_buf_printf(&lines->text, "%ju\t", (uintmax_t)e->number);
		add_shown(&lines->text, ts_task_text(&e->task, "description"));
		ts_buf_add_char(&lines->text, '\n');
		row.len = lines->text.len - row.at;
		ts_buf_add(&lines->rows, &row, sizeof(row));
	}
	return TS_OK;
}

static int by_number(const void *a, const void *b)
{
	const struct task_line *left = a, *right = b;
	return (left->number > right->number) - (left->number < right->number);
}

static int add_sorted(struct task_lines *lines, struct ts_buf *to, struct ts_error *err)
{
	struct task_line *rows = (void *)lines->rows.data;
	const size_t count = lines->rows.len / sizeof(*rows);
	if (lines->rows.failed || lines->text.failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (count > 0) {
		qsort(rows, count, sizeof(*rows), by_number);
	}
	for (size_t i = 0; i < count; i++) {
		ts_buf_add(to, lines->text.data + rows[i].at, rows[i].len);
	}
	return TS_OK;
}

int complete_tasks(const struct line *l, struct ts_buf *to, struct ts_error *err)
{
	struct replica r = {0};
	struct task_lines lines = {0};
	struct ts_txn *txn = NULL;
	if (line_replica(l, false, &r, NULL) != TS_OK) {
		return TS_OK; /* nobody reads what is wrong in the middle of a line */
	}
	int code = ts_txn_begin(r.store, TS_READ, &txn, err);
	if (code == TS_OK) {
		code = replica_each(txn, &r, add_task, &lines, err);
	}
	if (code == TS_OK) {
		code = add_sorted(&lines, to, err);
	}
	ts_txn_abort(txn);
	replica_close(&r);
	ts_buf_done(&lines.rows);
	ts_buf_done(&lines.text);
	return code;
}

static int add_remote(const char *name, void *arg)
{
	ts_buf_printf(arg, "%s\n", name);
	return TS_OK;
}

int complete_remotes(const struct line *l, struct ts_buf *to, struct ts_error *err)
{
	return remote_each(&l->place, add_remote, to, err);
}
