/* SPDX-License-Identifier: MIT */
#pragma once

#include "common/base/error.h"

#include <sys/types.h>

/* Write this process's number to the file, which may be there; not through a symbolic link. An
 * empty path is no file, here and below. */
int pidfile_write(const char *path, struct ts_error *err) TS_MUST_CHECK;
/* Remove the file, unless another process has written its own number since. */
void pidfile_remove(const char *path);

/* The process that the file names, if it is alive; 0 where there is no such file or process. */
pid_t pidfile_alive(const char *path);
