/* SPDX-License-Identifier: MIT */
#include "server/net/worker.h"

#include "common/log/log.h"
#include "server/net/conn.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>

enum {
	ACCEPT_A_TURN = 4, /* other loops get some as well */
	PAUSE_MS = 20      /* when there is no room for a connection */
};

struct door {
	struct ts_watch watch;
	struct worker *worker;
};

struct worker {
	struct workshop *shop;
	struct ts_loop *loop;
	struct hub hub;
	struct policy *policy; /* for new connections */
	struct door doors[LISTENER_MAX];
	struct ts_timer pause;   /* accept again */
	struct ts_timer give_up; /* stopping has taken long enough */
	struct ts_post stop;
	struct ts_post room; /* another worker asks for some */
	atomic_bool asked;   /* … and the post is under way */
	struct ts_post ping; /* to see whether the loop comes round */
	atomic_bool pinged;  /* … and the post is under way */
	size_t next;         /* whom to ask */
	bool short_of_room;  /* of descriptors or memory, and the log says so */
	pthread_t thread;
	bool started;
};

/* Accepting */

static void shut_doors(struct worker *w)
{
	for (size_t i = 0; i < w->shop->listener->count; i++) {
		ts_loop_unwatch(w->loop, &w->doors[i].watch);
	}
}

static int open_doors(struct worker *w)
{
	int rc = TS_OK;
	for (size_t i = 0; i < w->shop->listener->count && rc == TS_OK; i++) {
		rc = ts_loop_watch(w->loop, &w->doors[i].watch, EPOLLIN | EPOLLEXCLUSIVE);
	}
	return rc;
}

/* Leave the doors alone for a while. */
static void take_pause(struct worker *w)
{
	if (ts_loop_arm(w->loop, &w->pause, PAUSE_MS) == TS_OK) {
		shut_doors(w);
	}
}

static void on_pause_end(struct ts_timer *t)
{
	struct worker *w = TS_OWNER(t, struct worker, pause);
	if (!w->hub.stopping && open_doors(w) != TS_OK) {
		take_pause(w);
	}
}

/* Nobody here can go, but the socket wakes nobody else as long as it has woken us. So another
 * worker is asked, a different one each time. */
static void wait_for_room(struct worker *w)
{
	struct worker *other = w->shop->workers[w->next++ % w->shop->count];
	if (other != w && !atomic_exchange(&other->asked, true)) {
		ts_loop_post(other->loop, &other->room);
	}
	take_pause(w);
}

/* No descriptor or memory for a connection: one that hasn't shown who it is makes room. */
static void make_room(struct worker *w, int failure)
{
	if (hub_make_room(&w->hub)) {
		return;
	}
	if (!w->short_of_room) {
		ts_log(TS_LOG_WARNING, "Can't accept connections: %s.", strerrordesc_np(failure));
	}
	w->short_of_room = true; /* said once, until there is room again */
	wait_for_room(w);
}

/* At a limit whoever comes waits in the listening socket's queue, unless somebody makes room. */
static bool has_room(struct worker *w)
{
	const struct settings *s = &w->policy->settings;
	if (hub_busy(&w->hub) >= s->connection_limit ||
	    atomic_load(&w->shop->open) >= w->shop->most) {
		limits_hit(LIMIT_CONNECTION_LIMIT);
		return hub_make_room(&w->hub);
	}
	if (admission_strangers(w->shop->admission) >= s->connection_strangers) {
		limits_hit(LIMIT_CONNECTION_STRANGERS);
		return hub_drop_stranger(&w->hub);
	}
	return true;
}

static void on_asked(struct ts_post *p)
{
	struct worker *w = TS_OWNER(p, struct worker, room);
	atomic_store(&w->asked, false);
	(void)has_room(w);
}

/* A proxy has no limits of its own: those behind it do, once they are known. */
static bool admits(struct worker *w, const struct sockaddr *sa, struct caller *ret)
{
	*ret = (struct caller){0};
	if (!ts_address_of(sa, &ret->address)) {
		return true;
	}
	ret->proxied = ts_networks_have(&w->policy->proxies, &ret->address);
	return ret->proxied || hub_admits(&w->hub, w->policy, &ret->address, &ret->visitor);
}

