/* SPDX-License-Identifier: MIT */
/*
 * Is a store in order? Every record of every table is read, and what records say of each other is
 * compared: one pass over each table in the order of its keys, so that it goes at the speed of the
 * disk. Of a user's versions only one small entry a task is kept in memory, and a user at a time.
 *
 * It sees the store of one moment; others read and write meanwhile. Nothing is changed.
 */
#pragma once

#include "common/store/store.h"

/* What is wrong, roughly: name, word for programs. */
#define TS_FAULTS(X)                                                                               \
	X(TS_FAULT_META, "meta")                                                                   \
	X(TS_FAULT_ORG, "organization")                                                            \
	X(TS_FAULT_USER, "user")                                                                   \
	X(TS_FAULT_ALIAS, "alias")                                                                 \
	X(TS_FAULT_TRANSACTION, "transaction")                                                     \
	X(TS_FAULT_SYNC_KEY, "sync-key")                                                           \
	X(TS_FAULT_RECORD, "record")                                                               \
	X(TS_FAULT_MISSING, "missing-version")                                                     \
	X(TS_FAULT_PARENT, "parent")                                                               \
	X(TS_FAULT_PLACE, "place")                                                                 \
	X(TS_FAULT_HEAD, "head")                                                                   \
	X(TS_FAULT_COUNT, "count")                                                                 \
	X(TS_FAULT_DEVICE, "device")                                                               \
	X(TS_FAULT_NUMBER, "short-number")                                                         \
	X(TS_FAULT_SYNC_POINT, "sync-point")                                                       \
	X(TS_FAULT_REJECT, "rejected-line")                                                        \
	X(TS_FAULT_LEFTOVER, "leftover")

#define TS_FAULT_ENUM(name, word) name,
enum ts_fault_kind { TS_FAULTS(TS_FAULT_ENUM) TS_FAULT_KINDS };
#undef TS_FAULT_ENUM

const char *ts_fault_word(enum ts_fault_kind kind);

struct ts_fault {
	enum ts_fault_kind kind;
	const char *text; /* a sentence that names organization, user, task and version */
};

struct ts_verify {
	void (*fault)(const struct ts_fault *fault, void *arg);     /* may be NULL */
	void (*progress)(uint64_t done, uint64_t total, void *arg); /* records; may be NULL */
	void *arg;
};

/* What was read, and how many faults were told. */
struct ts_verify_sums {
	uint64_t orgs, users, devices, transactions, sync_keys, versions, tasks;
	uint64_t faults;
};

/* TS_OK also where there are faults; what fails is reading. */
int ts_verify_store(struct ts_store *s, const struct ts_verify *how, struct ts_verify_sums *ret,
		    struct ts_error *err) TS_MUST_CHECK;
