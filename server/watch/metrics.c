/* SPDX-License-Identifier: MIT */
#include "server/watch/metrics.h"

#include "server/net/conn.h"
#include "server/request/limits.h"
#include "server/request/request.h"

#include <config.h>
#include <inttypes.h>
#include <stddef.h>

enum kind { COUNTER, GAUGE, HISTOGRAM };

/* What is written, and where to. */
struct pen {
	const struct scene *scene;
	struct ts_buf *to;
	const char *name;
};

struct metric {
	const char *name, *help;
	enum kind kind;
	/* One of these: a count of `struct stats`, a number of the scene, or a function. */
	size_t stat, number;
	void (*tell)(const struct pen *p);
};

/* Samples */

static void sample(const struct pen *p, uint64_t value)
{
	ts_buf_printf(p->to, "%s %" PRIu64 "\n", p->name, value);
}

static void labelled(const struct pen *p, const char *label, const char *text, uint64_t value)
{
	ts_buf_printf(p->to, "%s{%s=\"%s\"} %" PRIu64 "\n", p->name, label, text, value);
}

/* `label` is "" or a whole label with a comma behind it. */
static void histogram(const struct pen *p, const char *label, const struct histogram *h,
		      const struct histogram_scale *scale)
{
	uint64_t count = 0;
	for (size_t i = 0; i < HISTOGRAM_BOUNDS && scale->bounds[i] != 0; i++) {
		count += stats_get(&h->counts[i]);
		ts_buf_printf(p->to, "%s_bucket{%sle=\"%g\"} %" PRIu64 "\n", p->name, label,
			      (double)scale->bounds[i] * scale->unit, count);
	}
	for (size_t i = 0; i <= HISTOGRAM_BOUNDS; i++) {
		bool beyond = i == HISTOGRAM_BOUNDS || scale->bounds[i] == 0;
		count += beyond ? stats_get(&h->counts[i]) : 0;
	}
	TS_BUF(own);
	if (label[0] != '\0') {
		ts_buf_printf(&own, "{%.*s}", (int)strlen(label) - 1, label);
	}
	const char *labels = own.data != NULL ? own.data : "";
	ts_buf_printf(p->to, "%s_bucket{%sle=\"+Inf\"} %" PRIu64 "\n", p->name, label, count);
	ts_buf_printf(p->to, "%s_sum%s %.9g\n", p->name, labels,
		      (double)stats_get(&h->sum) * scale->unit);
	ts_buf_printf(p->to, "%s_count%s %" PRIu64 "\n", p->name, labels, count);
}

/* Those with labels, in the order of the table */

static void tell_build(const struct pen *p)
{
	ts_buf_printf(p->to,
		      "%s{version=\"%s\",gnutls=\"%s\",lmdb=\"%s\",libmicrohttpd=\"%s\"} 1\n",
		      p->name, PACKAGE_VERSION, WITH_GNUTLS, WITH_LMDB, WITH_MICROHTTPD);
}

/* All of them from the beginning, so that the first one of a kind is seen as a change. */
static void tell_requests(const struct pen *p)
{
	const struct stats *s = p->scene->subject->stats;
	for (unsigned t = 0; t < STATS_TYPES && request_type_name(t) != NULL; t++) {
		for (size_t c = 0; c < STATS_CODES; c++) {
			uint64_t n = stats_get(&s->requests[t][c]);
			if (stats_codes[c] != 0 || n > 0) {
				ts_buf_printf(p->to, "%s{type=\"%s\",code=\"%d\"} %" PRIu64 "\n",
					      p->name, request_type_name(t), stats_codes[c], n);
			}
		}
	}
}

static void tell_durations(const struct pen *p)
{
	histogram(p, "", &p->scene->subject->stats->whole, &histogram_times);
}

static void tell_stages(const struct pen *p)
{
	for (size_t i = 0; i < STAGES; i++) {
		TS_BUF(label);
		ts_buf_printf(&label, "stage=\"%s\",", stage_names[i]);
		histogram(p, label.data, &p->scene->subject->stats->stages[i], &histogram_times);
	}
}

static void tell_connections(const struct pen *p)
{
	for (int i = 0; conn_state_name(i) != NULL; i++) {
		int64_t n = atomic_load(&p->scene->subject->stats->states[i]);
		labelled(p, "state", conn_state_name(i), n > 0 ? (uint64_t)n : 0);
	}
}

static void tell_faults(const struct pen *p)
{
	for (size_t i = 0; i < FAULTS; i++) {
		labelled(p, "class", fault_names[i],
			 stats_get(&p->scene->subject->stats->faults[i]));
	}
}

