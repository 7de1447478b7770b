/* SPDX-License-Identifier: MIT */
#include "common/base/uuid.h"

#include <uuid/uuid.h>

struct ts_uuid ts_uuid_random(void)
{
	struct ts_uuid u;
	uuid_generate_random(u.bytes);
	return u;
}

struct ts_uuid ts_uuid_of_bytes(struct ts_slice data)
{
	struct ts_uuid u;
	const uuid_t *space = uuid_get_template("oid");
	uuid_generate_sha1(u.bytes, *space, data.len > 0 ? data.data : "", data.len);
	return u;
}

bool ts_uuid_parse(struct ts_slice s, struct ts_uuid *ret)
{
	char text[TS_UUID_TEXT + 1];
	uuid_t bytes;
	if (s.len != TS_UUID_TEXT || memchr(s.data, '\0', s.len) != NULL) {
		return false;
	}
	memcpy(text, s.data, TS_UUID_TEXT);
	text[TS_UUID_TEXT] = '\0';
	if (uuid_parse(text, bytes) != 0) {
		return false;
	}
	memcpy(ret->bytes, bytes, sizeof(ret->bytes));
	return true;
}

struct ts_uuid_text ts_uuid_text(const struct ts_uuid *u)
{
	struct ts_uuid_text t;
	uuid_unparse_lower(u->bytes, t.text);
	return t;
}
