/* SPDX-License-Identifier: MIT */
/* A bundle of any bytes is read, or refused with a sentence; what is read can be written down. */
#include "client/setup/bundle_read.h"
#include "common/base/utf8.h"
#include "test/fuzz/fuzz.h"

static void check_text(const struct ts_buf *b, bool needed)
{
	FUZZ_CHECK(b->len > 0 || !needed);
	FUZZ_CHECK(b->len == 0 ||
		   (strlen(b->data) == b->len && ts_utf8_printable(ts_buf_slice(b))));
}

static void check_names(const struct account *a)
{
	FUZZ_CHECK(memchr(a->org.data, '/', a->org.len) == NULL);
	FUZZ_CHECK(memchr(a->user.data, '/', a->user.len) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct account a = {0};
	struct ts_error err = {0};
	char *copy = fuzz_copy(data, size);
	int code = bundle_read((struct ts_slice){copy, size}, &a, &err);
	FUZZ_CHECK(code == TS_OK || err.text[0] != '\0');
	if (code == TS_OK) {
		check_text(&a.server, true);
		check_text(&a.secret, true);
		check_text(&a.trust, true);
		check_text(&a.device, false);
		check_names(&a);
		FUZZ_CHECK(a.ca.len > 0 && a.certificate.len > 0 && a.key.len > 0);
	}
	account_done(&a);
	free(copy);
	return 0;
}
