/* SPDX-License-Identifier: MIT */
#include "server/watch/control.h"

#include "common/base/slice.h"
#include "server/http/http_listen.h"

#define SOCKET_NAME "taskd.sock"

static void fclose_p(FILE **f)
{
	if (*f != NULL) {
		(void)fclose(*f);
	}
}

char *control_path(const char *dir)
{
	char *path;
	return asprintf(&path, "%s/" SOCKET_NAME, dir) < 0 ? NULL : path;
}

/* HTTP 1.0, so that the body is what comes up to the end. */
static int ask(int fd, const char *target, struct ts_error *err)
{
	TS_AUTOFREE char *text = NULL;
	int len = asprintf(&text, "GET %s HTTP/1.0\r\n\r\n", target);
	if (len < 0) {
		text = NULL;
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	return write(fd, text, (size_t)len) == len
		       ? TS_OK
		       : ts_fail(err, TS_ECLOSED, "The server closed its control socket.");
}

/* The head of the answer; its status, 0 if there is none. */
static unsigned read_head(FILE *f)
{
	TS_AUTOFREE char *line = NULL;
	size_t size = 0;
	unsigned status = 0;
	if (getline(&line, &size, f) < 0 || sscanf(line, "HTTP/1.%*u %3u", &status) != 1) {
		return 0;
	}
	while (getline(&line, &size, f) > 0) {
		if (ts_slice_trim(ts_slice_of(line)).len <= 1 && strpbrk(line, "\r\n") == line) {
			return status;
		}
	}
	return 0;
}

static int refuse(FILE *f, struct ts_error *err)
{
	TS_AUTOFREE char *line = NULL;
	size_t size = 0;
	ssize_t n = getline(&line, &size, f);
	if (n > 0 && line[n - 1] == '\n') {
		line[n - 1] = '\0';
	}
	return ts_fail(err, TS_EREFUSED, "%.300s", n > 0 ? line : "The server says no.");
}

int control_get(const char *dir, const char *target, FILE **ret_body, struct ts_error *err)
{
	TS_AUTOFREE char *path = control_path(dir);
	TS_AUTOCLOSE int fd = -1;
	if (path == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	int rc = http_connect_unix(path, &fd, err);
	if (rc == TS_OK) {
		rc = ask(fd, target, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	TS_CLEANUP(fclose_p) FILE *f = fdopen(fd, "r");
	if (f == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	fd = -1;
	unsigned status = read_head(f);
	if (status == 0) {
		return ts_fail(err, TS_ECLOSED, "The server closed its control socket.");
	}
	if (status != 200) {
		return refuse(f, err);
	}
	*ret_body = TS_TAKE(f);
	return TS_OK;
}
