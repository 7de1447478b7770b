/* SPDX-License-Identifier: MIT */
#include "client/setup/taskrc.h"

#include "client/setup/taskrc_text.h"
#include "common/base/file.h"

enum { TASKRC_MAX = 1 << 20, PEM_MAX = 1 << 20, INCLUDE_DEPTH = 10 };

/* The settings that matter, as their text. */
struct settings_found {
	struct ts_buf server, credentials, certificate, key, ca, trust, ciphers;
};

#define AT(field) offsetof(struct settings_found, field)

static const struct {
	const char *name;
	size_t at;
} names[] = {
	{"taskd.server", AT(server)},
	{"taskd.credentials", AT(credentials)},
	{"taskd.certificate", AT(certificate)},
	{"taskd.key", AT(key)},
	{"taskd.ca", AT(ca)},
	{"taskd.trust", AT(trust)},
	{"taskd.ciphers", AT(ciphers)},
};

static struct ts_buf *found_at(struct settings_found *f, size_t i)
{
	return (struct ts_buf *)(void *)((char *)f + names[i].at);
}

static void found_done(struct settings_found *f)
{
	if (f->credentials.len > 0) {
		explicit_bzero(f->credentials.data, f->credentials.len);
	}
	for (size_t i = 0; i < TS_COUNT_OF(names); i++) {
		ts_buf_done(found_at(f, i));
	}
}

/* Files */

static struct ts_slice folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	return (struct ts_slice){path, slash != NULL ? (size_t)(slash - path) + 1 : 0};
}

/* `text` as a path: "~/" is the home; another relative one is beside the file `beside`, or else
 * where the program was started. */
static void add_path(const char *text, const char *beside, struct ts_buf *to)
{
	const char *home = getenv("HOME");
	if (text[0] == '~' && (text[1] == '/' || text[1] == '\0') && home != NULL) {
		ts_buf_printf(to, "%s%s", home, text + 1);
		return;
	}
	if (text[0] != '/') {
		ts_buf_add_slice(to, folder_of(beside));
		ts_buf_add_str(to, text);
		if (to->failed || access(to->data, F_OK) == 0) {
			return;
		}
		ts_buf_clear(to);
	}
	ts_buf_add_str(to, text);
}

struct walk {
	struct settings_found *found;
	int depth;
	struct ts_error *err;
};

static int walk_file(struct walk *w, const char *path);

/* Files that can't be read are mostly of colours: what is missing then is seen at the end. */
static int walk_include(struct walk *w, struct ts_slice text, const char *from)
{
	TS_BUF(word);
	TS_BUF(path);
	taskrc_expand(text, &word);
	add_path(word.data != NULL ? word.data : "", from, &path);
	if (word.failed || path.failed) {
		return ts_fail(w->err, TS_ENOMEM, "Out of memory.");
	}
	if (w->depth >= INCLUDE_DEPTH || access(path.data, R_OK) != 0) {
		return TS_OK;
	}
	w->depth++;
	int rc = walk_file(w, path.data);
	w->depth--;
	return rc;
}

static int keep(struct walk *w, struct ts_slice name, struct ts_slice value)
{
	for (size_t i = 0; i < TS_COUNT_OF(names); i++) {
		if (ts_slice_eq(name, ts_slice_of(names[i].name))) {
			TS_BUF(expanded);
			struct ts_buf *to = found_at(w->found, i);
			ts_buf_clear(to);
			taskrc_expand(value, &expanded);
			taskrc_unescape(ts_buf_slice(&expanded), to);
			ts_buf_add_str(to, "");
			if (expanded.failed || to->failed) {
				return ts_fail(w->err, TS_ENOMEM, "Out of memory.");
			}
		}
	}
	return TS_OK;
}

static int walk_line(struct walk *w, struct ts_slice line, const char *path)
{
	struct ts_slice value = ts_slice_cut(&line, '#');
	struct ts_slice name = ts_slice_cut(&value, '=');
	if (value.data != NULL) {
		return keep(w, ts_slice_trim(name), ts_slice_trim(value));
	}
	name = ts_slice_trim(name);
	return ts_slice_starts(name, TS_SLICE("include "))
		       ? walk_include(w, ts_slice_trim(ts_slice_skip(name, strlen("include "))),
				      path)
		       : TS_OK;
}

static int walk_file(struct walk *w, const char *path)
{
	TS_BUF(text);
	int rc = ts_file_read(path, TASKRC_MAX, &text, w->err);
	struct ts_slice rest = ts_buf_slice(&text);
	while (rc == TS_OK && rest.len > 0) {
		rc = walk_line(w, ts_slice_cut(&rest, '\n'), path);
	}
	return rc;
}

/* Where it is if nobody says */

