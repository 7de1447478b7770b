/* SPDX-License-Identifier: MIT */
/* What a user or an organization may have. */
#include "server/account/changes.h"

#include "server/request/quota.h"

#define CONF_STRUCT struct ts_quota
#include "common/conf/items.h"
#include "common/show/spell.h"

#include <inttypes.h>

static const struct ts_option options[] = {
	{.name = "bytes", .value = "SIZE"},
	{.name = "tasks", .value = "NUMBER"},
	{.name = "requests", .value = "NUMBER"},
};

/* In the order of the options. */
static const struct ts_conf_item items[] = {
	{"--bytes", BYTES(bytes, 1, 1024 * 1024 * G), .def = "1"},
	{"--tasks", NUMBER(tasks, 1, 1000000000), .def = "1"},
	{"--requests", NUMBER(requests, 1, 1000000000), .def = "1"},
};
static const char *const names[] = {"bytes", "tasks", "requests a minute"};
_Static_assert(TS_COUNT_OF(items) == TS_COUNT_OF(options), "an item an option");
_Static_assert(TS_COUNT_OF(names) == TS_COUNT_OF(options), "a name an option");

static uint64_t *at(struct ts_quota *q, size_t i)
{
	return (uint64_t *)(void *)((char *)q + items[i].at);
}

static int set(struct ts_quota *q, size_t i, const char *text, struct ts_error *err)
{
	static const struct ts_conf_table table = {items, TS_COUNT_OF(items)};
	if (text[0] == '\0') {
		return TS_EUSAGE;
	}
	if (strcmp(text, "none") == 0) {
		*at(q, i) = TS_NO_QUOTA;
	} else if (strcmp(text, "default") == 0) {
		*at(q, i) = 0;
	} else {
		return ts_conf_set(&table, q, items[i].name, text, err);
	}
	return TS_OK;
}

static void say(struct errand *e, const char *what, const char *name, const struct ts_quota *q)
{
	ts_buf_printf(&e->said, "Quota of %s '%s':", what, name);
	for (size_t i = 0; i < TS_COUNT_OF(items); i++) {
		uint64_t value = *at((struct ts_quota *)(uintptr_t)q, i);
		ts_buf_printf(&e->said, "%s %s ", i == 0 ? "" : ",", names[i]);
		if (value == TS_NO_QUOTA) {
			ts_buf_add_str(&e->said, "any number");
		} else if (value == 0) {
			ts_buf_add_str(&e->said, "as the settings say");
		} else if (items[i].type == TS_CONF_SIZE) {
			ts_buf_add_str(&e->said, ts_size_text(value).text);
		} else {
			ts_buf_printf(&e->said, "%" PRIu64, value);
		}
	}
	ts_buf_add_char(&e->said, '\n');
}

static int change(struct errand *e, struct ts_quota *q, struct ts_error *err)
{
	size_t given = 0;
	int rc = TS_OK;
	for (size_t i = 0; i < TS_COUNT_OF(options) && rc == TS_OK; i++) {
		given += e->options[i].count;
		rc = e->options[i].count > 0 ? set(q, i, ts_option_last(&e->options[i], ""), err)
					     : TS_OK;
	}
	return rc == TS_OK && given == 0 ? TS_EUSAGE : rc;
}

static int quota_org(struct errand *e, struct ts_error *err)
{
	int rc = change(e, &e->org.quota, err);
	say(e, "organization", e->org.name, &e->org.quota);
	return rc == TS_OK ? ts_org_update(e->txn, &e->org, err) : rc;
}

static int quota_user(struct errand *e, struct ts_error *err)
{
	int rc = change(e, &e->user.quota, err);
	say(e, "user", e->user.name, &e->user.quota);
	return rc == TS_OK ? ts_user_update(e->txn, &e->user, err) : rc;
}

#define CHANGE(what, needed)                                                                       \
	.access = TS_WRITE, .about = ABOUT_##what, .words = (needed), .options = options,          \
	.option_count = TS_COUNT_OF(options)

const struct errand_kind change_quota_org = {CHANGE(ORG, 1), .run = quota_org};
const struct errand_kind change_quota_user = {CHANGE(USER, 2), .run = quota_user};
