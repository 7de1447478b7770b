/* SPDX-License-Identifier: MIT */
#include "server/watch/scene.h"

#include "server/watch/tail.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>

static uint64_t count_files(void)
{
	uint64_t n = 0;
	DIR *dir = opendir("/proc/self/fd");
	if (dir == NULL) {
		return 0;
	}
	for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
		n += e->d_name[0] != '.' ? 1 : 0;
	}
	(void)closedir(dir);
	return n > 0 ? n - 1 : 0; /* that of the folder itself */
}

static double seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static void look_at_process(struct scene_process *p)
{
	unsigned long long size = 0, resident = 0;
	long page = sysconf(_SC_PAGESIZE);
	struct rusage usage = {0};
	struct rlimit files = {0};
	FILE *f = fopen("/proc/self/statm", "re");
	if (f != NULL) {
		if (fscanf(f, "%llu %llu", &size, &resident) != 2) {
			size = resident = 0;
		}
		(void)fclose(f);
	}
	(void)getrusage(RUSAGE_SELF, &usage);
	(void)getrlimit(RLIMIT_NOFILE, &files);
	p->cpu = seconds(usage.ru_utime) + seconds(usage.ru_stime);
	p->memory_virtual = size * (unsigned long long)page;
	p->memory = resident * (unsigned long long)page;
	p->files = count_files();
	p->files_most = files.rlim_cur;
}

uint64_t scene_disk_free(const char *dir)
{
	struct statvfs v;
	return dir != NULL && statvfs(dir, &v) == 0 ? (uint64_t)v.f_bavail * v.f_frsize : 0;
}

static void look_at_store(struct scene *s)
{
	TS_CLEANUP(ts_txn_abort_p) struct ts_txn *t = NULL;
	s->readable = ts_txn_begin(s->subject->store, TS_READ, &t, NULL) == TS_OK;
	if (s->readable) {
		ts_store_stats(t, &s->store);
	}
	if (cert_ends(&s->policy->settings, t, s->now, &s->ends, NULL) != TS_OK) {
		s->readable = 0;
	}
}

void scene_begin(const struct watch_subject *subject, struct policy *policy, struct scene *ret)
{
	*ret = (struct scene){.subject = subject, .policy = policy, .now = time(NULL)};
	look_at_process(&ret->process);
	look_at_store(ret);
	ret->disk_free = scene_disk_free(policy->settings.data);
	ret->waiting = waiters_count(subject->waiters);
	ret->queue = writer_waiting(subject->writer);
	ret->tails = tail_count();
	ret->tail_drops = tail_drops();
}

void scene_done(struct scene *s)
{
	policy_unref(s->policy);
}
