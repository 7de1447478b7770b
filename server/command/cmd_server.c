/* SPDX-License-Identifier: MIT */
#include "common/log/log.h"
#include "server/cert/keeper.h"
#include "server/command/command.h"
#include "server/daemon.h"
#include "server/datalock.h"
#include "server/pidfile.h"
#include "server/privilege.h"
#include "server/service.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>

static enum ts_log_level level_of(const struct command_line *cl, const struct settings *s)
{
	if (cl->debug || s->debug) {
		return TS_LOG_DEBUG;
	}
	return s->verbose ? TS_LOG_INFO : TS_LOG_NOTICE;
}

static const char *log_path(const struct settings *s)
{
	return s->log[0] != '\0' ? s->log : "-";
}

static int open_log(const struct command_line *cl, const struct settings *s, struct ts_error *err)
{
	return ts_log_open(log_path(s), ts_log_format_parse(s->log_format), level_of(cl, s), err);
}

/* Settings and certificates, read anew. */
static int read_policy(struct command_line *cl, struct policy **ret, struct ts_error *err)
{
	struct settings s;
	TS_BUF(unknown);
	int rc = command_settings(cl, &s, &unknown, err);
	if (rc == TS_OK) {
		keeper_renew(&s);
		rc = policy_new(&s, command_settings_done, ret, err);
	}
	if (rc == TS_OK && unknown.len > 0) {
		ts_log(TS_LOG_WARNING, "Settings that nobody knows: %s", unknown.data);
	}
	return rc;
}

static void log_tls(int level, const char *text)
{
	ts_log(TS_LOG_DEBUG, "GnuTLS %d: %.*s", level, (int)strcspn(text, "\n"), text);
}

static void log_event(const char *event, int number)
{
	struct ts_log_line line;
	ts_log_begin(&line, TS_LOG_NOTICE, event);
	if (number != 0) {
		ts_log_number(&line, "signal", number);
	}
	ts_log_end(&line);
}

static void log_start(const struct listener *l)
{
	struct ts_log_line line;
	for (size_t i = 0; i < l->count; i++) {
		ts_log_begin(&line, TS_LOG_NOTICE, "listening");
		ts_log_field(&line, "address", ts_slice_of(l->at[i].address));
		ts_log_number(&line, "port", l->at[i].port);
		ts_log_end(&line);
	}
	ts_log_begin(&line, TS_LOG_NOTICE, "ready");
	ts_log_number(&line, "pid", getpid());
	ts_log_end(&line);
}

/* The log goes first, so that what happens next is in the new one. */
static int serve_by(struct command_line *cl, struct keeper *keeper, struct policy *policy,
		    struct ts_error *err)
{
	int rc = open_log(cl, &policy->settings, err);
	if (rc != TS_OK) {
		return rc;
	}
	rc = server_reload(keeper->server, policy, err);
	if (rc == TS_OK) {
		keeper_follow(keeper, policy);
		return TS_OK;
	}
	struct ts_error why = {0};
	if (open_log(cl, &keeper->policy->settings, &why) != TS_OK) {
		ts_log(TS_LOG_ERROR, "The log stays here: %s", why.text);
	}
	return rc;
}

/* On any failure everything stays as it was. */
static int reload(struct command_line *cl, struct keeper *keeper, struct ts_error *err)
{
	TS_CLEANUP(policy_unref_p) struct policy *policy = NULL;
	int rc = read_policy(cl, &policy, err);
	return rc == TS_OK ? serve_by(cl, keeper, policy, err) : rc;
}

static void on_hup(struct command_line *cl, struct service *service, struct keeper *keeper)
{
	struct ts_error err = {0};
	service_reloading();
	if (reload(cl, keeper, &err) == TS_OK) {
		log_event("reloaded", 0);
	} else {
		ts_log(TS_LOG_ERROR, "Not reloaded: %s", err.text);
	}
	service_ready(service);
}

static void wait_for_term(struct command_line *cl, struct server *server, struct policy *policy,
			  const sigset_t *signals)
{
	struct service service = {.server = server};
	TS_CLEANUP(keeper_done) struct keeper keeper;
	keeper_begin(&keeper, server, policy);
	service_ready(&service);
	enum { KEEPER = 2 };
	struct chore chores[] = {service_watchdog(&service),
				 service_status(&service), [KEEPER] = keeper_chore(&keeper)};
	int number;
	while ((number = chores_wait(chores, TS_COUNT_OF(chores), signals)) == SIGHUP) {
		on_hup(cl, &service, &keeper);
		chores[KEEPER].every = keeper_interval(&keeper);
	}
	log_event("stopping", number);
	service_stopping(keeper.policy->settings.timeout_stop);
}

