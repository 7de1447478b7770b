/* SPDX-License-Identifier: MIT */
#include "client/show/table.h"

enum {
	GAP = 1,        /* [cells] between columns */
	LAST_SHARE = 2, /* the last column gets at least the width's half, if it needs that */
	/* [cells] Made narrower than that only where nothing else helps: columns, of which the
	 * status takes 9; and the last one. */
	NARROW = 9,
	LAST_NARROW = 8,
};

struct cell {
	enum ts_style style;
	size_t at, len; /* in the table's texts */
};

struct table {
	const char *const *heads;
	bool right[TABLE_COLUMNS];
	size_t columns;
	struct ts_buf texts;
	struct ts_buf cells; /* struct cell[] */
	size_t count;
	size_t widest[TABLE_COLUMNS]; /* [cells] 0: empty in every row */
	size_t width[TABLE_COLUMNS];  /* [cells] as printed */
	size_t last;                  /* the last column that is printed */
};

int table_new(const char *const *heads, const bool *right, size_t columns, struct table **ret,
	      struct ts_error *err)
{
	struct table *t = columns <= TABLE_COLUMNS ? calloc(1, sizeof(*t)) : NULL;
	if (t == NULL) {
		return columns > TABLE_COLUMNS
			       ? ts_fail(err, TS_EUSAGE, "A table has at most %d columns.",
					 TABLE_COLUMNS)
			       : ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	t->heads = heads;
	t->columns = columns;
	memcpy(t->right, right, columns * sizeof(*right));
	*ret = t;
	return TS_OK;
}

void table_free(struct table *t)
{
	if (t != NULL) {
		ts_buf_done(&t->texts);
		ts_buf_done(&t->cells);
		free(t);
	}
}

/* The widest of the text's lines. */
static size_t widest_line(struct ts_slice text)
{
	size_t most = 0;
	while (text.data != NULL && text.len > 0) {
		size_t cells = ts_term_cells(ts_slice_cut(&text, '\n'));
		most = cells > most ? cells : most;
	}
	return most;
}

void table_add(struct table *t, enum ts_style style, struct ts_slice text)
{
	const struct cell cell = {style, t->texts.len, text.len};
	size_t *widest = &t->widest[t->count % t->columns];
	size_t cells = widest_line(text);
	*widest = cells > *widest ? cells : *widest;
	ts_buf_add_slice(&t->texts, text);
	ts_buf_add(&t->cells, &cell, sizeof(cell));
	t->count++;
}

/* What all printed columns but the last take, gaps included, if none is wider than `most`. */
static size_t others_take(const struct table *t, size_t most)
{
	size_t sum = 0;
	for (size_t i = 0; i < t->last; i++) {
		if (t->widest[i] > 0) {
			sum += (t->widest[i] < most ? t->widest[i] : most) + GAP;
		}
	}
	return sum;
}

/* Columns as wide as what is in them; where that is too much, the widest ones give way. */
static void set_widths(struct table *t, size_t width)
{
	size_t most = width, least = width / LAST_SHARE;
	for (size_t i = 0; i < t->columns; i++) {
		size_t head = strlen(t->heads[i]);
		if (t->widest[i] > 0) {
			t->widest[i] = t->widest[i] > head ? t->widest[i] : head;
			t->last = i;
		}
	}
	least = t->widest[t->last] < least ? t->widest[t->last] : least;
	while (most > NARROW && others_take(t, most) + least > width) {
		most--;
	}
	while (most > 1 && others_take(t, most) + LAST_NARROW > width) {
		most--;
	}
	for (size_t i = 0; i < t->last; i++) {
		t->width[i] = t->widest[i] < most ? t->widest[i] : most;
	}
	size_t taken = others_take(t, most);
	size_t left = taken < width ? width - taken : 1;
	t->width[t->last] = t->widest[t->last] < left ? t->widest[t->last] : left;
}

static void add_blanks(struct ts_buf *to, size_t count)
{
	char *at = ts_buf_reserve(to, count);
	if (at != NULL) {
		memset(at, ' ', count);
		to->len += count;
		to->data[to->len] = '\0';
	}
}

/* One line of a cell in its column; blanks that nothing follows wait in *pending. */
static void print_line(const struct table *t, size_t column, enum ts_style style, bool color,
		       struct ts_slice line, size_t cells, size_t *pending, struct ts_buf *to)
{
	size_t room = t->width[column];
	size_t left = room > cells ? room - cells : 0;
	if (line.len > 0) {
		add_blanks(to, *pending + (t->right[column] ? left : 0));
		ts_term_add(to, color, style, line);
		*pending = t->right[column] ? 0 : left;
	} else {
		*pending += room;
	}
	*pending += GAP;
}

/* A row: as many lines as the cell that needs most of them. `rest` is what is left of each. */
static void print_row(const struct table *t, struct ts_slice *rest, const enum ts_style *styles,
		      bool color, struct ts_buf *to)
{
	bool more = true;
	while (more) {
		size_t pending = 0;
		more = false;
		for (size_t i = 0; i < t->columns; i++) {
			size_t cells = 0;
			struct ts_slice line = {0};
			if (t->width[i] == 0) {
				continue;
			}
			if (rest[i].data != NULL) {
				line = ts_term_line(&rest[i], t->width[i], &cells);
			}
			print_line(t, i, styles[i], color, line, cells, &pending, to);
			more |= rest[i].data != NULL;
		}
		ts_buf_add_char(to, '\n');
	}
}

/* The heads, underlined: by the terminal, or by a line of dashes. */
static void print_heads(const struct table *t, bool color, struct ts_buf *to)
{
	struct ts_slice rest[TABLE_COLUMNS] = {0};
	enum ts_style styles[TABLE_COLUMNS];
	char dashes[256];
	memset(dashes, '-', sizeof(dashes));
	for (size_t i = 0; i < t->columns; i++) {
		rest[i] = ts_slice_of(t->heads[i]);
		styles[i] = TS_STYLE_HEAD;
	}
	print_row(t, rest, styles, color, to);
	for (size_t i = 0; i < t->columns && !color; i++) {
		size_t len = t->width[i] < sizeof(dashes) ? t->width[i] : sizeof(dashes);
		rest[i] = (struct ts_slice){dashes, len};
	}
	if (!color) {
		print_row(t, rest, styles, false, to);
	}
}

int table_print(struct table *t, size_t width, bool color, struct ts_buf *to, struct ts_error *err)
{
	const struct cell *cells = (const void *)t->cells.data;
	if (t->texts.failed || t->cells.failed) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	set_widths(t, width);
	if (t->count > 0) {
		print_heads(t, color, to);
	}
	for (size_t row = 0; row + t->columns <= t->count; row += t->columns) {
		struct ts_slice rest[TABLE_COLUMNS];
		enum ts_style styles[TABLE_COLUMNS];
		for (size_t i = 0; i < t->columns; i++) {
			const struct cell *c = &cells[row + i];
			rest[i] = (struct ts_slice){t->texts.data + c->at, c->len};
			styles[i] = c->style;
		}
		print_row(t, rest, styles, color, to);
	}
	return to->failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
}
