/* SPDX-License-Identifier: MIT */
#include "client/sync/arrivals.h"
#include "client/sync/hooks.h"
#include "common/base/file.h"
#include "test/unit/folder.h"
#include "test/unit/unit.h"

#include <fcntl.h>

/* A place with hooks, and a sync there. */
struct world {
	struct folder folder;
	struct place place;
	struct settings settings;
	char name[10];
	struct remote remote;
	struct sync sync;
	char said[500];
};

static void hear(const char *text, void *arg)
{
	struct world *w = arg;
	(void)snprintf(w->said, sizeof(w->said), "%s", text);
}

static void world_init(struct world *w)
{
	*w = (struct world){.folder = folder_new(), .name = "home"};
	w->place = (struct place){w->folder.path, w->folder.path, w->folder.path};
	w->settings.hook_timeout = 60000;
	w->remote.name = w->name;
	w->sync = (struct sync){.place = &w->place,
				.settings = &w->settings,
				.remote = &w->remote,
				.cancel_fd = -1,
				.say = hear,
				.say_arg = w};
	struct ts_error err = {0};
	ck_assert_int_eq(ts_dir_make(folder_at(&w->folder, "hooks").text, 0700, NULL, &err), TS_OK);
	ck_assert_int_eq(setenv("OUT", folder_at(&w->folder, "out").text, 1), 0);
}

static void world_done(struct world *w)
{
	folder_done(&w->folder);
}

#define WORLD(name)                                                                                \
	TS_CLEANUP(world_done) struct world name;                                                  \
	world_init(&name)

static void put_hook(const struct world *w, const char *name, mode_t mode, const char *text)
{
	TS_BUF(all);
	struct ts_error err = {0};
	char path[100];
	(void)snprintf(path, sizeof(path), "hooks/%s", name);
	ts_buf_printf(&all, "#!/bin/sh\n%s\n", text);
	ck_assert_int_eq(ts_file_write(folder_at(&w->folder, path).text, ts_buf_slice(&all), mode,
				       TS_FILE_REPLACE, &err),
			 TS_OK);
}

/* What hooks wrote. */
static void assert_out(const struct world *w, const char *want)
{
	TS_BUF(text);
	struct ts_error err = {0};
	(void)!ts_file_read(folder_at(&w->folder, "out").text, 10000, &text, &err);
	ck_assert_str_eq(text.len > 0 ? text.data : "", want);
}

START_TEST(none)
{
	WORLD(w);
	struct ts_error err = {0};
	ck_assert(!hooks_any(&w.place, "pre-sync"));
	ck_assert_int_eq(hooks_before(&w.sync, &err), TS_OK);
	hooks_changed(&w.sync);
	hooks_after(&w.sync, TS_OK, "");
	ck_assert_str_eq(w.said, "");
}
END_TEST

START_TEST(in_the_order_of_their_names)
{
	WORLD(w);
	struct ts_error err = {0};
	put_hook(&w, "pre-sync.b", 0700, "echo b $TASKC_REMOTE >>$OUT; cat >>$OUT");
	put_hook(&w, "pre-sync", 0700, "echo first >>$OUT");
	put_hook(&w, "pre-sync.a", 0700, "echo a >>$OUT");
	put_hook(&w, "pre-sync.off", 0600, "echo off >>$OUT");
	put_hook(&w, "my-pre-sync", 0700, "echo mine >>$OUT");
	ck_assert_msg(hooks_before(&w.sync, &err) == TS_OK, "%s", err.text);
	assert_out(&w, "first\na\nb home\n");
}
END_TEST

START_TEST(one_before_stops)
{
	WORLD(w);
	struct ts_error err = {0};
	put_hook(&w, "pre-sync.1", 0700, "exit 5");
	put_hook(&w, "pre-sync.2", 0700, "echo never >>$OUT");
	ck_assert_int_eq(hooks_before(&w.sync, &err), TS_EINVAL);
	ck_assert_str_eq(err.text, "The hook 'pre-sync.1' failed with exit status 5.");
	assert_out(&w, "");
}
END_TEST

START_TEST(one_that_cannot_be_started)
{
	WORLD(w);
	struct ts_error err = {0};
	put_hook(&w, "pre-sync", 0700, "");
	ck_assert_int_eq(ts_file_write(folder_at(&w.folder, "hooks/pre-sync").text,
				       TS_SLICE("#!/no/such/shell\n"), 0700, TS_FILE_REPLACE, &err),
			 TS_OK);
	ck_assert_int_ne(hooks_before(&w.sync, &err), TS_OK);
	ck_assert_msg(strstr(err.text, "pre-sync") != NULL, "%s", err.text);
}
END_TEST

