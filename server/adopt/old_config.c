/* SPDX-License-Identifier: MIT */
/* Taskserver's configuration, made ours: each entry is kept, or left out with the reason. */
#include "common/base/file.h"
#include "common/conf/conf.h"
#include "server/adopt/adopt_internal.h"
#include "server/settings.h"

#include <stdio.h>
#include <sys/stat.h>

static const struct ts_conf_table *table(void)
{
	static struct ts_conf_table t;
	t = (struct ts_conf_table){settings_items, settings_count};
	return &t;
}

struct work {
	struct adoption *a;
	struct settings scratch; /* to try values on */
	struct ts_buf left;      /* what is left out, as comments */
	const char *shown;       /* the old file */
	bool has_server;
	bool changed; /* the old file won't do as it is */
};

static void work_done(struct work *w)
{
	ts_conf_done(table(), &w->scratch);
	ts_buf_done(&w->left);
}

/* Settings that name a file, and what the server will do with it. */
static const struct file_setting {
	const char *name;
	bool written; /* it is no use where it can't be written */
} files[] = {
	{"ca.cert", false},    {"server.cert", false}, {"server.key", false},
	{"server.crl", false}, {"client.cert", false}, {"client.key", false},
	{"log", true},         {"pid.file", true},
};

/* What `taskd init` of Taskserver wrote into every file: nobody has chosen it, and people run into
 * it. */
static const struct {
	const char *name, *value, *why;
} defaults[] = {
	{"request.limit", "1048576", "it was Taskserver's default, which a first sync may exceed"},
	{"queue.size", "10", "it was Taskserver's default, which served one client at a time"},
	{"root", NULL, "the data directory is named by --data"},
};

static const struct file_setting *file_setting(const char *name)
{
	for (size_t i = 0; i < TS_COUNT_OF(files); i++) {
		if (strcmp(files[i].name, name) == 0) {
			return &files[i];
		}
	}
	return NULL;
}

static int leave(struct work *w, const char *name, const char *value, const char *why,
		 struct ts_error *err)
{
	ts_buf_printf(&w->left, "# %s=%s  (%s)\n", name, value, why);
	w->changed = true;
	w->a->report.totals.settings_left++;
	return report_add(&w->a->report, FOUND_SETTING, w->shown, 0, err, "%s=%s: %s", name, value,
			  why);
}

static int keep(struct work *w, const char *name, const char *value)
{
	ts_conf_add(&w->a->config, name, value);
	w->a->report.totals.settings++;
	w->has_server |= strcmp(name, "server") == 0 && value[0] != '\0';
	return w->a->config.failed ? TS_ENOMEM : TS_OK;
}

/* The folder that a file is in. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == NULL || slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* May the server make it, or write on? */
static bool writable(const struct adoption *a, const char *path)
{
	TS_AUTOFREE char *folder = folder_of(path);
	struct stat st;
	if (stat(path, &st) == 0) {
		return adopt_may(a, path, W_OK);
	}
	return folder != NULL && adopt_may(a, folder, W_OK | X_OK);
}

/* A path in the way of Taskserver: one that isn't absolute is below the data directory. */
static char *full_path(const struct work *w, const char *value)
{
	char *path = NULL;
	if (value[0] == '/') {
		return strdup(value);
	}
	return asprintf(&path, "%s/%s", w->a->old, value) >= 0 ? path : NULL;
}

static bool is_below(const char *path, const char *folder)
{
	const size_t len = strlen(folder);
	return strncmp(path, folder, len) == 0 && path[len] == '/';
}

