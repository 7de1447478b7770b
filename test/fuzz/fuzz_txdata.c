/* SPDX-License-Identifier: MIT */
/* A file of any bytes is cut into the same pieces however it arrives; nothing of a line is lost but
 * blanks, and each piece is clean. */
#include "common/task/task_json.h"
#include "server/adopt/spelling.h"
#include "server/adopt/tx_cut.h"
#include "test/fuzz/fuzz.h"

struct noted {
	struct ts_buf all;
	uint64_t line, pieces;
};

static size_t solid(struct ts_slice s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.len; i++) {
		n += !ts_is_blank(s.data[i]);
	}
	return n;
}

static int note(const struct tx_piece *p, void *arg, struct ts_error *err)
{
	static const struct ts_task_limits limits = {.depth = 100};
	TS_ARENA(arena);
	struct noted *n = arg;
	struct ts_task task;
	struct ts_task_repair repair;
	ts_buf_printf(&n->all, "%d %u %d %s ", (int)p->kind, p->marks, (int)p->unfinished,
		      p->kind == TX_JUNK ? p->fault : "");
	ts_buf_printf(&n->all, "%llu ", (unsigned long long)p->line);
	ts_buf_add_slice(&n->all, p->text);
	n->pieces++;
	FUZZ_CHECK(p->line == n->line || p->line == n->line + 1);
	n->line = p->line;
	FUZZ_CHECK(ts_utf8_valid(p->text));
	FUZZ_CHECK((p->kind == TX_NOTHING) == (p->text.len == 0));
	FUZZ_CHECK(p->kind != TX_TASK || p->text.data[0] == '{');
	(void)spelling_of(p->text);
	if (p->kind == TX_TASK) {
		(void)!ts_task_read(p->text, &limits, &arena, &task, &repair, err);
	}
	return TS_OK;
}

static void read_all(struct ts_slice in, size_t piece, struct noted *to)
{
	TS_CLEANUP(tx_reader_done) struct tx_reader r = {.each = note, .arg = to};
	struct ts_error err = {0};
	for (size_t at = 0; at < in.len; at += piece) {
		const size_t left = in.len - at;
		const struct ts_slice part = {in.data + at, left < piece ? left : piece};
		FUZZ_CHECK(tx_reader_feed(&r, part, &err) == TS_OK);
	}
	FUZZ_CHECK(tx_reader_end(&r, &err) == TS_OK);
	FUZZ_CHECK(r.line == to->line);
}

static void cut_all(struct ts_slice line)
{
	TS_BUF(clean);
	size_t kept = 0;
	(void)tx_clean(&line, &clean);
	const size_t all = solid(line);
	while (line.len > 0) {
		const size_t before = line.len;
		kept += solid(tx_cut(&line).text);
		FUZZ_CHECK(line.len < before);
	}
	FUZZ_CHECK(kept == all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	TS_AUTOFREE char *copy = fuzz_copy(data, size);
	const struct ts_slice in = {copy, size};
	struct noted whole = {0}, pieces = {0};
	if (copy == NULL) {
		return 0;
	}
	read_all(in, size + 1, &whole);
	read_all(in, 3, &pieces);
	FUZZ_CHECK(ts_slice_eq(ts_buf_slice(&whole.all), ts_buf_slice(&pieces.all)));
	ts_buf_done(&whole.all);
	ts_buf_done(&pieces.all);
	cut_all(in);
	return 0;
}
