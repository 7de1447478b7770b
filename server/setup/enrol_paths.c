/* SPDX-License-Identifier: MIT */
/* Where what belongs to a device lies, and the key of the authority. */
#include "server/setup/enrol.h"

#include "common/base/utf8.h"

#include <ctype.h>

enum { NAME_MAX_BYTES = 180 }; /* of ORG-USER-DEVICE in a file's name */

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
	return to->failed ? ts_fail(err, TS_ENOMEM, "There is no memory for a path.") : TS_OK;
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
