/* SPDX-License-Identifier: MIT */
/* A PROXY header is bounded, ends where it says, and means the same however it is cut. */
#include "server/net/proxy_header.h"
#include "test/fuzz/fuzz.h"

static bool same(const struct proxy_header *a, const struct proxy_header *b)
{
	return a->size == b->size && a->local == b->local && a->source.port == b->source.port &&
	       memcmp(a->source.bytes, b->source.bytes, sizeof(a->source.bytes)) == 0;
}

static void cut(const char *data, const struct proxy_header *whole)
{
	struct proxy_header part;
	for (size_t n = 0; n < whole->size; n++) {
		FUZZ_CHECK(proxy_header_read((struct ts_slice){data, n}, &part, NULL) == TS_EAGAIN);
	}
	struct ts_slice exactly = {data, whole->size};
	FUZZ_CHECK(proxy_header_read(exactly, &part, NULL) == TS_OK && same(&part, whole));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size);
	struct proxy_header h = {0};
	struct ts_error err;
	if (copy == NULL) {
		return 0;
	}
	int rc = proxy_header_read((struct ts_slice){copy, size}, &h, &err);
	FUZZ_CHECK(rc == TS_OK || rc == TS_EAGAIN || rc == TS_EMALF);
	FUZZ_CHECK(rc != TS_EAGAIN || size < PROXY_HEADER_MAX);
	if (rc == TS_OK) {
		char text[TS_ADDRESS_TEXT];
		FUZZ_CHECK(h.size > 0 && h.size <= size && h.size <= PROXY_HEADER_MAX);
		ts_address_text(&h.source, text);
		cut(copy, &h);
	}
	free(copy);
	return 0;
}
