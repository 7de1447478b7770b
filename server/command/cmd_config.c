/* SPDX-License-Identifier: MIT */
#include "server/command/command.h"

#include <stdio.h>

/* Entries as they count: of a name that is there twice, the last one. */
struct entry {
	char *name, *value;
};

struct listing {
	struct entry *entries;
	size_t count;
};

static void listing_done(struct listing *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->entries[i].name);
		free(l->entries[i].value);
	}
	free(l->entries);
}

static struct entry *find(const struct listing *l, const char *name)
{
	for (size_t i = 0; i < l->count; i++) {
		if (strcmp(l->entries[i].name, name) == 0) {
			return &l->entries[i];
		}
	}
	return NULL;
}

static struct entry *append(struct listing *l, const char *name)
{
	struct entry *more = reallocarray(l->entries, l->count + 1, sizeof(*more));
	if (more == NULL) {
		return NULL;
	}
	l->entries = more;
	more[l->count] = (struct entry){.name = strdup(name)};
	return more[l->count].name != NULL ? &more[l->count++] : NULL;
}

static int collect(const char *name, const char *value, void *arg, struct ts_error *err)
{
	struct listing *l = arg;
	struct entry *e = find(l, name);
	char *copy = strdup(value);
	e = e != NULL || copy == NULL ? e : append(l, name);
	if (e == NULL || copy == NULL) {
		free(copy);
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	free(e->value);
	e->value = copy;
	return TS_OK;
}

static int collect_override(struct listing *l, const char *text, struct ts_error *err)
{
	struct ts_slice rest = ts_slice_of(text);
	struct ts_slice word = ts_slice_cut(&rest, '=');
	TS_AUTOFREE char *name = strndup(word.data, word.len);
	return name != NULL ? collect(name, rest.data, l, err)
			    : ts_fail(err, TS_ENOMEM, "Out of memory.");
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static void print_rule(size_t width)
{
	for (size_t i = 0; i < width; i++) {
		(void)putchar('-');
	}
}

static void print_table(const struct listing *l)
{
	size_t left = strlen("Variable"), right = strlen("Value");
	for (size_t i = 0; i < l->count; i++) {
		size_t name = strlen(l->entries[i].name), value = strlen(l->entries[i].value);
		left = name > left ? name : left;
		right = value > right ? value : right;
	}
	(void)printf("%-*s  %-*s\n", (int)left, "Variable", (int)right, "Value");
	print_rule(left);
	(void)printf("  ");
	print_rule(right);
	(void)putchar('\n');
	for (size_t i = 0; i < l->count; i++) {
		(void)printf("%-*s  %-*s\n", (int)left, l->entries[i].name, (int)right,
			     l->entries[i].value);
	}
}

/* `entries` of the file alone; no file is no entries. */
static int read_listing(const char *path, struct listing *l, struct ts_error *err)
{
	int code = ts_conf_each(path, collect, l, err);
	return code == TS_ENOTFOUND ? TS_OK : code;
}

static int list(struct command_line *cl, const char *path, struct ts_error *err)
{
	TS_CLEANUP(listing_done) struct listing l = {0};
	int code = read_listing(path, &l, err);
	if (code == TS_OK) {
		code = collect("root", cl->data, &l, err);
	}
	for (size_t i = 0; code == TS_OK && i < cl->override_count; i++) {
		code = collect_override(&l, cl->overrides[i], err);
	}
	if (code != TS_OK) {
		return code;
	}
	qsort(l.entries, l.count, sizeof(*l.entries), by_name);
	(void)printf("\nConfiguration read from %s\n\n", path);
	print_table(&l);
	(void)putchar('\n');
	return TS_OK;
}

/* A file that can't be read must not keep anyone from repairing it: then nothing is known. */
static bool confirm(struct command_line *cl, const char *path, const char *name, const char *value)
{
	TS_CLEANUP(listing_done) struct listing l = {0};
	(void)!read_listing(path, &l, NULL);
	const struct entry *old = find(&l, name);
	if (old == NULL || (value != NULL && strcmp(old->value, value) == 0)) {
		return true;
	}
	return value == NULL
		       ? command_confirm(cl, "Are you sure you want to remove '%s'?", name)
		       : command_confirm(cl,
					 "Are you sure you want to change the value of '%s' from "
					 "'%s' to '%s'?",
					 name, old->value, value);
}

/* A value that the server could not start with is refused; an unknown name only remarked. */
static int check(struct command_line *cl, const char *name, const char *value, struct ts_error *err)
{
	const struct ts_conf_table table = {settings_items, settings_count};
	int code = value != NULL ? ts_conf_set(&table, cl->settings, name, value, err) : TS_OK;
	if (code != TS_ENOTFOUND) {
		return code;
	}
	if (!cl->quiet) {
		(void)fprintf(stderr, "Note: taskd has no setting '%s'; it is kept in the file.\n",
			      name);
	}
	return TS_OK;
}

static int change(struct command_line *cl, const char *path, const char *name, const char *value,
		  struct ts_error *err)
{
	bool found = false;
	bool asks = cl->settings->confirmation; /* as it is, not as it would be */
	int code = check(cl, name, value, err);
	cl->settings->confirmation = asks;
	if (code == TS_OK && !confirm(cl, path, name, value)) {
		return TS_OK;
	}
	if (code == TS_OK) {
		code = ts_conf_edit(path, name, value, &found, err);
	}
	if (code != TS_OK) {
		return code;
	}
	if (value == NULL && !found) {
		return ts_fail(err, TS_ENOTFOUND, "No entry named '%s' found.", name);
	}
	command_say(cl, "Config file %s modified.\n", path);
	return TS_OK;
}

/* A value of several words, such as `allow all`, needs no quotes. */
static int join_value(const struct command_line *cl, struct ts_buf *value, struct ts_error *err)
{
	ts_buf_add_str(value, "");
	for (int i = 1; i < cl->argc; i++) {
		ts_buf_printf(value, "%s%s", i > 1 ? " " : "", cl->argv[i]);
	}
	return value->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

static int cmd_config(struct command_line *cl, struct ts_error *err)
{
	TS_BUF(path);
	TS_BUF(value);
	int code = command_config_path(cl, &path, err);
	if (code == TS_OK) {
		code = join_value(cl, &value, err);
	}
	if (code != TS_OK) {
		return code;
	}
	if (cl->argc == 0) {
		return list(cl, path.data, err);
	}
	return change(cl, path.data, cl->argv[0], cl->argc > 1 ? value.data : NULL, err);
}

const struct command command_config = {
	.name = "config",
	.run = cmd_config,
	.flags = COMMAND_DATA,
	.usage = "[options] [--force] [<name> [<value>]]",
	.help = "Displays or modifies a configuration variable value.\n\n"
		"  taskd config\n"
		"      Shows all configuration settings.\n\n"
		"  taskd config <name>\n"
		"      Deletes the value for <name>.\n\n"
		"  taskd config <name> ''\n"
		"      Sets <name> to blank.\n\n"
		"  taskd config <name> <value>\n"
		"      Sets <name> to <value>.\n\n"
		"A running server reads the configuration again when it gets a HUP signal.",
};
