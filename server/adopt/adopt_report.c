/* SPDX-License-Identifier: MIT */
#include "server/adopt/adopt_report.h"

#include "common/base/json_out.h"
#include "common/base/pack.h"
#include "common/base/utf8.h"

#include <inttypes.h>
#include <stdarg.h>

enum { SHOWN = 10 }; /* findings of a kind that people are shown at first */

static const struct kind {
	enum report_group group;
	const char *word;
} kinds[FINDING_KINDS] = {
#define FINDING_ROW(name, group, word) [name] = {group, word},
	FINDINGS(FINDING_ROW)
#undef FINDING_ROW
};

static const struct {
	const char *heading, *word;
} groups[] = {
	[REPORT_MENDED] = {"Mended", "mended"},
	[REPORT_QUARANTINED] = {"Put into quarantine", "quarantined"},
	[REPORT_KEPT] = {"Taken over as it is", "kept"},
	[REPORT_LEFT] = {"Not taken over", "left"},
	[REPORT_ATTENTION] = {"To be looked at", "attention"},
};

int report_init(struct report *r, struct ts_spool_budget *budget, struct ts_error *err)
{
	*r = (struct report){0};
	return ts_spool_new(budget, &r->findings) == TS_OK
		       ? TS_OK
		       : ts_fail(err, TS_ENOMEM, "Out of memory.");
}

void report_done(struct report *r)
{
	ts_spool_free(r->findings);
	ts_buf_done(&r->record);
	*r = (struct report){0};
}

/* A record: its length, then kind, path, line and text. What comes from names and tasks must
 * speak neither to a terminal nor to a reader of JSON. */
