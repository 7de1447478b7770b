/* SPDX-License-Identifier: MIT */
#include "server/command/command.h"

#include "common/base/file.h"

static const char beginning[] = "# Settings of taskd, one name=value a line. See taskdrc(5).\n";

static char *name_of(const char *override, const char **ret_value)
{
	struct ts_slice rest = ts_slice_of(override);
	struct ts_slice word = ts_slice_cut(&rest, '=');
	*ret_value = rest.data;
	return strndup(word.data, word.len);
}

/* An override is kept in the file, names that we don't know too: so did the reference server. */
static int check_override(const struct command_line *cl, const char *text, struct ts_error *err)
{
	const struct ts_conf_table table = {settings_items, settings_count};
	const char *value;
	TS_AUTOFREE char *name = name_of(text, &value);
	if (name == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	int code = ts_conf_set(&table, cl->settings, name, value, err);
	return code == TS_ENOTFOUND ? TS_OK : code;
}

static int keep_override(const char *path, const char *text, struct ts_error *err)
{
	const char *value;
	TS_AUTOFREE char *name = name_of(text, &value);
	if (name == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	return ts_conf_edit(path, name, value, NULL, err);
}

/* Nothing is written before everything is known to be right. */
static int make_config(const struct command_line *cl, const char *path, bool there,
		       struct ts_error *err)
{
	int code = TS_OK;
	for (size_t i = 0; code == TS_OK && i < cl->override_count; i++) {
		code = check_override(cl, cl->overrides[i], err);
	}
	if (code == TS_OK && !there) {
		code = ts_file_write(path, ts_slice_of(beginning), 0600, TS_FILE_NEW, err);
	}
	for (size_t i = 0; code == TS_OK && i < cl->override_count; i++) {
		code = keep_override(path, cl->overrides[i], err);
	}
	return code;
}

static int make_store(const struct command_line *cl, struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	return ts_store_open(cl->data, true, &store, err);
}

/* Is there an address to serve at? A file with a fault in it has other troubles. */
static bool has_server(const struct command_line *cl)
{
	struct command_line file = *cl;
	struct settings now;
	file.override_count = 0; /* they are in the file */
	if (command_settings(&file, &now, NULL, NULL) != TS_OK) {
		return true;
	}
	bool has = now.server[0] != '\0';
	command_settings_done(&now);
	return has;
}

static void tell(const struct command_line *cl, const char *path, bool there)
{
	if (!has_server(cl)) {
		command_say(cl, "You must specify the 'server' variable before attempting a server "
				"start, for example:\n  taskd config server localhost:53589\n\n");
	}
	if (there && cl->override_count > 0) {
		command_say(cl, "Config file %s modified.\n", path);
	} else {
		command_say(cl, "%s %s\n", there ? "Kept" : "Created", path);
	}
}

static int cmd_init(struct command_line *cl, struct ts_error *err)
{
	TS_BUF(path);
	if (cl->argc > 0) {
		return TS_EUSAGE;
	}
	int code = command_config_path(cl, &path, err);
	bool there = code == TS_OK && access(path.data, F_OK) == 0;
	if (code == TS_OK) {
		code = make_config(cl, path.data, there, err);
	}
	if (code == TS_OK) {
		code = make_store(cl, err);
	}
	if (code == TS_OK) {
		tell(cl, path.data, there);
	}
	return code;
}

const struct command command_init = {
	.name = "init",
	.run = cmd_init,
	.flags = COMMAND_DATA,
	.usage = "[options]",
	.help = "Initializes a server instance at <root>. What is there already is kept.\n"
		"Settings given as --NAME=VALUE are written to the configuration.",
};
