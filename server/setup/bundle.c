/* SPDX-License-Identifier: MIT */
#include "server/setup/bundle.h"

#include "common/base/date.h"

void bundle_quote(const char *text, struct ts_buf *to)
{
	ts_buf_add_char(to, '\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'') {
			ts_buf_add_str(to, "'\\''");
		} else {
			ts_buf_add_char(to, *text);
		}
	}
	ts_buf_add_char(to, '\'');
}

void bundle_add_word(const char *text, struct ts_buf *to)
{
	static const char harmless[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789_-+=.,:@%/";
	if (text[0] != '\0' && text[strspn(text, harmless)] == '\0') {
		ts_buf_add_str(to, text);
	} else {
		bundle_quote(text, to);
	}
}

static void print_value(const char *name, const char *value, struct ts_buf *to)
{
	ts_buf_printf(to, "%s=", name);
	bundle_quote(value, to);
	ts_buf_add_char(to, '\n');
}

static void print_credentials(const struct bundle *b, struct ts_buf *to)
{
	TS_BUF(text);
	ts_buf_printf(&text, "%s/%s/%s", b->org, b->user, b->secret);
	if (text.failed) {
		to->failed = true;
		return;
	}
	print_value("credentials", text.data, to);
}

/* A function of the script that prints a PEM, or nothing. */
static void print_pem(const char *name, const char *marker, struct ts_slice pem, struct ts_buf *to)
{
	ts_buf_printf(to, "%s() { cat <<'%s'\n", name, marker);
	ts_buf_add_slice(to, pem);
	ts_buf_printf(to, "%s%s\n}\n", pem.len > 0 && pem.data[pem.len - 1] != '\n' ? "\n" : "",
		      marker);
}

/* Taskwarrior looks for its configuration in these places, in this order. Told to set an option
 * while it has none at all, it asks its user a question: so it gets an empty one. In what it reads
 * back, a comment begins at '#' and '$' begins a variable, so these are spelled as JSON can. */
static const char script[] =
	"set -eu\n"
	"umask 077\n"
	"if ! command -v task >/dev/null; then\n"
	"\techo 'There is no Taskwarrior (task) on this machine.' >&2\n"
	"\texit 1\n"
	"fi\n"
	"version=$(task --version </dev/null)\n"
	"case $version in\n"
	"2.*) ;;\n"
	"*)\n"
	"\techo \"Taskwarrior $version can't sync with this server; 2.3 to 2.6 can.\" >&2\n"
	"\texit 1\n"
	"\t;;\n"
	"esac\n"
	"taskrc=${TASKRC:-}\n"
	"if [ -z \"$taskrc\" ]; then\n"
	"\ttaskrc=$HOME/.taskrc\n"
	"\tother=${XDG_CONFIG_HOME:-$HOME/.config}/task/taskrc\n"
	"\tif [ ! -e \"$taskrc\" ] && [ -e \"$other\" ]; then\n"
	"\t\ttaskrc=$other\n"
	"\tfi\n"
	"fi\n"
	"mkdir -p -- \"$(dirname -- \"$taskrc\")\"\n"
	"taskrc=$(CDPATH='' cd -- \"$(dirname -- \"$taskrc\")\" && pwd)/$(basename -- "
	"\"$taskrc\")\n"
	"case $(basename -- \"$taskrc\") in\n"
	".taskrc | taskrc) folder=$(dirname -- \"$taskrc\")/.taskd ;;\n"
	"*) folder=$taskrc.taskd ;;\n"
	"esac\n"
	"\n"
	"mkdir -p -- \"$folder\"\n"
	"ca_file=\n"
	"rm -f -- \"$folder/ca.cert.pem\"\n"
	"if [ -n \"$(ca)\" ]; then\n"
	"\tca_file=$folder/ca.cert.pem\n"
	"\tca >\"$ca_file\"\n"
	"fi\n"
	"server_certificate >\"$folder/server.cert.pem\"\n"
	"certificate >\"$folder/client.cert.pem\"\n"
	"key >\"$folder/client.key.pem\"\n"
	"chmod 600 \"$folder\"/*.pem\n"
	"\n"
	"[ -e \"$taskrc\" ] || : >\"$taskrc\"\n"
	"set_option() {\n"
	"\tTASKRC=$taskrc task rc.confirmation=off rc.hooks=off rc.verbose=nothing config \"$1\" "
	"-- \"$2\" \\\n"
	"\t\t</dev/null >/dev/null\n"
	"\tcase $2 in\n"
	"*[#$]*)\n"
	"\t\tlines=$(sed '/^'\"$1\"'=/{s/#/\\\\u0023/g;s/\\$/\\\\u0024/g;}' \"$taskrc\")\n"
	"\t\tprintf '%s\\n' \"$lines\" >\"$taskrc\"\n"
	"\t\t;;\n"
	"\tesac\n"
	"}\n"
	"set_option taskd.server \"$server\"\n"
	"set_option taskd.credentials \"$credentials\"\n"
	"set_option taskd.ca \"$ca_file\"\n"
	"set_option taskd.certificate \"$folder/client.cert.pem\"\n"
	"set_option taskd.key \"$folder/client.key.pem\"\n"
	"set_option taskd.trust \"$trust\"\n"
	"\n"
	"printf '%s\\n' \"Taskwarrior ($taskrc) syncs with $server as $org/$user now.\" \\\n"
	"\t'The first time:  task sync init' \\\n"
	"\t'From then on:    task sync'\n";

void bundle_print(const struct bundle *b, struct ts_buf *to)
{
	ts_buf_add_str(
		to, "#!/bin/sh\n"
		    "# taskd bundle, version 1\n"
		    "# Run it with sh to make this machine's Taskwarrior 2.x sync. Keep it secret: "
		    "whoever has it, has the tasks.\n");
	print_value("server", b->server, to);
	print_value("org", b->org, to);
	print_value("user", b->user, to);
	print_value("secret", b->secret, to);
	print_credentials(b, to);
	print_value("trust", b->trust, to);
	print_value("device", b->device, to);
	print_value("expires", ts_date_text(b->expires).text, to);
	print_pem("ca", "END-OF-CA", b->ca, to);
	print_pem("server_certificate", "END-OF-SERVER-CERTIFICATE", b->leaf, to);
	print_pem("certificate", "END-OF-CERTIFICATE", b->certificate, to);
	print_pem("key", "END-OF-KEY", b->key, to);
	ts_buf_add_str(to, script);
}
