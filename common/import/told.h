/* SPDX-License-Identifier: MIT */
/* What people and programs are told of an import. */
#pragma once

#include "common/import/import.h"

enum { TS_IMPORT_TOLD_MAX = 20 }; /* refusals that are told one by one */

/* What was refused: lines of text or, for a program, the elements of an array. */
struct ts_import_told {
	bool json;
	size_t count;
	struct ts_buf text;
};

void ts_import_told_done(struct ts_import_told *t);
/* For ts_import_new(); `arg` is a struct ts_import_told. */
void ts_import_tell(const struct ts_import_refusal *refusal, void *arg);
/* Append a line with one JSON object: the counts, and what was refused. */
void ts_import_told_json(const struct ts_import_told *t, const struct ts_import_counts *c, bool dry,
			 struct ts_buf *to);
