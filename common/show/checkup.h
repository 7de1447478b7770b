/* SPDX-License-Identifier: MIT */
/*
 * A check-up: what can be wrong, looked at in the order in which it would get in the way. Each
 * finding is a sentence, and says what to do. What can't be judged because of an earlier fault is
 * passed over, and said to be.
 */
#pragma once

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/base/json_out.h"

enum ts_finding_kind {
	TS_FINDING_OK,
	TS_FINDING_WARN,
	TS_FINDING_FAIL,
	TS_FINDING_SKIP,
	TS_FINDING_KINDS
};

struct ts_finding {
	const char *check; /* a word */
	enum ts_finding_kind kind;
	const char *text;   /* a sentence: how it is */
	const char *advice; /* what to do, "" */
};

/* Embedded in what the checks share. */
struct ts_checkup {
	/* Set by the caller. */
	void (*tell)(const struct ts_finding *f, void *arg);
	void *arg;

	const char *check; /* the one that runs */
	bool check_failed; /* it found a fault */
	int code;          /* of the first fault */
	size_t faults;
};

struct ts_check {
	const char *name;
	void (*run)(struct ts_checkup *c);
	const char *needs; /* checks that must have gone well, with commas around each; "" */
};

/* Run the checks in their order, at most 64. TS_OK where nothing is wrong, else the code of the
 * first fault with their number in err. */
int ts_checkup_run(struct ts_checkup *c, const struct ts_check *checks, size_t count,
		   struct ts_error *err) TS_MUST_CHECK;

/* For checks: a finding. `advice` may be "". */
void ts_checkup_ok(struct ts_checkup *c, const char *fmt, ...) TS_PRINTF(2, 3);
void ts_checkup_warn(struct ts_checkup *c, const char *advice, const char *fmt, ...)
	TS_PRINTF(3, 4);
void ts_checkup_fail(struct ts_checkup *c, int code, const char *advice, const char *fmt, ...)
	TS_PRINTF(4, 5);

enum { TS_CHECKUP_SOON = 14 * 86400 /* [s] before a certificate's end people are told */ };

/* What both programs look at. The clock: whether `now` is long ago. */
void ts_checkup_clock(struct ts_checkup *c, int64_t now);
/* A certificate that is good from `from` until `until`; `what` begins the sentence. True where
 * there is nothing to say. */
struct ts_checkup_span {
	const char *what;
	int64_t from, until, now; /* [s since 1970] */
	const char *advice;       /* where it has ended, or will soon */
};
bool ts_checkup_dates(struct ts_checkup *c, const struct ts_checkup_span *s);

/* Findings on standard output, each at once, because a check may take long; or as one JSON array.
 */
struct ts_checkup_output {
	bool color;
	bool as_json;
	struct ts_buf text;
	struct ts_json json;
	int code; /* of the first line that could not be written */
};

void ts_checkup_output_begin(struct ts_checkup_output *o, bool as_json, bool color);
/* A `tell`; its arg is the output. */
void ts_checkup_output_tell(const struct ts_finding *f, void *arg);
/* Frees. TS_EIO: standard output can't be written. */
int ts_checkup_output_end(struct ts_checkup_output *o, struct ts_error *err) TS_MUST_CHECK;
