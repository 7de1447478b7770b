/* SPDX-License-Identifier: MIT */
/* Everything about one user or one organization. */
#include "server/account/facts.h"
#include "server/account/views.h"

#include "common/base/date.h"
#include "common/show/spell.h"
#include "common/show/term.h"

#include <inttypes.h>

static void row(struct ts_buf *to, const char *name, struct ts_slice value)
{
	ts_buf_printf(to, "  %-12s ", name);
	ts_term_add(to, false, TS_STYLE_NONE, value);
	ts_buf_add_char(to, '\n');
}

static void text_row(struct ts_buf *to, const char *name, const char *value)
{
	row(to, name, ts_slice_of(value));
}

static void time_row(struct ts_buf *to, const char *name, int64_t time, const char *otherwise)
{
	TS_BUF(text);
	facts_add_time(&text, time, otherwise);
	if (time != 0) {
		ts_buf_add_str(&text, " (");
		ts_spell_age(&text, time, ts_date_now());
		ts_buf_add_str(&text, ")");
	}
	row(to, name, ts_buf_slice(&text));
}

/* "12 of 1000", "12" */
static void count_row(struct ts_buf *to, const char *name, uint64_t has, uint64_t most)
{
	TS_BUF(text);
	ts_buf_printf(&text, "%" PRIu64, has);
	if (most > 0) {
		ts_buf_printf(&text, " of %" PRIu64, most);
	}
	row(to, name, ts_buf_slice(&text));
}

static void size_row(struct ts_buf *to, const char *name, uint64_t has, uint64_t most)
{
	TS_BUF(text);
	ts_buf_add_str(&text, ts_size_text(has).text);
	if (most > 0) {
		ts_buf_printf(&text, " of %s", ts_size_text(most).text);
	}
	row(to, name, ts_buf_slice(&text));
}

static void rate_row(struct ts_buf *to, uint64_t most)
{
	TS_BUF(text);
	if (most > 0) {
		ts_buf_printf(&text, "up to %" PRIu64 " a minute", most);
	} else {
		ts_buf_add_str(&text, "any number");
	}
	row(to, "Requests", ts_buf_slice(&text));
}

/* Users */

static int add_alias(struct ts_slice alias, void *arg)
{
	struct ts_buf *to = arg;
	ts_buf_add_str(to, to->len > 0 ? ", " : "");
	ts_buf_add_slice(to, alias);
	return TS_OK;
}

static int json_alias(struct ts_slice alias, void *arg)
{
	ts_json_text(arg, alias);
	return TS_OK;
}

static void binding_row(struct ts_buf *to, const struct errand *e)
{
	static const char *const words[] = {"off: any certificate of the authority",
					    "on: the user's own certificates only"};
	TS_BUF(text);
	enum ts_binding own = e->user.binding;
	bool on = own == TS_BINDING_DEFAULT ? e->cl->settings->cert_binding : own == TS_BINDING_ON;
	ts_buf_printf(&text, "%s%s", words[on], own == TS_BINDING_DEFAULT ? " (default)" : "");
	row(to, "Binding", ts_buf_slice(&text));
}

enum { JSON, SECRET, USER_OPTIONS };
static const struct ts_option user_options[USER_OPTIONS] = {
	[JSON] = {.name = "json"},
	[SECRET] = {.name = "secret"},
};

static int text_of_user(struct errand *e, const struct user_facts *f, struct ts_error *err)
{
	struct ts_buf *to = &e->told;
	const struct settings *s = e->cl->settings;
	const struct ts_quota *q = &e->user.quota;
	TS_BUF(aliases);
	int rc = ts_alias_each(e->txn, &e->user, add_alias, &aliases, err);
	if (rc != TS_OK) {
		return rc;
	}
	text_row(to, "User", e->user.name);
	text_row(to, "Organization", e->org.name);
	if (e->options[SECRET].count > 0) {
		text_row(to, "Key", ts_uuid_text(&e->user.key).text);
	}
	text_row(to, "State",
		 e->org.suspended ? "suspended, with the organization"
				  : facts_state(e->user.suspended));
	if (aliases.len > 0) {
		row(to, "Aliases", ts_buf_slice(&aliases));
	}
	binding_row(to, e);
	time_row(to, "Created", e->user.created, "-");
	time_row(to, "Last seen", f->seen, "never");
	count_row(to, "Tasks", f->use.tasks, quota_of(q->tasks, s->quota_user_tasks));
	count_row(to, "Versions", f->versions, 0);
	size_row(to, "Stored", f->use.bytes, quota_of(q->bytes, s->quota_user_bytes));
	rate_row(to, quota_of(q->requests, s->quota_user_requests));
	count_row(to, "Quarantine", f->rejects, 0);
	ts_buf_add_char(to, '\n');
	return views_add_devices(e->txn, e->user.id, to, err);
}

