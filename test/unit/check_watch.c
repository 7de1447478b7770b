/* SPDX-License-Identifier: MIT */
#include "client/watch/backlog.h"
#include "client/watch/events.h"
#include "client/watch/notify.h"
#include "client/watch/timing.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

/*
 * A story: what happens when, and what the watch wants to do then. Times in [ms]; `quiet` is 5 s,
 * `interval` 300 s.
 */
enum happens {
	END,
	BEGIN,
	CHANGED,     /* an edit here */
	SYNCED,      /* well */
	FAILED,      /* not so */
	NEWS,        /* a wait ended with news */
	NOTHING,     /* a wait ended without */
	LOST,        /* a wait's connection broke */
	CANNOT_WAIT, /* the server doesn't know how */
	WOKE,
	PASSES /* nothing but time */
};

enum wants { SYNCS, WAITS, SLEEPS };

struct step {
	uint64_t at;
	enum happens happens;
	enum wants wants;
	uint64_t from, to; /* of SLEEPS: until when, at the earliest and the latest */
};

enum { STEPS = 12 };

static const struct story {
	const char *what;
	struct step steps[STEPS];
} stories[] = {
	{"a sync at the start, then waiting",
	 {{0, BEGIN, SYNCS, 0, 0}, {100, SYNCED, WAITS, 0, 0}}},
	{"an edit is synced at once",
	 {{0, BEGIN, SYNCS, 0, 0},
	  {100, SYNCED, WAITS, 0, 0},
	  {60000, CHANGED, SYNCS, 0, 0},
	  {60100, SYNCED, WAITS, 0, 0}}},
	{"those behind it once it is quiet",
	 {{0, BEGIN, SYNCS, 0, 0},
	  {100, SYNCED, WAITS, 0, 0},
	  {60000, CHANGED, SYNCS, 0, 0},
	  {60100, SYNCED, WAITS, 0, 0},
	  {61000, CHANGED, SLEEPS, 66000, 66000},
	  {64000, CHANGED, SLEEPS, 69000, 69000},
	  {69000, PASSES, SYNCS, 0, 0},
	  {69100, SYNCED, WAITS, 0, 0},
	  {80000, CHANGED, SYNCS, 0, 0}}},
	{"an edit during a sync goes with the next one",
	 {{0, BEGIN, SYNCS, 0, 0},
	  {100, SYNCED, WAITS, 0, 0},
	  {60000, CHANGED, SYNCS, 0, 0},
	  {62000, SYNCED, WAITS, 0, 0},
	  {62001, CHANGED, SLEEPS, 67001, 67001},
	  {67001, PASSES, SYNCS, 0, 0}}},
	{"news are got at once, but once a second",
	 {{0, BEGIN, SYNCS, 0, 0},
	  {100, SYNCED, WAITS, 0, 0},
	  {60000, NEWS, SYNCS, 0, 0},
	  {60100, SYNCED, WAITS, 0, 0},
	  {60200, NEWS, SLEEPS, 61000, 61000},
	  {61000, PASSES, SYNCS, 0, 0},
	  {61100, SYNCED, WAITS, 0, 0},
	  {61200, NEWS, SLEEPS, 62000, 62000}}},
	{"news in a run of edits don't wait for its end",
	 {{0, BEGIN, SYNCS, 0, 0},
	  {100, SYNCED, WAITS, 0, 0},
	  {60000, CHANGED, SYNCS, 0, 0},
	  {60100, SYNCED, WAITS, 0, 0},
	  {60200, NEWS, SYNCS, 0, 0}}},
	{"nothing new: wait again",
	 {{0, BEGIN, SYNCS, 0, 0}, {100, SYNCED, WAITS, 0, 0}, {600100, NOTHING, WAITS, 0, 0}}},
	{"a server that can't wait is asked every interval, varied by a fifth",
	 {{0, BEGIN, SYNCS, 0, 0},
	  {100, SYNCED, WAITS, 0, 0},
	  {1000, CANNOT_WAIT, SLEEPS, 241000, 361000},
	  {361000, PASSES, SYNCS, 0, 0},
	  {362000, SYNCED, SLEEPS, 602000, 722000},
	  {400000, CHANGED, SYNCS, 0, 0},
	  {400100, SYNCED, SLEEPS, 640100, 760100}}},
	{"and whether it has learnt it, after a day",
	 {{0, BEGIN, SYNCS, 0, 0},
	  {100, SYNCED, WAITS, 0, 0},
	  {1000, CANNOT_WAIT, SLEEPS, 241000, 361000},
	  {86400000, SYNCED, SLEEPS, 86401000, 86401000},
	  {86401000, PASSES, SYNCS, 0, 0},
	  {86402000, SYNCED, WAITS, 0, 0}}},
	{"or after a failure",
	 {{0, BEGIN, SYNCS, 0, 0},
	  {100, SYNCED, WAITS, 0, 0},
	  {1000, CANNOT_WAIT, SLEEPS, 241000, 361000},
	  {361000, FAILED, SLEEPS, 361800, 362200},
	  {362200, SYNCED, WAITS, 0, 0}}},
	{"failures: twice as long each time",
	 {{0, BEGIN, SYNCS, 0, 0},
	  {0, FAILED, SLEEPS, 800, 1200},
	  {10000, FAILED, SLEEPS, 11600, 12400},
	  {20000, FAILED, SLEEPS, 23200, 24800},
	  {30000, FAILED, SLEEPS, 36400, 39600}}},
	{"an edit after a failure is a reason to try",
	 {{0, BEGIN, SYNCS, 0, 0},
	  {0, FAILED, SLEEPS, 800, 1200},
	  {10000, FAILED, SLEEPS, 11600, 12400},
	  {10500, CHANGED, SYNCS, 0, 0},
	  {10600, FAILED, SLEEPS, 13800, 15400},
	  {20000, SYNCED, WAITS, 0, 0}}},
	{"waking up as well",
	 {{0, BEGIN, SYNCS, 0, 0}, {0, FAILED, SLEEPS, 800, 1200}, {500, WOKE, SYNCS, 0, 0}}},
	{"a broken wait: sync soon, and less soon where it breaks again and again",
	 {{0, BEGIN, SYNCS, 0, 0},
	  {100, SYNCED, WAITS, 0, 0},
	  {60000, LOST, SLEEPS, 60800, 61200},
	  {61200, SYNCED, WAITS, 0, 0},
	  {61300, LOST, SLEEPS, 62900, 63700},
	  {63700, SYNCED, WAITS, 0, 0},
	  {63800, LOST, SLEEPS, 67000, 68600},
	  {68600, SYNCED, WAITS, 0, 0},
	  {70000, NOTHING, WAITS, 0, 0},
	  {80000, LOST, SLEEPS, 80800, 81200}}},
};

