/* SPDX-License-Identifier: MIT */
#include "folder.h"
#include "server/request/writer.h"
#include "unit.h"

#include <pthread.h>
#include <semaphore.h>

static struct ts_store *store;
static struct writer *writer;
static sem_t finished;
static sem_t gate; /* a job named "wait" stands here, so that others queue behind it */
static sem_t waiting;

/* Adds an organization of its name; "bad" fails behind its write, "wait" holds the thread. */
struct add {
	struct job job;
	char name[32];
	int code, runs;
};

static int add_run(struct job *j, struct ts_txn *t, struct ts_error *err)
{
	struct add *a = TS_OWNER(j, struct add, job);
	a->runs++;
	if (strcmp(a->name, "wait") == 0) {
		(void)sem_post(&waiting);
		(void)sem_wait(&gate);
	}
	int rc = ts_org_add(t, ts_slice_of(a->name), 0, err);
	if (rc == TS_OK && strcmp(a->name, "bad") == 0) {
		rc = ts_fail(err, TS_EINVAL, "Bad by trade.");
	}
	return rc;
}

static void add_done(struct job *j, const struct ts_error *err)
{
	struct add *a = TS_OWNER(j, struct add, job);
	a->code = err->code;
	(void)sem_post(&finished);
}

static struct add new_add(const char *name)
{
	struct add a = {.job = {.run = add_run, .done = add_done}, .code = 1};
	(void)snprintf(a.name, sizeof(a.name), "%s", name);
	return a;
}

static void begin(const struct folder *f)
{
	ck_assert_int_eq(ts_store_open(f->path, true, &store, NULL), TS_OK);
	ck_assert_int_eq(writer_new(store, &writer, NULL), TS_OK);
	ck_assert_int_eq(sem_init(&finished, 0, 0), 0);
	ck_assert_int_eq(sem_init(&gate, 0, 0), 0);
	ck_assert_int_eq(sem_init(&waiting, 0, 0), 0);
}

static void end(void)
{
	writer_free(writer);
	ts_store_close(store);
}

static bool exists(const char *name)
{
	struct ts_txn *t;
	struct ts_org org;
	ck_assert_int_eq(ts_txn_begin(store, TS_READ, &t, NULL), TS_OK);
	int rc = ts_org_get(t, ts_slice_of(name), &org, NULL);
	ts_txn_abort(t);
	return rc == TS_OK;
}

static void wait_for(int jobs)
{
	while (jobs-- > 0) {
		(void)sem_wait(&finished);
	}
}

START_TEST(one_job)
{
	FOLDER(f);
	begin(&f);
	struct add a = new_add("a");
	ck_assert_int_eq(writer_submit(writer, &a.job, 1), TS_OK);
	wait_for(1);
	ck_assert_int_eq(a.code, TS_OK);
	ck_assert(exists("a"));
	end();
}
END_TEST

/* The others of a batch with a bad job in it are all stored, each once. */
START_TEST(a_bad_job_harms_nobody_else)
{
	FOLDER(f);
	begin(&f);
	struct add jobs[] = {new_add("wait"), new_add("a"), new_add("bad"), new_add("b")};
	ck_assert_int_eq(writer_submit(writer, &jobs[0].job, 10), TS_OK);
	(void)sem_wait(&waiting);
	for (size_t i = 1; i < TS_COUNT_OF(jobs); i++) {
		ck_assert_int_eq(writer_submit(writer, &jobs[i].job, 10), TS_OK);
	}
	(void)sem_post(&gate);
	wait_for(4);
	ck_assert_int_eq(jobs[0].code, TS_OK);
	ck_assert_int_eq(jobs[1].code, TS_OK);
	ck_assert_int_eq(jobs[2].code, TS_EINVAL);
	ck_assert_int_eq(jobs[3].code, TS_OK);
	ck_assert_int_eq(jobs[1].runs, 2);
	ck_assert(exists("wait") && exists("a") && exists("b") && !exists("bad"));
	end();
}
END_TEST

START_TEST(a_full_queue_is_busy)
{
	FOLDER(f);
	begin(&f);
	struct add jobs[] = {new_add("wait"), new_add("a"), new_add("b")};
	ck_assert_int_eq(writer_submit(writer, &jobs[0].job, 1), TS_OK);
	(void)sem_wait(&waiting);
	ck_assert_int_eq(writer_submit(writer, &jobs[1].job, 1), TS_OK);
	ck_assert_int_eq(writer_submit(writer, &jobs[2].job, 1), TS_EBUSY);
	(void)sem_post(&gate);
	wait_for(2);
	ck_assert(exists("a") && !exists("b"));
	end();
}
END_TEST

START_TEST(what_waits_is_done_before_the_end)
{
	FOLDER(f);
	begin(&f);
	struct add jobs[] = {new_add("wait"), new_add("a"), new_add("b")};
	ck_assert_int_eq(writer_submit(writer, &jobs[0].job, 9), TS_OK);
	(void)sem_wait(&waiting);
	ck_assert_int_eq(writer_submit(writer, &jobs[1].job, 9), TS_OK);
	ck_assert_int_eq(writer_submit(writer, &jobs[2].job, 9), TS_OK);
	(void)sem_post(&gate);
	writer_free(TS_TAKE(writer));
	ck_assert_int_eq(jobs[1].code, TS_OK);
	ck_assert_int_eq(jobs[2].code, TS_OK);
	ck_assert(exists("a") && exists("b"));
	end();
}
END_TEST

