/* SPDX-License-Identifier: MIT */
/*
 * Building a task from what a client sent: what each attribute's text may be, which keys the
 * elements of sets have, what is repaired and what can't be. Knows no JSON.
 *
 * Every function returns TS_OK; TS_EMALF with half a sentence in `err` that fits behind "because";
 * or TS_ENOMEM. Texts that go in are copied to the arena.
 */
#pragma once

#include "common/task/task_json.h"

struct ts_builder {
	const struct ts_task_limits *limits;
	struct ts_arena *arena;
	struct ts_task *task;
	struct ts_task_repair *repair;
	struct ts_error *err;
	size_t capacity;
	size_t room; /* [bytes] of keys and values that may still be added */
	bool has_uuid;
};

/* TS_ENOMEM, with its sentence. */
int ts_build_no_memory(struct ts_builder *b);

/* A key (task_key.h) and its value. */
int ts_build_attr(struct ts_builder *b, struct ts_slice key, struct ts_value value) TS_MUST_CHECK;
int ts_build_uuid(struct ts_builder *b, struct ts_slice text) TS_MUST_CHECK;
/* The time of the state, which is beside the map. */
int ts_build_modified(struct ts_builder *b, struct ts_slice text) TS_MUST_CHECK;
/* One of Taskwarrior's own dates. */
int ts_build_date(struct ts_builder *b, struct ts_slice name, struct ts_slice text) TS_MUST_CHECK;
int ts_build_status(struct ts_builder *b, struct ts_slice text) TS_MUST_CHECK;
/* One tag, or several with commas between them. */
int ts_build_tags(struct ts_builder *b, struct ts_slice text) TS_MUST_CHECK;
/* Every UUID in the text, whatever stands between them: a list with commas, a JSON array printed
 * into a string, escaped once or more. */
int ts_build_depends(struct ts_builder *b, struct ts_slice text) TS_MUST_CHECK;
/* `rest`: what else the annotation has, as a JSON object; or {NULL, 0}. */
int ts_build_annotation(struct ts_builder *b, struct ts_slice entry, struct ts_slice description,
			struct ts_slice rest) TS_MUST_CHECK;

/* The last attribute was added: sort, and see that the task has what every client wants. */
int ts_build_finish(struct ts_builder *b) TS_MUST_CHECK;