static void happen(struct timing *t, const struct step *s)
{
	switch (s->happens) {
	case BEGIN:
		timing_begin(t, s->at);
		break;
	case CHANGED:
		timing_changed(t, s->at);
		break;
	case SYNCED:
	case FAILED:
		timing_synced(t, s->happens == SYNCED, s->at);
		break;
	case NEWS:
	case NOTHING:
		timing_waited(t, s->happens == NEWS, s->at);
		break;
	case LOST:
		timing_lost(t, s->at);
		break;
	case CANNOT_WAIT:
		timing_cannot_wait(t, s->at);
		break;
	case WOKE:
		timing_hurry(t, s->at);
		break;
	default:
		break;
	}
}

START_TEST(each_story_ends_well)
{
	static const enum timing_action actions[] = {TIMING_SYNC, TIMING_WAIT, TIMING_SLEEP};
	const struct story *story = &stories[_i];
	struct timing t = {.quiet = 5000, .interval = 300000};
	for (uint64_t random = 1; random < 50; random++) {
		t.random = random;
		for (const struct step *s = story->steps;
		     s < story->steps + STEPS && s->happens != END; s++) {
			happen(&t, s);
			struct timing_next next = timing_next(&t, s->at);
			ck_assert_msg(next.action == actions[s->wants], "%s: at %ju: action %d",
				      story->what, (uintmax_t)s->at, (int)next.action);
			ck_assert_msg(s->wants != SLEEPS ||
					      (next.until >= s->from && next.until <= s->to),
				      "%s: at %ju: until %ju", story->what, (uintmax_t)s->at,
				      (uintmax_t)next.until);
		}
	}
}
END_TEST

START_TEST(edits_without_end_are_synced_all_the_same)
{
	struct timing t = {.quiet = 5000, .interval = 300000};
	int syncs = 0;
	timing_begin(&t, 0);
	timing_synced(&t, true, 0);
	for (uint64_t now = 0; now < 600000; now += 1000) {
		timing_changed(&t, now);
		if (timing_next(&t, now).action == TIMING_SYNC) {
			timing_synced(&t, true, now);
			syncs++;
		}
	}
	ck_assert_int_ge(syncs, 9);
	ck_assert_int_le(syncs, 11);
}
END_TEST

START_TEST(backoff_ends_at_the_interval)
{
	struct timing t = {.quiet = 5000, .interval = 300000};
	timing_begin(&t, 0);
	for (int i = 0; i < 1000; i++) {
		timing_synced(&t, false, 0);
	}
	ck_assert_uint_ge(timing_next(&t, 0).until, 240000);
	ck_assert_uint_le(timing_next(&t, 0).until, 360000);
}
END_TEST

#define KEY "8ad2c9f4-1c2a-4c86-9d4d-3e7a54d2b6c1"

