/* SPDX-License-Identifier: MIT */
/* One setting's value between its text and its place in the structure; for conf.c only. */
#pragma once

#include "common/conf/conf.h"

/* Make the place ready for ts_conf_value_set(). */
void ts_conf_value_zero(const struct ts_conf_item *item, void *conf);
void ts_conf_value_free(const struct ts_conf_item *item, void *conf);
/* TS_EINVAL with a sentence that names the setting; TS_ENOMEM. The old value stays then. */
int ts_conf_value_set(const struct ts_conf_item *item, void *conf, const char *text,
		      struct ts_error *err) TS_MUST_CHECK;
