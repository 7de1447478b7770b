/* SPDX-License-Identifier: MIT */
#include "server/account/verb.h"

#include "server/account/errand.h"

static const struct verb *find(const char *word, const struct verb *verbs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(word, verbs[i].name) == 0) {
			return &verbs[i];
		}
	}
	return NULL;
}

/* The first word that is no option; options may stand before it. */
static int find_word(const struct command_line *cl)
{
	int at = 0;
	while (at < cl->argc && strncmp(cl->argv[at], "--", 2) == 0) {
		at++;
	}
	return at;
}

int verb_run(struct command_line *cl, const struct verb *verbs, size_t count, struct ts_error *err)
{
	const int at = find_word(cl);
	if (at == cl->argc) {
		return TS_EUSAGE;
	}
	const struct verb *v = find(cl->argv[at], verbs, count);
	if (v == NULL) {
		return ts_fail(err, TS_EUSAGE, "Unrecognized argument '%.100s'.", cl->argv[at]);
	}
	for (int i = at; i + 1 < cl->argc; i++) {
		cl->argv[i] = cl->argv[i + 1];
	}
	cl->argc--;
	return v->errand != NULL ? errand_run(cl, v->errand, false, err) : v->run(cl, err);
}
