/* SPDX-License-Identifier: MIT */
#include "client/sync/arrivals.h"

#include "common/base/json_out.h"
#include "common/task/task_json.h"
#include "common/task/task_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

enum { FLUSH = 64 << 10 }; /* [bytes] collected before they are written */

struct arrivals {
	int fd;
	off_t settled; /* [bytes] that are true */
	size_t count, settled_count;
	struct ts_buf text; /* not written yet */
	struct ts_arena arena;
};

static int open_file(const char *dir)
{
	TS_AUTOFREE char *name = NULL;
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR)) {
		return fd;
	}
	/* A file system without unnamed files. */
	if (asprintf(&name, "%s/.changes-XXXXXX", dir) < 0) {
		name = NULL;
		errno = ENOMEM;
		return -1;
	}
	fd = mkostemp(name, O_CLOEXEC);
	if (fd >= 0) {
		(void)unlink(name);
	}
	return fd;
}

int arrivals_new(const char *dir, struct arrivals **ret, struct ts_error *err)
{
	struct arrivals *c = calloc(1, sizeof(*c));
	if (c == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	c->fd = open_file(dir);
	if (c->fd < 0) {
		int number = errno;
		free(c);
		return ts_fail_errno(err, number, "Could not make a file in %s", dir);
	}
	*ret = c;
	return TS_OK;
}

void arrivals_free(struct arrivals *c)
{
	if (c == NULL) {
		return;
	}
	ts_close_p(&c->fd);
	ts_buf_done(&c->text);
	ts_arena_done(&c->arena);
	free(c);
}

/* One line */

static bool lives(const struct ts_attr *a)
{
	return a != NULL && a->value.kind != TS_VALUE_NONE;
}

static void add_task(struct ts_json *j, const char *name, const struct ts_task *t,
		     struct ts_arena *a)
{
	ts_json_name(j, name);
	if (ts_task_is_empty(t)) {
		ts_json_null(j);
		return;
	}
	TS_BUF(text);
	ts_task_write(t, a, &text);
	j->to->failed = j->to->failed || text.failed;
	ts_json_raw(j, ts_buf_slice(&text));
}

static void add_value(struct ts_json *j, const char *name, const struct ts_attr *a)
{
	ts_json_name(j, name);
	if (!lives(a)) {
		ts_json_null(j);
	} else if (a->value.kind == TS_VALUE_STRING) {
		ts_json_text(j, a->value.text);
	} else {
		ts_json_raw(j, a->value.text);
	}
}

static void add_annotation(struct ts_json *j, struct ts_slice element)
{
	ts_json_open(j, '{');
	ts_json_name(j, "entry");
	ts_json_text(j, (struct ts_slice){element.data, TS_KEY_DATE_LEN});
	ts_json_name(j, "description");
	ts_json_text(j, ts_slice_skip(element, TS_KEY_DATE_LEN + 1));
	ts_json_close(j, '}');
}

static const struct set {
	const char *name;
	struct ts_slice prefix;
	void (*add)(struct ts_json *j, struct ts_slice element);
} sets[] = {
	{"annotations", {"annotation_", 11}, add_annotation},
	{"depends", {"dep_", 4}, ts_json_text},
	{"tags", {"tag_", 4}, ts_json_text},
};

static void add_set(struct ts_json *j, const char *name, const struct ts_task *t,
		    const struct set *set)
{
	const struct ts_attr *a = ts_task_from(t, set->prefix);
	ts_json_name(j, name);
	ts_json_open(j, '[');
	for (; a < t->attrs + t->count && ts_slice_starts(a->key, set->prefix); a++) {
		if (lives(a)) {
			set->add(j, ts_key_element(a->key, set->prefix));
		}
	}
	ts_json_close(j, ']');
}

/* Two tasks' attributes side by side, key by key. */
static bool next_pair(const struct ts_task *x, const struct ts_task *y, size_t *i, size_t *k,
		      const struct ts_attr **ret_x, const struct ts_attr **ret_y)
{
	const struct ts_attr *a = *i < x->count ? &x->attrs[*i] : NULL;
	const struct ts_attr *b = *k < y->count ? &y->attrs[*k] : NULL;
	if (a == NULL && b == NULL) {
		return false;
	}
	int order = a == NULL ? 1 : b == NULL ? -1 : ts_slice_cmp(a->key, b->key);
	*ret_x = order <= 0 ? a : NULL;
	*ret_y = order >= 0 ? b : NULL;
	*i += order <= 0;
	*k += order >= 0;
	return true;
}

static bool differs(const struct ts_attr *a, const struct ts_attr *b)
{
	if (!lives(a) || !lives(b)) {
		return lives(a) != lives(b);
	}
	return !ts_value_same(a->value, b->value);
}

/* A plain attribute's name, or the path to a leaf. NULL: out of memory. */
static const char *name_of(struct ts_slice key, struct ts_arena *a)
{
	TS_BUF(name);
	while (key.data != NULL) {
		struct ts_slice piece = ts_key_name_of(a, ts_key_cut(&key));
		ts_buf_add_str(&name, name.len > 0 ? "/" : "");
		ts_buf_add_slice(&name, piece);
		name.failed = name.failed || piece.data == NULL;
	}
	char *copy = name.failed ? NULL : ts_arena_alloc(a, name.len + 1);
	if (copy != NULL) {
		memcpy(copy, name.data != NULL ? name.data : "", name.len + 1);
	}
	return copy;
}

static const struct set *set_of(struct ts_slice key)
{
	for (size_t i = 0; i < TS_COUNT_OF(sets); i++) {
		if (ts_slice_starts(key, sets[i].prefix)) {
			return &sets[i];
		}
	}
	return NULL;
}

static void add_change(struct ts_json *j, const struct ts_attr *from, const struct ts_attr *to,
		       struct ts_arena *a)
{
	const char *name = name_of(from != NULL ? from->key : to->key, a);
	if (name == NULL) {
		j->to->failed = true;
		return;
	}
	ts_json_name(j, name);
	ts_json_open(j, '{');
	add_value(j, "from", from);
	add_value(j, "to", to);
	ts_json_close(j, '}');
}

static void add_set_change(struct ts_json *j, const struct arrival *a, const struct set *set)
{
	ts_json_name(j, set->name);
	ts_json_open(j, '{');
	add_set(j, "from", a->before, set);
	add_set(j, "to", a->after, set);
	ts_json_close(j, '}');
}

static void add_changes(struct ts_json *j, const struct arrival *a, struct ts_arena *arena)
{
	const struct ts_attr *from = NULL, *to = NULL;
	bool told[TS_COUNT_OF(sets)] = {false};
	ts_json_name(j, "changes");
	ts_json_open(j, '{');
	for (size_t i = 0, k = 0; next_pair(a->before, a->after, &i, &k, &from, &to);) {
		const struct set *set = set_of(from != NULL ? from->key : to->key);
		if (!differs(from, to) || (set != NULL && told[set - sets])) {
			continue;
		}
		if (set != NULL) {
			told[set - sets] = true;
			add_set_change(j, a, set);
		} else {
			add_change(j, from, to, arena);
		}
	}
	ts_json_close(j, '}');
}

static int flush(struct arrivals *c, struct ts_error *err)
{
	struct ts_slice rest = ts_buf_slice(&c->text);
	if (c->text.failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	while (rest.len > 0) {
		ssize_t n = write(c->fd, rest.data, rest.len);
		if (n < 0 && errno != EINTR) {
			return ts_fail_errno(err, errno, "Could not write the changes for hooks");
		}
		rest = ts_slice_skip(rest, n > 0 ? (size_t)n : 0);
	}
	ts_buf_clear(&c->text);
	return TS_OK;
}

int arrivals_add(const struct arrival *a, void *arg, struct ts_error *err)
{
	struct arrivals *c = arg;
	struct ts_json j = ts_json_to(&c->text);
	ts_arena_reset(&c->arena);
	ts_json_open(&j, '{');
	ts_json_name(&j, "uuid");
	ts_json_text(&j, ts_slice_of(ts_uuid_text(&a->after->uuid).text));
	add_task(&j, "before", a->before, &c->arena);
	add_task(&j, "after", a->after, &c->arena);
	add_changes(&j, a, &c->arena);
	ts_json_close(&j, '}');
	ts_buf_add_char(&c->text, '\n');
	c->count++;
	return c->text.len >= FLUSH || c->text.failed ? flush(c, err) : TS_OK;
}

int arrivals_settle(struct arrivals *c, bool keep, struct ts_error *err)
{
	int code = keep ? flush(c, err) : TS_OK;
	if (code == TS_OK && keep) {
		c->settled = lseek(c->fd, 0, SEEK_CUR);
		c->settled_count = c->count;
		return TS_OK;
	}
	ts_buf_clear(&c->text);
	c->count = c->settled_count;
	(void)!ftruncate(c->fd, c->settled);
	(void)lseek(c->fd, c->settled, SEEK_SET);
	return code;
}

size_t arrivals_count(const struct arrivals *c)
{
	return c->settled_count;
}

int arrivals_open(const struct arrivals *c)
{
	char path[40];
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", c->fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}
