/* SPDX-License-Identifier: MIT */
#include "client/replica/edit.h"
#include "client/replica/pending_internal.h"

/* The transaction which a version belongs to; in the middle of an edit it may have none yet. */
static int transaction_of(const struct pending_view *w, uint64_t number, struct ts_transaction *ret,
			  struct ts_error *err)
{
	int code = ts_transaction_of(w->txn, w->user, number, ret, err);
	if (code == TS_ENOTFOUND) {
		*ret = (struct ts_transaction){.last = number};
		return TS_OK;
	}
	return code;
}

static bool came_from(const struct pending_view *w, const struct ts_transaction *tr)
{
	return tr->received && tr->last <= w->point->last && tr->last > w->point->lost &&
	       strncmp(tr->device, w->remote, TS_DEVICE_MAX) == 0;
}

int pending_step_back(const struct pending_view *w, const struct ts_version *v, uint64_t *ret,
		      struct ts_error *err)
{
	struct ts_transaction tr = {0};
	int code = v->merged != 0 ? transaction_of(w, v->merged, &tr, err) : TS_OK;
	*ret = came_from(w, &tr) ? v->merged : v->parent;
	return code;
}

int pending_known(struct ts_txn *t, const struct replica *r, const struct ts_sync_point *point,
		  const char *remote, uint64_t head, uint64_t *ret, struct ts_error *err)
{
	const struct pending_view w = {t, r->user, remote, point};
	const uint64_t limit = point->sent > point->last ? point->sent : point->last;
	struct ts_transaction tr;
	struct ts_version v;
	int code = ts_version_at(t, r->user, head, limit, ret, err);
	while (code == TS_OK && *ret > point->sent) {
		code = transaction_of(&w, *ret, &tr, err);
		if (code == TS_OK && came_from(&w, &tr)) {
			return TS_OK;
		}
		if (code == TS_OK) {
			code = ts_version_read(t, r->user, *ret, &v, err);
		}
		if (code == TS_OK) {
			code = pending_step_back(&w, &v, ret, err);
		}
	}
	return code;
}

/* Look for merges with what the remote sent, made here at once with its arrival. */
static int find_merges(struct pending *p, struct ts_error *err)
{
	const struct pending_view w = pending_view(p);
	struct ts_transaction tr;
	bool came = false;
	int code = TS_OK;
	for (uint64_t n = p->at + 1; n <= p->end && code == TS_OK; n = tr.last + 1) {
		code = transaction_of(&w, n, &tr, err);
		if (code == TS_OK && came && strcmp(tr.what, EDIT_MERGE) == 0) {
			code = ts_numbers_add(&p->merges, tr.last, err);
		}
		came = code == TS_OK && came_from(&w, &tr);
	}
	return code;
}

int pending_begin(struct ts_txn *t, const struct replica *r, const char *remote,
		  const struct ts_sync_point *point, struct pending *ret, struct ts_error *err)
{
	*ret = (struct pending){.txn = t, .replica = r, .remote = remote};
	if (point != NULL) {
		ret->point = *point;
	}
	ret->at = ret->checked = ret->point.sent;
	int code = ts_version_newest(t, r->user, &ret->end, err);
	return code == TS_OK ? find_merges(ret, err) : code;
}

void pending_done(struct pending *p)
{
	ts_numbers_done(&p->merges);
}

/* True where `v` is on its task's way to the remote, behind what this one has: on the main line,
 * and not before a merge with what came from there. */
static int is_on_way(const struct pending *p, const struct ts_version *v, uint64_t head, bool *ret,
		     struct ts_error *err)
{
	const struct pending_view w = pending_view(p);
	struct ts_version at;
	uint64_t number, back;
	int code = TS_OK;
	*ret = !v->side;
	for (size_t i = p->merges.count; *ret && i > 0 && p->merges.at[i - 1] >= v->number; i--) {
		code = ts_version_at(p->txn, w.user, head, p->merges.at[i - 1], &number, err);
		if (code == TS_OK) {
			code = ts_version_read(p->txn, w.user, number, &at, err);
		}
		if (code == TS_OK) {
			code = pending_step_back(&w, &at, &back, err);
		}
		if (code != TS_OK) {
			return code;
		}
		*ret = back == at.parent || number == v->number;
	}
	return code;
}

static int wants(const struct pending *p, const struct ts_version *v, bool *ret,
		 struct ts_error *err)
{
	const uint32_t user = p->replica->user;
	uint64_t head;
	*ret = false;
	int code = ts_head_get(p->txn, user, &v->task, &head, err);
	if (code == TS_ENOTFOUND) {
		return ts_fail(err, TS_EDAMAGED, "The store is damaged: a task is missing.");
	}
	if (code == TS_OK && head > p->end) {
		code = ts_version_at(p->txn, user, head, p->end, &head, err);
	}
	if (code == TS_OK) {
		code = is_on_way(p, v, head, ret, err);
	}
	return code == TS_OK && *ret ? pending_wants(p, v, head, ret, err) : code;
}

/* Go to the next version that may be pending, beyond what came from the remote itself. */
static int advance(struct pending *p, struct ts_version *ret, struct ts_error *err)
{
	const struct pending_view w = pending_view(p);
	struct ts_transaction tr;
	struct ts_slice record;
	uint64_t number;
	while (p->at < p->end && p->at >= p->checked) {
		int code = transaction_of(&w, p->at + 1, &tr, err);
		if (code != TS_OK) {
			return code;
		}
		p->checked = tr.last;
		if (came_from(&w, &tr)) {
			p->at = tr.last;
		}
	}
	if (p->at >= p->end) {
		return TS_ENOTFOUND;
	}
	int code = ts_version_next(p->txn, w.user, p->at + 1, &number, &record, err);
	if (code != TS_OK) {
		return code;
	}
	p->at = number;
	return ts_version_parse(number, record, ret, err);
}

int pending_next(struct pending *p, uint64_t *ret, struct ts_error *err)
{
	struct ts_version v;
	bool wanted = false;
	int code = TS_OK;
	while (code == TS_OK && !wanted) {
		code = advance(p, &v, err);
		if (code == TS_OK) {
			code = wants(p, &v, &wanted, err);
		}
	}
	if (code == TS_OK) {
		*ret = v.number;
	}
	return code;
}

int pending_count(struct ts_txn *t, const struct replica *r, const char *remote,
		  const struct ts_sync_point *point, size_t most, size_t *ret, struct ts_error *err)
{
	TS_CLEANUP(pending_done) struct pending p = {0};
	uint64_t number;
	size_t count = 0;
	int code = pending_begin(t, r, remote, point, &p, err);
	while (code == TS_OK && count < most) {
		code = pending_next(&p, &number, err);
		count += code == TS_OK;
	}
	if (code != TS_OK && code != TS_ENOTFOUND) {
		return code;
	}
	*ret = count;
	return TS_OK;
}