static void tell_limits(const struct pen *p)
{
	for (int i = 0; i < LIMITS; i++) {
		labelled(p, "limit", limits_name((enum limit)i), limits_hits((enum limit)i));
	}
}

static void tell_commits(const struct pen *p)
{
	sample(p, stats_get(&writer_counts(p->scene->subject->writer)->commits));
}

static void tell_commit_failures(const struct pen *p)
{
	sample(p, stats_get(&writer_counts(p->scene->subject->writer)->failures));
}

static void tell_batches(const struct pen *p)
{
	histogram(p, "", &writer_counts(p->scene->subject->writer)->batches, &histogram_counts);
}

static void tell_commit_times(const struct pen *p)
{
	histogram(p, "", &writer_counts(p->scene->subject->writer)->times, &histogram_times);
}

static void tell_spool_memory(const struct pen *p)
{
	sample(p, atomic_load(&p->scene->policy->budget.usage->memory));
}

static void tell_spool_files(const struct pen *p)
{
	sample(p, atomic_load(&p->scene->policy->budget.usage->files));
}

static void tell_pages(const struct pen *p)
{
	labelled(p, "state", "used", p->scene->store.pages_used);
	labelled(p, "state", "free", p->scene->store.pages_free);
}

static void tell_ends(const struct pen *p)
{
	const struct cert_ends *e = &p->scene->ends;
	if (e->server != 0) {
		labelled(p, "certificate", "server", (uint64_t)e->server);
	}
	if (e->authority != 0) {
		labelled(p, "certificate", "authority", (uint64_t)e->authority);
	}
}

static void tell_client_ends(const struct pen *p)
{
	for (size_t i = 0; i < CERT_STAGES; i++) {
		ts_buf_printf(p->to, "%s{days=\"%u\"} %zu\n", p->name, cert_stages[i],
			      p->scene->ends.clients[i]);
	}
	ts_buf_printf(p->to, "%s{days=\"0\"} %zu\n", p->name, p->scene->ends.ended);
}

static void tell_start(const struct pen *p)
{
	ts_buf_printf(p->to, "%s %" PRId64 "\n", p->name, p->scene->subject->stats->started_at);
}

static void tell_cpu(const struct pen *p)
{
	ts_buf_printf(p->to, "%s %.6f\n", p->name, p->scene->process.cpu);
}

/* The table */

#define STAT(field)   .stat = offsetof(struct stats, field) + 1
#define NUMBER(field) .number = offsetof(struct scene, field) + 1

