/* SPDX-License-Identifier: MIT */
#include "common/cli/manual.h"

#include <ctype.h>
#include <string.h>

void ts_manual_add_option(struct ts_buf *to, const struct ts_option *o)
{
	ts_buf_printf(to, "--%s%s%s", o->name, o->value != NULL ? " " : "",
		      o->value != NULL ? o->value : "");
}

static int option_width(const struct ts_option *o)
{
	return (int)(strlen("--") + strlen(o->name) +
		     (o->value != NULL ? strlen(" ") + strlen(o->value) : 0));
}

/* Columns that the text takes, characters of one column taken for granted. */
static size_t columns(struct ts_slice text)
{
	size_t n = 0;
	for (size_t i = 0; i < text.len; i++) {
		n += ((unsigned char)text.data[i] & 0xc0) != 0x80;
	}
	return n;
}

/* The words of `text` behind what stands in the line, which is `at` columns; further lines begin at
 * `indent`. Gives the column behind the last one. */
static size_t print_words(struct ts_slice text, size_t at, size_t indent, size_t width, FILE *to)
{
	while (text.data != NULL) {
		struct ts_slice word = ts_slice_cut(&text, ' ');
		if (at > indent && at + 1 + columns(word) > width) {
			(void)fprintf(to, "\n%*s", (int)indent, "");
			at = indent;
		}
		if (at > indent) {
			(void)fputc(' ', to);
			at++;
		}
		(void)fprintf(to, "%.*s", TS_SLICE_ARGS(word));
		at += columns(word);
	}
	return at;
}

/* Paragraphs are filled, indented lines stay as they are. */
static void print_filled(const char *text, size_t width, FILE *to)
{
	struct ts_slice rest = ts_slice_of(text);
	size_t at = 0;
	while (rest.data != NULL) {
		struct ts_slice line = ts_slice_cut(&rest, '\n');
		bool literal = line.len == 0 || line.data[0] == ' ';
		if (literal) {
			(void)fprintf(to, "%s%.*s\n", at > 0 ? "\n" : "", TS_SLICE_ARGS(line));
			at = 0;
		} else {
			at = print_words(line, at, 0, width, to);
		}
	}
	(void)fputs(at > 0 ? "\n" : "", to);
}

static void print_option(const struct ts_option *o, int widest, size_t width, FILE *to)
{
	const size_t indent = strlen("  ") + (size_t)widest + strlen("  ");
	TS_BUF(form);
	ts_manual_add_option(&form, o);
	(void)fprintf(to, "  %-*s  ", widest, form.failed ? "" : form.data);
	(void)print_words(ts_slice_of(o->help), indent, indent, width > 0 ? width : SIZE_MAX, to);
	(void)fputc('\n', to);
}

void ts_manual_options(const struct ts_option *options, size_t count, size_t width, FILE *to)
{
	int widest = 0;
	for (size_t i = 0; i < count; i++) {
		int own = options[i].help != NULL ? option_width(&options[i]) : 0;
		widest = own > widest ? own : widest;
	}
	for (size_t i = 0; i < count; i++) {
		if (options[i].help != NULL) {
			print_option(&options[i], widest, width, to);
		}
	}
}

void ts_manual_forms(const struct ts_manual *m, const struct ts_manual_command *c,
		     const char *prefix, FILE *to)
{
	struct ts_slice rest = ts_slice_of(c->usage);
	int width = (int)strlen(prefix);
	while (rest.data != NULL) {
		struct ts_slice form = ts_slice_cut(&rest, '\n');
		(void)fprintf(to, "%*s%s %s%s%.*s\n", width, prefix, m->program, c->name,
			      form.len > 0 ? " " : "", TS_SLICE_ARGS(form));
		prefix = "";
	}
}

void ts_manual_briefs(const struct ts_manual *m, FILE *to)
{
	int widest = 0;
	for (size_t i = 0; i < m->command_count; i++) {
		int width = (int)strlen(m->command(i).name);
		widest = width > widest ? width : widest;
	}
	for (size_t i = 0; i < m->command_count; i++) {
		struct ts_manual_command c = m->command(i);
		(void)fprintf(to, "  %-*s %s\n", widest + 1, c.name, c.brief);
	}
}

/* The brief as a sentence: "Add a task." */
static void add_sentence(struct ts_buf *to, const char *brief)
{
	ts_buf_add_char(to, (char)toupper((unsigned char)brief[0]));
	ts_buf_printf(to, "%s.", brief + 1);
}

static void print_help(const struct ts_manual *m, const struct ts_manual_command *c, FILE *to)
{
	if (m->width > 0) {
		print_filled(c->help, m->width, to);
	} else {
		(void)fprintf(to, "%s\n", c->help);
	}
	(void)fputc('\n', to);
}

void ts_manual_help(const struct ts_manual *m, const struct ts_manual_command *c, FILE *to)
{
	(void)fputc('\n', to);
	ts_manual_forms(m, c, "", to);
	if (c->brief != NULL) {
		TS_BUF(sentence);
		add_sentence(&sentence, c->brief);
		(void)fprintf(to, "\n%s\n", sentence.failed ? "" : sentence.data);
	}
	(void)fputc('\n', to);
	print_help(m, c, to);
	if (c->option_count > 0) {
		(void)fputs("Options of this command:\n", to);
		ts_manual_options(c->options, c->option_count, m->width, to);
		(void)fputc('\n', to);
	}
	(void)fputs("Options:\n", to);
	ts_manual_options(m->options, m->option_count, m->width, to);
	(void)fputc('\n', to);
}

