/* SPDX-License-Identifier: MIT */
/* A version's record of any bytes is read within its bounds, or found damaged. */
#include "common/tree/attrs.h"
#include "common/tree/version.h"
#include "test/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = fuzz_copy(data, size);
	TS_ARENA(a);
	struct ts_version v;
	if (copy != NULL &&
	    ts_version_parse(1000, (struct ts_slice){copy, size}, &v, NULL) == TS_OK) {
		struct ts_unpack u = {.rest = v.attrs};
		struct ts_attr attr;
		FUZZ_CHECK(v.parent <= 1000 && v.jump <= 1000 && v.merged <= 1000);
		(void)ts_unpack_number(&u);
		while (u.rest.len > 0 && ts_attr_unpack(&u, v.modified, &a, &attr)) {
			FUZZ_CHECK(attr.key.data != NULL && attr.value.text.data != NULL);
		}
	}
	free(copy);
	return 0;
}
