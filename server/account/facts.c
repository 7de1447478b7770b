/* SPDX-License-Identifier: MIT */
#include "server/account/facts.h"

#include "common/show/spell.h"

static int count_device(const struct ts_device *d, void *arg)
{
	struct user_facts *f = arg;
	f->devices += d->revoked == 0 ? 1 : 0;
	f->seen = d->seen > f->seen ? d->seen : f->seen;
	return TS_OK;
}

static int count_reject(const struct ts_reject *r, void *arg)
{
	struct user_facts *f = arg;
	(void)r;
	f->rejects++;
	return TS_OK;
}

int facts_of_user(struct ts_txn *t, const struct ts_org *org, const struct ts_user *user,
		  struct user_facts *ret, struct ts_error *err)
{
	struct ts_transaction newest;
	*ret = (struct user_facts){.org = org, .user = user};
	int rc = ts_transaction_newest(t, user->id, &newest, err);
	if (rc != TS_OK) {
		return rc;
	}
	ret->use = (struct quota_use){newest.bytes, newest.tasks};
	ret->versions = newest.last;
	rc = ts_device_each(t, user->id, count_device, ret, err);
	return rc == TS_OK ? ts_reject_each(t, user->id, count_reject, ret, err) : rc;
}

const char *facts_state(bool suspended)
{
	return suspended ? "suspended" : "active";
}

const char *facts_device_state(const struct ts_device *d, int64_t now)
{
	if (d->revoked != 0) {
		return "revoked";
	}
	if (d->until != 0 && d->until < now) {
		return "expired";
	}
	return d->seen != 0 ? "in use" : "new";
}

const char *facts_binding(enum ts_binding binding)
{
	static const char *const words[] = {
		[TS_BINDING_DEFAULT] = "default", [TS_BINDING_OFF] = "off", [TS_BINDING_ON] = "on"};
	return words[binding];
}

void facts_add_time(struct ts_buf *to, int64_t time, const char *otherwise)
{
	if (time != 0) {
		ts_spell_moment(to, time);
	} else {
		ts_buf_add_str(to, otherwise);
	}
}

static void date(struct ts_json *j, const char *name, int64_t time)
{
	if (time != 0) {
		ts_json_date_member(j, name, time);
	}
}

void facts_json_user(const struct user_facts *f, struct ts_json *j)
{
	ts_json_text_member(j, "org", ts_slice_of(f->org->name));
	ts_json_text_member(j, "user", ts_slice_of(f->user->name));
	ts_json_text_member(j, "state", ts_slice_of(facts_state(f->user->suspended)));
	date(j, "created", f->user->created);
	ts_json_count_member(j, "tasks", f->use.tasks);
	ts_json_count_member(j, "versions", f->versions);
	ts_json_count_member(j, "bytes", f->use.bytes);
	ts_json_count_member(j, "quarantine", f->rejects);
	ts_json_count_member(j, "devices", f->devices);
	date(j, "seen", f->seen);
}

void facts_json_org(const struct ts_org *org, size_t users, const struct quota_use *use,
		    struct ts_json *j)
{
	ts_json_text_member(j, "org", ts_slice_of(org->name));
	ts_json_text_member(j, "state", ts_slice_of(facts_state(org->suspended)));
	date(j, "created", org->created);
	ts_json_count_member(j, "users", users);
	ts_json_count_member(j, "tasks", use->tasks);
	ts_json_count_member(j, "bytes", use->bytes);
	if (org->redirect[0] != '\0') {
		ts_json_text_member(j, "redirect", ts_slice_of(org->redirect));
	}
}

/* A number, "none", or nothing at all for the default. */
static void quota_member(struct ts_json *j, const char *name, uint64_t own)
{
	if (own == TS_NO_QUOTA) {
		ts_json_text_member(j, name, TS_SLICE("none"));
	} else if (own != 0) {
		ts_json_count_member(j, name, own);
	}
}

void facts_json_quota(const struct ts_quota *q, struct ts_json *j)
{
	ts_json_name(j, "quota");
	ts_json_open(j, '{');
	quota_member(j, "bytes", q->bytes);
	quota_member(j, "tasks", q->tasks);
	quota_member(j, "requests", q->requests);
	ts_json_close(j, '}');
}

void facts_json_device(const struct ts_device *d, int64_t now, struct ts_json *j)
{
	ts_json_text_member(j, "name", ts_slice_of(d->name));
	ts_json_text_member(j, "id", ts_slice_of(d->id));
	ts_json_text_member(j, "state", ts_slice_of(facts_device_state(d, now)));
	ts_json_name(j, "certificate");
	ts_json_bool(j, d->certificate);
	ts_json_text_member(j, "client", ts_slice_of(d->client));
	ts_json_text_member(j, "address", ts_slice_of(d->address));
	date(j, "issued", d->issued);
	date(j, "until", d->until);
	date(j, "revoked", d->revoked);
	date(j, "first", d->first);
	date(j, "seen", d->seen);
	ts_json_count_member(j, "synced", d->synced);
}
