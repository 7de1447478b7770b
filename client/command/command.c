/* SPDX-License-Identifier: MIT */
#include "client/command/command.h"

#include "client/words/filter.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

const struct command *const commands[] = {
	&command_add,    &command_modify,    &command_annotate, &command_denotate, &command_done,
	&command_delete, &command_start,     &command_stop,     &command_edit,     &command_undo,
	&command_import, &command_export,    &command_list,     &command_show,     &command_log,
	&command_diff,   &command_conflicts, &command_revert,   &command_sync,     &command_status,
	&command_watch,  &command_setup,     &command_config,   &command_doctor,   &command_help,
};
const size_t command_count = TS_COUNT_OF(commands);

const struct ts_option common_options[] = {
	{"json", NULL, "print JSON, for programs", 0},
	{"quiet", NULL, "print results and errors only, no remarks", 0},
	{"color", "auto|always|never", "whether the output is coloured", 0},
	{"dir", "DIR", "one folder for configuration and tasks, instead of $TASKC_DIR", 0},
	{"set", "NAME=VALUE", "a setting for this run", TS_OPTION_VALUES},
	{"help", NULL, "explain the command", 0},
};
const size_t common_option_count = TS_COUNT_OF(common_options);

static int not_found(const char *name, struct ts_error *err)
{
	return filter_is_name(name)
		       ? ts_fail(err, TS_EUSAGE,
				 "The command comes first: `taskc show %.40s`, `taskc done %.40s`.",
				 name, name)
		       : ts_fail(err, TS_EUSAGE, "There is no command '%s'.", name);
}

static int find_by_beginning(const char *name, const struct command **ret, struct ts_error *err)
{
	TS_BUF(found);
	size_t count = 0;
	for (size_t i = 0; i < command_count; i++) {
		if (strncmp(commands[i]->name, name, strlen(name)) == 0) {
			ts_buf_printf(&found, "%s%s", count > 0 ? ", " : "", commands[i]->name);
			*ret = commands[i];
			count++;
		}
	}
	if (count == 0) {
		return not_found(name, err);
	}
	return count == 1 ? TS_OK
			  : ts_fail(err, TS_EUSAGE, "'%s' may be one of %s.", name,
				    found.failed ? "several" : found.data);
}

int command_find(const char *name, const struct command **ret, struct ts_error *err)
{
	for (size_t i = 0; i < command_count; i++) {
		if (strcmp(commands[i]->name, name) == 0) {
			*ret = commands[i];
			return TS_OK;
		}
	}
	return find_by_beginning(name, ret, err);
}

static const struct ts_option_values *find_option(const struct line *l, const char *name)
{
	for (size_t i = 0; i < l->command->option_count; i++) {
		if (strcmp(l->command->options[i].name, name) == 0) {
			return &l->options[i];
		}
	}
	return NULL;
}

bool line_has(const struct line *l, const char *name)
{
	const struct ts_option_values *v = find_option(l, name);
	return v != NULL && v->count > 0;
}

const struct ts_option_values *line_values(const struct line *l, const char *name)
{
	static const struct ts_option_values none;
	const struct ts_option_values *v = find_option(l, name);
	return v != NULL ? v : &none;
}

const char *line_option(const struct line *l, const char *name, const char *otherwise)
{
	const struct ts_option_values *v = find_option(l, name);
	return v != NULL ? ts_option_last(v, otherwise) : otherwise;
}

int line_read_settings(const struct line *l, struct settings *to, struct ts_error *err)
{
	TS_BUF(path);
	int code = place_path(&path, err, l->place.config, "taskc.conf", NULL);
	if (code == TS_OK) {
		code = settings_read(to, path.data, err);
	}
	for (size_t i = 0; i < l->set->count && code == TS_OK; i++) {
		code = settings_override(to, l->set->at[i], err);
	}
	return code;
}

int line_replica(const struct line *l, bool create, struct replica *ret, struct ts_error *err)
{
	char host[HOST_NAME_MAX + 1] = "";
	const char *device = l->settings->device;
	if (device[0] == '\0' && gethostname(host, sizeof(host) - 1) == 0) {
		device = host;
	}
	return replica_open(l->place.data, create, device, ret, err);
}

int line_print(const struct ts_buf *text, struct ts_error *err)
{
	if (text->failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (text->len > 0 && fwrite(text->data, 1, text->len, stdout) != text->len) {
		return ts_fail(err, TS_EIO, "Could not write to standard output.");
	}
	return TS_OK;
}

void line_say(const struct line *l, const char *fmt, ...)
{
	if (l->quiet) {
		return;
	}
	va_list args;
	va_start(args, fmt);
	(void)vfprintf(stderr, fmt, args);
	va_end(args);
	(void)fputc('\n', stderr);
}
