/* SPDX-License-Identifier: MIT */
#include "client/command/command.h"
#include "client/sync/sync.h"
#include "common/base/json_out.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>

enum { QUIET_START = 1000 }; /* [ms] before progress shows */

static const struct ts_option options[] = {
	{.name = "push-all",
	 .help = "The server doesn't know our last sync: send every task that is here, to be "
		 "merged "
		 "with those that are there"},
	{.name = "adopt",
	 .help = "The server doesn't know our last sync: take its tasks as they are, and drop all "
		 "others"},
};

/* Signals end a sync where it waits, and the program when it has cleaned up. */
struct signals {
	sigset_t before;
	int fd;
};

static int take_signals(struct signals *s, struct ts_error *err)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGQUIT};
	struct sigaction action;
	sigset_t set;
	(void)sigemptyset(&set);
	for (size_t i = 0; i < TS_COUNT_OF(numbers); i++) {
		/* nohup's wish, for instance, is respected. */
		if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN) {
			(void)sigaddset(&set, numbers[i]);
		}
	}
	(void)sigprocmask(SIG_BLOCK, &set, &s->before);
	s->fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return s->fd >= 0 ? TS_OK : ts_fail_errno(err, errno, "Could not wait for signals");
}

/* From here on they do what they usually do: one that came meanwhile ends the program. */
static void give_signals_back(struct signals *s)
{
	ts_close_p(&s->fd);
	s->fd = -1;
	(void)fflush(stdout);
	(void)sigprocmask(SIG_SETMASK, &s->before, NULL);
}

struct job {
	struct line *line;
	struct progress *progress;
};

static void say(const char *text, void *arg)
{
	const struct job *j = arg;
	progress_clear(j->progress);
	line_say(j->line, "taskc: %s", text);
}

static void add_count(struct ts_buf *to, size_t count, const char *one, const char *many)
{
	if (count > 0) {
		ts_buf_printf(to, "%s%zu %s", to->len > 0 ? ", " : "", count,
			      count == 1 ? one : many);
	}
}

static void print_summary(const struct sync *s)
{
	TS_BUF(text);
	add_count(&text, s->sent, "change sent", "changes sent");
	add_count(&text, s->received, "task received", "tasks received");
	add_count(&text, s->merges, "merged with an edit made meanwhile",
		  "merged with edits made meanwhile");
	add_count(&text, s->conflicts, "value lost to another edit (see `taskc conflicts`)",
		  "values lost to other edits (see `taskc conflicts`)");
	add_count(&text, s->rejected, "line that was no task", "lines that were no tasks");
	(void)printf("%s: %s.\n", s->remote->name, text.len > 0 ? text.data : "nothing new");
}

static int print_json(const struct sync *s, struct ts_error *err)
{
	TS_BUF(text);
	struct ts_json j = ts_json_to(&text);
	const struct {
		const char *name;
		uint64_t value;
	} numbers[] = {
		{"sent", s->sent},         {"received", s->received}, {"conflicts", s->conflicts},
		{"merges", s->merges},     {"rejected", s->rejected}, {"bytes_out", s->bytes_out},
		{"bytes_in", s->bytes_in},
	};
	ts_json_open(&j, '{');
	ts_json_name(&j, "remote");
	ts_json_text(&j, ts_slice_of(s->remote->name));
	for (size_t i = 0; i < TS_COUNT_OF(numbers); i++) {
		ts_json_name(&j, numbers[i].name);
		ts_json_int(&j, (int64_t)numbers[i].value);
	}
	ts_json_name(&j, "resumed");
	ts_json_bool(&j, s->resumed);
	ts_json_name(&j, "messages");
	ts_json_text(&j, ts_slice_of(s->messages));
	ts_json_close(&j, '}');
	ts_buf_add_char(&text, '\n');
	return line_print(&text, err);
}

/* What the server says is for its user, however the sync went; unless the failure's sentence has it
 * already, or knows better. */
