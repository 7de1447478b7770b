/* SPDX-License-Identifier: MIT */
#include "common/show/term.h"

#include "common/base/utf8.h"

#include <locale.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

/* A number of columns in an environment variable; 0 if it is none. */
static size_t columns_said(const char *text)
{
	struct ts_slice rest = ts_slice_of(text);
	struct ts_slice digits = ts_slice_cut_digits(&rest);
	return digits.len > 0 && digits.len < 6 && rest.len == 0 ? (size_t)atol(text) : 0;
}

size_t ts_term_width(size_t otherwise)
{
	struct winsize size = {0};
	size_t width = columns_said(getenv("COLUMNS"));
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
		width = size.ws_col;
	}
	width = width > 0 ? width : otherwise;
	return width < TS_TERM_WIDTH_MIN ? TS_TERM_WIDTH_MIN : width;
}

bool ts_term_color(const char *word, int fd)
{
	const char *no = getenv("NO_COLOR"), *kind = getenv("TERM");
	if (strcmp(word, "auto") != 0) {
		return strcmp(word, "always") == 0;
	}
	return isatty(fd) == 1 && (no == NULL || *no == '\0') && kind != NULL &&
	       strcmp(kind, "dumb") != 0;
}

bool ts_term_is_unread(FILE *out)
{
	struct pollfd p = {.fd = fileno(out)};
	return ferror(out) != 0 && poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

/* The character's number; it is well-formed. */
static wchar_t decode(struct ts_slice c)
{
	static const uint8_t masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
	uint32_t number = (uint8_t)c.data[0] & masks[c.len];
	for (size_t i = 1; i < c.len; i++) {
		number = number << 6 | ((uint8_t)c.data[i] & 0x3F);
	}
	return (wchar_t)number;
}

/* Cells as Unicode has them, whatever the locale is. */
static size_t wide_cells(wchar_t c)
{
	enum { PICTOGRAPHS = 0x1F300, PICTOGRAPHS_END = 0x1FAFF };
	static locale_t unicode;
	if (unicode == (locale_t)0) {
		unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	}
	if (unicode == (locale_t)0) {
		return 1;
	}
	locale_t before = uselocale(unicode);
	int cells = wcwidth(c);
	(void)uselocale(before);
	if (cells < 0) {
		/* Newer than this system's tables. */
		cells = c >= PICTOGRAPHS && c <= PICTOGRAPHS_END ? 2 : 1;
	}
	return (size_t)cells;
}

/* Cut the next character off, as it is to be printed, with its cells. */
static struct ts_slice next(struct ts_slice *rest, size_t *ret_cells)
{
	unsigned char first = (unsigned char)rest->data[0];
	bool shown;
	*ret_cells = 1;
	if (first >= ' ' && first < 0x7F) {
		struct ts_slice c = {rest->data, 1};
		*rest = ts_slice_skip(*rest, 1);
		return c;
	}
	struct ts_slice c = ts_utf8_cut(rest, &shown);
	if (shown) {
		*ret_cells = wide_cells(decode(c));
		return c;
	}
	return first == '\t' || first == '\n' || first == '\r' ? TS_SLICE(" ")
							       : TS_SLICE("\xEF\xBF\xBD");
}

static const char *const codes[] = {
	[TS_STYLE_NONE] = NULL,    [TS_STYLE_HEAD] = "4",      [TS_STYLE_DIM] = "2",
	[TS_STYLE_OVERDUE] = "31", [TS_STYLE_DUE] = "33",      [TS_STYLE_ADDED] = "32",
	[TS_STYLE_REMOVED] = "31", [TS_STYLE_VERSION] = "33",  [TS_STYLE_CONFLICT] = "35",
	[TS_STYLE_PROJECT] = "36", [TS_STYLE_ACTIVE] = "1;32",
};

void ts_term_add(struct ts_buf *to, bool color, enum ts_style style, struct ts_slice text)
{
	const char *code = color && text.len > 0 ? codes[style] : NULL;
	if (code != NULL) {
		ts_buf_printf(to, "\x1b[%sm", code);
	}
	while (text.len > 0) {
		size_t cells;
		ts_buf_add_slice(to, next(&text, &cells));
	}
	if (code != NULL) {
		ts_buf_add_str(to, "\x1b[0m");
	}
}

size_t ts_term_cells(struct ts_slice text)
{
	size_t sum = 0;
	while (text.len > 0) {
		size_t cells;
		(void)next(&text, &cells);
		sum += cells;
	}
	return sum;
}

struct ts_slice ts_term_fit(struct ts_slice text, size_t cells, size_t *ret_cells)
{
	struct ts_slice rest = text;
	*ret_cells = 0;
	while (rest.len > 0) {
		struct ts_slice behind = rest;
		size_t more;
		(void)next(&behind, &more);
		if (*ret_cells + more > cells) {
			break;
		}
		*ret_cells += more;
		rest = behind;
	}
	return (struct ts_slice){text.data, text.len - rest.len};
}

/* Where to break `fitting`, the beginning of `text` that fits: behind its last word. */
static struct ts_slice break_at_word(struct ts_slice text, struct ts_slice fitting)
{
	size_t len = fitting.len;
	if (len == text.len || text.data[len] == ' ') {
		return fitting;
	}
	while (len > 0 && text.data[len - 1] != ' ') {
		len--;
	}
	return len > 0 ? (struct ts_slice){text.data, len} : fitting;
}

static struct ts_slice trim_end(struct ts_slice line)
{
	while (line.len > 0 && line.data[line.len - 1] == ' ') {
		line.len--;
	}
	return line;
}

/* The first line, as long as it fits, broken between words where the text goes on. */
static struct ts_slice first_line(struct ts_slice paragraph, size_t width)
{
	size_t cells;
	struct ts_slice line = ts_term_fit(paragraph, width, &cells);
	if (line.len == 0 && paragraph.len > 0) {
		struct ts_slice rest = paragraph;
		(void)next(&rest, &cells);
		line.len = paragraph.len - rest.len;
	}
	struct ts_slice broken = trim_end(break_at_word(paragraph, line));
	return broken.len > 0 ? broken : line;
}

struct ts_slice ts_term_line(struct ts_slice *rest, size_t width, size_t *ret_cells)
{
	struct ts_slice behind = *rest;
	struct ts_slice paragraph = ts_slice_cut(&behind, '\n');
	struct ts_slice line = first_line(paragraph, width);
	struct ts_slice left = ts_slice_skip(paragraph, line.len);
	while (left.len > 0 && left.data[0] == ' ') {
		left = ts_slice_skip(left, 1);
	}
	if (left.len > 0) {
		left.len = (size_t)(rest->data + rest->len - left.data);
		*rest = left;
	} else {
		*rest = behind;
	}
	*ret_cells = ts_term_cells(line);
	return line;
}
