/* SPDX-License-Identifier: MIT */
/* Organizations, users and devices, a line each. */
#include "server/account/facts.h"
#include "server/account/rows.h"
#include "server/account/views.h"

#include "common/base/date.h"
#include "common/show/spell.h"

#include <inttypes.h>

/* One list on its way to people or to programs. */
struct list {
	struct ts_txn *txn;
	struct rows rows;
	struct ts_json json;
	bool is_json;
	int64_t now;
	const struct ts_org *org; /* whose users */
	struct ts_error *err;
};

static void add_size(struct rows *r, uint64_t bytes)
{
	const struct ts_size_text size = ts_size_text(bytes);
	rows_add(r, ts_slice_of(size.text));
}

static void add_time(struct rows *r, int64_t time, const char *otherwise)
{
	TS_BUF(text);
	facts_add_time(&text, time, otherwise);
	rows_add(r, ts_buf_slice(&text));
}

static void begin(struct list *l, struct errand *e, struct ts_error *err)
{
	l->txn = e->txn;
	l->json = ts_json_to(&e->told);
	l->is_json = errand_wants_json(e);
	l->now = ts_date_now();
	l->err = err;
	if (l->is_json) {
		ts_json_open(&l->json, '[');
	}
}

static int finish(struct list *l, struct errand *e, int rc, const char *nothing)
{
	if (l->is_json) {
		ts_json_close(&l->json, ']');
		ts_buf_add_char(&e->told, '\n');
	} else if (l->rows.count > 0) {
		rows_print(&l->rows, &e->told);
	} else {
		ts_buf_add_str(&e->told, nothing);
	}
	rows_done(&l->rows);
	return rc;
}

/* Users */

static int add_user(const struct ts_user *user, void *arg)
{
	struct list *l = arg;
	struct rows *r = &l->rows;
	struct user_facts f;
	int rc = facts_of_user(l->txn, l->org, user, &f, l->err);
	if (rc != TS_OK) {
		return rc;
	}
	if (l->is_json) {
		ts_json_open(&l->json, '{');
		facts_json_user(&f, &l->json);
		ts_json_close(&l->json, '}');
		return TS_OK;
	}
	rows_add(r, ts_slice_of(l->org->name));
	rows_add(r, ts_slice_of(user->name));
	rows_add(r, ts_slice_of(facts_state(user->suspended)));
	rows_printf(r, "%" PRIu64, f.use.tasks);
	rows_printf(r, "%" PRIu64, f.versions);
	add_size(r, f.use.bytes);
	rows_printf(r, "%zu", f.devices);
	add_time(r, f.seen, "never");
	return TS_OK;
}

static int add_users_of(const struct ts_org *org, void *arg)
{
	struct list *l = arg;
	l->org = org;
	return ts_user_each(l->txn, org, add_user, l, l->err);
}

static int list_users(struct errand *e, struct ts_error *err)
{
	struct list l = {.rows = {.columns = 8,
				  .heads = {"Organization", "User", "State", "Tasks", "Versions",
					    "Stored", "Devices", "Last seen"},
				  .right = {[3] = true, [4] = true, [5] = true, [6] = true}}};
	int rc = TS_OK;
	begin(&l, e, err);
	if (e->count == 0) {
		rc = ts_org_each(e->txn, add_users_of, &l, err);
	} else {
		rc = errand_find_org(e, e->words[0], err);
		rc = rc == TS_OK ? add_users_of(&e->org, &l) : rc;
	}
	return finish(&l, e, rc, "There are no users.\n");
}

/* Organizations */

static int count_user(const struct ts_user *user, void *arg)
{
	size_t *count = arg;
	(void)user;
	++*count;
	return TS_OK;
}

