/* SPDX-License-Identifier: MIT */
#include "common/net/resolve.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

/* Held by the one who asks and by the thread; who lets go last frees it. */
struct ts_resolve {
	atomic_uint refs;
	struct hostport of;
	int fd;           /* an eventfd */
	atomic_bool done; /* what follows is the asker's from now on */
	int failed;
	int number; /* errno, where `failed` is EAI_SYSTEM */
	struct addrinfo *list;
};

static void let_go(struct ts_resolve *r)
{
	if (atomic_fetch_sub(&r->refs, 1) > 1) {
		return;
	}
	if (r->list != NULL) {
		freeaddrinfo(r->list);
	}
	ts_close_p(&r->fd);
	free(r);
}

void ts_resolve_free(struct ts_resolve *r)
{
	if (r != NULL) {
		let_go(r);
	}
}

static void look_up(struct ts_resolve *r, int flags)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = flags};
	r->failed = getaddrinfo(r->of.host, r->of.port, &hints, &r->list);
	r->number = errno;
	r->list = r->failed == 0 ? r->list : NULL;
}

static void tell(struct ts_resolve *r)
{
	atomic_store(&r->done, true);
	(void)!write(r->fd, &(uint64_t){1}, sizeof(uint64_t));
}

static void *thread_main(void *arg)
{
	struct ts_resolve *r = arg;
	look_up(r, AI_ADDRCONFIG);
	if (r->failed != 0) {
		look_up(r, 0); /* a machine whose only interface is the loopback */
	}
	tell(r);
	let_go(r);
	return NULL;
}

/* Signals are for the threads that the program knows. */
static int start_thread(struct ts_resolve *r)
{
	pthread_t thread;
	sigset_t all, before;
	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_BLOCK, &all, &before);
	atomic_fetch_add(&r->refs, 1);
	int number = pthread_create(&thread, NULL, thread_main, r);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (number != 0) {
		atomic_fetch_sub(&r->refs, 1);
		return number;
	}
	(void)pthread_detach(thread);
	return 0;
}

int ts_resolve_new(const struct hostport *of, struct ts_resolve **ret, struct ts_error *err)
{
	TS_CLEANUP(ts_resolve_free_p) struct ts_resolve *r = calloc(1, sizeof(*r));
	if (r == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	atomic_init(&r->refs, 1);
	r->of = *of;
	r->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->fd < 0) {
		return ts_fail_errno(err, errno, "Could not look up %s", of->host);
	}
	look_up(r, AI_NUMERICHOST);
	int number = 0;
	if (r->failed == 0) {
		tell(r);
	} else {
		number = start_thread(r);
	}
	if (number != 0) {
		return ts_fail_errno(err, number, "Could not look up %s", of->host);
	}
	*ret = TS_TAKE(r);
	return TS_OK;
}

int ts_resolve_fd(const struct ts_resolve *r)
{
	return r->fd;
}

int ts_resolve_list(const struct ts_resolve *r, const struct addrinfo **ret, struct ts_error *err)
{
	if (!atomic_load(&r->done)) {
		return TS_EAGAIN;
	}
	if (r->failed != 0) {
		return ts_fail(
			err, TS_ECONNECT, "There is no address for the name %s: %s.", r->of.host,
			r->failed == EAI_SYSTEM ? strerror(r->number) : gai_strerror(r->failed));
	}
	*ret = r->list;
	return TS_OK;
}
