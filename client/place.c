/* SPDX-License-Identifier: MIT */
#include "client/place.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

/* An environment variable that is an absolute path; the specification says to pass over others. */
static const char *absolute(const char *variable)
{
	const char *value = getenv(variable);
	return value != NULL && value[0] == '/' ? value : NULL;
}

static char *one_of_xdg(const char *variable, const char *below_home)
{
	const char *base = absolute(variable), *home = absolute("HOME");
	char *path = NULL;
	int n = base != NULL   ? asprintf(&path, "%s/taskc", base)
		: home != NULL ? asprintf(&path, "%s/%s/taskc", home, below_home)
			       : -1;
	return n < 0 ? NULL : path;
}

/* `dir`, seen from the root. */
static char *from_root(const char *dir)
{
	char here[PATH_MAX], *path = NULL;
	if (dir[0] == '/') {
		return strdup(dir);
	}
	return getcwd(here, sizeof(here)) != NULL && asprintf(&path, "%s/%s", here, dir) >= 0
		       ? path
		       : NULL;
}

int place_find(const char *dir, struct place *ret, struct ts_error *err)
{
	const char *own = getenv("TASKC_DIR");
	dir = dir == NULL && own != NULL && own[0] != '\0' ? own : dir;
	*ret = (struct place){0};
	if (dir != NULL) {
		ret->config = from_root(dir);
		ret->data = ret->config != NULL ? strdup(ret->config) : NULL;
		ret->state = ret->config != NULL ? strdup(ret->config) : NULL;
	} else {
		ret->config = one_of_xdg("XDG_CONFIG_HOME", ".config");
		ret->data = one_of_xdg("XDG_DATA_HOME", ".local/share");
		ret->state = one_of_xdg("XDG_STATE_HOME", ".local/state");
	}
	if (ret->config == NULL || ret->data == NULL || ret->state == NULL) {
		place_done(ret);
		return ts_fail(err, TS_EINVAL,
			       "Nothing says where the files are: set HOME, or TASKC_DIR.");
	}
	return TS_OK;
}

void place_done(struct place *p)
{
	free(p->config);
	free(p->data);
	free(p->state);
	*p = (struct place){0};
}

int place_path(struct ts_buf *to, struct ts_error *err, const char *folder, ...)
{
	va_list args;
	ts_buf_clear(to);
	ts_buf_add_str(to, folder);
	va_start(args, folder);
	for (const char *name; (name = va_arg(args, const char *)) != NULL;) {
		ts_buf_printf(to, "/%s", name);
	}
	va_end(args);
	return to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}
