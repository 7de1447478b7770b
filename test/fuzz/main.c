/* SPDX-License-Identifier: MIT */
/* Replays the corpus of a fuzz target, each file a test: what was found once stays found. */
#include "test/fuzz/fuzz.h"

#include "common/base/attr.h"

#include <dirent.h>
#include <libgen.h>
#include <stdio.h>

enum { LARGEST = 1 << 20 };

static size_t read_file(const char *path, uint8_t *to)
{
	FILE *file = fopen(path, "rb");
	if (file == NULL) {
		perror(path);
		exit(EXIT_FAILURE);
	}
	size_t n = fread(to, 1, LARGEST, file);
	(void)fclose(file);
	return n;
}

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

int main(int argc, char **argv)
{
	char folder[512], path[1024];
	const char *srcdir = getenv("srcdir");
	struct dirent **files = NULL;
	TS_AUTOFREE uint8_t *input = malloc(LARGEST);
	(void)argc;
	(void)snprintf(folder, sizeof(folder), "%s/test/fuzz/corpus/%s",
		       srcdir != NULL ? srcdir : ".", basename(argv[0]));
	int count = scandir(folder, &files, is_input, alphasort);
	if (count <= 0 || input == NULL) {
		(void)fprintf(stderr, "%s holds no inputs.\n", folder);
		return EXIT_FAILURE;
	}
	(void)printf("1..%d\n", count);
	for (int i = 0; i < count; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", folder, files[i]->d_name);
		(void)LLVMFuzzerTestOneInput(input, read_file(path, input));
		(void)printf("ok %d - %s\n", i + 1, files[i]->d_name);
		free(files[i]);
	}
	free(files);
	return EXIT_SUCCESS;
}
