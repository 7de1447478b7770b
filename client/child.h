/* SPDX-License-Identifier: MIT */
/* Programs that taskc runs: they get signals as usual, and are ended when they take too long. */
#pragma once

#include "common/base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct child {
	const char *const *argv; /* argv[0] is the path, or looked up in $PATH */
	char *const *env;        /* NULL: ours */
	int in, out;             /* become standard input and output; -1: as ours */
	bool own_group;          /* what it starts is ended with it; not for those who ask people */
	pid_t pid;               /* set by child_start() */
	int fd;                  /* readable when it has ended; -1: the system has no such thing */
};

/* TS_EIO with a sentence that names the program. */
int child_start(struct child *c, struct ts_error *err) TS_MUST_CHECK;
/*
 * Wait until it has ended. *ret_status: its exit status; 128 and the signal's number where one
 * ended it. After `timeout` [ms] (TS_ETIMEOUT), or when `cancel_fd` (-1: none) becomes readable
 * (TS_ECANCELED), it is ended. Either way it is gone afterwards.
 */
int child_wait(struct child *c, uint64_t timeout, int cancel_fd, int *ret_status,
	       struct ts_error *err) TS_MUST_CHECK;
