/* SPDX-License-Identifier: MIT */
/* What the files enrol*.c share. */
#pragma once

#include "server/setup/enrol.h"

int enrol_no_memory(struct ts_error *err);
/* Forget a secret. */
void enrol_wipe(struct ts_buf *secret);
/* Make a key and a certificate, and the bundle of both; all of it appended. */
int enrol_make(const struct enrolment *e, struct ts_buf *ret_cert, struct ts_buf *ret_bundle,
	       struct ts_error *err) TS_MUST_CHECK;
