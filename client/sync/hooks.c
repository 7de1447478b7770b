/* SPDX-License-Identifier: MIT */
#include "client/sync/hooks.h"

#include "client/child.h"
#include "client/exit.h"
#include "client/sync/arrivals.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

enum { VARIABLES_MAX = 6 };

/* What the hooks of one stage are called with. */
struct stage {
	const struct sync *sync;
	const char *name;
	char *variables[VARIABLES_MAX]; /* NAME=value, owned */
	size_t count;
	char **env;
	const struct arrivals *input; /* NULL: nothing */
	int cancel_fd;
};

/* The environment */

static int add_variable(struct stage *st, const char *name, const char *value)
{
	char *text = NULL;
	if (asprintf(&text, "%s=%s", name, value) < 0) {
		return TS_ENOMEM;
	}
	st->variables[st->count++] = text;
	return TS_OK;
}

static int add_number(struct stage *st, const char *name, uint64_t number)
{
	char text[24];
	(void)snprintf(text, sizeof(text), "%llu", (unsigned long long)number);
	return add_variable(st, name, text);
}

static bool is_ours(const char *entry)
{
	static const char *const names[] = {"TASKC_REMOTE=",   "TASKC_EXIT=",      "TASKC_SENT=",
					    "TASKC_RECEIVED=", "TASKC_CONFLICTS=", "TASKC_ERROR="};
	for (size_t i = 0; i < TS_COUNT_OF(names); i++) {
		if (strncmp(entry, names[i], strlen(names[i])) == 0) {
			return true;
		}
	}
	return false;
}

static int make_environment(struct stage *st)
{
	size_t n = 0, used = 0;
	while (environ[n] != NULL) {
		n++;
	}
	st->env = calloc(n + st->count + 1, sizeof(*st->env));
	if (st->env == NULL) {
		return TS_ENOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		if (!is_ours(environ[i])) {
			st->env[used++] = environ[i];
		}
	}
	for (size_t i = 0; i < st->count; i++) {
		st->env[used++] = st->variables[i];
	}
	return TS_OK;
}

static void stage_done(struct stage *st)
{
	for (size_t i = 0; i < st->count; i++) {
		free(st->variables[i]);
	}
	free(st->env);
}

/* One hook */

static int open_input(const struct stage *st, struct ts_error *err)
{
	int fd = st->input != NULL ? arrivals_open(st->input)
				   : open("/dev/null", O_RDONLY | O_CLOEXEC);
	return fd >= 0 ? fd : ts_fail_errno(err, errno, "Could not call the hook");
}

static int call(const struct stage *st, const char *path, const char *name, struct ts_error *err)
{
	const char *const argv[] = {path, NULL};
	int status = 0;
	TS_AUTOCLOSE int in = open_input(st, err);
	if (in < 0) {
		return in;
	}
	struct child c = {
		.argv = argv, .env = st->env, .in = in, .out = STDERR_FILENO, .own_group = true};
	int code = child_start(&c, err);
	if (code == TS_OK) {
		code = child_wait(&c, st->sync->settings->hook_timeout, st->cancel_fd, &status,
				  err);
	}
	return code != TS_OK || status == 0
		       ? code
		       : ts_fail(err, TS_EINVAL, "The hook '%.100s' failed with exit status %d.",
				 name, status);
}

/* Those of a stage */

static bool is_hook(const char *folder, const char *name, const char *stage, struct ts_buf *path)
{
	struct stat st;
	return strncmp(name, stage, strlen(stage)) == 0 &&
	       place_path(path, NULL, folder, name, NULL) == TS_OK && stat(path->data, &st) == 0 &&
	       S_ISREG(st.st_mode) && access(path->data, X_OK) == 0;
}

/* Call `each` with the path and the name of every hook of a stage, until it returns something else
 * than TS_OK, which is returned. */
static int each_hook(const struct place *p, const char *stage,
		     int (*each)(const char *path, const char *name, void *arg), void *arg)
{
	TS_BUF(folder);
	TS_BUF(path);
	struct dirent **list = NULL;
	int code = place_path(&folder, NULL, p->config, "hooks", NULL);
	int count = code == TS_OK ? scandir(folder.data, &list, NULL, alphasort) : 0;
	for (int i = 0; i < count; i++) {
		if (code == TS_OK && is_hook(folder.data, list[i]->d_name, stage, &path)) {
			code = each(path.data, list[i]->d_name, arg);
		}
		free(list[i]);
	}
	free(list);
	return code;
}

static int found(const char *path, const char *name, void *arg)
{
	(void)path;
	(void)name;
	(void)arg;
	return TS_EEXIST;
}

bool hooks_any(const struct place *p, const char *stage)
{
	return each_hook(p, stage, found, NULL) == TS_EEXIST;
}

struct calls {
	const struct stage *stage;
	bool go_on; /* with the next one when one fails, which is then a remark */
	struct ts_error *err;
};

static int call_one(const char *path, const char *name, void *arg)
{
	const struct calls *c = arg;
	const struct sync *s = c->stage->sync;
	int code = call(c->stage, path, name, c->err);
	if (code == TS_OK || !c->go_on) {
		return code;
	}
	if (s->say != NULL) {
		s->say(c->err->text, s->say_arg);
	}
	return TS_OK;
}

static int call_all(struct stage *st, bool go_on, struct ts_error *err)
{
	struct calls calls = {st, go_on, err};
	int code = make_environment(st);
	return code == TS_OK ? each_hook(st->sync->place, st->name, call_one, &calls)
			     : ts_fail(err, TS_ENOMEM, "Out of memory.");
}

int hooks_before(const struct sync *s, struct ts_error *err)
{
	struct stage st = {.sync = s, .name = "pre-sync", .cancel_fd = s->cancel_fd};
	int code = add_variable(&st, "TASKC_REMOTE", s->remote->name);
	code = code == TS_OK ? call_all(&st, false, err) : code;
	stage_done(&st);
	return code == TS_ETIMEOUT ? ts_fail(err, TS_EINVAL, "A pre-sync hook took too long.")
				   : code;
}

/* These and the next ones are called where the sync was stopped, too: only the time limit ends one
 * then. What was changed is told this once. */
void hooks_changed(const struct sync *s)
{
	struct ts_error err = {0};
	struct stage st = {.sync = s, .name = "on-change", .input = s->arrivals, .cancel_fd = -1};
	if (s->arrivals == NULL || arrivals_count(s->arrivals) == 0) {
		return;
	}
	if (add_variable(&st, "TASKC_REMOTE", s->remote->name) == TS_OK) {
		(void)!call_all(&st, true, &err);
	}
	stage_done(&st);
}

void hooks_after(const struct sync *s, int code, const char *error)
{
	struct ts_error err = {0};
	struct stage st = {.sync = s, .name = "post-sync", .cancel_fd = -1};
	if (!hooks_any(s->place, st.name)) {
		return;
	}
	int rc = add_variable(&st, "TASKC_REMOTE", s->remote->name);
	rc = rc == TS_OK ? add_number(&st, "TASKC_EXIT", (uint64_t)exit_of(code)) : rc;
	rc = rc == TS_OK ? add_number(&st, "TASKC_SENT", s->sent) : rc;
	rc = rc == TS_OK ? add_number(&st, "TASKC_RECEIVED", s->received) : rc;
	rc = rc == TS_OK ? add_number(&st, "TASKC_CONFLICTS", s->conflicts) : rc;
	rc = rc == TS_OK ? add_variable(&st, "TASKC_ERROR", error) : rc;
	if (rc == TS_OK) {
		(void)!call_all(&st, true, &err);
	}
	stage_done(&st);
}
