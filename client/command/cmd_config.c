/* SPDX-License-Identifier: MIT */
#include "client/command/command.h"

#include "client/remote/remote.h"
#include "client/show/table.h"
#include "common/base/file.h"
#include "common/base/json_out.h"

static const struct ts_option options[] = {
	{"remote", "NAME", "the settings of this remote instead", 0},
	{"unset", NULL, "take the setting out of the file: its default holds again", 0},
};

/* A configuration file, its settings, and what they are now. */
struct shelf {
	struct ts_conf_table table;
	const char *file;    /* its name for people */
	struct ts_buf path;  /* of it */
	struct ts_buf named; /* the settings that it has, as ",a,b," */
	void *values;        /* in use */
	void *plain;         /* without the command line's */
	struct settings settings;
	struct remote remote;
};

static void shelf_done(struct shelf *s)
{
	ts_buf_done(&s->path);
	ts_buf_done(&s->named);
	settings_done(&s->settings);
	remote_done(&s->remote);
}

/* taskc.conf. What can't be read must not keep anybody from repairing it. */
static int open_settings(const struct line *l, struct shelf *s, struct ts_error *err)
{
	s->table = (struct ts_conf_table){settings_items, settings_count};
	s->file = "taskc.conf";
	s->values = l->settings;
	s->plain = &s->settings;
	int rc = settings_init(&s->settings, err);
	if (rc == TS_OK) {
		rc = place_path(&s->path, err, l->place.config, s->file, NULL);
	}
	if (rc == TS_OK) {
		(void)!settings_read(&s->settings, s->path.data, NULL);
	}
	return rc;
}

static int open_remote(const struct line *l, const char *name, struct shelf *s,
		       struct ts_error *err)
{
	s->table = (struct ts_conf_table){remote_items, remote_item_count};
	s->file = "remote.conf";
	s->values = s->plain = &s->remote;
	int rc = remote_read(&l->place, l->settings, name, &s->remote, err);
	if (rc == TS_ENOTFOUND || rc == TS_ENOMEM) {
		return rc;
	}
	if (rc != TS_OK) {
		s->remote = (struct remote){0};
		rc = ts_conf_init(&s->table, &s->remote, err);
	}
	return rc == TS_OK
		       ? place_path(&s->path, err, l->place.config, "remotes", name, s->file, NULL)
		       : rc;
}

static int add_name(const char *name, const char *value, void *arg, struct ts_error *err)
{
	(void)value;
	(void)err;
	ts_buf_printf(arg, "%s,", name);
	return TS_OK;
}