static const struct metric metrics[] = {
	{"taskd_build_info", "What this server is; always 1.", GAUGE, .tell = tell_build},

	{"taskd_requests_total", "Requests answered, by type and code of the protocol.", COUNTER,
	 .tell = tell_requests},
	{"taskd_request_duration_seconds",
	 "From a request's first byte to its answer's last; waiting for news left out.", HISTOGRAM,
	 .tell = tell_durations},
	{"taskd_stage_duration_seconds",
	 "The handshake of a connection, and the stages of a request.", HISTOGRAM,
	 .tell = tell_stages},
	{"taskd_received_bytes_total", "Bytes of requests, without TLS.", COUNTER, STAT(bytes_in)},
	{"taskd_sent_bytes_total", "Bytes of answers, without TLS.", COUNTER, STAT(bytes_out)},
	{"taskd_received_tasks_total", "Tasks that came in requests.", COUNTER, STAT(tasks_in)},
	{"taskd_sent_tasks_total", "Tasks in answers.", COUNTER, STAT(tasks_out)},
	{"taskd_stored_versions_total", "Versions of tasks that were stored.", COUNTER,
	 STAT(versions)},
	{"taskd_merges_total", "Merges of edits from several devices.", COUNTER, STAT(merges)},
	{"taskd_conflicts_total", "Merges in which one value had to give way to another.", COUNTER,
	 STAT(conflicts)},
	{"taskd_rejected_lines_total", "Lines that were no tasks and went to the quarantine.",
	 COUNTER, STAT(rejected)},

	{"taskd_accepted_connections_total", "Connections that were let in.", COUNTER,
	 STAT(accepted)},
	{"taskd_connections", "Connections now, by state.", GAUGE, .tell = tell_connections},
	{"taskd_waiting_clients", "Clients that wait for news now.", GAUGE, NUMBER(waiting)},
	{"taskd_handshake_failures_total", "Handshakes that came to nothing, by kind of reason.",
	 COUNTER, .tell = tell_faults},
	{"taskd_login_failures_total", "Requests whose credentials or certificate were refused.",
	 COUNTER, STAT(refused_logins)},
	{"taskd_limit_hits_total", "How often a peer ran into a limit, by setting.", COUNTER,
	 .tell = tell_limits},

	{"taskd_commits_total", "Commits to the disk.", COUNTER, .tell = tell_commits},
	{"taskd_commit_failures_total", "Batches of requests that could not be stored.", COUNTER,
	 .tell = tell_commit_failures},
	{"taskd_commit_duration_seconds", "How long a commit took.", HISTOGRAM,
	 .tell = tell_commit_times},
	{"taskd_commit_jobs", "How many requests a commit held.", HISTOGRAM, .tell = tell_batches},
	{"taskd_storage_queue_jobs", "Requests that wait to be stored now.", GAUGE, NUMBER(queue)},
	{"taskd_spool_memory_bytes", "Memory that requests and answers hold now.", GAUGE,
	 .tell = tell_spool_memory},
	{"taskd_spool_file_bytes", "Temporary files that requests and answers hold now.", GAUGE,
	 .tell = tell_spool_files},

	{"taskd_store_readable",
	 "1, or 0: the store can't be read, and what it holds is told as 0.", GAUGE,
	 NUMBER(readable)},
	{"taskd_organizations", "Organizations.", GAUGE, NUMBER(store.orgs)},
	{"taskd_users", "Users.", GAUGE, NUMBER(store.users)},
	{"taskd_devices", "Devices of all users.", GAUGE, NUMBER(store.devices)},
	{"taskd_transactions", "Transactions in the store.", GAUGE, NUMBER(store.transactions)},
	{"taskd_versions", "Versions of tasks in the store.", GAUGE, NUMBER(store.versions)},
	{"taskd_store_bytes", "Size of the store on the disk.", GAUGE, NUMBER(store.bytes)},
	{"taskd_store_page_bytes", "Size of a page of the store.", GAUGE, NUMBER(store.page_bytes)},
	{"taskd_store_pages", "Pages of the store that are used, and those to be used again.",
	 GAUGE, .tell = tell_pages},
	{"taskd_store_readers", "Transactions that read the store now, of all processes.", GAUGE,
	 NUMBER(store.readers)},
	{"taskd_disk_free_bytes", "Room on the disk of the data directory.", GAUGE,
	 NUMBER(disk_free)},

	{"taskd_certificate_expiry_timestamp_seconds", "When a certificate of the server ends.",
	 GAUGE, .tell = tell_ends},
	{"taskd_client_certificates_ending",
	 "Clients' certificates that end within so many days; 0: that have ended.", GAUGE,
	 .tell = tell_client_ends},

	{"taskd_tails", "Programs that follow the log through `taskd tail` now.", GAUGE,
	 NUMBER(tails)},
	{"taskd_tail_dropped_lines_total", "Lines of the log that `taskd tail` was too slow for.",
	 COUNTER, NUMBER(tail_drops)},

	{"process_start_time_seconds", "When the server was started.", GAUGE, .tell = tell_start},
	{"process_cpu_seconds_total", "Processor time that the server has used.", COUNTER,
	 .tell = tell_cpu},
	{"process_resident_memory_bytes", "Memory that the server holds.", GAUGE,
	 NUMBER(process.memory)},
	{"process_virtual_memory_bytes", "Address space of the server, the store's map included.",
	 GAUGE, NUMBER(process.memory_virtual)},
	{"process_open_fds", "File descriptors in use.", GAUGE, NUMBER(process.files)},
	{"process_max_fds", "File descriptors that the system allows.", GAUGE,
	 NUMBER(process.files_most)},
};

static void tell(const struct metric *m, const struct pen *p)
{
	const char *stats = (const char *)p->scene->subject->stats;
	const char *scene = (const char *)p->scene;
	if (m->tell != NULL) {
		m->tell(p);
	} else if (m->stat != 0) {
		sample(p, stats_get((const void *)(stats + m->stat - 1)));
	} else {
		sample(p, *(const uint64_t *)(const void *)(scene + m->number - 1));
	}
}

void metrics_write(const struct scene *s, struct ts_buf *to)
{
	static const char *const kinds[] = {"counter", "gauge", "histogram"};
	for (size_t i = 0; i < TS_COUNT_OF(metrics); i++) {
		const struct metric *m = &metrics[i];
		ts_buf_printf(to, "# HELP %s %s\n# TYPE %s %s\n", m->name, m->help, m->name,
			      kinds[m->kind]);
		tell(m, &(struct pen){s, to, m->name});
	}
}
