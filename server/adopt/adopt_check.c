/* SPDX-License-Identifier: MIT */
/* What the machine says: does the old server run, and who may read what. */
#include "common/base/file.h"
#include "common/conf/conf.h"
#include "common/net/hostport.h"
#include "server/adopt/adopt_internal.h"
#include "server/datalock.h"
#include "server/pidfile.h"

#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <pwd.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* Is that process a taskd? Its number may be somebody else's by now. */
static bool is_taskd(pid_t pid)
{
	TS_AUTOFREE char *path = NULL;
	TS_BUF(name);
	if (pid <= 0 || asprintf(&path, "/proc/%ld/comm", (long)pid) < 0) {
		return false;
	}
	if (ts_file_read(path, 64, &name, NULL) != TS_OK) {
		return true;
	}
	struct ts_slice rest = ts_buf_slice(&name);
	return ts_slice_eq(ts_slice_cut(&rest, '\n'), TS_SLICE("taskd"));
}

/* True where somebody listens at that address. Nothing is sent there: a connection would hold
 * Taskserver up. */
static bool is_taken(const struct addrinfo *at)
{
	TS_AUTOCLOSE int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, 0);
	const int on = 1;
	if (fd < 0) {
		return false;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	return bind(fd, at->ai_addr, at->ai_addrlen) != 0 && errno == EADDRINUSE;
}

static bool somebody_listens(const char *server)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *list = NULL;
	struct hostport at;
	bool taken = false;
	if (hostport_parse(server, &at, NULL) != TS_OK ||
	    getaddrinfo(strcmp(at.host, "*") == 0 ? NULL : at.host, at.port, &hints, &list) != 0) {
		return false;
	}
	for (const struct addrinfo *i = list; i != NULL && !taken; i = i->ai_next) {
		taken = is_taken(i);
	}
	freeaddrinfo(list);
	return taken;
}

struct running {
	char *pid_file, *server;
};

static void running_done(struct running *r)
{
	free(r->pid_file);
	free(r->server);
}

static int take(const char *name, const char *value, void *arg, struct ts_error *err)
{
	struct running *r = arg;
	char **to = strcmp(name, "pid.file") == 0 ? &r->pid_file
		    : strcmp(name, "server") == 0 ? &r->server
						  : NULL;
	if (to == NULL) {
		return TS_OK;
	}
	free(*to);
	*to = strdup(value);
	return *to != NULL ? TS_OK : ts_fail(err, TS_ENOMEM, "Out of memory.");
}

/* It may go on where the result is thrown away, or somebody knows better. */
static int running(struct adoption *a, const char *why, struct ts_error *err)
{
	if (a->request->dry || a->request->force) {
		return report_add(&a->report, FOUND_ATTENTION, a->old, 0, err,
				  "%s: what it stores from now on is not taken over", why);
	}
	return ts_fail(err, TS_EBUSY,
		       "%s. Stop it first, so that it stores nothing more; --force goes on anyway.",
		       why);
}

int adopt_check_running(struct adoption *a, struct ts_error *err)
{
	TS_CLEANUP(running_done) struct running r = {0};
	TS_AUTOFREE char *path = adopt_old_config(a);
	char why[300] = "";
	int code = path != NULL ? ts_conf_each(path, take, &r, err) : TS_ENOMEM;
	if (code != TS_OK && code != TS_ENOTFOUND) {
		return code;
	}
	const pid_t pid = r.pid_file != NULL ? pidfile_alive(r.pid_file) : 0;
	if (is_taskd(pid)) {
		(void)snprintf(why, sizeof(why), "The old server seems to run as process %ld",
			       (long)pid);
	} else if (r.server != NULL && somebody_listens(r.server)) {
		(void)snprintf(why, sizeof(why),
			       "The old server seems to run: somebody listens "
			       "at %.200s",
			       r.server);
	} else if (!a->same && datalock_taken(a->old)) {
		(void)snprintf(why, sizeof(why), "A server runs on the old directory");
	}
	return why[0] != '\0' ? running(a, why, err) : TS_OK;
}

/* In a child: become them, for good. */
static bool become(uid_t uid, gid_t gid)
{
	const struct passwd *who = getpwuid(uid);
	const bool groups =
		who != NULL ? initgroups(who->pw_name, gid) == 0 : setgroups(0, NULL) == 0;
	return groups && setgid(gid) == 0 && setuid(uid) == 0;
}

bool adopt_may(const struct adoption *a, const char *path, int mode)
{
	int status = 0;
	if (a->uid == geteuid()) {
		return eaccess(path, mode) == 0;
	}
	const pid_t child = fork();
	if (child == 0) {
		_exit(become(a->uid, a->gid) && access(path, mode) == 0 ? 0 : 1);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
	}
	return child < 0 || status == 0;
}
