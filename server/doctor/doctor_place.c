/* SPDX-License-Identifier: MIT */
/* The machine: its clock, its ports, its disk, what it grants a process. */
#include "server/doctor/doctor_internal.h"

#include "server/net/listener.h"

#include <errno.h>
#include <sys/resource.h>
#include <sys/statvfs.h>

enum {
	DISK_LITTLE = 10,  /* [%] of the disk */
	DISK_NONE_MIB = 64 /* [MiB] below which syncs will soon fail */
};

void doctor_clock(struct ts_checkup *c)
{
	ts_checkup_clock(c, TS_OWNER(c, struct doctor, checkup)->now);
}

/* While a server runs the ports are its own. */
void doctor_ports(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	struct listener l;
	struct ts_error err = {0};
	if (d->runs) {
		ts_checkup_ok(c, "A server runs on this data directory.");
		return;
	}
	int rc = listener_open(d->settings, &l, &err);
	if (rc != TS_OK) {
		ts_checkup_fail(c, rc,
				"stop what has the port (`ss -ltnp` names it), or set `server`",
				"%s", err.text);
		return;
	}
	listener_close(&l);
	ts_checkup_ok(c, "No server runs here now, and %s is free for one.", d->settings->server);
}

void doctor_disk(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	struct statvfs fs;
	if (statvfs(d->wish->data, &fs) != 0) {
		ts_checkup_warn(c, "", "The disk of %s can't be looked at: %s.", d->wish->data,
				strerrordesc_np(errno));
		return;
	}
	double mib = (double)fs.f_bavail * (double)fs.f_frsize / 1048576;
	double share = fs.f_blocks > 0 ? 100.0 * (double)fs.f_bavail / (double)fs.f_blocks : 100;
	if (mib < DISK_NONE_MIB) {
		ts_checkup_fail(c, TS_EFULL, "make room: syncs fail when it is full",
				"The disk has %.0f MiB left.", mib);
	} else if (fs.f_files > 0 && fs.f_favail == 0) {
		ts_checkup_fail(c, TS_EFULL, "remove files that nobody needs",
				"The disk has no room for another file (no inodes are left).");
	} else if (share < DISK_LITTLE) {
		ts_checkup_warn(c, "make room before it is full",
				"The disk has %.0f MiB left, %.0f %% of it.", mib, share);
	} else {
		ts_checkup_ok(c, "The disk has %.0f MiB left, %.0f %% of it.", mib, share);
	}
}

void doctor_limits(struct ts_checkup *c)
{
	struct doctor *d = TS_OWNER(c, struct doctor, checkup);
	const uint64_t wanted = 2 * d->settings->connection_limit; /* half are for spools */
	struct rlimit files = {0}, space = {0}, size = {0};
	bool told = getrlimit(RLIMIT_NOFILE, &files) == 0 && getrlimit(RLIMIT_AS, &space) == 0 &&
		    getrlimit(RLIMIT_FSIZE, &size) == 0;
	if (!told) {
		ts_checkup_warn(c, "", "The limits of a process can't be told: %s.",
				strerrordesc_np(errno));
	} else if (size.rlim_cur != RLIM_INFINITY) {
		ts_checkup_warn(c, "ulimit -f unlimited",
				"No file may grow beyond %llu bytes, the store neither.",
				(unsigned long long)size.rlim_cur);
	} else if (space.rlim_cur != RLIM_INFINITY) {
		ts_checkup_warn(c, "ulimit -v unlimited: it is address space, not memory",
				"A process may have %llu MiB of address space, and the store can't "
				"grow beyond that.",
				(unsigned long long)(space.rlim_cur >> 20));
	} else if (files.rlim_max != RLIM_INFINITY && files.rlim_max < wanted) {
		ts_checkup_warn(
			c, "raise it (LimitNOFILE= in a unit), or lower connection.limit",
			"From here a process may have %llu open files; connection.limit asks "
			"for %llu.",
			(unsigned long long)files.rlim_max, (unsigned long long)wanted);
	} else {
		ts_checkup_ok(c, "The limits of this shell's processes are wide enough.");
	}
}
