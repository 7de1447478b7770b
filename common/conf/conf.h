/* SPDX-License-Identifier: MIT */
/*
 * Configuration by table: `name=value` lines into a structure of the caller's. The tables live
 * with the programs.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>

enum ts_conf_type {
	TS_CONF_STR,    /* char *, owned by the structure, never NULL */
	TS_CONF_CHOICE, /* as STR, one of the words in `choices` */
	TS_CONF_BOOL,   /* bool; on/off, yes/no, true/false, 1/0 */
	TS_CONF_INT,    /* uint64_t */
	TS_CONF_SIZE,   /* uint64_t [bytes]; suffixes K, M, G */
	TS_CONF_TIME,   /* uint64_t [ms]; suffixes ms, s, m, h, d; a bare number is seconds */
	TS_CONF_NONE    /* accepted for the reference server's sake, without effect */
};

struct ts_conf_item {
	const char *name;
	enum ts_conf_type type;
	size_t at;           /* offset in the caller's structure */
	uint64_t min, max;   /* of numbers */
	const char *choices; /* of CHOICE, separated by '|' */
	const char *def;     /* in the file's own syntax: goes through the parser */
	const char *group;   /* heading in the manual page */
	const char *doc;     /* a sentence or two */
};

struct ts_conf_table {
	const struct ts_conf_item *items;
	size_t count;
};

/* Set every item of `conf` to its default. TS_OK or TS_ENOMEM. */
int ts_conf_init(const struct ts_conf_table *table, void *conf, struct ts_error *err) TS_MUST_CHECK;
/* Free the strings. */
void ts_conf_done(const struct ts_conf_table *table, void *conf);
/* Set one item; an empty value of anything but STR is its default.
 * TS_ENOTFOUND: no such name; TS_EINVAL: err says what is wrong with the value. */
int ts_conf_set(const struct ts_conf_table *table, void *conf, const char *name, const char *value,
		struct ts_error *err) TS_MUST_CHECK;
/*
 * Read a file of `name=value` lines; '#' begins a comment and `\#` is that character; blank lines
 * are passed over. Names that the table doesn't know are collected in *unknown (may be NULL),
 * separated by blanks, and are no failure: files of the reference server hold some. TS_ENOTFOUND:
 * no such file; TS_EINVAL: err names file and line.
 */
int ts_conf_read(const struct ts_conf_table *table, void *conf, const char *path,
		 struct ts_buf *unknown, struct ts_error *err) TS_MUST_CHECK;
/*
 * Call `each` for every entry of a file, in order, those of `include PATH` lines in their place,
 * until it returns something else than TS_OK. TS_ENOTFOUND: no such file; TS_EINVAL as above.
 */
typedef int ts_conf_each_fn(const char *name, const char *value, void *arg, struct ts_error *err);
int ts_conf_each(const char *path, ts_conf_each_fn *each, void *arg,
		 struct ts_error *err) TS_MUST_CHECK;
/* The item's value in the file's syntax. */
void ts_conf_print(const struct ts_conf_item *item, const void *conf, struct ts_buf *to);

/* Append a line that sets `name` to `value`, which is one line. */
void ts_conf_add(struct ts_buf *to, const char *name, const char *value);

/*
 * Edit a configuration file in place (written beside it and renamed, mode kept; made if missing):
 * set `name` to `value`, or with NULL remove it. Other lines and comments stay as they are.
 * *ret_found (may be NULL): whether the name was there.
 */
int ts_conf_edit(const char *path, const char *name, const char *value, bool *ret_found,
		 struct ts_error *err) TS_MUST_CHECK;