static void default_path(struct ts_buf *to)
{
	const char *own = getenv("TASKRC"), *home = getenv("HOME"),
		   *xdg = getenv("XDG_CONFIG_HOME");
	home = home != NULL ? home : "";
	if (own != NULL && own[0] != '\0') {
		add_path(own, "", to);
		return;
	}
	ts_buf_printf(to, "%s/.taskrc", home);
	if (!to->failed && access(to->data, F_OK) != 0) {
		ts_buf_clear(to);
		if (xdg != NULL && xdg[0] == '/') {
			ts_buf_printf(to, "%s/task/taskrc", xdg);
		} else {
			ts_buf_printf(to, "%s/.config/task/taskrc", home);
		}
	}
	if (!to->failed && access(to->data, F_OK) != 0) {
		ts_buf_clear(to);
		ts_buf_printf(to, "%s/.taskrc", home);
	}
}

/* What they make */

static int missing(const char *name, const char *path, struct ts_error *err)
{
	return ts_fail(err, TS_EINVAL, "%s sets no %s: this Taskwarrior doesn't sync with a taskd.",
		       path, name);
}

static int split_credentials(const struct settings_found *f, const char *path, struct account *to,
			     struct ts_error *err)
{
	struct ts_buf *const into[] = {&to->org, &to->user, &to->secret};
	struct ts_slice rest = ts_buf_slice(&f->credentials);
	size_t n = 0;
	while (rest.data != NULL) {
		struct ts_slice word = ts_slice_cut(&rest, '/');
		if (n < TS_COUNT_OF(into)) {
			ts_buf_add_slice(into[n], word);
		}
		n++;
	}
	return n == TS_COUNT_OF(into)
		       ? TS_OK
		       : ts_fail(err, TS_EINVAL,
				 "taskd.credentials in %s are not of the form ORG/USER/KEY.", path);
}

/* Taskwarrior 2.3 knew yes and no. */
static const struct {
	const char *word, *trust;
} trusts[] = {
	{"", "strict"},
	{"strict", "strict"},
	{"ignore hostname", "ignore hostname"},
	{"allow all", "allow all"},
	{"yes", "allow all"},
	{"true", "allow all"},
	{"on", "allow all"},
	{"y", "allow all"},
	{"1", "allow all"},
	{"no", "strict"},
	{"false", "strict"},
	{"off", "strict"},
	{"n", "strict"},
	{"0", "strict"},
};

/* What isn't known goes through, for account_check() to complain of. */
static const char *trust_of(const char *word)
{
	for (size_t i = 0; i < TS_COUNT_OF(trusts); i++) {
		if (strcasecmp(trusts[i].word, word) == 0) {
			return trusts[i].trust;
		}
	}
	return word;
}

static int read_pem(const char *name, const struct ts_buf *setting, const char *rc_path,
		    struct ts_buf *to, struct ts_error *err)
{
	TS_BUF(path);
	struct ts_error why = {0};
	if (setting->len == 0) {
		return TS_OK;
	}
	add_path(setting->data, rc_path, &path);
	int rc = path.failed ? ts_fail(&why, TS_ENOMEM, "Out of memory.")
			     : ts_file_read(path.data, PEM_MAX, to, &why);
	return rc == TS_OK ? TS_OK : ts_fail(err, rc, "%s in %s: %s", name, rc_path, why.text);
}

static int read_pems(const struct settings_found *f, const char *path, struct account *to,
		     struct ts_error *err)
{
	int rc = read_pem("taskd.ca", &f->ca, path, &to->ca, err);
	if (rc == TS_OK) {
		rc = read_pem("taskd.certificate", &f->certificate, path, &to->certificate, err);
	}
	return rc == TS_OK ? read_pem("taskd.key", &f->key, path, &to->key, err) : rc;
}

static int make_account(const struct settings_found *f, const char *path, struct account *to,
			struct ts_error *err)
{
	if (f->server.len == 0) {
		return missing("taskd.server", path, err);
	}
	if (f->credentials.len == 0) {
		return missing("taskd.credentials", path, err);
	}
	ts_buf_add_slice(&to->server, ts_buf_slice(&f->server));
	ts_buf_add_slice(&to->priorities, ts_buf_slice(&f->ciphers));
	ts_buf_add_str(&to->trust, trust_of(account_text(&f->trust)));
	int rc = split_credentials(f, path, to, err);
	if (rc == TS_OK) {
		rc = read_pems(f, path, to, err);
	}
	return rc == TS_OK ? account_check(to, err) : rc;
}

int taskrc_read(const char *path, struct account *to, struct ts_buf *ret_path, struct ts_error *err)
{
	TS_CLEANUP(found_done) struct settings_found found = {0};
	struct walk w = {.found = &found, .err = err};
	if (path != NULL) {
		ts_buf_add_str(ret_path, path);
	} else {
		default_path(ret_path);
	}
	if (ret_path->failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	int rc = walk_file(&w, ret_path->data);
	return rc == TS_OK ? make_account(&found, ret_path->data, to, err) : rc;
}
