/* SPDX-License-Identifier: MIT */
#include "server/setup/enrol.h"

#include "common/base/file.h"
#include "common/base/utf8.h"
#include "common/net/hostport.h"
#include "common/store/store.h"
#include "common/wire/message.h"
#include "server/setup/bundle.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

enum { NAME_MAX_BYTES = 180 }; /* of ORG-USER-DEVICE in a file's name */

static int no_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "There is no memory for a bundle.");
}

static void wipe(struct ts_buf *secret)
{
	if (secret->len > 0) {
		explicit_bzero(secret->data, secret->len);
	}
}

/* Paths */

/* A '-' in the organization or the user would make ORG-USER-DEVICE ambiguous. */
static void add_word(const char *word, bool last, struct ts_buf *to)
{
	for (const char *at = word; *at != '\0'; at++) {
		unsigned char c = (unsigned char)*at;
		bool plain = isalnum(c) || c == '_' || c == '@' || c == '+' || (c == '-' && last) ||
			     (c == '.' && at != word) || c >= 0x80;
		if (plain) {
			ts_buf_add_char(to, *at);
		} else {
			ts_buf_printf(to, "%%%02X", c);
		}
	}
}

/* Too long a name ends in a hash of itself. */
static void add_name(const struct enrolment *e, struct ts_buf *to)
{
	TS_BUF(name);
	add_word(e->org, false, &name);
	ts_buf_add_char(&name, '-');
	add_word(e->user, false, &name);
	ts_buf_add_char(&name, '-');
	add_word(e->device, true, &name);
	if (name.len > NAME_MAX_BYTES) {
		struct ts_uuid hash = ts_uuid_of_bytes(ts_buf_slice(&name));
		name.len = ts_utf8_beginning(ts_buf_slice(&name), NAME_MAX_BYTES).len;
		ts_buf_printf(&name, "-%s", ts_uuid_text(&hash).text);
	}
	ts_buf_add_slice(to, ts_buf_slice(&name));
	to->failed = to->failed || name.failed;
}

void enrol_cert_path(const struct enrolment *e, struct ts_buf *to)
{
	ts_buf_printf(to, "%s/pki/clients/", e->data);
	add_name(e, to);
	ts_buf_add_str(to, ".cert.pem");
}

void enrol_bundle_path(const struct enrolment *e, struct ts_buf *to)
{
	ts_buf_printf(to, "%s/bundles/", e->data);
	add_name(e, to);
	ts_buf_add_str(to, ".sh");
}

int enrol_ca_key(const char *cert_path, struct ts_buf *to, struct ts_error *err)
{
	static const char ending[] = "cert.pem";
	size_t len = strlen(cert_path), end = strlen(ending);
	if (len < end || strcmp(cert_path + len - end, ending) != 0) {
		return ts_fail(err, TS_EINVAL,
			       "The setting ca.cert is '%s', which doesn't end in %s: where the "
			       "key of the certificate authority is can't be told.",
			       cert_path, ending);
	}
	ts_buf_add(to, cert_path, len - end);
	ts_buf_add_str(to, "key.pem");
	return to->failed ? no_memory(err) : TS_OK;
}

int enrol_open_ca(const struct settings *s, struct ts_pki_ca **ret, struct ts_error *err)
{
	if (s->ca_cert[0] == '\0') {
		return ts_fail(err, TS_EINVAL,
			       "The setting ca.cert is empty; 'taskd setup' makes a certificate "
			       "authority.");
	}
	TS_BUF(key);
	int rc = enrol_ca_key(s->ca_cert, &key, err);
	return rc == TS_OK ? ts_pki_ca_open(s->ca_cert, key.data, ret, err) : rc;
}

/* Where clients find the server */

/* The setting's port; a free one (0) is none that could be named beforehand. */
static const char *port_of(const struct settings *s)
{
	static const char usual[] = "53589";
	_Static_assert(TS_MESSAGE_PORT == 53589, "the usual port");
	const char *colon = strrchr(s->server, ':');
	return colon == NULL || colon[1] == '\0' || strcmp(colon, ":0") == 0 ? usual : colon + 1;
}

static const char *first_name(const struct ts_cert *cert)
{
	const char *name = ts_cert_common_name(cert);
	if (name[0] != '\0' && ts_cert_covers(cert, name)) {
		return name;
	}
	return ts_cert_name_count(cert) > 0 ? ts_cert_name_at(cert, 0) : "localhost";
}

