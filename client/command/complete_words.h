/* SPDX-License-Identifier: MIT */
/* What a command's words are, in one word for the scripts; those of an option are its table's
 * `value`, where several words with | between them are a choice. */
#pragma once

#include "client/command/command.h"

static inline const char *complete_words(const struct command *c)
{
	static const char *const names[] = {
		[WORDS_NONE] = "NOTHING",   [WORDS_FREE] = "NOTHING", [WORDS_FILTER] = "TASK",
		[WORDS_CHANGES] = "TASK",   [WORDS_FILES] = "FILE",   [WORDS_REMOTE] = "REMOTE",
		[WORDS_COMMAND] = "COMMAND"};
	return names[c->words];
}