static int open_shelf(const struct line *l, struct shelf *s, struct ts_error *err)
{
	const char *remote = line_option(l, "remote", NULL);
	int rc = remote != NULL ? open_remote(l, remote, s, err) : open_settings(l, s, err);
	if (rc != TS_OK) {
		return rc;
	}
	ts_buf_add_char(&s->named, ',');
	(void)!ts_conf_each(s->path.data, add_name, &s->named, NULL);
	return s->named.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

/* Showing */

static const char *origin(const struct shelf *s, const struct ts_conf_item *item)
{
	TS_BUF(used);
	TS_BUF(plain);
	TS_BUF(word);
	ts_conf_print(item, s->values, &used);
	ts_conf_print(item, s->plain, &plain);
	ts_buf_printf(&word, ",%s,", item->name);
	if (!ts_slice_eq(ts_buf_slice(&used), ts_buf_slice(&plain))) {
		return "--set";
	}
	return !word.failed && strstr(s->named.data, word.data) != NULL ? s->file : "default";
}

/* The value; a secret is only told to those who name it. */
static void add_value(const struct shelf *s, const struct ts_conf_item *item, bool named,
		      struct ts_buf *to)
{
	ts_conf_print(item, s->values, to);
	if (!named && strcmp(item->name, "secret") == 0 && to->len > 0) {
		explicit_bzero(to->data, to->len);
		ts_buf_clear(to);
		ts_buf_add_str(to, "(hidden)");
	}
}

static void add_json(const struct shelf *s, const struct ts_conf_item *item, bool named,
		     struct ts_json *to)
{
	TS_BUF(value);
	add_value(s, item, named, &value);
	ts_json_open(to, '{');
	ts_json_name(to, "name");
	ts_json_text(to, ts_slice_of(item->name));
	ts_json_name(to, "value");
	ts_json_text(to, ts_buf_slice(&value));
	ts_json_name(to, "from");
	ts_json_text(to, ts_slice_of(origin(s, item)));
	ts_json_close(to, '}');
}

static int list_json(const struct shelf *s, struct ts_error *err)
{
	TS_BUF(text);
	struct ts_json json = ts_json_to(&text);
	ts_json_open(&json, '[');
	for (size_t i = 0; i < s->table.count; i++) {
		add_json(s, &s->table.items[i], false, &json);
	}
	ts_json_close(&json, ']');
	ts_buf_add_char(&text, '\n');
	return line_print(&text, err);
}

static int list(const struct line *l, const struct shelf *s, struct ts_error *err)
{
	static const char *const heads[] = {"Setting", "From", "Value"};
	static const bool right[] = {false, false, false};
	TS_CLEANUP(table_free_p) struct table *t = NULL;
	TS_BUF(text);
	int rc = table_new(heads, right, TS_COUNT_OF(heads), &t, err);
	for (size_t i = 0; rc == TS_OK && i < s->table.count; i++) {
		const struct ts_conf_item *item = &s->table.items[i];
		const char *from = origin(s, item);
		TS_BUF(value);
		add_value(s, item, false, &value);
		table_add(t, TS_STYLE_NONE, ts_slice_of(item->name));
		table_add(t, strcmp(from, "default") == 0 ? TS_STYLE_DIM : TS_STYLE_NONE,
			  ts_slice_of(from));
		table_add(t, TS_STYLE_NONE, ts_buf_slice(&value));
	}
	if (rc == TS_OK) {
		rc = table_print(t, ts_term_width((size_t)l->settings->width), l->color, &text,
				 err);
	}
	return rc == TS_OK ? line_print(&text, err) : rc;
}

static int find_item(const struct shelf *s, const char *name, const struct ts_conf_item **ret,
		     struct ts_error *err)
{
	for (size_t i = 0; i < s->table.count; i++) {
		if (strcmp(s->table.items[i].name, name) == 0) {
			*ret = &s->table.items[i];
			return TS_OK;
		}
	}
	return ts_fail(err, TS_ENOTFOUND, "There is no setting '%.80s' in %s.", name, s->file);
}

static int show(const struct line *l, const struct shelf *s, const char *name, struct ts_error *err)
{
	const struct ts_conf_item *item = NULL;
	TS_BUF(text);
	int rc = find_item(s, name, &item, err);
	if (rc != TS_OK) {
		return rc;
	}
	if (l->json) {
		struct ts_json json = ts_json_to(&text);
		add_json(s, item, true, &json);
	} else {
		add_value(s, item, true, &text);
	}
	ts_buf_add_char(&text, '\n');
	return line_print(&text, err);
}

/* Changing */

/* A value of several words needs no quotes. */
static int join_words(const struct line *l, struct ts_buf *to, struct ts_error *err)
{
	ts_buf_add_str(to, "");
	for (size_t i = 1; i < l->word_count; i++) {
		ts_buf_printf(to, "%s%s", i > 1 ? " " : "", l->words[i]);
	}
	return to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

static int set(const struct line *l, struct shelf *s, struct ts_error *err)
{
	const struct ts_conf_item *item = NULL;
	TS_BUF(value);
	int rc = find_item(s, l->words[0], &item, err);
	if (rc == TS_OK) {
		rc = join_words(l, &value, err);
	}
	if (rc == TS_OK) {
		rc = ts_conf_set(&s->table, s->plain, item->name, value.data, err);
	}
	if (rc == TS_OK) {
		rc = ts_dir_make(l->place.config, 0700, NULL, err);
	}
	return rc == TS_OK ? ts_conf_edit(s->path.data, item->name, value.data, NULL, err) : rc;
}

/* Also of a name that is no setting: this is how to get rid of it. */
static int unset(const struct line *l, const struct shelf *s, struct ts_error *err)
{
	bool found = false;
	if (l->word_count != 1) {
		return ts_fail(err, TS_EUSAGE, "--unset needs the name of one setting.");
	}
	int rc = ts_conf_edit(s->path.data, l->words[0], NULL, &found, err);
	return rc != TS_OK || found ? rc
				    : ts_fail(err, TS_ENOTFOUND, "%s has no '%.80s'.", s->path.data,
					      l->words[0]);
}

static int run(struct line *l, struct ts_error *err)
{
	TS_CLEANUP(shelf_done) struct shelf s = {0};
	int rc = open_shelf(l, &s, err);
	if (rc != TS_OK) {
		return rc;
	}
	if (line_has(l, "unset")) {
		return unset(l, &s, err);
	}
	if (l->word_count > 1) {
		return set(l, &s, err);
	}
	if (l->fault.text[0] != '\0') {
		line_say(l, "%s", l->fault.text);
	}
	if (l->word_count == 1) {
		return show(l, &s, l->words[0], err);
	}
	return l->json ? list_json(&s, err) : list(l, &s, err);
}

const struct command command_config = {
	.name = "config",
	.run = run,
	.words = WORDS_FREE,
	.usage = "[NAME [VALUE]]\nNAME --unset",
	.brief = "show the settings, or change one",
	.help = "Lists the settings with where each comes from: the file, the command line, or the "
		"default. With a NAME it prints that setting's value; with a VALUE it writes the "
		"setting into taskc.conf, where comments and other lines stay as they are.\n"
		"\n"
		"With --remote it is about the settings of a remote, in its remote.conf:\n"
		"\n"
		"  taskc config --remote default secret --unset\n"
		"  taskc config --remote default secret.command pass show tasks",
	.options = options,
	.option_count = TS_COUNT_OF(options),
	.repairs = true,
};
