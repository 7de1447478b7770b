/* SPDX-License-Identifier: MIT */
/* What a report of a fault needs. It never fails because of what is wrong: it says so. */
#include "server/command/command.h"
#include "server/pidfile.h"

#include <config.h>

#include <inttypes.h>
#include <stdio.h>
#include <sys/utsname.h>

static void row(const char *name, const char *value)
{
	(void)printf("%12s: %s\n", name, value);
}

static void print_program(void)
{
	struct utsname u = {0};
	(void)uname(&u);
	(void)puts("\n" PACKAGE_STRING);
	row("Platform", u.sysname);
	row("Hostname", u.nodename);
	(void)puts("\nCompiler");
	row("Version", __VERSION__);
	(void)puts("\nBuild Features");
	row("libgnutls", WITH_GNUTLS);
	row("liblmdb", WITH_LMDB);
	row("libjansson", WITH_JANSSON);
	row("libmicrohttpd", WITH_MICROHTTPD);
	row("libarchive", WITH_ARCHIVE);
	row("libsystemd", WITH_SYSTEMD);
}

/* A path, and whether we can read what is there. */
static void print_path(const char *name, const char *path)
{
	if (path == NULL || path[0] == '\0') {
		row(name, "");
		return;
	}
	const char *state = access(path, R_OK) == 0   ? "readable"
			    : access(path, F_OK) == 0 ? "not readable"
						      : "missing";
	(void)printf("%12s: %s (%s)\n", name, path, state);
}

static void print_log(const struct settings *s)
{
	if (strcmp(s->log, "-") == 0) {
		row("Log", "standard output");
	} else {
		print_path("Log", s->log);
	}
}

static void print_settings(const struct settings *s)
{
	print_path("CA", s->ca_cert);
	print_path("Certificate", s->server_cert);
	print_path("Key", s->server_key);
	print_path("CRL", s->server_crl);
	print_log(s);
	print_path("PID File", s->pid_file);
	row("Server", s->server);
	(void)printf("%12s: %" PRIu64 " bytes\n", "Max Request", s->request_limit);
	row("Ciphers", s->ciphers);
	row("Trust", s->trust);
}

/* Every setting that is not as it comes, whether a row above has it or not. */
static void print_changed(const struct settings *s)
{
	for (size_t i = 0; i < settings_count; i++) {
		const struct ts_conf_item *item = &settings_items[i];
		TS_BUF(line);
		ts_buf_printf(&line, "%s=", item->name);
		size_t value = line.len;
		ts_conf_print(item, s, &line);
		if (!line.failed && strcmp(line.data + value, item->def) != 0) {
			row("Set", line.data);
		}
	}
}

static void print_store(struct command_line *cl)
{
	TS_CLEANUP(ts_store_close_p) struct ts_store *store = NULL;
	struct ts_error why = {0};
	row("Store", command_store(cl, &store, &why) == TS_OK ? "in order" : why.text);
}

static void print_configuration(struct command_line *cl)
{
	TS_BUF(path);
	TS_BUF(unknown);
	struct settings s;
	struct ts_error why = {0};
	print_path("root", cl->data);
	if (command_config_path(cl, &path, &why) != TS_OK) {
		row("config", why.text);
		return;
	}
	print_path("config", path.data);
	if (command_settings(cl, &s, &unknown, &why) != TS_OK) {
		row("Wrong", why.text);
		return;
	}
	print_settings(&s);
	print_changed(&s);
	row("Unknown", unknown.len > 0 ? unknown.data : "none");
	command_settings_done(&s);
}

static int cmd_diagnostics(struct command_line *cl, struct ts_error *err)
{
	(void)err;
	if (cl->argc > 0) {
		return TS_EUSAGE;
	}
	const char *env = getenv("TASKDDATA");
	print_program();
	(void)puts("\nConfiguration");
	row("TASKDDATA", env != NULL ? env : "");
	if (cl->data == NULL || cl->data[0] == '\0') {
		(void)puts("\nBy specifying the '--data' location, more diagnostics can be "
			   "generated.\n");
		return TS_OK;
	}
	print_configuration(cl);
	print_store(cl);
	(void)putchar('\n');
	return TS_OK;
}

const struct command command_diagnostics = {
	.name = "diagnostics",
	.run = cmd_diagnostics,
	.usage = "[options]",
	.help = "Displays diagnostic information important when reporting bugs.",
};