static int check_file(struct work *w, const struct file_setting *f, const char *name,
		      const char *path, const char *value, struct ts_error *err)
{
	if (f->written && !writable(w->a, path)) {
		return leave(w, name, value, "the server could not write it", err);
	}
	int code = TS_OK;
	if (path[0] != value[0]) {
		w->changed = true;
		code = report_add(&w->a->report, FOUND_SETTING_PATH, w->shown, 0, err,
				  "%s=%s is %s now", name, value, path);
	}
	if (code == TS_OK && !w->a->same && !f->written && is_below(path, w->a->old)) {
		code = report_add(&w->a->report, FOUND_SETTING_PLACE, path, 0, err,
				  "it stays in the old directory, and the server reads it there "
				  "(%s)",
				  name);
	}
	if (code == TS_OK && !f->written && !adopt_may(w->a, path, R_OK)) {
		code = report_add(&w->a->report, FOUND_ATTENTION, path, 0, err,
				  "the server can't read it (%s)", name);
	}
	return code == TS_OK ? keep(w, name, path) : code;
}

static int take_file(struct work *w, const struct file_setting *f, const char *name,
		     const char *value, struct ts_error *err)
{
	if (value[0] == '\0' || (f->written && strcmp(value, "-") == 0)) {
		return keep(w, name, value);
	}
	TS_AUTOFREE char *path = full_path(w, value);
	return path != NULL ? check_file(w, f, name, path, value, err)
			    : ts_fail(err, TS_ENOMEM, "Out of memory.");
}

static int take(const char *name, const char *value, void *arg, struct ts_error *err)
{
	struct work *w = arg;
	struct ts_error why = {0};
	const struct file_setting *f = file_setting(name);
	for (size_t i = 0; i < TS_COUNT_OF(defaults); i++) {
		if (strcmp(defaults[i].name, name) == 0 &&
		    (defaults[i].value == NULL || strcmp(defaults[i].value, value) == 0)) {
			return leave(w, name, value, defaults[i].why, err);
		}
	}
	int code = ts_conf_set(table(), &w->scratch, name, value, &why);
	if (code == TS_ENOTFOUND) {
		return leave(w, name, value, "taskd has no such setting", err);
	}
	if (code == TS_EINVAL) {
		return leave(w, name, value, why.text, err);
	}
	if (code != TS_OK) {
		return ts_fail(err, code, "%s", why.text);
	}
	return f != NULL ? take_file(w, f, name, value, err) : keep(w, name, value);
}

/* A server without an address or certificates doesn't start: better said now. */
static int check_complete(struct work *w, struct ts_error *err)
{
	const struct settings *s = &w->scratch;
	int code = TS_OK;
	if (!w->has_server) {
		code = report_add(&w->a->report, FOUND_ATTENTION, w->shown, 0, err,
				  "it has no 'server': set it with 'taskd config server "
				  "HOST:53589'");
	}
	if (code == TS_OK && (s->server_cert[0] == '\0' || s->server_key[0] == '\0')) {
		code = report_add(&w->a->report, FOUND_ATTENTION, w->shown, 0, err,
				  "it has no 'server.cert' or no 'server.key'");
	}
	return code;
}

static int convert(struct work *w, const char *path, struct ts_error *err)
{
	struct ts_buf *to = &w->a->config;
	ts_buf_printf(to, "# Taken over from %s.\n", w->shown);
	int code = ts_conf_each(path, take, w, err);
	if (code == TS_ENOTFOUND) {
		code = TS_OK;
	}
	if (code == TS_OK) {
		code = check_complete(w, err);
	}
	if (w->left.len > 0) {
		ts_buf_add_str(to, "\n# What it had beside these:\n");
		ts_buf_add_slice(to, ts_buf_slice(&w->left));
	}
	return code == TS_OK && (to->failed || w->left.failed)
		       ? ts_fail(err, TS_ENOMEM, "Out of memory.")
		       : code;
}

int adopt_config(struct adoption *a, struct ts_error *err)
{
	TS_AUTOFREE char *path = adopt_old_config(a);
	TS_CLEANUP(work_done) struct work w = {.a = a, .shown = path};
	if (path == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	int code = ts_conf_init(table(), &w.scratch, err);
	if (code == TS_OK) {
		code = convert(&w, path, err);
	}
	a->config_kept = a->same && !w.changed && !adopt_is_second_run(a);
	return code;
}
