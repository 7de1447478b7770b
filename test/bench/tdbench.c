// SPDX-License-Identifier: MIT
// tdbench: load for a server of the taskd protocol; one line of JSON a run. See usage().
#include "common/base/slice.h"
#include "test/bench/report.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>

struct options {
	struct load load;
	const char *server, *ca, *cert, *key, *account, *accounts, *feed, *mode, *how, *label;
	long pid;
};

static const char usage_text[] =
	"usage: tdbench --server HOST:PORT --ca FILE --cert FILE --key FILE\n"
	"               --account ORG/USER/KEY[/SYNC] | --accounts FILE (one a line)\n"
	"               [--mode noop|push|pull|conflict|feed|wait] [--clients N] [--label TEXT]\n"
	"               [--how full|resume|keep]       handshakes: one a sync, resumed, one in "
	"all\n"
	"               [--seconds S] [--requests N]   whichever ends first\n"
	"               [--tasks K]                    in a push, or lines in a sync of a feed\n"
	"               [--feed FILE]                  task lines, sent in order by one client\n"
	"               [--conflict-base N]            edit the tasks N, N+1… of a history\n"
	"               [--timeout S] [--server-pid PID]\n";

static const char *const mode_names[LOAD_MODES] = {
	[LOAD_NOOP] = "noop",         [LOAD_PUSH] = "push", [LOAD_PULL] = "pull",
	[LOAD_CONFLICT] = "conflict", [LOAD_FEED] = "feed", [LOAD_WAIT] = "wait",
};

static const char *const how_names[LOAD_HOWS] = {
	[LOAD_FULL] = "full",
	[LOAD_RESUME] = "resume",
	[LOAD_KEEP] = "keep",
};

static uint64_t microseconds(const char *text)
{
	return (uint64_t)(strtod(text, NULL) * 1e6);
}

static const struct option long_options[] = {
	{"server", required_argument, NULL, 'h'},        {"ca", required_argument, NULL, 'a'},
	{"cert", required_argument, NULL, 'c'},          {"key", required_argument, NULL, 'k'},
	{"account", required_argument, NULL, 'u'},       {"accounts", required_argument, NULL, 'U'},
	{"mode", required_argument, NULL, 'm'},          {"how", required_argument, NULL, 'w'},
	{"clients", required_argument, NULL, 'n'},       {"label", required_argument, NULL, 'l'},
	{"seconds", required_argument, NULL, 's'},       {"requests", required_argument, NULL, 'r'},
	{"tasks", required_argument, NULL, 't'},         {"feed", required_argument, NULL, 'f'},
	{"conflict-base", required_argument, NULL, 'b'}, {"timeout", required_argument, NULL, 'T'},
	{"server-pid", required_argument, NULL, 'P'},    {NULL, 0, NULL, 0},
};

static bool set_word(struct options *o, int option, const char *value)
{
	const struct {
		int option;
		const char **to;
	} words[] = {
		{'h', &o->server},  {'a', &o->ca},       {'c', &o->cert}, {'k', &o->key},
		{'u', &o->account}, {'U', &o->accounts}, {'m', &o->mode}, {'l', &o->label},
		{'f', &o->feed},    {'w', &o->how},
	};
	for (size_t i = 0; i < TS_COUNT_OF(words); i++) {
		if (words[i].option == option) {
			*words[i].to = value;
			return true;
		}
	}
	return false;
}

static bool set_number(struct options *o, int option, const char *value)
{
	switch (option) {
	case 'n':
		o->load.clients = strtoul(value, NULL, 10);
		return o->load.clients > 0;
	case 's':
		o->load.duration = microseconds(value);
		return true;
	case 'r':
		o->load.requests = strtoull(value, NULL, 10);
		return true;
	case 't':
		o->load.tasks = strtoul(value, NULL, 10);
		return o->load.tasks > 0;
	case 'b':
		o->load.conflict_base = strtol(value, NULL, 10);
		return true;
	case 'T':
		o->load.limits.whole = microseconds(value) / 1000;
		return true;
	case 'P':
		o->pid = strtol(value, NULL, 10);
		return true;
	default:
		return false;
	}
}

static size_t find_word(const char *word, const char *const *words, size_t count)
{
	size_t i = 0;
	while (i < count && strcmp(word, words[i]) != 0) {
		i++;
	}
	return i;
}

static bool find_mode(struct options *o)
{
	o->load.mode = (enum load_mode)find_word(o->mode, mode_names, LOAD_MODES);
	o->load.how = (enum load_how)find_word(o->how, how_names, LOAD_HOWS);
	return o->load.mode < LOAD_MODES && o->load.how < LOAD_HOWS;
}

