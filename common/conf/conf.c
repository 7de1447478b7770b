/* SPDX-License-Identifier: MIT */
#include "common/conf/conf.h"
#include "common/conf/value.h"

#include "common/base/file.h"

#include <errno.h>
#include <sys/stat.h>

enum { FILE_MAX = 1 << 20, INCLUDE_DEPTH = 10 };

static const struct ts_conf_item *find(const struct ts_conf_table *table, const char *name)
{
	for (size_t i = 0; i < table->count; i++) {
		if (strcmp(table->items[i].name, name) == 0) {
			return &table->items[i];
		}
	}
	return NULL;
}

int ts_conf_init(const struct ts_conf_table *table, void *conf, struct ts_error *err)
{
	for (size_t i = 0; i < table->count; i++) {
		ts_conf_value_zero(&table->items[i], conf);
	}
	for (size_t i = 0; i < table->count; i++) {
		const struct ts_conf_item *item = &table->items[i];
		int code = ts_conf_value_set(item, conf, item->def, err);
		if (code != TS_OK) {
			ts_conf_done(table, conf);
			return code;
		}
	}
	return TS_OK;
}

void ts_conf_done(const struct ts_conf_table *table, void *conf)
{
	for (size_t i = 0; i < table->count; i++) {
		ts_conf_value_free(&table->items[i], conf);
	}
}

int ts_conf_set(const struct ts_conf_table *table, void *conf, const char *name, const char *value,
		struct ts_error *err)
{
	const struct ts_conf_item *item = find(table, name);
	if (item == NULL) {
		return ts_fail(err, TS_ENOTFOUND, "There is no setting '%s'.", name);
	}
	bool blank = value[0] == '\0' && item->type != TS_CONF_STR;
	return ts_conf_value_set(item, conf, blank ? item->def : value, err);
}

/* One line of a file. */
struct line {
	struct ts_slice name, value; /* no name: blank or comment */
	struct ts_slice include;     /* the path behind the word "include" */
	bool bad;
};

/* What stands before a comment; `\#` begins none. */
static struct ts_slice cut_comment(struct ts_slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.data[i] == '#' && (i == 0 || text.data[i - 1] != '\\')) {
			text.len = i;
		}
	}
	return text;
}

static struct line split(struct ts_slice text)
{
	struct line line = {0};
	struct ts_slice rest = ts_slice_trim(cut_comment(text));
	if (rest.len == 0) {
		return line;
	}
	struct ts_slice name = ts_slice_cut(&rest, '=');
	if (rest.data != NULL) {
		line.name = ts_slice_trim(name);
		line.value = ts_slice_trim(rest);
		line.bad = line.name.len == 0;
	} else if (ts_slice_starts(name, TS_SLICE("include "))) {
		line.include = ts_slice_trim(ts_slice_skip(name, strlen("include ")));
	} else {
		line.bad = true;
	}
	return line;
}

struct walk {
	ts_conf_each_fn *each;
	void *arg;
	struct ts_error *err;
	int depth;
};

static int walk_file(struct walk *w, const char *path);

static int walk_include(struct walk *w, struct ts_slice path)
{
	if (w->depth >= INCLUDE_DEPTH) {
		return ts_fail(w->err, TS_EINVAL, "'%.*s' is included too deep.",
			       TS_SLICE_ARGS(path));
	}
	TS_AUTOFREE char *name = strndup(path.data, path.len);
	if (name == NULL) {
		return ts_fail(w->err, TS_ENOMEM, "Out of memory.");
	}
	w->depth++;
	int code = walk_file(w, name);
	w->depth--;
	return code == TS_ENOTFOUND ? TS_EINVAL : code;
}

/* Make `\#` of the file '#'. */
static void unescape(char *value)
{
	char *to = value;
	for (const char *at = value; *at != '\0'; at++) {
		at += at[0] == '\\' && at[1] == '#';
		*to++ = *at;
	}
	*to = '\0';
}

/* Call the visitor with terminated strings, and put file and line before what it complains of. */
static int visit(struct walk *w, const struct line *line, const char *path, size_t number)
{
	TS_AUTOFREE char *name = strndup(line->name.data, line->name.len);
	TS_AUTOFREE char *value = strndup(line->value.data, line->value.len);
	if (name == NULL || value == NULL) {
		return ts_fail(w->err, TS_ENOMEM, "Out of memory.");
	}
	unescape(value);
	struct ts_error why = {0};
	int code = w->each(name, value, w->arg, &why);
	return code == TS_OK ? TS_OK : ts_fail(w->err, code, "%s:%zu: %s", path, number, why.text);
}

static int walk_line(struct walk *w, struct ts_slice text, const char *path, size_t number)
{
	struct line line = split(text);
	if (line.bad || memchr(text.data, '\0', text.len) != NULL) {
		return ts_fail(w->err, TS_EINVAL, "%s:%zu: Malformed entry '%.*s' in config file.",
			       path, number, (int)(text.len < 80 ? text.len : 80), text.data);
	}
	if (line.include.data != NULL) {
		return walk_include(w, line.include);
	}
	return line.name.len > 0 ? visit(w, &line, path, number) : TS_OK;
}