static void serve(struct worker *w, int fd, const struct sockaddr *sa)
{
	struct ts_error err = {0};
	struct transport io;
	struct caller from;
	struct conn *c;
	int on = 1;
	if (!admits(w, sa, &from)) {
		(void)close(fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	int rc = transport_tls(w->policy->creds, fd, &io, &err);
	if (rc != TS_OK) {
		(void)close(fd);
		admission_leave(w->shop->admission, from.visitor);
	} else {
		rc = conn_new(&w->hub, w->policy, io, fd, &from, &c, &err);
	}
	if (rc != TS_OK) {
		ts_log(TS_LOG_ERROR, "A connection was refused: %s", err.text);
	}
}

static void on_door(struct ts_watch *watch, uint32_t events)
{
	(void)events;
	struct worker *w = TS_OWNER(watch, struct door, watch)->worker;
	for (int i = 0; i < ACCEPT_A_TURN; i++) {
		if (!has_room(w)) {
			wait_for_room(w);
			return;
		}
		struct sockaddr_storage ss = {0};
		void *sa = &ss;
		socklen_t len = sizeof(ss);
		int fd = accept4(watch->fd, sa, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			w->short_of_room = false;
			serve(w, fd, sa);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			   errno == ENOMEM) {
			make_room(w, errno);
			return;
		} else if (errno == EAGAIN) {
			return;
		}
	}
}

/* Orders from outside */

struct reload {
	struct ts_post post;
	struct worker *worker;
	struct policy *policy;
};

static void on_reload(struct ts_post *p)
{
	struct reload *r = TS_OWNER(p, struct reload, post);
	hub_reload(&r->worker->hub, r->policy);
	policy_unref(r->worker->policy);
	r->worker->policy = r->policy;
	free(r);
}

int worker_reload(struct worker *w, struct policy *policy)
{
	struct reload *r = calloc(1, sizeof(*r));
	if (r == NULL) {
		return TS_ENOMEM;
	}
	*r = (struct reload){{.run = on_reload}, w, policy_ref(policy)};
	ts_loop_post(w->loop, &r->post);
	return TS_OK;
}

static void on_ping(struct ts_post *p)
{
	atomic_store(&TS_OWNER(p, struct worker, ping)->pinged, false);
}

bool worker_gets_on(struct worker *w)
{
	if (atomic_exchange(&w->pinged, true)) {
		return false;
	}
	ts_loop_post(w->loop, &w->ping);
	return true;
}

static void on_give_up(struct ts_timer *t)
{
	struct worker *w = TS_OWNER(t, struct worker, give_up);
	ts_log(TS_LOG_WARNING, "Stopping: %zu connections didn't finish in time.", w->hub.count);
	hub_abandon(&w->hub);
}

static void on_empty(struct hub *h)
{
	ts_loop_stop(h->loop);
}

static void on_stop(struct ts_post *p)
{
	struct worker *w = TS_OWNER(p, struct worker, stop);
	shut_doors(w);
	ts_loop_disarm(w->loop, &w->pause);
	int rc = ts_loop_arm(w->loop, &w->give_up, w->policy->settings.timeout_stop);
	hub_stop(&w->hub);
	if (rc != TS_OK) {
		hub_abandon(&w->hub); /* never unbounded */
	}
}

void worker_stop(struct worker *w)
{
	ts_loop_post(w->loop, &w->stop);
}

/* Life */

static void set_up(struct worker *w, struct workshop *shop, struct policy *policy)
{
	w->shop = shop;
	w->policy = policy_ref(policy);
	w->pause.on_time = on_pause_end;
	w->give_up.on_time = on_give_up;
	w->stop.run = on_stop;
	w->room.run = on_asked;
	w->ping.run = on_ping;
	w->hub.loop = w->loop;
	w->hub.store = shop->store;
	w->hub.writer = shop->writer;
	w->hub.stats = shop->stats;
	w->hub.open = &shop->open;
	w->hub.most = shop->most;
	w->hub.waiters = shop->waiters;
	w->hub.presence = shop->presence;
	w->hub.quota = shop->quota;
	w->hub.admission = shop->admission;
	w->hub.policy = policy;
	w->hub.stop = &shop->stop;
	w->hub.on_empty = on_empty;
	hub_init(&w->hub);
	for (size_t i = 0; i < shop->listener->count; i++) {
		w->doors[i].worker = w;
		w->doors[i].watch =
			(struct ts_watch){.fd = shop->listener->at[i].fd, .on_ready = on_door};
	}
}

int worker_new(struct workshop *shop, struct policy *policy, struct worker **ret,
	       struct ts_error *err)
{
	struct worker *w = calloc(1, sizeof(*w));
	if (w == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory for a thread.");
	}
	int rc = ts_loop_new(&w->loop, err);
	if (rc != TS_OK) {
		free(w);
		return rc;
	}
	set_up(w, shop, policy);
	if (open_doors(w) != TS_OK) {
		worker_free(w);
		return ts_fail(err, TS_EIO, "Can't watch the listening sockets.");
	}
	*ret = w;
	return TS_OK;
}

/* A loop that fails can't serve any more, and a server that serves half is worse than none. */
static void *run(void *arg)
{
	struct worker *w = arg;
	struct ts_error err = {0};
	(void)pthread_setname_np(pthread_self(), "taskd-worker");
	if (ts_loop_run(w->loop, &err) != TS_OK) {
		ts_log(TS_LOG_ERROR, "%s", err.text);
		(void)kill(getpid(), SIGTERM);
	}
	return NULL;
}

int worker_start(struct worker *w, struct ts_error *err)
{
	int failure = pthread_create(&w->thread, NULL, run, w);
	if (failure != 0) {
		return ts_fail_errno(err, failure, "Can't start a thread");
	}
	w->started = true;
	return TS_OK;
}

void worker_join(struct worker *w)
{
	if (w->started) {
		(void)pthread_join(w->thread, NULL);
		w->started = false;
	}
}

void worker_free(struct worker *w)
{
	if (w == NULL) {
		return;
	}
	ts_loop_free(w->loop);
	policy_unref(w->policy);
	free(w);
}
