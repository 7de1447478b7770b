/* SPDX-License-Identifier: MIT */
#include "client/command/look.h"

static int run(struct line *l, struct ts_error *err)
{
	TS_CLEANUP(look_done) struct look k = {0};
	struct spot spot;
	if (l->word_count != 1) {
		return ts_fail(err, TS_EUSAGE, "Which task? Say one.");
	}
	int code = look_open(l, &k, err);
	if (code == TS_OK) {
		code = spot_find(l->words[0], NULL, &k.moment, k.txn, &k.replica, &spot, err);
	}
	if (code == TS_OK) {
		code = task_view(&k.view, &spot, l->json, err);
	}
	return code == TS_OK ? look_print(&k, err) : code;
}

const struct command command_show = {
	.name = "show",
	.run = run,
	.words = WORDS_FILTER,
	.usage = "TASK[@VERSION]",
	.brief = "show everything about a task",
	.help = "A VERSION is a number that `taskc log` shows, -1 for the version before the "
		"newest "
		"one (-2, and so on), or a date, for how the task was then:\n"
		"\n"
		"  taskc show 3@17\n"
		"  taskc show 3@-1\n"
		"  taskc show 3@yesterday",
};
