/* SPDX-License-Identifier: MIT */
/* A configuration file of any bytes is read, or refused with a sentence that names the line. */
#include "server/settings.h"
#include "test/fuzz/fuzz.h"

#include <stdio.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct ts_conf_table table = {settings_items, settings_count};
	struct settings settings;
	struct ts_error err = {0};
	char path[64];
	TS_AUTOCLOSE int fd = memfd_create("config", MFD_CLOEXEC);
	/* An include of another file would make the result depend on this machine. */
	if (fd < 0 || memmem(data, size, "include", 7) != NULL ||
	    write(fd, data, size) != (ssize_t)size) {
		return 0;
	}
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	FUZZ_CHECK(ts_conf_init(&table, &settings, &err) == TS_OK);
	int code = ts_conf_read(&table, &settings, path, NULL, &err);
	FUZZ_CHECK(code == TS_OK || err.text[0] != '\0');
	ts_conf_done(&table, &settings);
	return 0;
}
