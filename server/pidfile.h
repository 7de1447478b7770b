/* SPDX-License-Identifier: MIT */
#pragma once

#include <sys/types.h>

/* The process that the file names, if it is alive; 0 where there is no such file or process. */
pid_t pidfile_alive(const char *path);
