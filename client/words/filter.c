/* SPDX-License-Identifier: MIT */
#include "client/words/filter_internal.h"
#include "common/base/utf8.h"
#include "common/task/task_key.h"
#include "common/words/date_words.h"

static const struct relation {
	const char *name;
	bool (*test)(const struct filter_term *t, struct ts_slice value);
	bool negated;
} relations[] = {
	{"is", filter_test_equal, false},     {"equals", filter_test_equal, false},
	{"not", filter_test_equal, true},     {"isnt", filter_test_equal, true},
	{"has", filter_test_has, false},      {"contains", filter_test_has, false},
	{"hasnt", filter_test_has, true},     {"startswith", filter_test_starts, false},
	{"left", filter_test_starts, false},  {"before", filter_test_before, false},
	{"under", filter_test_before, false}, {"below", filter_test_before, false},
	{"after", filter_test_after, false},  {"over", filter_test_after, false},
	{"above", filter_test_after, false},  {"by", filter_test_by, false},
	{"any", filter_test_any, false},      {"none", filter_test_any, true},
};

static int out_of_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory.");
}

static bool read_number(struct ts_slice *s, uint64_t *ret)
{
	enum { LONGEST = 7 }; /* what is longer may begin a uuid */
	const struct ts_slice digits = ts_slice_cut_digits(s);
	*ret = 0;
	for (size_t i = 0; i < digits.len && i <= LONGEST; i++) {
		*ret = *ret * 10 + (uint64_t)(digits.data[i] - '0');
	}
	return digits.len > 0 && digits.len <= LONGEST && *ret > 0;
}