int report_add(struct report *r, enum finding kind, const char *path, uint64_t line,
	       struct ts_error *err, const char *fmt, ...)
{
	struct ts_buf *b = &r->record;
	char words[600], place[1200];
	va_list args;
	va_start(args, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, args);
	va_end(args);
	(void)snprintf(place, sizeof(place), "%s", path);
	ts_utf8_make_harmless(words);
	ts_utf8_make_harmless(place);
	ts_buf_clear(b);
	ts_buf_add(b, &(uint64_t){0}, sizeof(uint64_t));
	ts_pack_number(b, kind);
	ts_pack_string(b, ts_slice_of(place));
	ts_pack_number(b, line);
	ts_pack_string(b, ts_slice_of(words));
	if (b->failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	const uint64_t size = b->len - sizeof(size);
	memcpy(b->data, &size, sizeof(size));
	r->counts[kind]++;
	return ts_spool_add(r->findings, ts_buf_slice(b), err);
}

struct one {
	enum finding kind;
	struct ts_slice path, text;
	uint64_t line;
};

/* Read the record at *offset and go behind it; what comes out lives in `to`. TS_ENOTFOUND: it was
 * the last. */
static int next_finding(const struct report *r, uint64_t *offset, struct ts_buf *to,
			struct one *ret, struct ts_error *err)
{
	uint64_t size = 0;
	size_t got;
	if (*offset >= ts_spool_size(r->findings)) {
		return TS_ENOTFOUND;
	}
	int code = ts_spool_read(r->findings, *offset, &size, sizeof(size), &got, err);
	ts_buf_clear(to);
	char *at = code == TS_OK ? ts_buf_reserve(to, size) : NULL;
	if (at == NULL) {
		return code != TS_OK ? code : ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	code = ts_spool_read(r->findings, *offset + sizeof(size), at, size, &got, err);
	*offset += sizeof(size) + size;
	struct ts_unpack u = {.rest = {at, got}};
	ret->kind = (enum finding)ts_unpack_number(&u);
	ret->path = ts_unpack_string(&u);
	ret->line = ts_unpack_number(&u);
	ret->text = ts_unpack_string(&u);
	return code == TS_OK && u.failed
		       ? ts_fail(err, TS_EDAMAGED, "A temporary file was changed by somebody else.")
		       : code;
}

static void print_one(const struct one *f, FILE *to)
{
	(void)fprintf(to, "  %.*s", TS_SLICE_ARGS(f->path));
	if (f->line > 0) {
		(void)fprintf(to, ":%" PRIu64, f->line);
	}
	(void)fprintf(to, ": %.*s\n", TS_SLICE_ARGS(f->text));
}

static uint64_t count_group(const struct report *r, enum report_group group)
{
	uint64_t count = 0;
	for (size_t i = 0; i < FINDING_KINDS; i++) {
		count += kinds[i].group == group ? r->counts[i] : 0;
	}
	return count;
}

static int print_group(const struct report *r, enum report_group group, bool all, FILE *to,
		       struct ts_error *err)
{
	TS_BUF(record);
	uint64_t offset = 0, seen[FINDING_KINDS] = {0}, hidden = 0;
	const uint64_t count = count_group(r, group);
	struct one f;
	int code = TS_OK;
	if (count > 0) {
		(void)fprintf(to, "\n%s (%" PRIu64 ")\n", groups[group].heading, count);
	}
	while (count > 0 && (code = next_finding(r, &offset, &record, &f, err)) == TS_OK) {
		if (kinds[f.kind].group != group) {
			continue;
		}
		if (all || seen[f.kind]++ < SHOWN) {
			print_one(&f, to);
		} else {
			hidden++;
		}
	}
	if (hidden > 0) {
		(void)fprintf(to, "  and %" PRIu64 " more of these kinds; --all shows each\n",
			      hidden);
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

int report_print(const struct report *r, bool all, FILE *to, struct ts_error *err)
{
	int code = TS_OK;
	for (size_t i = 0; i < TS_COUNT_OF(groups) && code == TS_OK; i++) {
		code = print_group(r, (enum report_group)i, all, to, err);
	}
	return code;
}

static void add_totals(const struct report_totals *t, struct ts_json *j)
{
	const struct {
		const char *name;
		uint64_t value;
	} rows[] = {
		{"settings", t->settings},
		{"settings_left", t->settings_left},
		{"organizations", t->orgs},
		{"organizations_suspended", t->orgs_suspended},
		{"redirects", t->redirects},
		{"users", t->users},
		{"users_suspended", t->users_suspended},
		{"files", t->files},
		{"bytes", t->bytes},
		{"lines", t->lines},
		{"pieces", t->pieces},
		{"blank", t->blank},
		{"keys", t->keys},
		{"keys_twice", t->keys_twice},
		{"keys_made", t->keys_made},
		{"states", t->states},
		{"versions", t->versions},
		{"same", t->same},
		{"quarantined", t->rejects},
		{"quarantined_again", t->again},
		{"transactions", t->transactions},
		{"tasks", t->tasks},
	};
	ts_json_name(j, "totals");
	ts_json_open(j, '{');
	for (size_t i = 0; i < TS_COUNT_OF(rows); i++) {
		ts_json_name(j, rows[i].name);
		ts_json_int(j, (int64_t)rows[i].value);
	}
	ts_json_close(j, '}');
}

static void add_finding(const struct one *f, struct ts_json *j)
{
	ts_json_open(j, '{');
	ts_json_name(j, "group");
	ts_json_text(j, ts_slice_of(groups[kinds[f->kind].group].word));
	ts_json_name(j, "kind");
	ts_json_text(j, ts_slice_of(kinds[f->kind].word));
	ts_json_name(j, "path");
	ts_json_text(j, f->path);
	if (f->line > 0) {
		ts_json_name(j, "line");
		ts_json_int(j, (int64_t)f->line);
	}
	ts_json_name(j, "text");
	ts_json_text(j, f->text);
	ts_json_close(j, '}');
}

/* Write what the buffer holds, and empty it. */
static int flush(struct ts_buf *b, FILE *to, struct ts_error *err)
{
	if (b->failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	(void)fwrite(b->data, 1, b->len, to);
	ts_buf_clear(b);
	return TS_OK;
}

int report_print_json(const struct report *r, FILE *to, struct ts_error *err)
{
	TS_BUF(text);
	TS_BUF(record);
	struct ts_json j = ts_json_to(&text);
	uint64_t offset = 0;
	struct one f;
	add_totals(&r->totals, &j);
	ts_json_name(&j, "findings");
	ts_json_open(&j, '[');
	int code = flush(&text, to, err);
	while (code == TS_OK && (code = next_finding(r, &offset, &record, &f, err)) == TS_OK) {
		add_finding(&f, &j);
		ts_buf_add_char(&text, '\n');
		code = flush(&text, to, err);
	}
	if (code != TS_ENOTFOUND) {
		return code;
	}
	ts_json_close(&j, ']');
	return flush(&text, to, err);
}
