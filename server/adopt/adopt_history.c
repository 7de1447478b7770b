/* SPDX-License-Identifier: MIT */
/* One user's tx.data: each task line becomes a version with the one before as its parent, each sync
 * key closes what stands before it. */
#include "common/task/task_json.h"
#include "common/tree/append.h"
#include "server/adopt/adopt_internal.h"
#include "server/adopt/spelling.h"
#include "server/adopt/tx_reader.h"

#include <errno.h>
#include <fcntl.h>

enum {
	READ_BYTES = 256 << 10,
	COMMIT_VERSIONS = 10000, /* in one store transaction: bounds its memory */
	REASON_KEPT = 300
};

/* What a client may send is limited; what it sent once is taken. */
static const struct ts_task_limits limits = {.line = TX_LINE_MAX, .depth = 1000};

struct history {
	struct adoption *a;
	struct report_totals *totals;
	uint32_t user;
	const char *shown;
	struct ts_append append;
	struct ts_arena arena; /* of the line in work */
	int64_t time;          /* of the newest change so far [s since 1970] */
	uint64_t open;         /* tasks behind the last key */
	uint64_t first_open;   /* the line of the first of them */
};

static void history_done(struct history *h)
{
	ts_arena_done(&h->arena);
}

static const struct {
	unsigned mark;
	enum finding kind;
	const char *text;
} marks[] = {
	{TX_BOM, FOUND_BOM, "the byte order mark before it was taken away"},
	{TX_CRLF, FOUND_CRLF, "the carriage return behind it was taken away"},
	{TX_NUL, FOUND_NUL, "NUL bytes were taken out of it"},
	{TX_UTF8, FOUND_UTF8, "what is no UTF-8 in it became U+FFFD"},
	{TX_GLUED, FOUND_GLUED, "it lost a newline and was taken apart"},
};

static const struct {
	unsigned spelling;
	enum finding kind;
	const char *text;
} spellings[] = {
	{SPELLING_DEPENDS_LIST, FOUND_LIST, "its dependencies were a list"},
	{SPELLING_DEPENDS_TEXT, FOUND_PRINTED, "its dependencies were a list printed into a text"},
	{SPELLING_EPOCH, FOUND_EPOCH, "a date of it was a number of seconds"},
	{SPELLING_NO_ENTRY, FOUND_NO_ENTRY, "it has no 'entry'"},
	{SPELLING_NO_MODIFIED, FOUND_NO_MODIFIED, "it has no 'modified'"},
};

static int tell(struct history *h, const struct tx_piece *p, enum finding kind, const char *text,
		struct ts_error *err)
{
	return report_add(&h->a->report, kind, h->shown, p->line, err, "%s", text);
}

static int tell_marks(struct history *h, const struct tx_piece *p, struct ts_error *err)
{
	int code = TS_OK;
	for (size_t i = 0; i < TS_COUNT_OF(marks) && p->marks != 0 && code == TS_OK; i++) {
		if ((p->marks & marks[i].mark) != 0) {
			code = tell(h, p, marks[i].kind, marks[i].text, err);
		}
	}
	return code;
}

static int tell_spelling(struct history *h, const struct tx_piece *p, struct ts_error *err)
{
	const unsigned found = spelling_of(p->text);
	int code = TS_OK;
	for (size_t i = 0; i < TS_COUNT_OF(spellings) && found != 0 && code == TS_OK; i++) {
		if ((found & spellings[i].spelling) != 0) {
			code = tell(h, p, spellings[i].kind, spellings[i].text, err);
		}
	}
	return code;
}

/* Put a piece aside. */
static int reject(struct history *h, const struct tx_piece *p, const char *because,
		  struct ts_error *err)
{
	char reason[REASON_KEPT];
	bool is_new;
	(void)snprintf(reason, sizeof(reason), "Line %llu of Taskserver's tx.data: %s.",
		       (unsigned long long)p->line, because);
	const struct ts_reject r = {h->a->request->now, ts_slice_of(reason), p->text};
	int code = ts_reject_add(h->a->txn, h->user, &r, &is_new, err);
	if (code != TS_OK) {
		return code;
	}
	*(is_new ? &h->totals->rejects : &h->totals->again) += 1;
	return tell(h, p, FOUND_REJECT, because, err);
}