static void tell_messages(const struct line *l, const struct sync *s, int code,
			  const struct ts_error *err)
{
	const bool told =
		code == TS_EHISTORY || (code != TS_OK && strstr(err->text, s->messages) != NULL);
	if (s->messages[0] != '\0' && !told) {
		line_say(l, "%s: %s", s->remote->name, s->messages);
	}
}

static int report(const struct line *l, const struct sync *s, int code, struct ts_error *err)
{
	tell_messages(l, s, code, err);
	if (code != TS_OK) {
		return code;
	}
	if (l->json) {
		return print_json(s, err);
	}
	if (!l->quiet && isatty(STDOUT_FILENO)) {
		print_summary(s);
	}
	return TS_OK;
}

static int sync_replica(struct line *l, struct sync *s, struct ts_error *err)
{
	struct job job = {.line = l};
	if (!l->quiet && isatty(STDERR_FILENO)) {
		job.progress = progress_new(STDERR_FILENO, QUIET_START);
	}
	s->progress = job.progress;
	s->say = say;
	s->say_arg = &job;
	int code = sync_whole(s, err);
	progress_free(TS_TAKE(job.progress));
	s->progress = NULL;
	return report(l, s, code, err);
}

static int with_replica(struct line *l, struct sync *s, struct ts_error *err)
{
	struct replica replica = {0};
	int code = line_replica(l, true, &replica, err);
	if (code != TS_OK) {
		return code;
	}
	s->replica = &replica;
	code = sync_replica(l, s, err);
	replica_close(&replica);
	return code;
}

static int with_signals(struct line *l, struct sync *s, struct ts_error *err)
{
	struct signals signals = {.fd = -1};
	int code = take_signals(&signals, err);
	if (code == TS_OK) {
		s->cancel_fd = signals.fd;
		code = with_replica(l, s, err);
	}
	give_signals_back(&signals);
	return code;
}

static int run(struct line *l, struct ts_error *err)
{
	struct remote remote;
	if (l->word_count > 1) {
		return ts_fail(err, TS_EUSAGE, "One remote at a time can be synced with.");
	}
	if (line_has(l, "push-all") && line_has(l, "adopt")) {
		return ts_fail(err, TS_EUSAGE, "It is either --push-all or --adopt.");
	}
	int code = remote_read(&l->place, l->settings, l->word_count > 0 ? l->words[0] : NULL,
			       &remote, err);
	if (code != TS_OK) {
		return code;
	}
	struct sync s = {.remote = &remote,
			 .settings = l->settings,
			 .place = &l->place,
			 .cancel_fd = -1,
			 .how = line_has(l, "push-all") ? SYNC_PUSH_ALL
				: line_has(l, "adopt")  ? SYNC_ADOPT
							: SYNC_NORMAL};
	code = with_signals(l, &s, err);
	remote_done(&remote);
	return code;
}

const struct command command_sync = {
	.name = "sync",
	.run = run,
	.words = WORDS_REMOTE,
	.usage = "[REMOTE]",
	.brief = "send changes to the server, and get those of others",
	.help = "Sends what was changed here since the last sync, and takes what others have "
		"changed;\n"
		"where both changed the same task, all changes are merged. Edits that are made "
		"meanwhile\n"
		"are kept, and go with the next sync. Nothing is forgotten here before the server "
		"has\n"
		"confirmed that it is stored: a sync may be stopped at any moment.\n"
		"\n"
		"It says nothing where there is nothing to say, so that cron sends no mail. On a "
		"terminal\n"
		"it tells what it does, when that takes longer than a second.\n"
		"\n"
		"Exit status 5 says that the server's history is another one: it was restored from "
		"an old\n"
		"back-up, or its account was emptied. Nothing is changed then. --push-all sends "
		"all tasks\n"
		"of this replica, --adopt takes the server's and drops all others.\n"
		"\n"
		"Executable files in the folder hooks/ beside taskc.conf are called: `pre-sync*` "
		"before,\n"
		"`post-sync*` after each sync, and `on-change*` with one JSON object a line for "
		"each task\n"
		"that arrived with something new.",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};
