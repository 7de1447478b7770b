/* SPDX-License-Identifier: MIT */
/* Headers lie within what was received, end before the payload, and hold no line break. */
#include "common/wire/message.h"
#include "test/fuzz/fuzz.h"

static bool within(struct ts_slice part, struct ts_slice whole)
{
	return part.len == 0 ||
	       (part.data >= whole.data && part.data + part.len <= whole.data + whole.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size);
	struct ts_slice received = {copy, size};
	struct ts_headers headers;
	size_t end = copy != NULL ? ts_headers_end(received) : 0;
	FUZZ_CHECK(end <= size);
	received.len = end > 0 ? end : size;
	if (copy != NULL && ts_headers_parse(received, &headers, NULL) == TS_OK) {
		FUZZ_CHECK(headers.count <= TS_HEADERS_MAX);
		for (size_t i = 0; i < headers.count; i++) {
			const struct ts_header *h = &headers.at[i];
			FUZZ_CHECK(within(h->name, received) && within(h->value, received));
			FUZZ_CHECK(h->value.len == 0 ||
				   memchr(h->value.data, '\n', h->value.len) == NULL);
		}
	}
	free(copy);
	return 0;
}