/* Hexadecimal digits with dashes where a uuid has them. */
static bool begins_uuid(struct ts_slice s)
{
	enum { SHORTEST = 4, SURE = 8 };
	bool digit = false, letter = false;
	for (size_t i = 0; i < s.len; i++) {
		const char c = s.data[i];
		const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		const bool hex = (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
		digit |= c >= '0' && c <= '9';
		letter |= hex;
		if (dash ? c != '-' : !hex && (c < '0' || c > '9')) {
			return false;
		}
	}
	return s.len <= TS_UUID_TEXT && (s.len >= SURE || (s.len >= SHORTEST && digit && letter));
}

bool filter_read_name(struct ts_slice word, struct filter_name *ret)
{
	struct ts_slice rest = word;
	*ret = (struct filter_name){.word = word};
	if (read_number(&rest, &ret->low)) {
		ret->high = ret->low;
		if (ts_slice_cut_char(&rest, '-') && !read_number(&rest, &ret->high)) {
			ret->high = 0;
		}
		if (rest.len == 0 && ret->high >= ret->low) {
			return true;
		}
	}
	*ret = (struct filter_name){.word = word, .uuid = word};
	return begins_uuid(word);
}

bool filter_is_name(const char *word)
{
	struct ts_slice rest = ts_slice_of(word);
	struct filter_name name;
	while (rest.data != NULL) {
		if (!filter_read_name(ts_slice_cut(&rest, ','), &name)) {
			return false;
		}
	}
	return true;
}

static int add_names(struct filter *f, struct ts_slice word, struct ts_error *err)
{
	while (word.data != NULL) {
		struct filter_name *names =
			reallocarray(f->names, f->name_count + 1, sizeof(*names));
		if (names == NULL) {
			return out_of_memory(err);
		}
		f->names = names;
		(void)filter_read_name(ts_slice_cut(&word, ','), &names[f->name_count]);
		f->name_count++;
	}
	return TS_OK;
}

static int add_term(struct filter *f, const struct filter_term *term, struct ts_error *err)
{
	struct filter_term *terms = reallocarray(f->terms, f->term_count + 1, sizeof(*terms));
	if (terms == NULL) {
		return out_of_memory(err);
	}
	f->terms = terms;
	terms[f->term_count++] = *term;
	return TS_OK;
}

/* Cut a relation off the end of a name: `due.before`. NULL: there is none. */
static const struct relation *cut_relation(struct ts_slice *name)
{
	const char *dot = memrchr(name->data, '.', name->len);
	const size_t at = dot != NULL ? (size_t)(dot - name->data) : name->len;
	for (size_t i = 0; i < TS_COUNT_OF(relations) && dot != NULL; i++) {
		if (ts_slice_eq(ts_slice_skip(*name, at + 1), ts_slice_of(relations[i].name))) {
			name->len = at;
			return &relations[i];
		}
	}
	return NULL;
}

/* What `name:value` means without a relation. */
static void set_usual_test(struct filter_term *t)
{
	t->test = filter_test_equal;
	if (ts_slice_eq(t->name, TS_SLICE("description")) ||
	    ts_slice_eq(t->name, TS_SLICE("annotations"))) {
		t->test = filter_test_has;
	} else if (ts_slice_eq(t->name, TS_SLICE("project"))) {
		t->test = filter_test_below;
	} else if (t->kind == ATTRIBUTE_DEPENDS) {
		t->test = filter_test_starts;
	}
}

/* What the value means, by the kind of its attribute. */
static int read_value(struct filter *f, struct filter_term *t, struct ts_error *err)
{
	if (t->test == filter_test_any) {
		return TS_OK;
	}
	if (t->kind == ATTRIBUTE_STATUS) {
		f->every_status = true;
		return attribute_find_status(t->value, &t->value, err);
	}
	if (t->kind == ATTRIBUTE_DATE) {
		return ts_date_words_parse(t->value, f->now, true, &t->date, err);
	}
	if (t->kind == ATTRIBUTE_DEPENDS && !begins_uuid(t->value)) {
		return ts_fail(err, TS_EUSAGE,
			       "Say by its uuid, not as '%.*s', which task others depend on.",
			       TS_SLICE_ARGS(t->value));
	}
	return TS_OK;
}

static int set_key(struct filter *f, struct filter_term *t, struct ts_error *err)
{
	TS_BUF(key);
	ts_key_add_name(&key, true, t->name);
	t->key = ts_arena_copy(&f->arena, ts_buf_slice(&key));
	return key.failed || t->key.data == NULL ? out_of_memory(err) : TS_OK;
}

static int add_attribute(struct filter *f, struct ts_slice name, struct ts_slice value,
			 struct ts_error *err)
{
	const struct relation *relation = cut_relation(&name);
	struct filter_term t = {.name = attribute_name(name), .value = value};
	if (ts_slice_eq(t.name, TS_SLICE("uuid")) || ts_slice_eq(t.name, TS_SLICE("id"))) {
		return relation == NULL && filter_is_name(value.data)
			       ? add_names(f, value, err)
			       : ts_fail(err, TS_EUSAGE, "'%.*s' is neither a number nor a uuid.",
					 TS_SLICE_ARGS(value));
	}
	t.kind =
		ts_slice_eq(t.name, TS_SLICE("modified")) ? ATTRIBUTE_DATE : attribute_kind(t.name);
	set_usual_test(&t);
	if (relation != NULL) {
		t.test = relation->test;
		t.negated = relation->negated;
	}
	if (value.len == 0) {
		t.negated = t.test == filter_test_any ? t.negated : !t.negated;
		t.test = filter_test_any;
	}
	int code = read_value(f, &t, err);
	if (code == TS_OK) {
		code = set_key(f, &t, err);
	}
	return code == TS_OK ? add_term(f, &t, err) : code;
}

static int add_word(struct filter *f, const char *word, struct ts_error *err)
{
	struct filter_term t = {.test = filter_test_has, .value = ts_slice_of(word)};
	struct ts_slice name, value;
	bool in;
	if (!ts_utf8_valid(t.value)) {
		return ts_fail(err, TS_EUSAGE, "A word is not UTF-8.");
	}
	if (strcmp(word, "all") == 0 || strcmp(word, "status:all") == 0) {
		f->every_status = true;
		return TS_OK;
	}
	if (filter_is_name(word)) {
		return add_names(f, ts_slice_of(word), err);
	}
	if (attribute_cut(word, &name, &value)) {
		return add_attribute(f, name, value, err);
	}
	if (attribute_cut_tag(word, &in, &t.value)) {
		t.test = filter_test_equal;
		t.name = TS_SLICE("tags");
		t.kind = ATTRIBUTE_TAGS;
		t.negated = !in;
	} else {
		t.value = ts_slice_of(word);
	}
	return add_term(f, &t, err);
}

int filter_new(const char *const *words, size_t count, int64_t now, struct filter **ret,
	       struct ts_error *err)
{
	TS_CLEANUP(filter_free_p) struct filter *f = calloc(1, sizeof(*f));
	if (f == NULL) {
		return out_of_memory(err);
	}
	f->now = now;
	for (size_t i = 0; i < count; i++) {
		int code = add_word(f, words[i], err);
		if (code != TS_OK) {
			return code;
		}
	}
	*ret = TS_TAKE(f);
	return TS_OK;
}

void filter_free(struct filter *f)
{
	if (f != NULL) {
		free(f->names);
		free(f->terms);
		ts_arena_done(&f->arena);
		free(f);
	}
}

bool filter_is_names(const struct filter *f)
{
	return f->name_count > 0 && f->term_count == 0;
}
