/* SPDX-License-Identifier: MIT */
#include "client/watch/notify.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

void notify(const char *fmt, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	if (path == NULL || path[0] == '\0' || strlen(path) >= sizeof(to.sun_path)) {
		return;
	}
	char text[600];
	va_list args;
	va_start(args, fmt);
	int len = vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	TS_AUTOCLOSE int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (len <= 0 || fd < 0) {
		return;
	}
	memcpy(to.sun_path, path, strlen(path));
	const socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	if (to.sun_path[0] == '@') {
		to.sun_path[0] = '\0'; /* not a file */
	}
	const size_t whole = (size_t)len < sizeof(text) ? (size_t)len : sizeof(text) - 1;
	(void)sendto(fd, text, whole, MSG_NOSIGNAL, (struct sockaddr *)&to, size);
}