/* The host of `host`, `host:port`, `[address]:port` or a bare IPv6 address. */
static struct ts_slice split_host(const char *text, const char **ret_port)
{
	const char *colon = strrchr(text, ':');
	const char *close = strchr(text, ']');
	*ret_port = NULL;
	if (text[0] == '[' && close != NULL) {
		*ret_port = close[1] == ':' ? close + 2 : NULL;
		return (struct ts_slice){text + 1, (size_t)(close - text) - 1};
	}
	if (colon == NULL || strchr(text, ':') != colon) {
		return ts_slice_of(text);
	}
	*ret_port = colon + 1;
	return (struct ts_slice){text, (size_t)(colon - text)};
}

/* Taskwarrior splits at the last colon and takes an IPv6 address as it is, without brackets. */
static int name_server(const struct enrolment *e, const struct ts_cert *cert, struct ts_buf *to,
		       struct ts_error *err)
{
	const char *port = NULL;
	struct ts_slice host = split_host(e->server != NULL ? e->server : first_name(cert), &port);
	if (port == NULL) {
		port = port_of(e->settings);
	}
	TS_AUTOFREE char *name = strndup(host.data, host.len);
	if (name == NULL) {
		return no_memory(err);
	}
	if (!ts_cert_covers(cert, name)) {
		return ts_fail(err, TS_EINVAL,
			       "The server's certificate is not made out for '%s'; 'taskd setup "
			       "--host %s' adds the name.",
			       name, name);
	}
	ts_buf_printf(to, "%s:%s", name, port);
	return to->failed ? no_memory(err) : hostport_check_port(port, err);
}

/* The certificate */

static int check_names(const struct enrolment *e, struct ts_error *err)
{
	struct ts_error why = {0};
	int rc = ts_name_check(ts_slice_of(e->device), &why);
	return rc == TS_OK
		       ? TS_OK
		       : ts_fail(err, rc, "'%s' can't be a device's name. %s", e->device, why.text);
}

/* Both PEM; it lives as long as the authority, which `until` is the end of. */
static int make_certificate(const struct enrolment *e, const struct ts_pki_ca *ca, int64_t until,
			    struct ts_buf *cert, struct ts_buf *key, struct ts_error *err)
{
	TS_BUF(name);
	ts_buf_printf(&name, "%s/%s", e->user, e->device);
	if (name.failed) {
		return no_memory(err);
	}
	const struct ts_pki_subject subject = {.name = name.data, .org = e->org, .until = until};
	return ts_pki_make_client(ca, &subject, e->type, cert, key, err);
}

/* What a bundle is made of, in memory. */
struct parts {
	struct ts_pki_ca *ca;
	struct ts_cert *authority, *leaf;
	struct ts_buf server, cert, key;
};

static void parts_done(struct parts *p)
{
	wipe(&p->key);
	ts_buf_done(&p->key);
	ts_buf_done(&p->cert);
	ts_buf_done(&p->server);
	ts_cert_free(p->leaf);
	ts_cert_free(p->authority);
	ts_pki_ca_free(p->ca);
}

static int make_parts(const struct enrolment *e, struct parts *p, struct ts_error *err)
{
	int rc = enrol_open_ca(e->settings, &p->ca, err);
	if (rc == TS_OK) {
		rc = ts_cert_open(e->settings->ca_cert, &p->authority, err);
	}
	if (rc == TS_OK) {
		rc = ts_cert_open(e->settings->server_cert, &p->leaf, err);
	}
	if (rc == TS_OK) {
		rc = name_server(e, p->leaf, &p->server, err);
	}
	return rc == TS_OK ? make_certificate(e, p->ca, ts_cert_until(p->authority), &p->cert,
					      &p->key, err)
			   : rc;
}

/* Certificate and bundle, both as text. */
static int make(const struct enrolment *e, struct ts_buf *ret_cert, struct ts_buf *ret_bundle,
		struct ts_error *err)
{
	TS_CLEANUP(parts_done) struct parts p = {0};
	struct ts_uuid_text secret = ts_uuid_text(&e->secret);
	int rc = make_parts(e, &p, err);
	if (rc != TS_OK) {
		return rc;
	}
	const struct bundle b = {.server = p.server.data,
				 .org = e->org,
				 .user = e->user,
				 .secret = secret.text,
				 .trust = "strict",
				 .device = e->device,
				 .expires = ts_cert_until(p.authority),
				 .ca = ts_pki_ca_pem(p.ca),
				 .leaf = ts_cert_pem(p.leaf),
				 .certificate = ts_buf_slice(&p.cert),
				 .key = ts_buf_slice(&p.key)};
	bundle_print(&b, ret_bundle);
	ts_buf_add_slice(ret_cert, ts_buf_slice(&p.cert));
	return ret_bundle->failed || ret_cert->failed ? no_memory(err) : TS_OK;
}

