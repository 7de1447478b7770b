/* SPDX-License-Identifier: MIT */
/* Tasks that were read from files, stored in the replica. */
#pragma once

#include "client/replica/replica.h"
#include "common/import/import.h"

enum import_how {
	IMPORT_REPLACE, /* a task that is here already becomes what the file says */
	IMPORT_MERGE    /* of each attribute, the newer one stays */
};

/* In one transaction. `dry`: only count. */
int import_store(struct ts_import *i, struct replica *r, enum import_how how, bool dry,
		 struct ts_import_counts *ret, struct ts_error *err) TS_MUST_CHECK;
