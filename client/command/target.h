/* SPDX-License-Identifier: MIT */
/* What the commands that change tasks share: which tasks are meant, whether that many are, the edit
 * as one transaction, and a line about each. */
#pragma once

#include "client/command/command.h"
#include "client/replica/edit.h"
#include "client/words/filter.h"

#define TARGET_ALL                                                                                 \
	{                                                                                          \
		"all", NULL, "don't ask where several tasks are meant", 0                          \
	}
#define TARGET_WHERE                                                                               \
	{                                                                                          \
		"where", "WORD", "a word of the filter", TS_OPTION_VALUES                          \
	}

/* How many tasks are named, one a line, where a command tells which they are. */
enum { TARGET_LIST_MAX = 10 };

/* Words in an arena. */
struct words {
	const char **at;
	size_t count;
};

/* The line's words from number `first` on, with the `--` that stood among them, as changes_new()
 * wants them. TS_OK or TS_ENOMEM. */
int target_words(const struct line *l, size_t first, struct ts_arena *a, struct words *ret,
		 struct ts_error *err) TS_MUST_CHECK;
/* Part the line's words into a filter, which is the numbers and uuids that they begin with and
 * the values of --where, and the rest. TS_EUSAGE: there is no filter. */
int target_split(const struct line *l, struct ts_arena *a, struct words *ret_filter,
		 struct words *ret_rest, struct ts_error *err) TS_MUST_CHECK;

/* Find the tasks; where they are several and were not all named by number or uuid, ask on a
 * terminal, else --all is needed. TS_ENOTFOUND, TS_EUSAGE, TS_ECANCELED. */
int target_select(const struct line *l, const struct replica *r, const struct words *filter,
		  int64_t now, struct ts_arena *a, struct ts_uuids *ret,
		  struct ts_error *err) TS_MUST_CHECK;

/* How a command changes one task. */
struct target_change {
	const char *what; /* the command's name, for the history */
	const char *did;  /* "Completed" */
	/*
	 * Make *ret, a copy of the task with attributes of its own in `a`, what it should be.
	 * *ret_remark: half a sentence that fits behind "Task 3 'Buy milk' ", of why it stays as
	 * it is. TS_ENOMEM, TS_EUSAGE.
	 */
	int (*change)(struct edit *e, const struct ts_task *before, struct ts_arena *a,
		      struct ts_task *ret, const char **ret_remark, void *arg,
		      struct ts_error *err);
	void *arg;
};

/* Change the tasks, all or none, and tell. */
int target_change(const struct line *l, struct replica *r, const struct ts_uuids *tasks,
		  const struct target_change *how, int64_t now, struct ts_error *err) TS_MUST_CHECK;

/* Append "task 3 'Buy milk'" or, where the number is 0, "task 8ad2c9f4 'Buy milk'". */
void target_add_name(struct ts_buf *to, const struct ts_task *task, uint64_t number);
/* Append the task as Taskwarrior's export has it, with its number. `a` is for temporaries. */
void target_add_json(struct ts_buf *to, const struct ts_task *task, uint64_t number,
		     struct ts_arena *a);