START_TEST(after_it_hears_how_it_went)
{
	WORLD(w);
	w.sync.sent = 3;
	w.sync.received = 4;
	w.sync.conflicts = 5;
	ck_assert_int_eq(setenv("TASKC_EXIT", "nonsense", 1), 0);
	put_hook(&w, "post-sync", 0700,
		 "echo $TASKC_REMOTE $TASKC_EXIT $TASKC_SENT $TASKC_RECEIVED $TASKC_CONFLICTS "
		 "\"$TASKC_ERROR\" >>$OUT; exit 2");
	hooks_after(&w.sync, TS_EREFUSED, "It's \"no\".");
	assert_out(&w, "home 2 3 4 5 It's \"no\".\n");
	ck_assert_str_eq(w.said, "The hook 'post-sync' failed with exit status 2.");
}
END_TEST

START_TEST(changes_are_read_from_the_beginning_by_each)
{
	WORLD(w);
	struct ts_error err = {0};
	const struct ts_task empty = {0}, also = {0};
	const struct arrival a = {&empty, &also};
	struct arrivals *list = NULL;
	ck_assert_int_eq(arrivals_new(w.folder.path, &list, &err), TS_OK);
	w.sync.arrivals = list;
	put_hook(&w, "on-change.1", 0700, "exec 0<&-; exit 1");
	put_hook(&w, "on-change.2", 0700, "wc -l >>$OUT");
	put_hook(&w, "on-change.3", 0700, "wc -l >>$OUT");
	hooks_changed(&w.sync);
	assert_out(&w, ""); /* nothing changed */
	ck_assert_int_eq(arrivals_add(&a, list, &err), TS_OK);
	ck_assert_int_eq(arrivals_settle(list, true, &err), TS_OK);
	hooks_changed(&w.sync);
	assert_out(&w, "1\n1\n");
	ck_assert_msg(strstr(w.said, "on-change.1") != NULL, "%s", w.said);
	arrivals_free(list);
}
END_TEST

START_TEST(one_that_hangs_is_ended)
{
	WORLD(w);
	struct ts_error err = {0};
	w.settings.hook_timeout = 200;
	put_hook(&w, "pre-sync", 0700, "sleep 1000 & wait");
	ck_assert_int_eq(hooks_before(&w.sync, &err), TS_EINVAL);
	ck_assert_msg(strstr(err.text, "too long") != NULL, "%s", err.text);
}
END_TEST

START_TEST(what_it_started_is_ended_too)
{
	WORLD(w);
	struct ts_error err = {0};
	char byte;
	int alive[2];
	ck_assert_int_eq(pipe(alive), 0); /* held by all that the hook starts */
	w.settings.hook_timeout = 200;
	put_hook(&w, "pre-sync", 0700, "(trap '' TERM; sleep 1000; sleep 1000) & wait");
	ck_assert_int_eq(hooks_before(&w.sync, &err), TS_EINVAL);
	(void)close(alive[1]);
	ck_assert_int_eq(read(alive[0], &byte, 1), 0);
	(void)close(alive[0]);
}
END_TEST

static void add_arrival(struct world *w)
{
	struct ts_error err = {0};
	const struct ts_task empty = {0};
	const struct arrival a = {&empty, &empty};
	ck_assert_int_eq(arrivals_new(w->folder.path, &w->sync.arrivals, &err), TS_OK);
	ck_assert_int_eq(arrivals_add(&a, w->sync.arrivals, &err), TS_OK);
	ck_assert_int_eq(arrivals_settle(w->sync.arrivals, true, &err), TS_OK);
}

START_TEST(a_user_who_has_had_enough)
{
	WORLD(w);
	struct ts_error err = {0};
	int stop[2];
	ck_assert_int_eq(pipe2(stop, O_CLOEXEC), 0);
	ck_assert_int_eq(write(stop[1], "x", 1), 1);
	w.sync.cancel_fd = stop[0];
	put_hook(&w, "pre-sync", 0700, "sleep 1000");
	put_hook(&w, "post-sync", 0700, "echo ran >>$OUT");
	ck_assert_int_eq(hooks_before(&w.sync, &err), TS_ECANCELED);
	add_arrival(&w);
	put_hook(&w, "on-change", 0700, "sleep 0.3; wc -l >>$OUT");
	hooks_changed(&w.sync);
	hooks_after(&w.sync, TS_ECANCELED, err.text);
	assert_out(&w, "1\nran\n");
	arrivals_free(w.sync.arrivals);
	(void)close(stop[0]);
	(void)close(stop[1]);
}
END_TEST

UNIT_MAIN("hooks", {none, 0}, {in_the_order_of_their_names, 0}, {one_before_stops, 0},
	  {one_that_cannot_be_started, 0}, {after_it_hears_how_it_went, 0},
	  {changes_are_read_from_the_beginning_by_each, 0}, {one_that_hangs_is_ended, 0},
	  {what_it_started_is_ended_too, 0}, {a_user_who_has_had_enough, 0})
