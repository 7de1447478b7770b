/* SPDX-License-Identifier: MIT */
#include "server/command/command.h"

#include "server/privilege.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

const struct command *const commands[] = {
	&command_setup,    &command_adopt,       &command_init,       &command_config,
	&command_doctor,   &command_add,         &command_remove,     &command_suspend,
	&command_resume,   &command_redirect,    &command_org,        &command_user,
	&command_device,   &command_certificate, &command_quarantine, &command_history,
	&command_revert,   &command_export,      &command_import,     &command_backup,
	&command_restore,  &command_verify,      &command_compact,    &command_server,
	&command_status,   &command_tail,        &command_client,     &command_diagnostics,
	&command_validate, &command_help,
};
const size_t command_count = TS_COUNT_OF(commands);

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < command_count; i++) {
		if (strcmp(commands[i]->name, name) == 0) {
			return commands[i];
		}
	}
	return NULL;
}

static int check_data(const struct command_line *cl, struct ts_error *err)
{
	struct stat st;
	if (cl->data == NULL || cl->data[0] == '\0') {
		return ts_fail(err, TS_EINVAL, "The '--data' option is required.");
	}
	if (stat(cl->data, &st) != 0) {
		return ts_fail(err, TS_ENOTFOUND, "The '--data' path does not exist.");
	}
	return S_ISDIR(st.st_mode)
		       ? TS_OK
		       : ts_fail(err, TS_EINVAL, "The '--data' path is not a directory.");
}

/* Where the settings can't be read, commands that repair or explain them go on with defaults. */
static int load(struct command_line *cl, const struct command *c, struct ts_error *err)
{
	struct ts_error why = {0};
	int code = command_settings(cl, cl->settings, NULL, &why);
	if (code == TS_OK) {
		return TS_OK;
	}
	if ((c->flags & COMMAND_SETTINGS) != 0) {
		return ts_fail(err, code, "%s", why.text);
	}
	const struct ts_conf_table table = {settings_items, settings_count};
	return ts_conf_init(&table, cl->settings, err);
}

int command_run(struct command_line *cl, const char *name, struct ts_error *err)
{
	const struct command *c = command_find(name);
	if (c == NULL) {
		return ts_fail(err, TS_EINVAL, "Did not recognize command '%s'.", name);
	}
	int code = (c->flags & COMMAND_DATA) != 0 ? check_data(cl, err) : TS_OK;
	if (code == TS_OK) {
		code = load(cl, c, err);
	}
	if (code == TS_OK) {
		code = c->run(cl, err);
		privilege_settle(cl->data);
	}
	return code;
}

static int apply_override(const struct ts_conf_table *table, struct settings *to, const char *text,
			  struct ts_error *err)
{
	struct ts_slice rest = ts_slice_of(text);
	struct ts_slice word = ts_slice_cut(&rest, '=');
	TS_AUTOFREE char *name = strndup(word.data, word.len);
	if (name == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	return ts_conf_set(table, to, name, rest.data, err);
}

/* The reference server's files have `log=` for none. */
static int complete(const struct command_line *cl, const struct ts_conf_table *table,
		    struct settings *to, struct ts_error *err)
{
	int code = to->log[0] == '\0' ? ts_conf_set(table, to, "log", "-", err) : TS_OK;
	to->debug = to->debug || cl->debug;
	to->data = cl->data != NULL ? strdup(cl->data) : NULL;
	if (code == TS_OK && cl->data != NULL && to->data == NULL) {
		code = ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	return code;
}

static int read_config(const struct command_line *cl, const struct ts_conf_table *table,
		       struct settings *to, struct ts_buf *unknown, struct ts_error *err)
{
	TS_BUF(path);
	if (cl->data == NULL) {
		return TS_OK;
	}
	int code = command_config_path(cl, &path, err);
	if (code == TS_OK) {
		code = ts_conf_read(table, to, path.data, unknown, err);
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

int command_settings(const struct command_line *cl, struct settings *to, struct ts_buf *unknown,
		     struct ts_error *err)
{
	const struct ts_conf_table table = {settings_items, settings_count};
	*to = (struct settings){0};
	int code = ts_conf_init(&table, to, err);
	if (code == TS_OK) {
		code = read_config(cl, &table, to, unknown, err);
	}
	for (size_t i = 0; code == TS_OK && i < cl->override_count; i++) {
		code = apply_override(&table, to, cl->overrides[i], err);
	}
	if (code == TS_OK) {
		code = complete(cl, &table, to, err);
	}
	if (code != TS_OK) {
		command_settings_done(to);
	}
	return code;
}

void command_settings_done(struct settings *s)
{
	const struct ts_conf_table table = {settings_items, settings_count};
	ts_conf_done(&table, s);
	free(s->data);
	s->data = NULL;
}

int command_config_path(const struct command_line *cl, struct ts_buf *path, struct ts_error *err)
{
	ts_buf_printf(path, "%s/config", cl->data);
	return path->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

int command_absolute(const char *path, struct ts_buf *to, struct ts_error *err)
{
	char here[PATH_MAX];
	if (path[0] != '/' && getcwd(here, sizeof(here)) == NULL) {
		return ts_fail(err, TS_EIO, "The working directory can't be told.");
	}
	ts_buf_printf(to, "%s%s%s", path[0] != '/' ? here : "", path[0] != '/' ? "/" : "", path);
	while (to->len > 1 && to->data[to->len - 1] == '/') {
		to->data[--to->len] = '\0';
	}
	if (to->failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (strpbrk(to->data, "#\r\n") != NULL) {
		return ts_fail(err, TS_EINVAL,
			       "The data directory can't be '%s': the configuration can't hold a "
			       "path with '#' or a line's end in it.",
			       to->data);
	}
	return TS_OK;
}

bool command_confirm(const struct command_line *cl, const char *fmt, ...)
{
	if (cl->force || !cl->settings->confirmation || !isatty(STDIN_FILENO)) {
		return true;
	}
	va_list args;
	va_start(args, fmt);
	(void)vprintf(fmt, args);
	va_end(args);
	(void)printf(" (yes/no) ");
	(void)fflush(stdout);
	char answer[16] = "";
	bool yes = fgets(answer, sizeof(answer), stdin) != NULL &&
		   (answer[0] == 'y' || answer[0] == 'Y');
	if (!yes) {
		(void)puts("No changes made.");
	}
	return yes;
}

void command_say(const struct command_line *cl, const char *fmt, ...)
{
	if (cl->quiet) {
		return;
	}
	va_list args;
	va_start(args, fmt);
	(void)vprintf(fmt, args);
	va_end(args);
}

int command_print(struct ts_buf *text, struct ts_error *err)
{
	if (text->failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	if (text->len > 0 && fwrite(text->data, 1, text->len, stdout) != text->len) {
		return ts_fail(err, TS_EIO, "Could not write to standard output.");
	}
	ts_buf_clear(text);
	return TS_OK;
}

int command_store(struct command_line *cl, struct ts_store **ret, struct ts_error *err)
{
	struct ts_error why = {0};
	int code = ts_store_open(cl->data, false, ret, &why);
	if (code == TS_ENOTFOUND) {
		return ts_fail(err, code, "There is no store in '%.200s'; 'taskd init' makes one.",
			       cl->data);
	}
	return code == TS_OK ? TS_OK : ts_fail(err, code, "%s", why.text);
}
