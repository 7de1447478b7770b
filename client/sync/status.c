/* SPDX-License-Identifier: MIT */
#include "client/sync/status.h"

#include "client/sync/state_file.h"
#include "common/base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { FILE_MAX = 16 << 10 }; /* [bytes] */

enum kind { NUMBER, COUNT, EXIT, TEXT };

static const struct field {
	const char *name;
	enum kind kind;
	size_t at, size; /* in struct sync_status */
} fields[] = {
#define FIELD(kind, name)                                                                          \
	{                                                                                          \
#name, kind, offsetof(struct sync_status, name),                                   \
			sizeof(((struct sync_status *)NULL)->name)                                 \
	}
	FIELD(NUMBER, last_try), FIELD(NUMBER, last_success), FIELD(NUMBER, last_error),
	FIELD(EXIT, error_code), FIELD(TEXT, error),          FIELD(TEXT, messages),
	FIELD(COUNT, sent),      FIELD(COUNT, received),      FIELD(COUNT, conflicts),
#undef FIELD
};

static void *place_of(struct sync_status *s, const struct field *f)
{
	return (char *)s + f->at;
}

static void write_field(const struct field *f, const void *value, struct ts_buf *to)
{
	ts_buf_printf(to, "%s=", f->name);
	if (f->kind == NUMBER) {
		ts_buf_printf(to, "%lld", (long long)*(const int64_t *)value);
	} else if (f->kind == COUNT) {
		ts_buf_printf(to, "%llu", (unsigned long long)*(const uint64_t *)value);
	} else if (f->kind == EXIT) {
		ts_buf_printf(to, "%d", *(const int *)value);
	} else {
		ts_buf_add_str(to, value);
	}
	ts_buf_add_char(to, '\n');
}

/* False where it is none: then the field keeps its zero. */
static bool read_number(const char *text, long long *ret)
{
	char *end;
	errno = 0;
	*ret = strtoll(text, &end, 10);
	return errno == 0 && end != text && *end == '\0';
}

static bool read_field(const struct field *f, const char *text, void *to)
{
	long long number = 0;
	if (f->kind == TEXT) {
		(void)snprintf(to, f->size, "%s", text);
		return true;
	}
	if (!read_number(text, &number)) {
		return false;
	}
	if (f->kind == NUMBER) {
		*(int64_t *)to = number;
	} else if (f->kind == COUNT) {
		*(uint64_t *)to = number > 0 ? (uint64_t)number : 0;
	} else {
		*(int *)to = (int)number;
	}
	return true;
}

/* Names that another version knows are passed over. */
static bool read_line(char *line, struct sync_status *ret)
{
	char *value = strchr(line, '=');
	if (value == NULL) {
		return line[0] == '\0';
	}
	*value++ = '\0';
	for (size_t i = 0; i < TS_COUNT_OF(fields); i++) {
		if (strcmp(fields[i].name, line) == 0) {
			return read_field(&fields[i], value, place_of(ret, &fields[i]));
		}
	}
	return true;
}

int status_read(const struct place *p, const char *remote, struct sync_status *ret,
		struct ts_error *err)
{
	TS_BUF(path);
	TS_BUF(text);
	struct ts_error why = {0};
	*ret = (struct sync_status){0};
	int code = state_path(p, remote, "status", &path, &why);
	if (code == TS_OK) {
		code = ts_file_read(path.data, FILE_MAX, &text, &why);
	}
	if (code != TS_OK) {
		return code == TS_ENOTFOUND ? TS_OK : ts_fail(err, code, "%s", why.text);
	}
	char *rest = text.data;
	bool good = true;
	for (char *line; good && (line = strsep(&rest, "\n")) != NULL;) {
		good = read_line(line, ret);
	}
	return good ? TS_OK : ts_fail(err, TS_EDAMAGED, "%s is damaged; remove it.", path.data);
}

/* A text that stays on its line. */
static void straighten(char *text)
{
	for (char *at = text; *at != '\0'; at++) {
		*at = *at == '\n' ? ' ' : *at;
	}
}

int status_write(const struct place *p, const char *remote, const struct sync_status *s,
		 struct ts_error *err)
{
	TS_BUF(path);
	TS_BUF(text);
	struct sync_status copy = *s;
	straighten(copy.error);
	straighten(copy.messages);
	for (size_t i = 0; i < TS_COUNT_OF(fields); i++) {
		write_field(&fields[i], place_of(&copy, &fields[i]), &text);
	}
	int code = text.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.")
			       : state_path(p, remote, "status", &path, err);
	return code == TS_OK ? state_write(path.data, ts_buf_slice(&text), err) : code;
}
