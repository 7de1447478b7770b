/* SPDX-License-Identifier: MIT */
/* The limits that a peer can run into, each with a count of how often one did, named as the setting
 * that moves it. Counted where a limit refuses, told by /metrics. */
#pragma once

#include "common/base/attr.h"

#include <stdatomic.h>
#include <stdint.h>

#define LIMITS_EACH(X)                                                                             \
	X(CONNECTION_LIMIT, "connection.limit")                                                    \
	X(CONNECTION_ADDRESS, "connection.address")                                                \
	X(CONNECTION_STRANGERS, "connection.strangers")                                            \
	X(HANDSHAKE_RATE, "handshake.rate")                                                        \
	X(LOGIN_FAILURES, "login.failures")                                                        \
	X(HEADER, "header.limit")                                                                  \
	X(REQUEST, "request.limit")                                                                \
	X(REQUEST_TASKS, "request.tasks")                                                          \
	X(TASK, "task.limit")                                                                      \
	X(TASK_DEPTH, "task.depth")                                                                \
	X(TASK_ATTRIBUTES, "task.attributes")                                                      \
	X(VALUE, "value.limit")                                                                    \
	X(MEMORY, "memory.limit")                                                                  \
	X(SPOOL, "spool.limit")                                                                    \
	X(DEVICES, "device.limit")                                                                 \
	X(STORAGE_QUEUE, "storage.queue")                                                          \
	X(WAIT_CONNECTIONS, "wait.connections")                                                    \
	X(WAIT_USER, "wait.user")                                                                  \
	X(QUOTA_USER_BYTES, "quota.user.bytes")                                                    \
	X(QUOTA_USER_TASKS, "quota.user.tasks")                                                    \
	X(QUOTA_USER_REQUESTS, "quota.user.requests")                                              \
	X(QUOTA_ORG_BYTES, "quota.org.bytes")                                                      \
	X(QUOTA_ORG_TASKS, "quota.org.tasks")                                                      \
	X(QUOTA_ORG_REQUESTS, "quota.org.requests")

enum limit {
#define LIMITS_NAME(name, setting) LIMIT_##name,
	LIMITS_EACH(LIMITS_NAME)
#undef LIMITS_NAME
		LIMITS
};

/* One more that ran into it. The counts are the process's; any thread. */
void limits_hit(enum limit which);
uint64_t limits_hits(enum limit which);
/* The setting's name. */
const char *limits_name(enum limit which);
