// SPDX-License-Identifier: MIT
// Clients that wait for news: what they cost, and how soon they are woken.
#include "test/bench/load.h"
#include "test/bench/report.h"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/resource.h>

enum { SETTLE = 1000000 /* [us] */, PATIENCE = 30000 /* [ms] */ };

struct guest {
	struct ts_dial *dial;
	bool answered;
};

struct party {
	struct load *load;
	struct guest *guests;
	size_t count;
	int epoll;
};

static void party_done(struct party *p)
{
	for (size_t i = 0; i < p->count; i++) {
		ts_dial_close(p->guests[i].dial);
	}
	free(p->guests);
	ts_close_p(&p->epoll);
}

/* As many descriptors as the system lets us have. */
static void raise_limit(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_NOFILE, &r) == 0) {
		r.rlim_cur = r.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

static int invite(struct party *p, const struct account *a, struct ts_error *err)
{
	TS_BUF(request);
	struct guest *g = &p->guests[p->count];
	const uint64_t ms = p->load->limits.whole;
	const struct ts_dial_limits limits = {
		.connect = ms, .handshake = ms, .idle = ms, .answer = ms};
	int r = ts_dial_open(p->load->creds, &p->load->server, &limits, -1,
			     (struct ts_slice){NULL, 0}, &g->dial, err);
	p->count += r == TS_OK ? 1 : 0;
	if (r == TS_OK) {
		r = load_wait_request(a, &request, err);
	}
	if (r == TS_OK) {
		r = ts_dial_send(g->dial, ts_buf_slice(&request), err);
	}
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = g};
	if (r == TS_OK && epoll_ctl(p->epoll, EPOLL_CTL_ADD, ts_dial_fd(g->dial), &e) != 0) {
		r = ts_fail(err, TS_EIO, "Can't watch a connection.");
	}
	return r;
}

/* The first account has one guest, the second all others. */
static int invite_all(struct party *p, struct ts_error *err)
{
	struct load *load = p->load;
	int r = TS_OK;
	raise_limit();
	p->guests = calloc(load->clients, sizeof(*p->guests));
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (p->guests == NULL || p->epoll < 0) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	while (r == TS_OK && p->count < load->clients) {
		r = invite(p, &load->accounts[p->count == 0 ? 0 : 1], err);
	}
	return r;
}

/* Who has heard something? A ticket of TLS makes a connection readable, too. */
static size_t listen_once(struct party *p, int ms)
{
	struct epoll_event events[64];
	size_t heard = 0;
	int n = epoll_wait(p->epoll, events, (int)TS_COUNT_OF(events), ms);
	for (int i = 0; i < n; i++) {
		struct guest *g = events[i].data.ptr;
		char word[4096];
		enum ts_wait wait;
		ssize_t got = ts_tls_recv(ts_dial_tls(g->dial), word, sizeof(word), &wait, NULL);
		if (got != TS_EAGAIN) {
			(void)epoll_ctl(p->epoll, EPOLL_CTL_DEL, ts_dial_fd(g->dial), NULL);
			g->answered = got > 0;
			heard++;
		}
	}
	return heard;
}

static void *push(void *arg)
{
	struct client *c = arg;
	c->errors = load_push(c, &c->first_error) == TS_OK ? 0 : 1;
	return NULL;
}

/* [ms] from a push until `count` have heard of it; negative: they haven't. */
static double wake(struct party *p, struct account *a, size_t count)
{
	struct client c = {.load = p->load, .account = a};
	pthread_t thread;
	memcpy(c.sync[0], a->sync, sizeof(c.sync[0]));
	uint64_t start = load_clock(), last = start;
	if (pthread_create(&thread, NULL, push, &c) != 0) {
		return -1;
	}
	size_t heard = 0;
	while (heard < count && load_clock() - start < PATIENCE * UINT64_C(1000)) {
		size_t now = listen_once(p, 100);
		last = now > 0 ? load_clock() : last;
		heard += now;
	}
	(void)pthread_join(thread, NULL);
	free(c.samples);
	return heard >= count && c.errors == 0 ? (double)(last - start) / 1000 : -1;
}

/* Nothing happens but tickets that are read. */
static void idle(struct party *p, uint64_t us)
{
	for (uint64_t end = load_clock() + us; load_clock() < end;) {
		(void)listen_once(p, 100);
	}
}

int load_wait(struct load *load, long pid, struct waited *ret, struct ts_error *err)
{
	TS_CLEANUP(party_done) struct party p = {.load = load, .epoll = -1};
	if (load->account_count < 2 || load->clients < 2) {
		return ts_fail(err, TS_EINVAL, "To wait takes two accounts and two clients.");
	}
	*ret = (struct waited){.clients = load->clients, .rss_before = process_look(pid).rss};
	int r = invite_all(&p, err);
	if (r != TS_OK) {
		return r;
	}
	idle(&p, SETTLE);
	struct process before = process_look(pid);
	idle(&p, load->duration);
	struct process after = process_look(pid);
	ret->rss = after.rss;
	ret->cpu = load->duration > 0 ? (after.cpu - before.cpu) * 1e9 / (double)load->duration : 0;
	ret->one = wake(&p, &load->accounts[0], 1);
	ret->all = wake(&p, &load->accounts[1], load->clients - 1);
	for (size_t i = 0; i < p.count; i++) {
		ret->errors += p.guests[i].answered ? 0 : 1;
	}
	return TS_OK;
}
