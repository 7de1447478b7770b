/* SPDX-License-Identifier: MIT */
/* A payload is understood the same, wherever it is cut; the first byte says into what pieces. */
#include "common/sync/upload.h"
#include "test/fuzz/fuzz.h"

struct outcome {
	int code;
	size_t tasks, rejects;
	bool has_key;
};

static struct outcome feed(const uint8_t *data, size_t size, size_t piece)
{
	static const struct ts_task_limits limits = {.line = 300, .depth = 8, .attributes = 20};
	struct ts_spool_usage usage = {0};
	struct ts_spool_budget budget = {
		.usage = &usage, .dir = "/tmp", .each = 1 << 20, .total = 1 << 20};
	TS_CLEANUP(ts_upload_free_p) struct ts_upload *u = NULL;
	struct outcome o = {.code = ts_upload_new(&limits, &budget, &u)};
	for (size_t at = 0; at < size && o.code == TS_OK; at += piece) {
		size_t n = size - at < piece ? size - at : piece;
		char *copy = fuzz_copy(data + at, n);
		o.code = ts_upload_feed(u, (struct ts_slice){copy, n}, NULL);
		free(copy);
	}
	o.code = o.code == TS_OK ? ts_upload_end(u, NULL) : o.code;
	if (o.code == TS_OK) {
		o.tasks = ts_upload_tasks(u);
		o.rejects = ts_upload_rejects(u);
		o.has_key = ts_upload_has_key(u);
	}
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2) {
		return 0;
	}
	struct outcome whole = feed(data + 1, size - 1, size);
	struct outcome pieces = feed(data + 1, size - 1, (size_t)data[0] + 1);
	FUZZ_CHECK(whole.code == TS_OK || whole.code == TS_EENCODING);
	FUZZ_CHECK(whole.code == pieces.code && whole.tasks == pieces.tasks &&
		   whole.rejects == pieces.rejects && whole.has_key == pieces.has_key);
	return 0;
}
