/* SPDX-License-Identifier: MIT */
#include "client/editor/editor.h"

#include "client/child.h"
#include "common/base/file.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static const char *editor(const struct settings *s)
{
	const char *const candidates[] = {s->editor, getenv("VISUAL"), getenv("EDITOR")};
	for (size_t i = 0; i < TS_COUNT_OF(candidates); i++) {
		if (candidates[i] != NULL && candidates[i][0] != '\0') {
			return candidates[i];
		}
	}
	return "vi";
}

int editor_run(const struct settings *s, const char *path, struct ts_error *err)
{
	TS_BUF(command);
	int status = 0;
	ts_buf_printf(&command, "%s \"$1\"", editor(s));
	if (command.failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	const char *const argv[] = {"/bin/sh", "-c", command.data, "taskc", path, NULL};
	struct child c = {.argv = argv, .in = -1, .out = -1};
	/* An interrupt is for the editor. */
	void (*before)(int) = signal(SIGINT, SIG_IGN);
	int code = child_start(&c, err);
	if (code == TS_OK) {
		code = child_wait(&c, UINT64_MAX / 2, -1, &status, err);
	}
	(void)signal(SIGINT, before);
	if (code != TS_OK || status == 0) {
		return code;
	}
	return ts_fail(err, TS_EIO, "The editor '%.200s' ended with status %d.", editor(s), status);
}

int editor_file(struct ts_slice text, const char *suffix, char **ret_path, struct ts_error *err)
{
	const char *dir = getenv("TMPDIR");
	TS_AUTOFREE char *path = NULL;
	if (asprintf(&path, "%s/taskc-XXXXXX%s", dir != NULL && dir[0] != '\0' ? dir : "/tmp",
		     suffix) < 0) {
		path = NULL;
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	TS_AUTOCLOSE int fd = mkstemps(path, (int)strlen(suffix));
	if (fd < 0) {
		return ts_fail_errno(err, errno, "Could not make a file for the editor in %s",
				     dir != NULL ? dir : "/tmp");
	}
	if (ts_file_write_all(fd, text) != 0) {
		const int number = errno;
		(void)unlink(path);
		return ts_fail_errno(err, number, "Could not write %s", path);
	}
	*ret_path = TS_TAKE(path);
	return TS_OK;
}
