/* SPDX-License-Identifier: MIT */
/* The certificates that a remote has here, as files that can be replaced. */
#pragma once

#include "client/remote/remote.h"
#include "common/tls/pki.h"

struct own_file {
	struct ts_buf
		path; /* of the file itself, whatever links lead there; "": it can't be replaced */
	struct ts_buf text;
};

void own_file_done(struct own_file *f);
/* A file setting of the remote; without one, or for one of systemd's credentials, `path` stays
 * empty. */
int own_file_read(const struct remote *r, const char *setting, struct own_file *ret,
		  struct ts_error *err) TS_MUST_CHECK;
/* Put another text in its place, with the same mode: all of it, or nothing. */
int own_file_replace(const struct own_file *f, struct ts_slice text,
		     struct ts_error *err) TS_MUST_CHECK;

/* Whether `made` can take the place of `old`: the same key and name, later, and good by now.
 * TS_EREFUSED with a sentence. */
int own_check(const struct ts_cert *made, const struct ts_cert *old, int64_t now,
	      struct ts_error *err) TS_MUST_CHECK;

enum own_authority {
	OWN_KEPT,    /* nothing new */
	OWN_NEWER,   /* *to is the text with a later certificate of the same authority in it */
	OWN_STRANGE, /* it is another authority: not to be taken over a connection */
};
/* What the certificates `offered` mean for the text of a file with authorities. */
int own_authorities(struct ts_slice text, struct ts_slice offered, struct ts_buf *to,
		    enum own_authority *ret, struct ts_error *err) TS_MUST_CHECK;
