/* SPDX-License-Identifier: MIT */
#include "client/sync/outgoing.h"

#include "client/replica/pending.h"
#include "common/tree/version.h"

struct collector {
	struct outgoing *o;
	struct ts_txn *txn;
	struct ts_arena arena; /* of the task in work */
	struct ts_buf line;
	struct ts_error *err;
};

/* Which point the request stands on */

static int find_point(struct collector *c)
{
	struct outgoing *o = c->o;
	const struct replica *r = o->sync->replica;
	const char *remote = o->sync->remote->name;
	if (o->how != SYNC_NORMAL) {
		return TS_OK;
	}
	int code =
		o->since != NULL
			? ts_sync_point_by_key(c->txn, r->user, remote, o->since, &o->point, c->err)
			: ts_sync_point_get(c->txn, r->user, remote, 0, &o->point, c->err);
	o->has_point = code == TS_OK;
	if (code == TS_ENOTFOUND && o->since != NULL) {
		return ts_fail(c->err, TS_EHISTORY, "%s names a sync that never was.",
			       o->sync->remote->server);
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

/* Keys of the points before the one that the request stands on. */
static int add_history(struct collector *c)
{
	const struct sync *s = c->o->sync;
	struct ts_sync_point p;
	int code = c->o->has_point && c->o->since == NULL ? TS_OK : TS_ENOTFOUND;
	for (uint64_t back = 1; code == TS_OK && back < s->settings->history; back++) {
		code = ts_sync_point_get(c->txn, s->replica->user, s->remote->name, back, &p,
					 c->err);
		if (code == TS_OK) {
			ts_buf_add_str(&c->o->history, c->o->history.len > 0 ? " " : "");
			ts_buf_add_str(&c->o->history, ts_uuid_text(&p.key).text);
		}
	}
	return code == TS_ENOTFOUND ? TS_OK : code;
}

/* Tasks */

/* To name it, should it be too big. */
static int remember_first(struct collector *c, uint64_t number)
{
	struct ts_version v;
	int code = ts_version_read(c->txn, c->o->sync->replica->user, number, &v, c->err);
	if (code == TS_OK) {
		c->o->first = v.task;
	}
	return code;
}

static int add_task(struct collector *c, const struct pending *walk, uint64_t number)
{
	struct outgoing *o = c->o;
	ts_buf_clear(&c->line);
	int code = o->tasks == 0 ? remember_first(c, number) : TS_OK;
	if (code == TS_OK) {
		code = pending_add_line(walk, number, &c->arena, &c->line, c->err);
	}
	if (code != TS_OK) {
		return code;
	}
	o->tasks++;
	return c->line.failed ? ts_fail(c->err, TS_ENOMEM, "Out of memory.")
			      : ts_spool_add(o->lines, ts_buf_slice(&c->line), c->err);
}

static int add_tasks(struct collector *c)
{
	struct outgoing *o = c->o;
	TS_CLEANUP(pending_done) struct pending walk = {0};
	uint64_t number;
	int code = pending_begin(c->txn, o->sync->replica, o->sync->remote->name,
				 o->has_point ? &o->point : NULL, &walk, c->err);
	while (code == TS_OK && (o->tasks == 0 || ts_spool_size(o->lines) < o->most)) {
		code = pending_next(&walk, &number, c->err);
		if (code == TS_OK) {
			code = add_task(c, &walk, number);
		}
	}
	o->complete = code == TS_ENOTFOUND;
	o->sent = o->complete ? walk.end : walk.at;
	return o->complete ? TS_OK : code;
}

/* The remote's tasks are wanted as they are: nothing of ours is sent, or will be. */
static int adopt(struct collector *c)
{
	c->o->complete = true;
	return ts_version_newest(c->txn, c->o->sync->replica->user, &c->o->sent, c->err);
}

static int fill(struct collector *c)
{
	if (c->o->pull) {
		c->o->sent = c->o->has_point ? c->o->point.sent : 0;
		return TS_OK;
	}
	return c->o->how == SYNC_ADOPT ? adopt(c) : add_tasks(c);
}

static int collect(struct collector *c)
{
	int code = find_point(c);
	if (code == TS_OK) {
		code = add_history(c);
	}
	if (code == TS_OK) {
		code = fill(c);
	}
	return code == TS_OK && c->o->history.failed ? ts_fail(c->err, TS_ENOMEM, "Out of memory.")
						     : code;
}

int outgoing_collect(struct outgoing *o, struct ts_spool_budget *budget, struct ts_error *err)
{
	struct collector c = {.o = o, .err = err};
	int code = ts_spool_new(budget, &o->lines) == TS_OK
			   ? ts_txn_begin(o->sync->replica->store, TS_READ, &c.txn, err)
			   : ts_fail(err, TS_ENOMEM, "Out of memory.");
	if (code == TS_OK) {
		code = collect(&c);
	}
	ts_txn_abort(c.txn);
	ts_arena_done(&c.arena);
	ts_buf_done(&c.line);
	return code;
}

void outgoing_done(struct outgoing *o)
{
	ts_spool_free(TS_TAKE(o->lines));
	ts_buf_done(&o->history);
}

int outgoing_count(const struct outgoing *o, size_t *ret, struct ts_error *err)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *txn = NULL;
	const struct sync *s = o->sync;
	int code = ts_txn_begin(s->replica->store, TS_READ, &txn, err);
	return code == TS_OK ? pending_count(txn, s->replica, s->remote->name,
					     o->has_point ? &o->point : NULL, SIZE_MAX, ret, err)
			     : code;
}