/* `This` stays a mark; what else reStructuredText would read as one becomes text. */
static void add_line_rst(struct ts_buf *to, struct ts_slice line)
{
	for (size_t i = 0; i < line.len; i++) {
		if (memchr("\\*|_", line.data[i], 4) != NULL) {
			ts_buf_add_char(to, '\\');
		}
		ts_buf_add_char(to, line.data[i]);
	}
	ts_buf_add_char(to, '\n');
}

void ts_manual_text_rst(struct ts_buf *to, const char *text, const char *indent)
{
	struct ts_slice rest = ts_slice_of(text);
	while (rest.data != NULL) {
		struct ts_slice line = ts_slice_cut(&rest, '\n');
		ts_buf_add_str(to, line.len > 0 ? indent : "");
		add_line_rst(to, line);
	}
}

/* The help's indented examples become literal lines. */
static void add_help_rst(struct ts_buf *to, const char *text)
{
	struct ts_slice rest = ts_slice_of(text);
	bool literal = false;
	while (rest.data != NULL) {
		struct ts_slice line = ts_slice_cut(&rest, '\n');
		bool indented = ts_slice_starts(line, TS_SLICE("  "));
		if (indented && !literal) {
			ts_buf_add_str(to, "\n  ::\n\n");
		}
		if (literal && !indented && line.len > 0) {
			ts_buf_add_char(to, '\n');
		}
		literal = indented || (literal && line.len == 0);
		ts_buf_add_str(to, line.len > 0 ? "  " : "");
		if (literal) {
			ts_buf_printf(to, "%.*s\n", TS_SLICE_ARGS(line));
		} else {
			add_line_rst(to, line);
		}
	}
	ts_buf_add_char(to, '\n');
}

void ts_manual_options_rst(const struct ts_option *options, size_t count, const char *indent,
			   struct ts_buf *to)
{
	for (size_t i = 0; i < count; i++) {
		if (options[i].help == NULL) {
			continue;
		}
		TS_BUF(deeper);
		ts_buf_printf(&deeper, "%s  ", indent);
		ts_buf_printf(to, "%s``", indent);
		ts_manual_add_option(to, &options[i]);
		ts_buf_add_str(to, "``\n");
		ts_manual_text_rst(to, options[i].help, deeper.failed ? "" : deeper.data);
		ts_buf_add_char(to, '\n');
	}
}

/* How much of a form fits into a line, cut in front of a bracket. */
static size_t fitting(struct ts_slice form, size_t room)
{
	size_t cut = 0;
	for (size_t i = 1; form.len > room && i + 1 < form.len && (cut == 0 || i <= room); i++) {
		cut = form.data[i] == ' ' && form.data[i + 1] == '[' ? i : cut;
	}
	return cut > 0 ? cut : form.len;
}

/* A form of several: a line, further ones deeper. */
static void add_form_lines(struct ts_buf *to, const struct ts_buf *form)
{
	enum { PAGE = 64, DEEPER = 4 };
	struct ts_slice rest = form->failed ? TS_SLICE("") : ts_slice_of(form->data);
	for (size_t indent = 0; rest.len > 0; indent = DEEPER) {
		size_t len = fitting(rest, PAGE - indent);
		ts_buf_printf(to, "  | %*s``%.*s``\n", (int)indent, "", (int)len, rest.data);
		rest = ts_slice_trim(ts_slice_skip(rest, len));
	}
}

/* The only form is what the text is about; several are lines above it. */
static void add_forms_rst(const struct ts_manual *m, const struct ts_manual_command *c,
			  struct ts_buf *to)
{
	bool several = strchr(c->usage, '\n') != NULL;
	bool bare = several || c->usage[0] == '\0';
	ts_buf_printf(to, "``%s %s%s%s``\n", m->program, c->name, bare ? "" : " ",
		      bare ? "" : c->usage);
	struct ts_slice rest = ts_slice_of(several ? c->usage : NULL);
	while (rest.data != NULL) {
		struct ts_slice usage = ts_slice_cut(&rest, '\n');
		TS_BUF(form);
		ts_buf_printf(&form, "%s %s %.*s", m->program, c->name, TS_SLICE_ARGS(usage));
		add_form_lines(to, &form);
	}
	ts_buf_add_str(to, several ? "\n" : "");
}

void ts_manual_commands_rst(const struct ts_manual *m, struct ts_buf *to)
{
	for (size_t i = 0; i < m->command_count; i++) {
		struct ts_manual_command c = m->command(i);
		add_forms_rst(m, &c, to);
		if (c.brief != NULL) {
			TS_BUF(sentence);
			add_sentence(&sentence, c.brief);
			ts_manual_text_rst(to, sentence.failed ? "" : sentence.data, "  ");
			ts_buf_add_char(to, '\n');
		}
		add_help_rst(to, c.help);
		ts_manual_options_rst(c.options, c.option_count, "  ", to);
	}
}

static void add_setting(struct ts_buf *to, const struct ts_conf_item *item)
{
	ts_buf_printf(to, "``%s``", item->name);
	if (item->def[0] != '\0') {
		ts_buf_printf(to, " (default ``%s``)", item->def);
	}
	ts_buf_add_char(to, '\n');
	ts_manual_text_rst(to, item->doc, "  ");
	ts_buf_add_char(to, '\n');
}

void ts_manual_settings_rst(const struct ts_conf_item *items, size_t count, struct ts_buf *to)
{
	const char *group = "";
	for (size_t i = 0; i < count; i++) {
		if (strcmp(group, items[i].group) != 0) {
			group = items[i].group;
			ts_buf_printf(to, "%s\n%.*s\n\n", group, (int)strlen(group),
				      "--------------------------------");
		}
		add_setting(to, &items[i]);
	}
}