/* The writes since the last commit go to disk; the transaction of the history goes on. */
static int commit_some(struct history *h, struct ts_error *err)
{
	if (h->a->uncommitted < COMMIT_VERSIONS) {
		return TS_OK;
	}
	int code = adopt_commit(h->a, err);
	if (code == TS_OK) {
		code = adopt_begin(h->a, err);
	}
	h->append.txn = h->a->txn;
	return code;
}

/* Append what the state makes of the head. */
static int append(struct history *h, const struct ts_task *head, uint64_t number,
		  const struct ts_task *state, struct ts_error *err)
{
	struct ts_task next;
	size_t changed;
	if (ts_task_succeed(head, state, h->time, &h->arena, &next, &changed) != TS_OK) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	struct ts_new_version v = {.parent = number, .before = head, .task = &next};
	int code = ts_append_version(&h->append, &v, err);
	if (code == TS_OK) {
		code = ts_append_head(&h->append, &state->uuid, v.number, number == 0, err);
	}
	h->totals->versions++;
	h->totals->tasks += number == 0;
	h->a->uncommitted++;
	return code;
}

/* A state that no client could tell from the one before adds nothing. One that differs by its
 * `modified` alone does, other than in a sync: there the answer puts the client's right, while
 * those who had this one from Taskserver are not answered any more, and the server has to have what
 * they have. No key's stamp changes by it, so it decides no merge. */
static int store(struct history *h, const struct ts_task *state, struct ts_error *err)
{
	struct ts_task head;
	uint64_t number = 0;
	int code = ts_head_get(h->a->txn, h->user, &state->uuid, &number, err);
	if (code != TS_OK && code != TS_ENOTFOUND) {
		return code;
	}
	code = ts_version_task(h->a->txn, h->user, number, &state->uuid, &h->arena, &head, err);
	if (code != TS_OK) {
		return code;
	}
	if (number != 0 && ts_task_same(&head, state)) {
		h->totals->same++;
		return TS_OK;
	}
	return append(h, &head, number, state, err);
}

/* Times are those of the tasks: the file has none. They never go back, nor beyond now. */
static void pass_time(struct history *h, const struct ts_task *task)
{
	const int64_t t = ts_task_time(task, h->time), now = h->a->request->now;
	h->time = t > h->time ? t : h->time;
	h->time = h->time > now ? now : h->time;
}

static int take_task(struct history *h, const struct tx_piece *p, struct ts_error *err)
{
	struct ts_task task;
	struct ts_task_repair repair;
	struct ts_error why = {0};
	h->totals->states++;
	h->first_open = h->open++ == 0 ? p->line : h->first_open;
	int code = ts_task_read(p->text, &limits, &h->arena, &task, &repair, &why);
	if (code == TS_EMALF) {
		return reject(h, p, why.text, err);
	}
	if (code != TS_OK) {
		return ts_fail(err, code, "Out of memory.");
	}
	code = tell_spelling(h, p, err);
	if (code == TS_OK && repair.text[0] != '\0') {
		code = tell(h, p, FOUND_REPAIR, repair.text, err);
	}
	pass_time(h, &task);
	return code == TS_OK ? store(h, &task, err) : code;
}

static int take_junk(struct history *h, const struct tx_piece *p, struct ts_error *err)
{
	h->totals->states++;
	return reject(h, p, p->fault, err);
}

static int close_with(struct history *h, const struct ts_uuid *key, struct ts_error *err)
{
	const struct ts_append_by by = {.now = h->time, .device = "", .what = "", .key = key};
	h->totals->transactions++;
	return ts_append_close(&h->append, &by, err);
}

/* A key closes the versions before it; without any, it is one more name of the transaction before.
 * Of a key that is there twice the first one counts, as with Taskserver: its client gets
 * everything since. */
static int take_key(struct history *h, const struct tx_piece *p, struct ts_error *err)
{
	struct ts_transaction known;
	h->totals->keys++;
	int code = ts_transaction_by_key(h->a->txn, h->user, &p->key, &known, err);
	if (code == TS_OK) {
		h->totals->keys_twice++;
		return tell(h, p, FOUND_KEY_TWICE,
			    "this sync key was there before: the first place counts", err);
	}
	if (code != TS_ENOTFOUND) {
		return code;
	}
	h->open = 0;
	h->a->uncommitted++;
	return ts_append_count(&h->append) > 0
		       ? close_with(h, &p->key, err)
		       : ts_sync_key_add(h->a->txn, h->user, &p->key, h->append.newest.last, err);
}

