/* SPDX-License-Identifier: MIT */
#include "common/conf/conf.h"
#include "server/adopt/layout_internal.h"

#include <inttypes.h>

/* What Taskserver knows as well, with the same values. */
static const char *const known[] = {
	"ca.cert",     "ciphers",    "client.cert", "client.key", "confirmation",
	"debug",       "debug.tls",  "dh_bits",     "extensions", "family",
	"ip.log",      "log",        "pid.file",    "queue.size", "server",
	"server.cert", "server.crl", "server.key",  "trust",      "verbose",
};

static int take(const char *name, const char *value, void *arg, struct ts_error *err)
{
	struct ts_buf *to = arg;
	(void)err;
	for (size_t i = 0; i < TS_COUNT_OF(known); i++) {
		if (strcmp(known[i], name) == 0) {
			ts_conf_add(to, name, value);
		}
	}
	return TS_OK;
}

int layout_config(const char *folder, const struct layout_request *r, struct ts_error *err)
{
	TS_AUTOFREE char *path = NULL;
	LAYOUT_FILE(f);
	if (asprintf(&path, "%s/config", r->data) < 0) {
		path = NULL;
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	int code = layout_open(folder, "config", &f, err);
	if (code == TS_OK) {
		code = ts_conf_each(path, take, &f.text, err);
		code = code == TS_ENOTFOUND ? TS_OK : code;
	}
	ts_buf_printf(&f.text, "request.limit=%" PRIu64 "\n", r->limit);
	return code == TS_OK ? layout_end(&f, err) : code;
}