static const struct {
	const char *text;
	bool unsent;
	const char *key;
} backlogs[] = {
	{"", false, NULL},
	{KEY "\n", false, KEY},
	{KEY, false, KEY},
	{"{\"uuid\":\"x\"}\n", true, NULL},
	{KEY "\n{\"description\":\"a\"}\n{}\n", true, KEY},
	{"{}\n11111111-1111-4111-8111-111111111111\n" KEY "\n", true, KEY},
	{"\n\nnothing\n", false, NULL},
};

START_TEST(backlogs_are_understood)
{
	struct backlog b = backlog_parse(ts_slice_of(backlogs[_i].text));
	ck_assert_int_eq(b.unsent, backlogs[_i].unsent);
	ck_assert_int_eq(b.has_key, backlogs[_i].key != NULL);
	if (b.has_key) {
		ck_assert_str_eq(ts_uuid_text(&b.key).text, backlogs[_i].key);
	}
	struct backlog other = backlog_parse(TS_SLICE("{}"));
	ck_assert_uint_ne(b.hash, other.hash);
}
END_TEST

START_TEST(no_backlog_is_an_empty_one)
{
	FOLDER(f);
	struct backlog b;
	ck_assert_int_eq(backlog_read(f.path, &b, NULL), TS_OK);
	ck_assert(!b.unsent && !b.has_key);
}
END_TEST

static void write_file(const char *path, const char *text)
{
	TS_AUTOCLOSE int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
}

static bool readable(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};
	return poll(&p, 1, 0) > 0;
}

START_TEST(events_are_seen_once_and_a_stop_for_ever)
{
	FOLDER(f);
	struct events e;
	ck_assert_int_eq(events_open(&e, NULL), TS_OK);
	ck_assert_int_eq(events_watch(&e, f.path, NULL), TS_OK);
	struct events_seen seen = events_read(&e, 0);
	ck_assert(!seen.files && !seen.reload && !seen.stop && !seen.woke);
	ck_assert(!readable(e.any));

	write_file(folder_at(&f, "x").text, "y");
	ck_assert(readable(e.any));
	seen = events_read(&e, UINT64_MAX);
	ck_assert(seen.files && !seen.stop);
	ck_assert(!readable(e.any));

	ck_assert_int_eq(rename(folder_at(&f, "x").text, folder_at(&f, "z").text), 0);
	ck_assert(events_read(&e, 0).files);

	(void)raise(SIGHUP);
	seen = events_read(&e, UINT64_MAX);
	ck_assert(seen.reload && !seen.files && !seen.stop);
	ck_assert(!events_read(&e, 0).reload);

	(void)raise(SIGTERM);
	ck_assert(readable(e.stop) && readable(e.any));
	ck_assert(events_read(&e, UINT64_MAX).stop);
	ck_assert(events_read(&e, UINT64_MAX).stop);
	events_close(&e);
}
END_TEST

START_TEST(another_folder_takes_the_first_ones_place)
{
	FOLDER(one);
	FOLDER(other);
	struct events e;
	ck_assert_int_eq(events_open(&e, NULL), TS_OK);
	ck_assert_int_eq(events_watch(&e, one.path, NULL), TS_OK);
	ck_assert_int_eq(events_watch(&e, other.path, NULL), TS_OK);
	(void)events_read(&e, 0);
	write_file(folder_at(&one, "x").text, "y");
	ck_assert(!events_read(&e, 0).files);
	write_file(folder_at(&other, "x").text, "y");
	ck_assert(events_read(&e, 0).files);
	struct ts_error err;
	ck_assert_int_eq(events_watch(&e, "/nowhere/at/all", &err), TS_ENOTFOUND);
	events_close(&e);
}
END_TEST

START_TEST(a_service_manager_hears)
{
	FOLDER(f);
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	char text[64];
	const struct folder_path path = folder_at(&f, "n");
	ck_assert_uint_lt(strlen(path.text), sizeof(at.sun_path));
	memcpy(at.sun_path, path.text, strlen(path.text));
	TS_AUTOCLOSE int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	(void)unsetenv("NOTIFY_SOCKET");
	notify("READY=%d", 0);
	(void)setenv("NOTIFY_SOCKET", path.text, 1);
	notify("READY=%d\nSTATUS=%s", 1, "well");
	ssize_t n = recv(fd, text, sizeof(text), 0);
	ck_assert_slice(((struct ts_slice){text, (size_t)n}), "READY=1\nSTATUS=well");
	(void)setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
	notify("READY=1");
}
END_TEST

UNIT_MAIN("watch", {each_story_ends_well, TS_COUNT_OF(stories)},
	  {edits_without_end_are_synced_all_the_same, 0}, {backoff_ends_at_the_interval, 0},
	  {backlogs_are_understood, TS_COUNT_OF(backlogs)}, {no_backlog_is_an_empty_one, 0},
	  {events_are_seen_once_and_a_stop_for_ever, 0},
	  {another_folder_takes_the_first_ones_place, 0}, {a_service_manager_hears, 0})
