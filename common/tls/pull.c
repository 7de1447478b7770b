/* SPDX-License-Identifier: MIT */
/* What a session reads from its socket. GnuTLS collects messages of a handshake of up to 16 MiB
 * before it looks at them, so a stranger's are bounded here. */
#include "common/tls/internal.h"

#include <errno.h>
#include <sys/socket.h>

/* [bytes] of a client's that hold no data: a handshake with a chain of certificates fits well */
enum { IDLE_MAX = 64 << 10 };

static ssize_t pull(gnutls_transport_ptr_t ctx, void *to, size_t len)
{
	struct ts_tls *t = ctx;
	if (t->server && t->idle > IDLE_MAX) {
		t->flooded = true;
		gnutls_transport_set_errno(t->session, EIO);
		return -1;
	}
	ssize_t n = recv(t->fd, to, len, 0);
	if (n > 0) {
		t->idle += (size_t)n;
	} else if (n < 0) {
		gnutls_transport_set_errno(t->session, errno);
	}
	return n;
}

void ts_tls_pull_from(struct ts_tls *t, int fd)
{
	t->fd = fd;
	gnutls_transport_set_ptr2(t->session, t, (gnutls_transport_ptr_t)(intptr_t)fd);
	gnutls_transport_set_pull_function(t->session, pull);
}

bool ts_tls_at_end(const struct ts_tls *t)
{
	char byte;
	ssize_t n = recv(t->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}
