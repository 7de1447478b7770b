/* SPDX-License-Identifier: MIT */
#include "server/command/command.h"

#include "common/base/file.h"
#include "common/task/task_check.h"
#include "common/task/task_json.h"

#include <ctype.h>
#include <stdio.h>

enum { FILE_LIMIT = 1 << 30 };

/* The argument is a file's name where there is such a file, else JSON. */
static int take(const char *word, struct ts_buf *json, struct ts_error *err)
{
	const char *c = word;
	while (isspace((unsigned char)*c)) {
		c++;
	}
	if (access(word, F_OK) == 0) {
		return ts_file_read(word, FILE_LIMIT, json, err);
	}
	if (*c != '{' && *c != '[') {
		return ts_fail(err, TS_EINVAL, "'%.100s' is neither a file nor JSON.", word);
	}
	ts_buf_add_str(json, word);
	return json->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}

/* A task is shown as it would be sent, other JSON as it is. */
static int show(struct ts_slice json, struct ts_error *err)
{
	TS_BUF(text);
	struct ts_error why = {0};
	int code = ts_task_check(json, &text, &why);
	bool task = code == TS_OK;
	if (!task) {
		ts_buf_clear(&text);
		code = ts_json_check(json, &text, err);
	}
	if (code != TS_OK) {
		return code;
	}
	(void)printf("JSON syntax ok.\n\n%.*s\n", TS_SLICE_ARGS(ts_buf_slice(&text)));
	if (!task) {
		(void)printf("\nIt is no task, because %s.\n", why.text);
	}
	return TS_OK;
}

static int cmd_validate(struct command_line *cl, struct ts_error *err)
{
	TS_BUF(json);
	if (cl->argc == 0) {
		return ts_fail(err, TS_EINVAL,
			       "You must specify either a JSON string or a JSON file.");
	}
	if (cl->argc > 1) {
		return TS_EUSAGE;
	}
	int code = take(cl->argv[0], &json, err);
	return code == TS_OK ? show(ts_buf_slice(&json), err) : code;
}

const struct command command_validate = {
	.name = "validate",
	.run = cmd_validate,
	.usage = "<JSON | file>",
	.help = "Run the JSON parser over the provided JSON string or file. For debugging.",
};