/* All threads inherit this: signals are for sigwaitinfo() alone. */
static void block_signals(sigset_t *ret)
{
	(void)sigemptyset(ret);
	(void)sigaddset(ret, SIGHUP);
	(void)sigaddset(ret, SIGTERM);
	(void)sigaddset(ret, SIGINT);
	(void)pthread_sigmask(SIG_BLOCK, ret, NULL);
}

static int serve(struct command_line *cl, struct policy *policy, struct listener *open,
		 struct daemon *daemon, struct ts_error *err)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	TS_CLEANUP(server_free_p) struct server *server = NULL;
	TS_AUTOCLOSE int lock = -1;
	const struct settings *s = &policy->settings;
	sigset_t signals;
	block_signals(&signals);
	int rc = datalock_take(cl->data, &lock, err);
	if (rc == TS_OK) {
		rc = command_store(cl, &store, err);
	}
	if (rc == TS_OK) {
		rc = server_new(store, policy, open, &server, err);
	}
	if (rc == TS_OK) {
		rc = pidfile_write(s->pid_file, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	log_start(server_listener(server));
	daemon_report(daemon, NULL);
	wait_for_term(cl, server, policy, &signals);
	server_free(TS_TAKE(server));
	pidfile_remove(s->pid_file);
	log_event("stopped", 0);
	return TS_OK;
}

/* As root only what root is needed for: to listen. */
static int begin_as_root(const struct settings *s, struct listener *ret, struct ts_error *err)
{
	int rc = privilege_check(s, err);
	if (rc != TS_OK || !privilege_to_drop(s)) {
		return rc;
	}
	rc = listener_open(s, ret, err);
	return rc == TS_OK ? privilege_drop(s, err) : rc;
}

/* A crash leaves no file behind with keys in it, unless somebody looks for a fault. */
static void forbid_core(void)
{
	struct rlimit r;
	if (getrlimit(RLIMIT_CORE, &r) == 0) {
		r.rlim_cur = 0;
		(void)setrlimit(RLIMIT_CORE, &r);
	}
}

static int start(struct command_line *cl, struct daemon *daemon, struct ts_error *err)
{
	TS_CLEANUP(policy_unref_p) struct policy *policy = NULL;
	TS_CLEANUP(listener_close) struct listener open = {0};
	const struct settings *s = cl->settings;
	int rc = begin_as_root(s, &open, err);
	if (rc == TS_OK) {
		rc = open_log(cl, s, err);
	}
	if (rc == TS_OK && level_of(cl, s) != TS_LOG_DEBUG) {
		forbid_core();
	}
	if (rc == TS_OK) {
		if (geteuid() == 0) {
			ts_log(TS_LOG_WARNING, "The server runs as root, which it needn't: see the "
					       "setting run.user.");
		}
		ts_tls_debug((int)s->debug_tls, log_tls);
		rc = read_policy(cl, &policy, err);
	}
	if (rc == TS_OK) {
		rc = serve(cl, policy, &open, daemon, err);
	}
	if (rc != TS_OK) {
		ts_log(TS_LOG_ERROR, "Not started: %s", err->text);
	}
	ts_log_close();
	return rc;
}

static int cmd_server(struct command_line *cl, struct ts_error *err)
{
	struct daemon daemon = {.report = -1};
	bool foreground = false;
	if (cl->argc > 0) {
		return TS_EUSAGE;
	}
	if (cl->daemon && strcmp(log_path(cl->settings), "-") == 0) {
		return ts_fail(err, TS_EINVAL,
			       "A daemon has no standard output: set 'log' to a file.");
	}
	int rc = cl->daemon ? daemon_begin(&daemon, &foreground, err) : TS_OK;
	if (rc != TS_OK || foreground) {
		return rc;
	}
	rc = start(cl, &daemon, err);
	daemon_report(&daemon, err);
	return rc;
}

const struct command command_server = {
	.name = "server",
	.run = cmd_server,
	.flags = COMMAND_DATA | COMMAND_SETTINGS,
	.usage = "[options] [--daemon]",
	.help = "Runs the server, with --daemon in the background.\n\n"
		"A HUP signal makes it read configuration and certificates again and reopen its\n"
		"log; a TERM signal makes it finish what it has begun and stop. Accounts may be\n"
		"added, suspended and removed while it runs: that works at once.\n\n"
		"Started by root, it becomes the user that the setting run.user names as soon as\n"
		"it listens. Sockets that systemd passes are served instead of the setting\n"
		"server, and stay open for the next server when it ends.",
};