/* Giving it */

struct work {
	struct ts_buf path, cert; /* of the certificate */
	struct ts_buf bundle;
	int lock;
};

static void work_done(struct work *w)
{
	wipe(&w->bundle);
	ts_buf_done(&w->bundle);
	ts_buf_done(&w->cert);
	ts_buf_done(&w->path);
	ts_close_p(&w->lock);
}

/* Until the lock is closed nobody else gives a device anything. */
static int lock_clients(const struct enrolment *e, int *ret_fd, struct ts_error *err)
{
	TS_BUF(folder);
	ts_buf_printf(&folder, "%s/pki/clients", e->data);
	int rc = folder.failed ? no_memory(err) : ts_dir_make(folder.data, 0700, NULL, err);
	if (rc != TS_OK) {
		return rc;
	}
	*ret_fd = open(folder.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *ret_fd >= 0 && flock(*ret_fd, LOCK_EX) == 0
		       ? TS_OK
		       : ts_fail_errno(err, errno, "Can't lock '%s'", folder.data);
}

static int check_new(const struct enrolment *e, const struct work *w, struct ts_error *err)
{
	return access(w->path.data, F_OK) != 0
		       ? TS_OK
		       : ts_fail(err, TS_EEXIST,
				 "The device '%s' has a certificate already, %s; choose another "
				 "name with --device.",
				 e->device, w->path.data);
}

/* All that can be refused is refused before the first file is written. */
static int prepare(const struct enrolment *e, struct work *w, struct ts_error *err)
{
	int rc = check_names(e, err);
	if (rc == TS_OK) {
		enrol_cert_path(e, &w->path);
		rc = w->path.failed ? no_memory(err) : check_new(e, w, err);
	}
	if (rc == TS_OK) {
		rc = make(e, &w->cert, &w->bundle, err);
	}
	if (rc == TS_OK) {
		rc = lock_clients(e, &w->lock, err);
	}
	return rc == TS_OK ? check_new(e, w, err) : rc;
}

static int keep_cert(const struct work *w, struct ts_error *err)
{
	return ts_file_write(w->path.data, ts_buf_slice(&w->cert), 0600, TS_FILE_NEW, err);
}

int enrol_to_stream(const struct enrolment *e, FILE *to, struct ts_error *err)
{
	TS_CLEANUP(work_done) struct work w = {.lock = -1};
	int rc = prepare(e, &w, err);
	if (rc == TS_OK) {
		rc = keep_cert(&w, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	if (fwrite(w.bundle.data, 1, w.bundle.len, to) != w.bundle.len || fflush(to) != 0) {
		rc = ts_fail_errno(err, errno, "The bundle can't be written");
		(void)unlink(w.path.data);
	}
	return rc;
}

static int choose_output(const struct enrolment *e, struct ts_buf *path, struct ts_error *err)
{
	TS_BUF(folder);
	if (e->output == NULL) {
		enrol_bundle_path(e, path);
		ts_buf_printf(&folder, "%s/bundles", e->data);
		return path->failed || folder.failed ? no_memory(err)
						     : ts_dir_make(folder.data, 0700, NULL, err);
	}
	ts_buf_add_str(path, e->output);
	if (path->failed) {
		return no_memory(err);
	}
	return access(path->data, F_OK) != 0
		       ? TS_OK
		       : ts_fail(err, TS_EEXIST, "%s is there already.", path->data);
}

/* The certificate comes last: a device that has one has its bundle, whenever a crash comes. */
int enrol_to_file(const struct enrolment *e, struct ts_buf *ret_path, struct ts_error *err)
{
	TS_CLEANUP(work_done) struct work w = {.lock = -1};
	TS_BUF(path);
	enum ts_file_how how = e->output == NULL ? TS_FILE_REPLACE : TS_FILE_NEW;
	int rc = choose_output(e, &path, err);
	if (rc == TS_OK) {
		rc = prepare(e, &w, err);
	}
	if (rc == TS_OK) {
		rc = ts_file_write(path.data, ts_buf_slice(&w.bundle), 0600, how, err);
	}
	if (rc != TS_OK) {
		return rc;
	}
	rc = keep_cert(&w, err);
	if (rc != TS_OK) {
		(void)unlink(path.data);
		return rc;
	}
	ts_buf_add_slice(ret_path, ts_buf_slice(&path));
	return ret_path->failed ? no_memory(err) : TS_OK;
}
