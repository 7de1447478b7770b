/* SPDX-License-Identifier: MIT */
/* Lines as entries of systemd's journal: MESSAGE is what the text would be, and each field is one
 * of the entry's: `bytes_in` is TASKD_BYTES_IN. */
#include "common/base/systemd.h"
#include "common/log/internal.h"

#include <ctype.h>
#include <stdio.h>

enum { NAME_SIZE = 40 };

bool ts_log_journal_there(void)
{
	return ts_journal_there();
}

static void make_name(const char *key, char to[static NAME_SIZE])
{
	(void)snprintf(to, NAME_SIZE, "TASKD_%s", key);
	for (char *at = to; *at != '\0'; at++) {
		*at = isalnum((unsigned char)*at) ? (char)toupper((unsigned char)*at) : '_';
	}
}

void ts_log_journal(const struct ts_log_line *l)
{
	TS_BUF(message);
	struct ts_journal_field fields[TS_JOURNAL_FIELDS];
	char names[TS_LOG_FIELDS][NAME_SIZE];
	char priority[2] = {(char)('0' + (int)l->level), '\0'};
	size_t n = 0;
	ts_log_body(l, &message);
	fields[n++] = (struct ts_journal_field){"MESSAGE", ts_buf_slice(&message)};
	fields[n++] = (struct ts_journal_field){"PRIORITY", ts_slice_of(priority)};
	fields[n++] = (struct ts_journal_field){"SYSLOG_IDENTIFIER", TS_SLICE("taskd")};
	if (l->event != NULL) {
		fields[n++] = (struct ts_journal_field){"TASKD_EVENT", ts_slice_of(l->event)};
	}
	for (size_t i = 0; l->event != NULL && i < l->count; i++) {
		const struct ts_log_value *v = &l->fields[i];
		make_name(v->key, names[i]);
		fields[n++] = (struct ts_journal_field){names[i], {l->values.data + v->at, v->len}};
	}
	int failure = ts_journal_send(fields, n);
	(void)failure; /* there is nobody to tell */
}