static int add_org(const struct ts_org *org, void *arg)
{
	struct list *l = arg;
	struct quota_use use = {0};
	size_t users = 0;
	int rc = ts_user_each(l->txn, org, count_user, &users, l->err);
	if (rc == TS_OK) {
		rc = quota_sum(l->txn, org, &use, l->err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	if (l->is_json) {
		ts_json_open(&l->json, '{');
		facts_json_org(org, users, &use, &l->json);
		ts_json_close(&l->json, '}');
		return TS_OK;
	}
	rows_add(&l->rows, ts_slice_of(org->name));
	rows_add(&l->rows, ts_slice_of(facts_state(org->suspended)));
	rows_printf(&l->rows, "%zu", users);
	rows_printf(&l->rows, "%" PRIu64, use.tasks);
	add_size(&l->rows, use.bytes);
	rows_add(&l->rows, ts_slice_of(org->redirect));
	return TS_OK;
}

static int list_orgs(struct errand *e, struct ts_error *err)
{
	struct list l = {.rows = {.columns = 6,
				  .heads = {"Organization", "State", "Users", "Tasks", "Stored",
					    "Redirected to"},
				  .right = {[2] = true, [3] = true, [4] = true}}};
	begin(&l, e, err);
	return finish(&l, e, ts_org_each(e->txn, add_org, &l, err),
		      "There are no organizations.\n");
}

/* Devices */

static void add_state(struct rows *r, const struct ts_device *d, int64_t now)
{
	TS_BUF(text);
	ts_buf_add_str(&text, facts_device_state(d, now));
	if (d->revoked != 0) {
		ts_buf_add_char(&text, ' ');
		facts_add_time(&text, d->revoked, "");
	}
	rows_add(r, ts_buf_slice(&text));
}

static int add_device(const struct ts_device *d, void *arg)
{
	struct list *l = arg;
	struct rows *r = &l->rows;
	if (l->is_json) {
		ts_json_open(&l->json, '{');
		facts_json_device(d, l->now, &l->json);
		ts_json_close(&l->json, '}');
		return TS_OK;
	}
	rows_add(r, ts_slice_of(d->name));
	add_state(r, d, l->now);
	add_time(r, d->seen, "never");
	rows_add(r, ts_slice_of(d->client));
	rows_add(r, ts_slice_of(d->address));
	if (d->certificate) {
		add_time(r, d->until, "");
		rows_printf(r, "%.12s", d->id);
	} else {
		rows_add(r, TS_SLICE("no certificate"));
		rows_add(r, TS_SLICE(""));
	}
	return TS_OK;
}

static struct list device_list(struct ts_txn *t)
{
	return (struct list){.txn = t,
			     .now = ts_date_now(),
			     .rows = {.columns = 7,
				      .heads = {"Device", "State", "Last seen", "Program",
						"Address", "Certificate until", "Fingerprint"}}};
}

int views_add_devices(struct ts_txn *t, uint32_t user, struct ts_buf *to, struct ts_error *err)
{
	struct list l = device_list(t);
	int rc = ts_device_each(t, user, add_device, &l, err);
	if (rc == TS_OK && l.rows.count > 0) {
		rows_print(&l.rows, to);
	} else if (rc == TS_OK) {
		ts_buf_add_str(to, "There are no devices.\n");
	}
	rows_done(&l.rows);
	return rc;
}

int views_json_devices(struct ts_txn *t, uint32_t user, struct ts_json *j, struct ts_error *err)
{
	struct list l = device_list(t);
	l.json = *j;
	l.is_json = true;
	ts_json_open(&l.json, '[');
	int rc = ts_device_each(t, user, add_device, &l, err);
	ts_json_close(&l.json, ']');
	*j = l.json;
	return rc;
}

static int list_devices(struct errand *e, struct ts_error *err)
{
	if (!errand_wants_json(e)) {
		return views_add_devices(e->txn, e->user.id, &e->told, err);
	}
	struct ts_json j = ts_json_to(&e->told);
	int rc = views_json_devices(e->txn, e->user.id, &j, err);
	ts_buf_add_char(&e->told, '\n');
	return rc;
}

#define VIEW .access = TS_READ, .options = errand_json, .option_count = TS_COUNT_OF(errand_json)

const struct errand_kind view_users = {VIEW, .more = 1, .run = list_users};
const struct errand_kind view_orgs = {VIEW, .run = list_orgs};
const struct errand_kind view_devices = {VIEW, .about = ABOUT_USER, .words = 2,
					 .run = list_devices};