enum { THREADS = 4, EACH = 50 };
static struct add many[THREADS][EACH];

static void *submit_many(void *arg)
{
	struct add *jobs = arg;
	for (size_t i = 0; i < EACH; i++) {
		ck_assert_int_eq(writer_submit(writer, &jobs[i].job, THREADS * EACH), TS_OK);
	}
	return NULL;
}

START_TEST(many_threads)
{
	FOLDER(f);
	pthread_t threads[THREADS];
	begin(&f);
	for (int i = 0; i < THREADS; i++) {
		for (int k = 0; k < EACH; k++) {
			char name[32];
			(void)snprintf(name, sizeof(name), "o%d-%d", i, k);
			many[i][k] = new_add(name);
		}
		ck_assert_int_eq(pthread_create(&threads[i], NULL, submit_many, many[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	}
	wait_for(THREADS * EACH);
	for (int i = 0; i < THREADS; i++) {
		for (int k = 0; k < EACH; k++) {
			ck_assert_int_eq(many[i][k].code, TS_OK);
			ck_assert(exists(many[i][k].name));
		}
	}
	end();
}
END_TEST

START_TEST(a_job_that_hangs_is_seen)
{
	FOLDER(f);
	begin(&f);
	struct add a = new_add("wait");
	ck_assert(writer_gets_on(writer));
	ck_assert(writer_gets_on(writer)); /* having nothing to do is fine */
	ck_assert_int_eq(writer_submit(writer, &a.job, 1), TS_OK);
	(void)sem_wait(&waiting);
	for (int i = 0; i < 60000 && writer_gets_on(writer); i++) {
		(void)usleep(1000); /* it is still on its way to the gate */
	}
	ck_assert(!writer_gets_on(writer));
	(void)sem_post(&gate);
	wait_for(1);
	ck_assert(writer_gets_on(writer)); /* it has moved since */
	end();
}
END_TEST

/* Adds an organization with each commit, as long as it isn't told to fail. */
struct along {
	struct companion companion;
	int runs, stored, lost, wanted; /* wanted: at the end */
	bool fails;
};

static int along_run(struct companion *c, struct ts_txn *t, bool last, struct ts_error *err)
{
	struct along *a = TS_OWNER(c, struct along, companion);
	char name[32];
	(void)snprintf(name, sizeof(name), "along-%d", a->runs++);
	a->wanted -= last ? 1 : 0;
	int rc = ts_org_add(t, ts_slice_of(name), 0, err);
	return rc == TS_OK && a->fails ? ts_fail(err, TS_EINVAL, "Fails by trade.") : rc;
}

static void along_done(struct companion *c, bool stored, uint64_t serial)
{
	struct along *a = TS_OWNER(c, struct along, companion);
	a->stored += stored ? 1 : 0;
	a->lost += stored ? 0 : 1;
	ck_assert_uint_gt(serial, 0);
}

static bool along_due(struct companion *c, bool last)
{
	return last && TS_OWNER(c, struct along, companion)->wanted > 0;
}

static struct along new_along(void)
{
	return (struct along){{along_run, along_done, along_due}, .wanted = 2};
}

static void add_one(const char *name)
{
	struct add a = new_add(name);
	ck_assert_int_eq(writer_submit(writer, &a.job, 1), TS_OK);
	wait_for(1);
	ck_assert_int_eq(a.code, TS_OK);
	ck_assert(exists(name));
}

START_TEST(what_goes_along_is_in_the_same_commit)
{
	FOLDER(f);
	begin(&f);
	struct along a = new_along();
	writer_take_along(writer, &a.companion);
	uint64_t serial = ts_store_serial(store);
	add_one("a");
	ck_assert_uint_eq(ts_store_serial(store), serial + 1);
	ck_assert(exists("along-0"));
	writer_free(TS_TAKE(writer));
	ck_assert_int_eq(a.stored, 3); /* and twice at the end */
	ck_assert(exists("along-1") && exists("along-2"));
	end();
}
END_TEST

START_TEST(what_goes_along_and_fails_harms_no_job)
{
	FOLDER(f);
	begin(&f);
	struct along a = new_along();
	a.fails = true;
	writer_take_along(writer, &a.companion);
	add_one("a");
	struct add jobs[] = {new_add("wait"), new_add("b"), new_add("bad")};
	ck_assert_int_eq(writer_submit(writer, &jobs[0].job, 9), TS_OK);
	(void)sem_wait(&waiting);
	ck_assert_int_eq(writer_submit(writer, &jobs[1].job, 9), TS_OK);
	ck_assert_int_eq(writer_submit(writer, &jobs[2].job, 9), TS_OK);
	(void)sem_post(&gate);
	(void)sem_wait(&waiting); /* again, alone */
	(void)sem_post(&gate);
	wait_for(3);
	ck_assert(exists("wait") && exists("b") && !exists("bad") && !exists("along-0"));
	writer_free(TS_TAKE(writer));
	ck_assert_int_eq(a.stored, 3); /* a, wait and b, each alone */
	ck_assert_int_gt(a.lost, 1);
	end();
}
END_TEST

UNIT_MAIN("writer", {one_job, 0}, {a_bad_job_harms_nobody_else, 0}, {a_full_queue_is_busy, 0},
	  {what_waits_is_done_before_the_end, 0}, {many_threads, 0}, {a_job_that_hangs_is_seen, 0},
	  {what_goes_along_is_in_the_same_commit, 0}, {what_goes_along_and_fails_harms_no_job, 0})
