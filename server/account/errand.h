/* SPDX-License-Identifier: MIT */
/*
 * An errand: one command on an account, in one transaction. What it is about is found by the words
 * behind it, `ORG`, `ORG USER` or `ORG USER DEVICE`; what it has to say is told once all of it is
 * on disk. Each kind of errand is one structure.
 */
#pragma once

#include "common/base/buf.h"
#include "common/cli/options.h"
#include "common/store/device.h"
#include "server/command/command.h"

enum { ERRAND_OPTIONS = 4 };

/* What has to be there. */
enum errand_about { ABOUT_NOTHING, ABOUT_ORG, ABOUT_USER, ABOUT_DEVICE };

struct errand {
	struct command_line *cl;
	const char **words; /* as given; NULL behind them */
	int count;          /* of them */
	struct ts_option_values options[ERRAND_OPTIONS];
	bool terse; /* wrong names are told as the reference server tells them */
	struct ts_txn *txn;
	struct ts_buf said; /* the result; nothing of it with --quiet */
	struct ts_buf told; /* what is told in any case, before it */
	struct ts_org org;  /* where it is about one … */
	struct ts_user user;
	struct ts_device device;
};

struct errand_kind {
	enum ts_access access;
	enum errand_about about;
	int words, more; /* needed, and allowed in addition */
	const struct ts_option *options;
	size_t option_count;
	/* Before anything is opened; false: "No changes made." NULL: it asks nobody. */
	bool (*confirm)(const struct errand *e);
	int (*run)(struct errand *e, struct ts_error *err);
};

/* cl's words are those behind the verb. TS_EUSAGE where there are too few or too many. */
int errand_run(struct command_line *cl, const struct errand_kind *kind, bool terse,
	       struct ts_error *err) TS_MUST_CHECK;

/* Find what is named, or say what is near. A user is found by key as well, a device by id. */
int errand_find_org(struct errand *e, const char *name, struct ts_error *err) TS_MUST_CHECK;
int errand_find_user(struct errand *e, const char *name, struct ts_error *err) TS_MUST_CHECK;
int errand_find_device(struct errand *e, const char *name, struct ts_error *err) TS_MUST_CHECK;

/* --json, the only option of many. */
extern const struct ts_option errand_json[1];
static inline bool errand_wants_json(const struct errand *e)
{
	return e->options[0].count > 0;
}
