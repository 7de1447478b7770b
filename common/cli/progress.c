/* SPDX-License-Identifier: MIT */
#include "common/cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE = 100 /* [ms] between two drawings */ };

static int64_t now_ms(void)
{
	struct timespec t;
	(void)clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void ts_progress_begin(struct ts_progress *p, const char *doing, uint64_t total)
{
	*p = (struct ts_progress){.doing = doing, .total = total, .fd = -1};
	if (isatty(STDERR_FILENO)) {
		p->fd = STDERR_FILENO;
		p->next = now_ms() + PAUSE; /* what takes less than that needs no line */
	}
}

/* A number with commas. */
static void write_number(uint64_t n, char *to, size_t size)
{
	char digits[32];
	const int len = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
	size_t at = 0;
	for (int i = 0; i < len && at + 2 < size; i++) {
		if (i > 0 && (len - i) % 3 == 0) {
			to[at++] = ',';
		}
		to[at++] = digits[i];
	}
	to[at] = '\0';
}

void ts_progress_text(const struct ts_progress *p, uint64_t done, char *to, size_t size)
{
	char number[48];
	if (p->total > 0) {
		const double share = done < p->total ? (double)done / (double)p->total : 1;
		(void)snprintf(to, size, "%s %d %%", p->doing, (int)(share * 100));
		return;
	}
	write_number(done, number, sizeof(number));
	(void)snprintf(to, size, "%s %s", p->doing, number);
}

void ts_progress_set(struct ts_progress *p, uint64_t done)
{
	char text[79], line[96];
	if (p->fd < 0) {
		return;
	}
	const int64_t now = now_ms();
	if (now < p->next) {
		return;
	}
	p->next = now + PAUSE;
	p->drawn = true;
	ts_progress_text(p, done, text, sizeof(text));
	const int len = snprintf(line, sizeof(line), "\r%s\033[K", text);
	(void)!write(p->fd, line, (size_t)len);
}

void ts_progress_clear(struct ts_progress *p)
{
	static const char blank[] = "\r\033[K";
	if (p->drawn) {
		(void)!write(p->fd, blank, sizeof(blank) - 1);
		p->drawn = false;
	}
}
