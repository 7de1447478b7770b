/* SPDX-License-Identifier: MIT */
/* The log of a user's versions, newest first, made piece by piece: memory doesn't grow with the
 * number of versions. */
#pragma once

#include "common/show/view.h"

enum ts_changelog_form {
	TS_CHANGELOG_TEXT,
	TS_CHANGELOG_GRAPH,
	TS_CHANGELOG_DOT,
	TS_CHANGELOG_JSON
};

struct ts_changelog {
	struct ts_view *view;
	enum ts_changelog_form form;
	size_t limit; /* versions; SIZE_MAX: all */
	bool has_since;
	int64_t since; /* [s since 1970] only what was made then or later */
	/* Print what is in the view's buffer, and clear it. It may put a later transaction of the
	 * store into the view, so that none is held for as long as somebody reads. */
	int (*print)(void *arg, struct ts_error *err);
	void *arg;
};

/* `tasks` NULL: of all. A graph goes task by task, the one that changed last first. */
int ts_changelog_run(const struct ts_changelog *l, const struct ts_uuids *tasks,
		     struct ts_error *err) TS_MUST_CHECK;
