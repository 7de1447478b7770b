/* SPDX-License-Identifier: MIT */
#include "client/command/command.h"

#include "client/remote/remote.h"
#include "client/setup/bundle_read.h"
#include "client/setup/taskrc.h"
#include "common/base/file.h"
#include "common/base/utf8.h"

static const struct ts_option options[] = {
	{"from-taskrc", NULL, "take the taskd.* settings of a Taskwarrior 2.x", 0},
	{"remote", "NAME", "the remote's name; \"default\" if not given", 0},
	{"replace", NULL, "take the place of another remote of that name", 0},
	{"device", "NAME", "this machine's name in the history", 0},
};

static int read_bundle(const char *file, struct account *to, struct ts_error *err)
{
	TS_BUF(text);
	const char *path = strcmp(file, "-") == 0 ? "/dev/stdin" : file;
	int rc = ts_file_read(path, BUNDLE_MAX, &text, err);
	if (rc == TS_OK) {
		rc = bundle_read(ts_buf_slice(&text), to, err);
	}
	if (text.data != NULL) {
		explicit_bzero(text.data, text.cap);
	}
	return rc;
}

static int read_account(const struct line *l, struct account *to, struct ts_error *err)
{
	TS_BUF(path);
	const char *file = l->word_count > 0 ? l->words[0] : NULL;
	if (l->word_count > 1) {
		return ts_fail(err, TS_EUSAGE, "'%s' is one word too many.", l->words[1]);
	}
	if (line_has(l, "from-taskrc")) {
		return taskrc_read(file, to, &path, err);
	}
	return file != NULL ? read_bundle(file, to, err)
			    : ts_fail(err, TS_EUSAGE, "A bundle's file is needed.");
}

/* This machine's name: as it is said here, or the one that the bundle was made for. "device" is
 * what taskd calls one that nobody named. */
static const char *device_name(const struct line *l, const struct account *a)
{
	const char *named = account_text(&a->device);
	return line_option(l, "device", strcmp(named, "device") == 0 ? "" : named);
}

static int check_device(const struct line *l, struct ts_error *err)
{
	const char *device = line_option(l, "device", "-");
	return device[0] != '\0' && strlen(device) <= TS_DEVICE_MAX &&
			       ts_utf8_printable(ts_slice_of(device))
		       ? TS_OK
		       : ts_fail(err, TS_EINVAL, "A device's name is a line of at most %d bytes.",
				 TS_DEVICE_MAX);
}

static int write_remote(const struct line *l, const struct account *a, const char *name,
			bool *ret_made, struct ts_error *err)
{
	const struct remote_new n = {.name = name,
				     .server = account_text(&a->server),
				     .org = account_text(&a->org),
				     .user = account_text(&a->user),
				     .secret = account_text(&a->secret),
				     .trust = account_text(&a->trust),
				     .priorities = account_text(&a->priorities),
				     .device = device_name(l, a),
				     .ca = ts_buf_slice(&a->ca),
				     .certificate = ts_buf_slice(&a->certificate),
				     .key = ts_buf_slice(&a->key)};
	return remote_write(&l->place, &n, line_has(l, "replace"), ret_made, err);
}

static int make_replica(const struct line *l, struct ts_error *err)
{
	struct replica r = {0};
	int rc = line_replica(l, true, &r, err);
	replica_close(&r);
	return rc;
}

static int report(const struct line *l, const struct account *a, const char *name, bool made,
		  struct ts_error *err)
{
	TS_BUF(text);
	ts_buf_printf(&text, "The remote '%s' %s: %s as %s/%s.\n", name,
		      made ? "is set up" : "was there already", account_text(&a->server),
		      account_text(&a->org), account_text(&a->user));
	ts_buf_add_str(&text, "Run `taskc sync`.\n");
	return l->quiet ? TS_OK : line_print(&text, err);
}

static int run(struct line *l, struct ts_error *err)
{
	TS_CLEANUP(account_done) struct account a = {0};
	const char *name = line_option(l, "remote", "default");
	bool made = false;
	int rc = check_device(l, err);
	if (rc == TS_OK) {
		rc = read_account(l, &a, err);
	}
	if (rc == TS_OK) {
		rc = write_remote(l, &a, name, &made, err);
	}
	if (rc == TS_OK) {
		rc = make_replica(l, err);
	}
	return rc == TS_OK ? report(l, &a, name, made, err) : rc;
}

const struct command command_setup = {
	.name = "setup",
	.run = run,
	.words = WORDS_FILES,
	.usage = "FILE|-\n--from-taskrc [FILE]",
	.brief = "make this machine sync with a server",
	.help = "Takes a bundle, the file that `taskd setup` or `taskd user bundle` makes on the "
		"server, and keeps what is in it as a remote: address, account, certificates. `-` "
		"reads it from standard input. The same bundle again changes nothing; another one "
		"needs --replace, or --remote to become a second remote.\n"
		"\n"
		"With --from-taskrc it takes the settings of a Taskwarrior 2.x that syncs already, "
		"from FILE or from where Taskwarrior looks for its configuration, and copies the "
		"certificates. Its tasks come with the first sync.",
	.options = options,
	.option_count = TS_COUNT_OF(options),
};
