/* SPDX-License-Identifier: MIT */
#include "common/conf/value.h"

#include <ctype.h>
#include <inttypes.h>

static void *place(const struct ts_conf_item *item, void *conf)
{
	return (char *)conf + item->at;
}

static bool is_text(const struct ts_conf_item *item)
{
	return item->type == TS_CONF_STR || item->type == TS_CONF_CHOICE;
}

void ts_conf_value_zero(const struct ts_conf_item *item, void *conf)
{
	if (is_text(item)) {
		*(char **)place(item, conf) = NULL;
	}
}

void ts_conf_value_free(const struct ts_conf_item *item, void *conf)
{
	if (is_text(item)) {
		free(*(char **)place(item, conf));
		ts_conf_value_zero(item, conf);
	}
}

static int refuse(const struct ts_conf_item *item, const char *text, const char *want,
		  struct ts_error *err)
{
	return ts_fail(err, TS_EINVAL, "'%.100s' is no value for '%s', which is %s.", text,
		       item->name, want);
}

static int set_text(const struct ts_conf_item *item, void *conf, struct ts_slice text,
		    struct ts_error *err)
{
	char *copy = text.len > 0 ? strndup(text.data, text.len) : strdup("");
	if (copy == NULL) {
		return ts_fail(err, TS_ENOMEM, "Out of memory.");
	}
	char **at = place(item, conf);
	free(*at);
	*at = copy;
	return TS_OK;
}

static int set_str(const struct ts_conf_item *item, void *conf, const char *text,
		   struct ts_error *err)
{
	return set_text(item, conf, ts_slice_of(text), err);
}

static int set_choice(const struct ts_conf_item *item, void *conf, const char *text,
		      struct ts_error *err)
{
	struct ts_slice rest = ts_slice_of(item->choices);
	size_t len = strlen(text);
	while (rest.data != NULL) {
		struct ts_slice word = ts_slice_cut(&rest, '|');
		if (word.len == len && strncasecmp(word.data, text, len) == 0) {
			return set_text(item, conf, word, err);
		}
	}
	TS_BUF(want);
	ts_buf_printf(&want, "one of %s", item->choices);
	return refuse(item, text, want.failed ? "something else" : want.data, err);
}

static const struct {
	const char *word;
	bool value;
} switches[] = {{"on", true},     {"off", false}, {"yes", true}, {"no", false}, {"true", true},
		{"false", false}, {"1", true},    {"0", false},  {"y", true},   {"n", false}};

static int set_bool(const struct ts_conf_item *item, void *conf, const char *text,
		    struct ts_error *err)
{
	for (size_t i = 0; i < TS_COUNT_OF(switches); i++) {
		if (strcasecmp(switches[i].word, text) == 0) {
			*(bool *)place(item, conf) = switches[i].value;
			return TS_OK;
		}
	}
	return refuse(item, text, "on or off", err);
}

struct unit {
	const char *suffix;
	uint64_t factor;
};

/* The largest unit first: a number is printed in the first that divides it. */
static const struct unit sizes[] = {
	{"G", UINT64_C(1) << 30}, {"M", UINT64_C(1) << 20}, {"K", UINT64_C(1) << 10}, {"", 1}};
static const struct unit times[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000},
				    {"s", 1000},     {"", 1000},     {"ms", 1}};
static const struct unit plain[] = {{"", 1}};

static const struct {
	const struct unit *units;
	size_t count;
	const char *want;
} numbers[] = {
	[TS_CONF_INT] = {plain, TS_COUNT_OF(plain), "a number"},
	[TS_CONF_SIZE] = {sizes, TS_COUNT_OF(sizes), "a number of bytes, such as 4096, 64K or 16M"},
	[TS_CONF_TIME] = {times, TS_COUNT_OF(times), "a time, such as 500ms, 30s, 5m or 1h"},
};

static uint64_t scale(uint64_t n, uint64_t factor)
{
	return __builtin_mul_overflow(n, factor, &n) ? UINT64_MAX : n;
}

/* False where `text` isn't digits and one of the units. What 64 bits can't hold is UINT64_MAX,
 * which is beyond every setting's bounds. */
static bool parse_number(const struct ts_conf_item *item, const char *text, uint64_t *ret)
{
	uint64_t n = 0;
	const char *c = text;
	for (; isdigit((unsigned char)*c); c++) {
		n = scale(n, 10);
		if (__builtin_add_overflow(n, (uint64_t)(*c - '0'), &n)) {
			n = UINT64_MAX;
		}
	}
	while (c > text && *c == ' ') {
		c++;
	}
	for (size_t i = 0; c > text && i < numbers[item->type].count; i++) {
		const struct unit *unit = &numbers[item->type].units[i];
		if (strcasecmp(unit->suffix, c) == 0) {
			*ret = scale(n, unit->factor);
			return true;
		}
	}
	return false;
}

static void print_number(const struct ts_conf_item *item, uint64_t n, struct ts_buf *to)
{
	const struct unit *unit = numbers[item->type].units;
	const struct unit *last = unit + numbers[item->type].count - 1;
	while (unit < last && (n == 0 || n % unit->factor != 0 || unit->suffix[0] == '\0')) {
		unit++;
	}
	ts_buf_printf(to, "%" PRIu64 "%s", n / unit->factor, n == 0 ? "" : unit->suffix);
}

static int set_number(const struct ts_conf_item *item, void *conf, const char *text,
		      struct ts_error *err)
{
	uint64_t n;
	if (!parse_number(item, text, &n)) {
		return refuse(item, text, numbers[item->type].want, err);
	}
	if (n < item->min || n > item->max) {
		TS_BUF(range);
		ts_buf_add_str(&range, "between ");
		print_number(item, item->min, &range);
		ts_buf_add_str(&range, " and ");
		print_number(item, item->max, &range);
		return refuse(item, text, range.failed ? "out of range" : range.data, err);
	}
	*(uint64_t *)place(item, conf) = n;
	return TS_OK;
}

static int set_none(const struct ts_conf_item *item, void *conf, const char *text,
		    struct ts_error *err)
{
	(void)item, (void)conf, (void)text, (void)err;
	return TS_OK;
}

int ts_conf_value_set(const struct ts_conf_item *item, void *conf, const char *text,
		      struct ts_error *err)
{
	static int (*const set[])(const struct ts_conf_item *, void *, const char *,
				  struct ts_error *) = {
		[TS_CONF_STR] = set_str,     [TS_CONF_CHOICE] = set_choice,
		[TS_CONF_BOOL] = set_bool,   [TS_CONF_INT] = set_number,
		[TS_CONF_SIZE] = set_number, [TS_CONF_TIME] = set_number,
		[TS_CONF_NONE] = set_none,
	};
	return set[item->type](item, conf, text, err);
}

void ts_conf_print(const struct ts_conf_item *item, const void *conf, struct ts_buf *to)
{
	const char *at = (const char *)conf + item->at;
	if (is_text(item)) {
		ts_buf_add_str(to, *(char *const *)(const void *)at);
	} else if (item->type == TS_CONF_BOOL) {
		ts_buf_add_str(to, *(const bool *)(const void *)at ? "on" : "off");
	} else if (item->type != TS_CONF_NONE) {
		print_number(item, *(const uint64_t *)(const void *)at, to);
	}
}