static int walk_file(struct walk *w, const char *path)
{
	TS_BUF(text);
	int code = ts_file_read(path, FILE_MAX, &text, w->err);
	struct ts_slice rest = ts_buf_slice(&text);
	for (size_t number = 1; code == TS_OK && rest.len > 0; number++) {
		code = walk_line(w, ts_slice_cut(&rest, '\n'), path, number);
	}
	return code;
}

int ts_conf_each(const char *path, ts_conf_each_fn *each, void *arg, struct ts_error *err)
{
	struct walk w = {.each = each, .arg = arg, .err = err};
	return walk_file(&w, path);
}

struct reading {
	const struct ts_conf_table *table;
	void *conf;
	struct ts_buf *unknown;
};

static int read_one(const char *name, const char *value, void *arg, struct ts_error *err)
{
	struct reading *r = arg;
	int code = ts_conf_set(r->table, r->conf, name, value, err);
	if (code != TS_ENOTFOUND) {
		return code;
	}
	if (r->unknown != NULL) {
		ts_buf_add_str(r->unknown, r->unknown->len > 0 ? " " : "");
		ts_buf_add_str(r->unknown, name);
	}
	return TS_OK;
}

int ts_conf_read(const struct ts_conf_table *table, void *conf, const char *path,
		 struct ts_buf *unknown, struct ts_error *err)
{
	struct reading r = {.table = table, .conf = conf, .unknown = unknown};
	return ts_conf_each(path, read_one, &r, err);
}

void ts_conf_add(struct ts_buf *to, const char *name, const char *value)
{
	ts_buf_printf(to, "%s=", name);
	for (; *value != '\0'; value++) {
		ts_buf_add_str(to, *value == '#' ? "\\" : "");
		ts_buf_add_char(to, *value);
	}
	ts_buf_add_char(to, '\n');
}

/* Copy `text` to *to with the lines of `name` replaced by one, or dropped. Returns their number. */
static size_t rewrite(struct ts_slice text, const char *name, const char *value, struct ts_buf *to)
{
	size_t found = 0;
	while (text.len > 0) {
		struct ts_slice whole = ts_slice_cut(&text, '\n');
		struct line line = split(whole);
		bool other = line.bad || !ts_slice_eq(line.name, ts_slice_of(name));
		if (other) {
			ts_buf_add_slice(to, whole);
			ts_buf_add_char(to, '\n');
		} else if (found++ == 0 && value != NULL) {
			ts_conf_add(to, name, value);
		}
	}
	if (found == 0 && value != NULL) {
		ts_conf_add(to, name, value);
	}
	return found;
}

/* What a file of lines can't hold. */
static int check_entry(const char *name, const char *value, struct ts_error *err)
{
	if (name[0] == '\0' || strpbrk(name, "=# \t\r\n") != NULL) {
		return ts_fail(
			err, TS_EINVAL,
			"A setting's name has no blanks, no '=' and no '#', and isn't empty.");
	}
	if (value != NULL && strpbrk(value, "\r\n") != NULL) {
		return ts_fail(err, TS_EINVAL, "A setting's value is one line.");
	}
	return TS_OK;
}

/* Take the old file's place: a symbolic link stays one, mode and owner stay as they are. */
static int replace(const char *path, struct ts_slice contents, struct ts_error *err)
{
	struct stat st;
	TS_AUTOFREE char *real = realpath(path, NULL);
	const char *target = real != NULL ? real : path;
	bool there = stat(target, &st) == 0;
	int code = ts_file_write(target, contents, there ? st.st_mode & 07777 : 0600,
				 TS_FILE_REPLACE, err);
	bool owned = !there || code != TS_OK || (st.st_uid == geteuid() && st.st_gid == getegid());
	if (!owned && chown(target, st.st_uid, st.st_gid) != 0 && errno != EPERM) {
		return ts_fail_errno(err, errno, "Could not give '%s' its owner", target);
	}
	return code;
}

int ts_conf_edit(const char *path, const char *name, const char *value, bool *ret_found,
		 struct ts_error *err)
{
	TS_BUF(old);
	TS_BUF(new);
	int code = check_entry(name, value, err);
	if (code == TS_OK) {
		code = ts_file_read(path, FILE_MAX, &old, err);
	}
	if (code != TS_OK && code != TS_ENOTFOUND) {
		return code;
	}
	size_t found = rewrite(ts_buf_slice(&old), name, value, &new);
	if (new.failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	code = found > 0 || value != NULL ? replace(path, ts_buf_slice(&new), err) : TS_OK;
	if (code == TS_OK && ret_found != NULL) {
		*ret_found = found > 0;
	}
	return code;
}
