/* SPDX-License-Identifier: MIT */
/*
 * The command line: `taskd COMMAND …`. One table in command.c names each command; the help, the
 * manual page and the dispatch come from it.
 */
#pragma once

#include "common/base/buf.h"
#include "common/store/store.h"
#include "server/settings.h"

struct command_line {
	struct settings *settings; /* defaults, the file where there is one, then --NAME=VALUE */
	const char *data;          /* --data, $TASKDDATA, or NULL */
	char **overrides;          /* each "NAME=VALUE", as given */
	size_t override_count;
	bool force, quiet, debug, daemon;
	int argc; /* words behind the command's name, options of main() taken out */
	char **argv;
};

/* One a command, in its own file. */
struct command {
	const char *name;
	/*
	 * Prints its result on standard output and returns TS_OK, or fails with a sentence in err,
	 * which main() prints once, as "ERROR: …". TS_EUSAGE: main() prints the command's usage.
	 * The exit code is 0 or 255, as the reference server's.
	 */
	int (*run)(struct command_line *cl, struct ts_error *err);
	unsigned flags;
	const char *usage; /* one line a form, without "taskd NAME" */
	const char *help;  /* paragraphs */
};

enum {
	COMMAND_DATA = 1,     /* needs a data directory */
	COMMAND_SETTINGS = 2, /* fails where the configuration can't be read */
	COMMAND_OPTIONS = 4   /* has options of its own, which stay in argv */
};

extern const struct command command_setup, command_adopt, command_init, command_config, command_add,
	command_remove, command_suspend, command_resume, command_doctor, command_redirect,
	command_org, command_device, command_certificate, command_quarantine, command_history,
	command_revert, command_export, command_import, command_backup, command_restore,
	command_verify, command_compact, command_user, command_server, command_status, command_tail,
	command_client, command_diagnostics, command_validate, command_help;
/* All of them, in the order of the help. */
extern const struct command *const commands[];
extern const size_t command_count;
/* NULL: no such command. */
const struct command *command_find(const char *name);
/* Look the command up, check the data directory, load the settings into cl->settings, run it. */
int command_run(struct command_line *cl, const char *name, struct ts_error *err) TS_MUST_CHECK;

/*
 * Set *to, which may be uninitialized, to the defaults, the file where there is one, then the
 * overrides; on success the caller frees it with command_settings_done(). *unknown (may be NULL)
 * collects the names in the file that are no settings. TS_EINVAL: a value is wrong.
 */
int command_settings(const struct command_line *cl, struct settings *to, struct ts_buf *unknown,
		     struct ts_error *err) TS_MUST_CHECK;
void command_settings_done(struct settings *s);
/* DIR/config into *path. TS_OK or TS_ENOMEM. */
int command_config_path(const struct command_line *cl, struct ts_buf *path,
			struct ts_error *err) TS_MUST_CHECK;
/* A data directory's whole path, which the configuration can hold. TS_EINVAL: it can't. */
int command_absolute(const char *path, struct ts_buf *to, struct ts_error *err) TS_MUST_CHECK;
/* Ask on the terminal. True: yes; or there is nobody to ask, or `--force`, or confirmation=off. */
bool command_confirm(const struct command_line *cl, const char *fmt, ...) TS_PRINTF(2, 3);
/* A result, unless --quiet. */
void command_say(const struct command_line *cl, const char *fmt, ...) TS_PRINTF(2, 3);

/* Print a result that was collected, and forget it. TS_EIO, TS_ENOMEM. */
int command_print(struct ts_buf *text, struct ts_error *err) TS_MUST_CHECK;

/* Open the store of the data directory; TS_ENOTFOUND with what to do where there is none. */
int command_store(struct command_line *cl, struct ts_store **ret,
		  struct ts_error *err) TS_MUST_CHECK;
