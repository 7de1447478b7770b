/* SPDX-License-Identifier: MIT */
#include "client/setup/bundle_read.h"

#define AT(field) offsetof(struct account, field)

/* What is taken of a bundle; names that aren't here are passed over. */
static const struct part {
	const char *name;
	size_t at;
	bool needed;
} parts[] = {
	{"server", AT(server), true}, {"org", AT(org), true},
	{"user", AT(user), true},     {"secret", AT(secret), true},
	{"trust", AT(trust), true},   {"device", AT(device), false},
	{"ca", AT(ca), false},        {"certificate", AT(certificate), true},
	{"key", AT(key), true},
};

struct reader {
	struct ts_slice rest;
	size_t number; /* of the line */
	struct account *to;
	struct ts_error *err;
};

static struct ts_buf *buffer_of(const struct part *p, struct account *a)
{
	return (struct ts_buf *)(void *)((char *)a + p->at);
}

/* A buffer for what has that name, or `nowhere`. */
static struct ts_buf *buffer_for(struct reader *r, struct ts_slice name, struct ts_buf *nowhere)
{
	for (size_t i = 0; i < TS_COUNT_OF(parts); i++) {
		if (ts_slice_eq(name, ts_slice_of(parts[i].name))) {
			struct ts_buf *b = buffer_of(&parts[i], r->to);
			ts_buf_clear(b);
			return b;
		}
	}
	return nowhere;
}

static bool next_line(struct reader *r, struct ts_slice *ret)
{
	if (r->rest.len == 0) {
		return false;
	}
	*ret = ts_slice_cut(&r->rest, '\n');
	if (ret->len > 0 && ret->data[ret->len - 1] == '\r') {
		ret->len--;
	}
	r->number++;
	return true;
}

static int read_version(struct reader *r)
{
	struct ts_slice line = {0};
	bool bundle = next_line(r, &line) && ts_slice_eq(line, TS_SLICE("#!/bin/sh")) &&
		      next_line(r, &line) &&
		      ts_slice_starts(line, TS_SLICE("# taskd bundle, version "));
	if (!bundle) {
		return ts_fail(r->err, TS_EFORMAT,
			       "This is no bundle: `taskd setup` and `taskd user bundle` make "
			       "one, which begins with \"#!/bin/sh\" and \"# taskd bundle\".");
	}
	struct ts_slice version = ts_slice_skip(line, strlen("# taskd bundle, version "));
	return ts_slice_eq(version, TS_SLICE("1"))
		       ? TS_OK
		       : ts_fail(r->err, TS_EFORMAT,
				 "The bundle is of version %.*s; this taskc knows version 1.",
				 (int)(version.len < 20 ? version.len : 20), version.data);
}

/* One word of a shell, as bundles quote it: 'it'\''s'. */
static bool unquote(struct ts_slice s, struct ts_buf *to)
{
	if (!ts_slice_cut_char(&s, '\'')) {
		return false;
	}
	for (;;) {
		struct ts_slice part = ts_slice_cut(&s, '\'');
		if (s.data == NULL) {
			return false;
		}
		ts_buf_add_slice(to, part);
		if (s.len == 0) {
			return true;
		}
		if (!ts_slice_starts(s, TS_SLICE("\\''"))) {
			return false;
		}
		ts_buf_add_char(to, '\'');
		s = ts_slice_skip(s, 3);
	}
}

static int read_value(struct reader *r, struct ts_slice name, struct ts_slice quoted)
{
	TS_BUF(nowhere);
	return unquote(quoted, buffer_for(r, name, &nowhere))
		       ? TS_OK
		       : ts_fail(r->err, TS_EINVAL,
				 "Line %zu of the bundle, '%.*s', is not in order.", r->number,
				 (int)(name.len < 40 ? name.len : 40), name.data);
}

/* The lines up to the marker alone. */
static int read_document(struct reader *r, struct ts_slice name, struct ts_slice marker)
{
	TS_BUF(nowhere);
	struct ts_buf *to = buffer_for(r, name, &nowhere);
	for (struct ts_slice line; next_line(r, &line);) {
		if (ts_slice_eq(line, marker)) {
			return TS_OK;
		}
		ts_buf_add_slice(to, line);
		ts_buf_add_char(to, '\n');
	}
	return ts_fail(r->err, TS_EINVAL, "The bundle ends too early: was it copied whole?");
}

/* Cut `end` off the end. */
static bool cut_end(struct ts_slice *s, struct ts_slice end)
{
	bool there =
		s->len >= end.len && memcmp(s->data + s->len - end.len, end.data, end.len) == 0;
	s->len -= there ? end.len : 0;
	return there;
}

/* NAME='…' or NAME() { cat <<'MARKER'. False: neither, here the script itself begins. */
static bool read_entry(struct reader *r, struct ts_slice line, int *ret)
{
	static const struct ts_slice opening = TS_SLICE("() { cat <<'");
	const char *at = memmem(line.data, line.len, opening.data, opening.len);
	if (at != NULL) {
		struct ts_slice name = {line.data, (size_t)(at - line.data)};
		struct ts_slice marker = ts_slice_skip(line, name.len + opening.len);
		bool good = cut_end(&marker, TS_SLICE("'")) && marker.len > 0;
		*ret = good ? read_document(r, name, marker) : TS_OK;
		return good;
	}
	struct ts_slice value = line;
	struct ts_slice name = ts_slice_cut(&value, '=');
	if (value.len == 0 || value.data[0] != '\'') {
		return false;
	}
	*ret = read_value(r, name, value);
	return true;
}

static bool is_nothing(struct ts_slice line)
{
	return line.len == 0 || line.data[0] == '#' || ts_slice_eq(line, TS_SLICE("}"));
}

static int read_entries(struct reader *r)
{
	int rc = TS_OK;
	for (struct ts_slice line; rc == TS_OK && next_line(r, &line);) {
		if (!is_nothing(line) && !read_entry(r, line, &rc)) {
			return TS_OK;
		}
	}
	return rc;
}

static int check_complete(struct account *a, struct ts_error *err)
{
	for (size_t i = 0; i < TS_COUNT_OF(parts); i++) {
		if (parts[i].needed && buffer_of(&parts[i], a)->len == 0) {
			return ts_fail(err, TS_EINVAL,
				       "The bundle has no '%s': was it copied whole?",
				       parts[i].name);
		}
	}
	return TS_OK;
}

int bundle_read(struct ts_slice text, struct account *to, struct ts_error *err)
{
	struct reader r = {.rest = text, .to = to, .err = err};
	if (text.len > BUNDLE_MAX || (text.len > 0 && memchr(text.data, '\0', text.len) != NULL)) {
		return ts_fail(err, TS_EFORMAT, "This is no bundle: it is no text of a few kB.");
	}
	int rc = read_version(&r);
	if (rc == TS_OK) {
		rc = read_entries(&r);
	}
	if (rc == TS_OK) {
		rc = check_complete(to, err);
	}
	return rc == TS_OK ? account_check(to, err) : rc;
}
