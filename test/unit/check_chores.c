/* SPDX-License-Identifier: MIT */
#include "server/chores.h"
#include "unit.h"

#include <unistd.h>

static sigset_t signals;

static void block(void)
{
	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGHUP);
	(void)sigaddset(&signals, SIGTERM);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &signals, NULL), 0);
}

static void count(void *arg)
{
	(*(int *)arg)++;
}

/* The third time it sends a signal. */
static void count_to_three(void *arg)
{
	count(arg);
	if (*(int *)arg == 3) {
		(void)kill(getpid(), SIGHUP);
	}
}

START_TEST(a_signal_is_all)
{
	block();
	(void)kill(getpid(), SIGTERM);
	ck_assert_int_eq(chores_wait(NULL, 0, &signals), SIGTERM);
}
END_TEST

START_TEST(chores_come_due_until_a_signal)
{
	int often = 0, seldom = 0, never = 0;
	struct chore list[] = {
		{.run = count_to_three, .arg = &often, .every = 2},
		{.run = count, .arg = &seldom, .every = 1000000000},
		{.run = count, .arg = &never, .every = 0},
	};
	block();
	ck_assert_int_eq(chores_wait(list, TS_COUNT_OF(list), &signals), SIGHUP);
	ck_assert_int_ge(often, 3);
	ck_assert_int_eq(seldom, 0);
	ck_assert_int_eq(never, 0);
	(void)kill(getpid(), SIGTERM);
	ck_assert_int_eq(chores_wait(list, TS_COUNT_OF(list), &signals), SIGTERM);
}
END_TEST

static struct chore two[2];

/* It is done once, and lets the other one begin. */
static void hand_over(void *arg)
{
	count(arg);
	two[0].every = 0;
	two[1].every = 1;
}

START_TEST(a_chore_may_change_the_intervals)
{
	int first = 0, second = 0;
	two[0] = (struct chore){.run = hand_over, .arg = &first, .every = 1};
	two[1] = (struct chore){.run = count_to_three, .arg = &second};
	block();
	ck_assert_int_eq(chores_wait(two, 2, &signals), SIGHUP);
	ck_assert_int_eq(first, 1);
	ck_assert_int_ge(second, 3);
}
END_TEST

UNIT_MAIN("chores", {a_signal_is_all, 0}, {chores_come_due_until_a_signal, 0},
	  {a_chore_may_change_the_intervals, 0})
