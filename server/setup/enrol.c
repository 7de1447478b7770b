/* SPDX-License-Identifier: MIT */
#include "server/setup/enrol.h"

#include "common/base/file.h"
#include "common/store/store.h"
#include "common/wire/message.h"
#include "server/setup/bundle.h"

#include <ctype.h>

enum { NAME_MAX_BYTES = 180 }; /* of ORG-USER-DEVICE in a file's name */

static int no_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "There is no memory for a bundle.");
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
		name.len = NAME_MAX_BYTES;
		while (((unsigned char)name.data[name.len] & 0xC0) == 0x80) {
			name.len--;
		}
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

static int check_port(const char *port, struct ts_error *err)
{
	char *end = NULL;
	unsigned long n = strtoul(port, &end, 10);
	if (!isdigit((unsigned char)port[0]) || *end != '\0' || n == 0 || n > 65535) {
		return ts_fail(err, TS_EINVAL, "'%s' is no port; 1 to 65535 are.", port);
	}
	return TS_OK;
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
	return to->failed ? no_memory(err) : check_port(port, err);
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

static int make_certificate(const struct enrolment *e, const struct ts_pki_ca *ca,
			    struct ts_buf *cert, struct ts_buf *key, struct ts_error *err)
{
	TS_BUF(path);
	TS_BUF(folder);
	TS_BUF(name);
	enrol_cert_path(e, &path);
	ts_buf_printf(&folder, "%s/pki/clients", e->data);
	ts_buf_printf(&name, "%s/%s", e->user, e->device);
	if (path.failed || folder.failed || name.failed) {
		return no_memory(err);
	}
	if (access(path.data, F_OK) == 0) {
		return ts_fail(err, TS_EEXIST,
			       "The device '%s' has a certificate already, %s; choose another "
			       "name with --device.",
			       e->device, path.data);
	}
	const struct ts_pki_subject subject = {.name = name.data, .org = e->org};
	int rc = ts_dir_make(folder.data, 0700, NULL, err);
	if (rc == TS_OK) {
		rc = ts_pki_make_client(ca, &subject, e->type, cert, key, err);
	}
	return rc == TS_OK ? ts_file_write(path.data, ts_buf_slice(cert), 0600, TS_FILE_NEW, err)
			   : rc;
}

static int expiry(const struct enrolment *e, int64_t *ret, struct ts_error *err)
{
	TS_BUF(path);
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *cert = NULL;
	enrol_cert_path(e, &path);
	int rc = path.failed ? no_memory(err) : ts_cert_open(path.data, &cert, err);
	if (rc == TS_OK) {
		*ret = ts_cert_until(cert);
	}
	return rc;
}

static int print(const struct enrolment *e, struct bundle *b, struct ts_buf *to,
		 struct ts_error *err)
{
	struct ts_uuid_text secret = ts_uuid_text(&e->secret);
	int rc = expiry(e, &b->expires, err);
	if (rc != TS_OK) {
		return rc;
	}
	b->org = e->org;
	b->user = e->user;
	b->device = e->device;
	b->secret = secret.text;
	b->trust = "strict";
	bundle_print(b, to);
	return to->failed ? no_memory(err) : TS_OK;
}

int enrol(const struct enrolment *e, struct ts_buf *ret_bundle, struct ts_error *err)
{
	TS_CLEANUP(ts_pki_ca_free_p) struct ts_pki_ca *ca = NULL;
	TS_CLEANUP(ts_cert_free_p) struct ts_cert *leaf = NULL;
	TS_BUF(server);
	TS_BUF(cert);
	TS_BUF(key);
	int rc = check_names(e, err);
	if (rc == TS_OK) {
		rc = enrol_open_ca(e->settings, &ca, err);
	}
	if (rc == TS_OK) {
		rc = ts_cert_open(e->settings->server_cert, &leaf, err);
	}
	if (rc == TS_OK) {
		rc = name_server(e, leaf, &server, err);
	}
	if (rc == TS_OK) {
		rc = make_certificate(e, ca, &cert, &key, err);
	}
	if (rc == TS_OK) {
		struct bundle b = {
			.server = server.data,
			.ca = ts_pki_ca_pem(ca),
			.leaf = ts_cert_pem(leaf),
			.certificate = ts_buf_slice(&cert),
			.key = ts_buf_slice(&key),
		};
		rc = print(e, &b, ret_bundle, err);
	}
	if (key.len > 0) {
		explicit_bzero(key.data, key.len);
	}
	return rc;
}

/* The bundle's file */

static int choose_output(const struct enrolment *e, struct ts_buf *path, struct ts_error *err)
{
	TS_BUF(folder);
	if (e->output != NULL) {
		ts_buf_add_str(path, e->output);
		return path->failed ? no_memory(err) : TS_OK;
	}
	enrol_bundle_path(e, path);
	ts_buf_printf(&folder, "%s/bundles", e->data);
	return path->failed || folder.failed ? no_memory(err)
					     : ts_dir_make(folder.data, 0700, NULL, err);
}

int enrol_to_file(const struct enrolment *e, struct ts_buf *ret_path, struct ts_error *err)
{
	TS_BUF(bundle);
	TS_BUF(path);
	int rc = choose_output(e, &path, err);
	if (rc == TS_OK && access(path.data, F_OK) == 0) {
		rc = ts_fail(err, TS_EEXIST, "%s is there already.", path.data);
	}
	if (rc == TS_OK) {
		rc = enrol(e, &bundle, err);
	}
	if (rc == TS_OK) {
		rc = ts_file_write(path.data, ts_buf_slice(&bundle), 0600, TS_FILE_NEW, err);
	}
	if (bundle.len > 0) {
		explicit_bzero(bundle.data, bundle.len);
	}
	if (rc == TS_OK) {
		ts_buf_add_slice(ret_path, ts_buf_slice(&path));
	}
	return rc == TS_OK && ret_path->failed ? no_memory(err) : rc;
}
