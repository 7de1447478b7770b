/* SPDX-License-Identifier: MIT */
/*
 * What an adoption tells: every single thing that was not taken over exactly as it was, with its
 * place, and the totals. Findings may be millions: they are kept in a spool until they are printed.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/spool.h"

#include <stdio.h>

/* Headings of the printed report, in its order. */
enum report_group { REPORT_MENDED, REPORT_QUARANTINED, REPORT_KEPT, REPORT_LEFT, REPORT_ATTENTION };

/* name, group, word in JSON */
#define FINDINGS(X)                                                                                \
	X(FOUND_BOM, REPORT_MENDED, "byte-order-mark")                                             \
	X(FOUND_CRLF, REPORT_MENDED, "carriage-return")                                            \
	X(FOUND_NUL, REPORT_MENDED, "nul")                                                         \
	X(FOUND_UTF8, REPORT_MENDED, "utf-8")                                                      \
	X(FOUND_GLUED, REPORT_MENDED, "lost-newline")                                              \
	X(FOUND_LIST, REPORT_MENDED, "depends-list")                                               \
	X(FOUND_PRINTED, REPORT_MENDED, "depends-text")                                            \
	X(FOUND_EPOCH, REPORT_MENDED, "date-number")                                               \
	X(FOUND_REPAIR, REPORT_MENDED, "value")                                                    \
	X(FOUND_TAIL, REPORT_MENDED, "no-key-behind")                                              \
	X(FOUND_TMP_TAKEN, REPORT_MENDED, "temporary-file-taken")                                  \
	X(FOUND_NAME, REPORT_MENDED, "name")                                                       \
	X(FOUND_KEY, REPORT_MENDED, "user-key")                                                    \
	X(FOUND_REJECT, REPORT_QUARANTINED, "no-task")                                             \
	X(FOUND_NO_ENTRY, REPORT_KEPT, "no-entry")                                                 \
	X(FOUND_NO_MODIFIED, REPORT_KEPT, "no-modified")                                           \
	X(FOUND_KEY_TWICE, REPORT_KEPT, "key-twice")                                               \
	X(FOUND_SETTING_PATH, REPORT_KEPT, "relative-path")                                        \
	X(FOUND_SETTING_PLACE, REPORT_KEPT, "file-in-old-directory")                               \
	X(FOUND_SETTING, REPORT_LEFT, "setting")                                                   \
	X(FOUND_FILE, REPORT_LEFT, "file")                                                         \
	X(FOUND_EMPTY_USER, REPORT_LEFT, "empty-user")                                             \
	X(FOUND_ATTENTION, REPORT_ATTENTION, "attention")

enum finding {
#define FINDING_NAME(name, group, word) name,
	FINDINGS(FINDING_NAME)
#undef FINDING_NAME
		FINDING_KINDS
};

struct report_totals {
	uint64_t settings, settings_left;
	uint64_t orgs, orgs_suspended, redirects, users, users_suspended;
	uint64_t files, bytes, lines;            /* of tx.data */
	uint64_t pieces;                         /* a line each, or more where newlines were lost */
	uint64_t blank, keys, states;            /* what the pieces are; states: tasks and junk */
	uint64_t versions, same, rejects, again; /* what became of the states; again: rejects that
						  * are in the quarantine already */
	uint64_t keys_twice, keys_made;
	uint64_t transactions, tasks;
};

struct report {
	struct report_totals totals;
	uint64_t counts[FINDING_KINDS];
	struct ts_spool *findings; /* owned */
	struct ts_buf record;
};

/* `budget` outlives the report. */
int report_init(struct report *r, struct ts_spool_budget *budget,
		struct ts_error *err) TS_MUST_CHECK;
void report_done(struct report *r);
/* `path` is shown as it is; `line` 0: of the whole file. */
int report_add(struct report *r, enum finding kind, const char *path, uint64_t line,
	       struct ts_error *err, const char *fmt, ...) TS_PRINTF(6, 7) TS_MUST_CHECK;

/* Findings for people; of each kind a few, or `all`. */
int report_print(const struct report *r, bool all, FILE *to, struct ts_error *err) TS_MUST_CHECK;
/* Totals, counts of kinds, and every finding, as members of an object that the caller opened. */
int report_print_json(const struct report *r, FILE *to, struct ts_error *err) TS_MUST_CHECK;