static int json_of_user(struct errand *e, const struct user_facts *f, struct ts_error *err)
{
	struct ts_json j = ts_json_to(&e->told);
	ts_json_open(&j, '{');
	facts_json_user(f, &j);
	if (e->options[SECRET].count > 0) {
		struct ts_uuid_text key = ts_uuid_text(&e->user.key);
		ts_json_text_member(&j, "key", ts_slice_of(key.text));
	}
	ts_json_text_member(&j, "binding", ts_slice_of(facts_binding(e->user.binding)));
	facts_json_quota(&e->user.quota, &j);
	ts_json_name(&j, "aliases");
	ts_json_open(&j, '[');
	int rc = ts_alias_each(e->txn, &e->user, json_alias, &j, err);
	ts_json_close(&j, ']');
	ts_json_name(&j, "device");
	if (rc == TS_OK) {
		rc = views_json_devices(e->txn, e->user.id, &j, err);
	}
	ts_json_close(&j, '}');
	ts_buf_add_char(&e->told, '\n');
	return rc;
}

static int show_user(struct errand *e, struct ts_error *err)
{
	struct user_facts f;
	int rc = facts_of_user(e->txn, &e->org, &e->user, &f, err);
	if (rc != TS_OK) {
		return rc;
	}
	return errand_wants_json(e) ? json_of_user(e, &f, err) : text_of_user(e, &f, err);
}

/* Organizations */

static int count_user(const struct ts_user *user, void *arg)
{
	size_t *count = arg;
	(void)user;
	++*count;
	return TS_OK;
}

static void text_of_org(struct errand *e, size_t users, const struct quota_use *use)
{
	struct ts_buf *to = &e->told;
	const struct settings *s = e->cl->settings;
	const struct ts_quota *q = &e->org.quota;
	text_row(to, "Organization", e->org.name);
	text_row(to, "State", facts_state(e->org.suspended));
	if (e->org.redirect[0] != '\0') {
		text_row(to, "Redirected", e->org.redirect);
	}
	time_row(to, "Created", e->org.created, "-");
	count_row(to, "Users", users, 0);
	count_row(to, "Tasks", use->tasks, quota_of(q->tasks, s->quota_org_tasks));
	size_row(to, "Stored", use->bytes, quota_of(q->bytes, s->quota_org_bytes));
	rate_row(to, quota_of(q->requests, s->quota_org_requests));
}

static int show_org(struct errand *e, struct ts_error *err)
{
	struct quota_use use = {0};
	size_t users = 0;
	int rc = ts_user_each(e->txn, &e->org, count_user, &users, err);
	if (rc == TS_OK) {
		rc = quota_sum(e->txn, &e->org, &use, err);
	}
	if (rc != TS_OK || !errand_wants_json(e)) {
		text_of_org(e, users, &use);
		return rc;
	}
	struct ts_json j = ts_json_to(&e->told);
	ts_json_open(&j, '{');
	facts_json_org(&e->org, users, &use, &j);
	facts_json_quota(&e->org.quota, &j);
	ts_json_close(&j, '}');
	ts_buf_add_char(&e->told, '\n');
	return rc;
}

const struct errand_kind view_user = {.access = TS_READ,
				      .about = ABOUT_USER,
				      .words = 2,
				      .options = user_options,
				      .option_count = TS_COUNT_OF(user_options),
				      .run = show_user};
const struct errand_kind view_org = {.access = TS_READ,
				     .about = ABOUT_ORG,
				     .words = 1,
				     .options = errand_json,
				     .option_count = TS_COUNT_OF(errand_json),
				     .run = show_org};
