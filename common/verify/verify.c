/* SPDX-License-Identifier: MIT */
#include "common/base/utf8.h"
#include "common/verify/internal.h"

#include <stdarg.h>
#include <stdio.h>

enum { PROGRESS_EVERY = 1 << 10 /* records */ };

const char *ts_fault_word(enum ts_fault_kind kind)
{
#define TS_FAULT_WORD(name, word) [name] = word,
	static const char *const words[TS_FAULT_KINDS] = {TS_FAULTS(TS_FAULT_WORD)};
#undef TS_FAULT_WORD
	return words[kind];
}

void check_fault(struct check *c, enum ts_fault_kind kind, const struct account *a, const char *fmt,
		 ...)
{
	TS_BUF(text);
	char sentence[500];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(sentence, sizeof(sentence), fmt, args);
	va_end(args);
	if (a != NULL) {
		ts_buf_printf(&text, "%s/%s: ", a->org_name, a->name);
	}
	ts_buf_add_str(&text, sentence);
	const struct ts_fault fault = {kind, text.failed ? sentence : text.data};
	c->sums->faults++;
	if (c->how->fault != NULL) {
		c->how->fault(&fault, c->how->arg);
	}
}

void check_count(struct check *c)
{
	c->done++;
	if (c->done % PROGRESS_EVERY == 0 && c->how->progress != NULL) {
		c->how->progress(c->done, c->total, c->how->arg);
	}
}

int check_each(struct check *c, enum ts_kv_table table, struct ts_slice prefix, check_each_fn *each,
	       void *arg, struct ts_error *err)
{
	struct ts_kv_pair pair;
	int code = ts_kv_seek(c->txn->kv, table, prefix, prefix, &pair, err);
	while (code == TS_OK) {
		check_count(c);
		code = each(c, pair, arg, err);
		if (code == TS_OK) {
			code = ts_kv_next(c->txn->kv, table, prefix, &pair, err);
		}
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

int check_get(struct check *c, enum ts_kv_table table, const struct ts_key *key, bool *ret,
	      struct ts_slice *ret_value, struct ts_error *err)
{
	int code = ts_kv_get(c->txn->kv, table, ts_key_slice(key), ret_value, err);
	*ret = code == TS_OK;
	return code == TS_ENOTFOUND ? TS_OK : code;
}

struct shown check_show(struct ts_slice s)
{
	struct shown shown;
	const bool fine = ts_utf8_printable(s);
	s = fine ? ts_utf8_beginning(s, sizeof(shown.text) - 1) : s;
	size_t n = 0;
	for (; n < s.len && n + 1 < sizeof(shown.text); n++) {
		const bool plain = s.data[n] >= ' ' && s.data[n] <= '~';
		shown.text[n] = '?';
		if (fine || plain) {
			shown.text[n] = s.data[n];
		}
	}
	shown.text[n] = '\0';
	return shown;
}

bool check_number(struct ts_slice value, uint64_t *ret)
{
	struct ts_unpack u = {.rest = value};
	*ret = ts_unpack_number(&u);
	return !u.failed && u.rest.len == 0;
}

/* Everything that is one user's. */
static int check_user(struct check *c, const struct account *a, struct ts_error *err)
{
	static int (*const parts[])(struct check * c, const struct account *a,
				    struct ts_error *err) = {
		check_transactions, check_versions, check_devices,
		check_rejects,      check_numbers,  check_sync_points,
	};
	int code = TS_OK;
	for (size_t i = 0; i < TS_COUNT_OF(parts) && code == TS_OK; i++) {
		code = parts[i](c, a, err);
	}
	return code;
}

static int check_all(struct check *c, struct ts_error *err)
{
	int code = check_accounts(c, err);
	const struct account *accounts = (const void *)c->account_list.data;
	const size_t count = c->account_list.len / sizeof(*accounts);
	if (code == TS_OK) {
		code = check_aliases(c, err);
	}
	for (size_t i = 0; i < count && code == TS_OK; i++) {
		code = check_user(c, &accounts[i], err);
	}
	if (code == TS_OK) {
		code = check_holders(c, err);
	}
	return code == TS_OK ? check_leftovers(c, err) : code;
}

int ts_verify_store(struct ts_store *s, const struct ts_verify *how, struct ts_verify_sums *ret,
		    struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	struct check c = {.how = how, .sums = ret};
	*ret = (struct ts_verify_sums){0};
	int code = ts_txn_begin(s, TS_READ, &t, err);
	if (code != TS_OK) {
		return code;
	}
	c.txn = t;
	for (int i = 0; i < TS_KV_TABLES; i++) {
		c.total += ts_kv_count(t->kv, (enum ts_kv_table)i);
	}
	code = check_all(&c, err);
	ts_arena_done(&c.names);
	ts_buf_done(&c.org_list);
	ts_buf_done(&c.account_list);
	return code;
}
