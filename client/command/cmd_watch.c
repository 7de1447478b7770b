/* SPDX-License-Identifier: MIT */
#include "client/command/command.h"
#include "client/watch/watch.h"

static const struct ts_option options[] = {
	{.name = "taskwarrior", .help = "Keep Taskwarrior's data in step, instead of taskc's own"},
	{.name = "taskrc",
	 .value = "FILE",
	 .help = "Taskwarrior's configuration, instead of $TASKRC or ~/.taskrc"},
};

static int run(struct line *l, struct ts_error *err)
{
	const char *taskrc = line_option(l, "taskrc", NULL);
	const struct watch_how how = {
		.remote = l->word_count > 0 ? l->words[0] : NULL,
		.taskwarrior = line_has(l, "taskwarrior"),
	};
	if (l->word_count > 1) {
		return ts_fail(err, TS_EUSAGE, "One remote at a time can be watched.");
	}
	if (taskrc != NULL && !how.taskwarrior) {
		return ts_fail(err, TS_EUSAGE, "--taskrc is for --taskwarrior.");
	}
	if (taskrc != NULL && setenv("TASKRC", taskrc, 1) != 0) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	return watch_run(l, &how, err);
}

const struct command command_watch = {
	.name = "watch",
	.run = run,
	.words = WORDS_REMOTE,
	.usage = "[REMOTE]\n--taskwarrior [--taskrc FILE] [REMOTE]",
	.brief = "stay in step with the server, for as long as it runs",
	.help = "It stays in the foreground and syncs: at the start, at once when tasks are "
		"changed\n"
		"here, again when a run of changes has come to rest (watch.quiet), and as soon as "
		"the\n"
		"server tells that others have changed something. A server that can't tell is "
		"asked\n"
		"every watch.interval. Where the server can't be reached it is tried again, less "
		"and\n"
		"less often, and at each change here.\n"
		"\n"
		"With --taskwarrior the tasks are those of Taskwarrior 2.x, and `task sync` is run "
		"for\n"
		"them, with the account of its own configuration. Run `task sync init` once "
		"before.\n"
		"\n"
		"TERM and INT end it with exit status 0. HUP makes it read the configuration "
		"anew.\n"
		"What happens is told on standard error, a line an event.",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};
