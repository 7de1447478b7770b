// SPDX-License-Identifier: MIT
#include "test/bench/report.h"

#include <inttypes.h>

/* The samples of every client, a sorted array for each kind. [us] */
enum series { ALL, PLAIN, MERGED, SERIES };

static const char *const series_names[SERIES] = {
	[ALL] = "ms",
	[PLAIN] = "plain_ms",
	[MERGED] = "merge_ms",
};

struct figures {
	uint32_t *values[SERIES];
	size_t counts[SERIES];
};

struct process process_look(long pid)
{
	struct process p = {0};
	char path[64], line[1024];
	(void)snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	FILE *f = pid > 0 ? fopen(path, "re") : NULL;
	unsigned long user, system;
	if (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		const char *rest = strrchr(line, ')');
		p.known = rest != NULL &&
			  sscanf(rest + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
				 &user, &system) == 2;
		p.cpu = p.known ? (double)(user + system) / (double)sysconf(_SC_CLK_TCK) : 0;
	}
	if (f != NULL) {
		(void)fclose(f);
	}
	(void)snprintf(path, sizeof(path), "/proc/%ld/status", pid);
	f = p.known ? fopen(path, "re") : NULL;
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		(void)!sscanf(line, "VmRSS: %ld", &p.rss);
		(void)!sscanf(line, "VmHWM: %ld", &p.peak_rss);
	}
	if (f != NULL) {
		(void)fclose(f);
	}
	return p;
}

static int compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return (x > y) - (x < y);
}

static double percentile(const struct figures *f, enum series s, size_t percent)
{
	if (f->counts[s] == 0) {
		return 0;
	}
	return (double)f->values[s][f->counts[s] * percent / 100] / 1000;
}

static void put(struct figures *f, enum series s, uint32_t value)
{
	f->values[s][f->counts[s]++] = value;
}

static bool figures_make(struct figures *f, const struct client *clients, size_t count)
{
	size_t all = 0;
	for (size_t i = 0; i < count; i++) {
		all += clients[i].count;
	}
	for (enum series s = 0; s < SERIES; s++) {
		f->values[s] = calloc(all + 1, sizeof(uint32_t));
		if (f->values[s] == NULL) {
			return false;
		}
	}
	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < clients[i].count; j++) {
			const struct sample *m = &clients[i].samples[j];
			put(f, ALL, m->took);
			put(f, m->merged ? MERGED : PLAIN, m->took);
		}
	}
	for (enum series s = 0; s < SERIES; s++) {
		qsort(f->values[s], f->counts[s], sizeof(uint32_t), compare);
	}
	return true;
}

static void figures_done(struct figures *f)
{
	for (enum series s = 0; s < SERIES; s++) {
		free(f->values[s]);
	}
}

static void print_percentiles(const struct figures *f)
{
	for (enum series s = 0; s < SERIES; s++) {
		bool worthwhile = s == ALL || f->counts[MERGED] > 0;
		if (worthwhile) {
			printf(",\"%s\":{\"p50\":%.3f,\"p99\":%.3f}", series_names[s],
			       percentile(f, s, 50), percentile(f, s, 99));
		}
	}
}

static void print_codes(const struct client *clients, size_t count)
{
	int codes[LOAD_CODES] = {0};
	size_t sums[LOAD_CODES] = {0};
	for (size_t i = 0; i < count * LOAD_CODES; i++) {
		const struct client *c = &clients[i / LOAD_CODES];
		size_t at = 0;
		while (at < LOAD_CODES && codes[at] != 0 && codes[at] != c->codes[i % LOAD_CODES]) {
			at++;
		}
		if (at < LOAD_CODES && c->codes[i % LOAD_CODES] != 0) {
			codes[at] = c->codes[i % LOAD_CODES];
			sums[at] += c->code_counts[i % LOAD_CODES];
		}
	}
	printf(",\"codes\":{");
	for (size_t i = 0; i < LOAD_CODES && codes[i] != 0; i++) {
		printf("%s\"%d\":%zu", i > 0 ? "," : "", codes[i], sums[i]);
	}
	printf("}");
}

static void print_sums(const struct client *clients, size_t count)
{
	uint64_t tasks = 0, in = 0, out = 0;
	size_t errors = 0;
	const char *first = "";
	for (size_t i = 0; i < count; i++) {
		tasks += clients[i].tasks_in;
		in += clients[i].bytes_in;
		out += clients[i].bytes_out;
		errors += clients[i].errors;
		first = first[0] == '\0' ? clients[i].first_error.text : first;
	}
	printf(",\"errors\":%zu,\"tasks_in\":%" PRIu64 ",\"bytes_in\":%" PRIu64
	       ",\"bytes_out\":%" PRIu64,
	       errors, tasks, in, out);
	if (errors > 0) {
		printf(",\"first_error\":\"");
		for (const char *p = first; *p != '\0'; p++) {
			putchar(*p == '"' || *p == '\\' || (unsigned char)*p < ' ' ? '\'' : *p);
		}
		printf("\"");
	}
}

static void print_server(const struct report *r, size_t ok)
{
	if (r->before.known && r->after.known && ok > 0) {
		printf(",\"server\":{\"cpu_ms\":%.3f,\"rss_kb\":%ld,\"peak_rss_kb\":%ld}",
		       (r->after.cpu - r->before.cpu) * 1000 / (double)ok, r->after.rss,
		       r->after.peak_rss);
	}
}

void report_print(const struct report *r, const struct client *clients, size_t count)
{
	TS_CLEANUP(figures_done) struct figures f = {0};
	if (!figures_make(&f, clients, count)) {
		return;
	}
	double seconds = (double)r->elapsed / 1e6;
	printf("{\"label\":\"%s\",\"mode\":\"%s\",\"clients\":%zu,\"ok\":%zu,\"elapsed_s\":%.3f,"
	       "\"per_s\":%.2f",
	       r->label, r->mode, count, f.counts[ALL], seconds,
	       seconds > 0 ? (double)f.counts[ALL] / seconds : 0);
	print_percentiles(&f);
	print_codes(clients, count);
	print_sums(clients, count);
	print_server(r, f.counts[ALL]);
	printf("}\n");
}

void waited_print(const char *label, const struct waited *w)
{
	printf("{\"label\":\"%s\",\"mode\":\"wait\",\"clients\":%zu,\"errors\":%zu,"
	       "\"kb_a_client\":%.1f,\"idle_cpu_ms\":%.2f,\"wake_one_ms\":%.2f,"
	       "\"wake_all_ms\":%.2f}\n",
	       label, w->clients, w->errors, (double)(w->rss - w->rss_before) / (double)w->clients,
	       w->cpu, w->one, w->all);
}