static bool options_parse(struct options *o, int argc, char **argv)
{
	int option;
	while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (!set_word(o, option, optarg) && !set_number(o, option, optarg)) {
			return false;
		}
	}
	bool feeds = o->feed != NULL && o->load.clients == 1;
	return optind == argc && find_mode(o) && (o->load.mode != LOAD_FEED || feeds) &&
	       (o->account != NULL) != (o->accounts != NULL);
}

static int add_account(struct load *load, const char *line, struct ts_error *err)
{
	struct account *more = reallocarray(load->accounts, load->account_count + 1, sizeof(*more));
	if (more == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	load->accounts = more;
	struct account *a = &more[load->account_count];
	*a = (struct account){0};
	if (sscanf(line, "%127[^/\n]/%127[^/\n]/%127[^/\n]/%127s", a->org, a->user, a->key,
		   a->sync) < 3) {
		return ts_fail(err, TS_EINVAL, "'%s' is not ORG/USER/KEY.", line);
	}
	load->account_count++;
	return TS_OK;
}

static int read_accounts(struct load *load, const char *path, struct ts_error *err)
{
	FILE *f = fopen(path, "re");
	if (f == NULL) {
		return ts_fail_errno(err, errno, "%s", path);
	}
	char line[4 * LOAD_WORD];
	int r = TS_OK;
	while (r == TS_OK && fgets(line, sizeof(line), f) != NULL) {
		r = add_account(load, line, err);
	}
	(void)fclose(f);
	return r == TS_OK && load->account_count == 0
		       ? ts_fail(err, TS_EINVAL, "%s has no accounts.", path)
		       : r;
}

static int prepare(struct options *o, struct ts_error *err)
{
	struct load *load = &o->load;
	struct ts_tls_config tls = {.ca_file = o->ca,
				    .cert_file = o->cert,
				    .key_file = o->key,
				    .trust = TS_TRUST_STRICT};
	int r = hostport_parse(o->server, &load->server, err);
	if (r == TS_OK) {
		r = o->accounts != NULL ? read_accounts(load, o->accounts, err)
					: add_account(load, o->account, err);
	}
	if (r == TS_OK) {
		r = ts_tls_creds_new(&tls, &load->creds, err);
	}
	if (r == TS_OK && load->mode == LOAD_FEED) {
		load->feed = fopen(o->feed, "re");
		r = load->feed != NULL ? TS_OK : ts_fail_errno(err, errno, "%s", o->feed);
	}
	return r == TS_OK && load->mode != LOAD_PULL ? load_learn_keys(load, err) : r;
}

static int run(struct options *o, struct ts_error *err)
{
	struct client *clients = calloc(o->load.clients, sizeof(*clients));
	if (clients == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	struct report report = {.label = o->label, .mode = o->mode, .before = process_look(o->pid)};
	uint64_t start = load_clock();
	int r = load_run(&o->load, clients, err);
	report.elapsed = load_clock() - start;
	report.after = process_look(o->pid);
	if (r == TS_OK) {
		report_print(&report, clients, o->load.clients);
	}
	for (size_t i = 0; i < o->load.clients; i++) {
		free(clients[i].samples);
		ts_buf_done(&clients[i].session);
	}
	free(clients);
	return r;
}

static int run_wait(struct options *o, struct ts_error *err)
{
	struct waited w;
	int r = load_wait(&o->load, o->pid, &w, err);
	if (r == TS_OK) {
		waited_print(o->label, &w);
	}
	return r;
}

static void options_done(struct options *o)
{
	ts_tls_creds_unref(o->load.creds);
	free(o->load.accounts);
	if (o->load.feed != NULL) {
		(void)fclose(o->load.feed);
	}
}

int main(int argc, char **argv)
{
	TS_CLEANUP(options_done)
	struct options o = {
		.load = {.clients = 1,
			 .tasks = 1,
			 .conflict_base = -1,
			 .limits = {.idle = 600000, .whole = 60000, .size = UINT32_MAX}},
		.server = "localhost:53589",
		.mode = "noop",
		.how = "full",
		.label = ""};
	if (!options_parse(&o, argc, argv)) {
		(void)fputs(usage_text, stderr);
		return 2;
	}
	if (o.load.requests == 0 && o.load.duration == 0 && o.load.mode != LOAD_FEED) {
		o.load.requests = 100;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	struct ts_error err = {0};
	int (*const work)(struct options *, struct ts_error *) =
		o.load.mode == LOAD_WAIT ? run_wait : run;
	if (prepare(&o, &err) != TS_OK || work(&o, &err) != TS_OK) {
		(void)fprintf(stderr, "tdbench: %s\n", err.text);
		return 1;
	}
	return 0;
}