static int take_nothing(struct history *h, const struct tx_piece *p, struct ts_error *err)
{
	(void)p;
	(void)err;
	h->totals->blank++;
	return TS_OK;
}

static int take(const struct tx_piece *p, void *arg, struct ts_error *err)
{
	static int (*const takers[])(struct history * h, const struct tx_piece *p,
				     struct ts_error *err) = {
		[TX_NOTHING] = take_nothing,
		[TX_KEY] = take_key,
		[TX_TASK] = take_task,
		[TX_JUNK] = take_junk,
	};
	struct history *h = arg;
	h->totals->pieces++;
	int code = tell_marks(h, p, err);
	if (code == TS_OK) {
		code = takers[p->kind](h, p, err);
	}
	ts_arena_reset(&h->arena);
	return code == TS_OK ? commit_some(h, err) : code;
}

/* Tasks behind the last key: the write of the key failed, and Taskserver serves them all the same.
 * They get a key of their own. */
static int close_tail(struct history *h, struct ts_error *err)
{
	if (ts_append_count(&h->append) == 0) {
		return TS_OK;
	}
	h->totals->keys_made++;
	int code = close_with(h, NULL, err);
	return code == TS_OK
		       ? report_add(&h->a->report, FOUND_TAIL, h->shown, h->first_open, err,
				    "%llu tasks from here on had no sync key behind them; they "
				    "got a new one",
				    (unsigned long long)h->open)
		       : code;
}

/* Each piece of the file at `fd` to the reader. */
static int read_file(struct adoption *a, int fd, const char *shown, struct tx_reader *reader,
		     struct ts_error *err)
{
	TS_AUTOFREE char *piece = malloc(READ_BYTES);
	ssize_t got = 1;
	int code = piece != NULL ? TS_OK : ts_fail(err, TS_ENOMEM, "Out of memory.");
	while (code == TS_OK && got != 0) {
		got = read(fd, piece, READ_BYTES);
		if (got < 0 && errno != EINTR) {
			return ts_fail_errno(err, errno, "Could not read %.200s", shown);
		}
		const struct ts_slice bytes = {piece, got > 0 ? (size_t)got : 0};
		code = tx_reader_feed(reader, bytes, err);
		a->report.totals.bytes += bytes.len;
		ts_progress_set(&a->progress, a->report.totals.bytes);
	}
	return code == TS_OK ? tx_reader_end(reader, err) : code;
}

int adopt_history(struct adoption *a, const struct ts_user *user, const char *path,
		  const char *shown, struct ts_error *err)
{
	TS_CLEANUP(history_done)
	struct history h = {.a = a, .totals = &a->report.totals, .user = user->id, .shown = shown};
	TS_CLEANUP(tx_reader_done) struct tx_reader reader = {.each = take, .arg = &h};
	TS_AUTOCLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		return ts_fail_errno(err, errno, "Can't open '%.200s'", path);
	}
	int code = ts_append_begin(a->txn, user->id, &h.append, err);
	if (code == TS_OK) {
		code = read_file(a, fd, shown, &reader, err);
	}
	a->report.totals.lines += reader.line;
	a->report.totals.files++;
	return code == TS_OK ? close_tail(&h, err) : code;
}

static int look_at_first(const struct tx_piece *p, void *arg, struct ts_error *err)
{
	TS_ARENA(arena);
	struct ts_task task;
	struct ts_task_repair repair;
	int64_t *ret = arg;
	if (p->kind != TX_TASK ||
	    ts_task_read(p->text, &limits, &arena, &task, &repair, NULL) != TS_OK) {
		return TS_OK;
	}
	*ret = ts_task_time(&task, 0);
	return ts_fail(err, TS_ECANCELED, "Seen.");
}

int64_t adopt_history_begin(const char *path)
{
	int64_t time = 0;
	TS_CLEANUP(tx_reader_done) struct tx_reader reader = {.each = look_at_first, .arg = &time};
	TS_AUTOFREE char *piece = malloc(READ_BYTES);
	TS_AUTOCLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t got = fd >= 0 && piece != NULL ? read(fd, piece, READ_BYTES) : 0;
	if (got > 0) {
		(void)!tx_reader_feed(&reader, (struct ts_slice){piece, (size_t)got}, NULL);
	}
	return time;
}
