/* SPDX-License-Identifier: MIT */
#include "common/base/spool.h"

#include "common/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

struct ts_spool {
	struct ts_spool_budget *budget;
	struct ts_buf memory; /* everything, or nothing once there is a file */
	size_t counted;       /* [bytes] of the budget that `memory` takes */
	int fd;               /* -1: no file */
	uint64_t file_size;
};

int ts_spool_new(struct ts_spool_budget *budget, struct ts_spool **ret)
{
	struct ts_spool *s = calloc(1, sizeof(*s));
	if (s == NULL) {
		return TS_ENOMEM;
	}
	s->budget = budget;
	s->fd = -1;
	*ret = s;
	return TS_OK;
}

static void drop_memory(struct ts_spool *s)
{
	ts_budget_give(s->budget, s->counted);
	s->counted = 0;
	ts_buf_done(&s->memory);
}

void ts_spool_free(struct ts_spool *s)
{
	if (s == NULL) {
		return;
	}
	drop_memory(s);
	atomic_fetch_sub(&s->budget->usage->files, s->file_size);
	ts_close_p(&s->fd);
	free(s);
}

bool ts_budget_take(struct ts_spool_budget *budget, size_t more)
{
	size_t before = atomic_fetch_add(&budget->usage->memory, more);
	if (before + more > budget->total) {
		atomic_fetch_sub(&budget->usage->memory, more);
		return false;
	}
	return true;
}

void ts_budget_give(struct ts_spool_budget *budget, size_t bytes)
{
	atomic_fetch_sub(&budget->usage->memory, bytes);
}

int ts_budget_refuse(struct ts_spool_budget *budget, bool memory, struct ts_error *err)
{
	if (budget->usage->refused != NULL) {
		budget->usage->refused(memory);
	}
	return ts_fail(err, TS_EBUSY,
		       "The server holds too many large messages; try again in a moment.");
}

/* Take `more` bytes of memory if neither the spool's share nor the total ends there. */
static bool take(struct ts_spool *s, size_t more)
{
	if (more > s->budget->each || s->counted > s->budget->each - more ||
	    !ts_budget_take(s->budget, more)) {
		return false;
	}
	s->counted += more;
	return true;
}

static int open_file(struct ts_spool *s, struct ts_error *err)
{
	TS_AUTOFREE char *name = NULL;
	s->fd = open(s->budget->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (s->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
		/* A file system without unnamed files. */
		if (asprintf(&name, "%s/.spool-XXXXXX", s->budget->dir) < 0) {
			return ts_fail(err, TS_ENOMEM, "Out of memory.");
		}
		s->fd = mkostemp(name, O_CLOEXEC);
		if (s->fd >= 0) {
			(void)unlink(name);
		}
	}
	return s->fd >= 0 ? TS_OK
			  : ts_fail_errno(err, errno, "Could not make a temporary file in %s",
					  s->budget->dir);
}

static int write_file(struct ts_spool *s, struct ts_slice data, struct ts_error *err)
{
	uint64_t filled = atomic_load(&s->budget->usage->files);
	if (s->budget->disk > 0 && filled + data.len > s->budget->disk) {
		return ts_budget_refuse(s->budget, false, err);
	}
	while (data.len > 0) {
		ssize_t n = pwrite(s->fd, data.data, data.len, (off_t)s->file_size);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return ts_fail_errno(err, n < 0 ? errno : EIO,
					     "Could not write a temporary file in %s",
					     s->budget->dir);
		}
		s->file_size += (uint64_t)n;
		atomic_fetch_add(&s->budget->usage->files, (uint64_t)n);
		data = ts_slice_skip(data, (size_t)n);
	}
	return TS_OK;
}

static int move_to_file(struct ts_spool *s, struct ts_error *err)
{
	int code = open_file(s, err);
	if (code == TS_OK) {
		code = write_file(s, ts_buf_slice(&s->memory), err);
	}
	drop_memory(s);
	return code;
}

int ts_spool_add(struct ts_spool *s, struct ts_slice data, struct ts_error *err)
{
	if (s->fd < 0 && take(s, data.len)) {
		ts_buf_add_slice(&s->memory, data);
		return s->memory.failed ? ts_fail(err, TS_ENOMEM, "Out of memory.") : TS_OK;
	}
	int code = s->fd < 0 ? move_to_file(s, err) : TS_OK;
	return code == TS_OK ? write_file(s, data, err) : code;
}

uint64_t ts_spool_size(const struct ts_spool *s)
{
	return s->fd < 0 ? s->memory.len : s->file_size;
}

static int read_file(const struct ts_spool *s, uint64_t offset, char *to, size_t len,
		     struct ts_error *err)
{
	while (len > 0) {
		ssize_t n = pread(s->fd, to, len, (off_t)offset);
		if (n < 0 && errno == EINTR) {
			continue;
		}
		if (n <= 0) {
			return ts_fail_errno(err, n < 0 ? errno : EIO,
					     "Could not read a temporary file in %s",
					     s->budget->dir);
		}
		to += n;
		len -= (size_t)n;
		offset += (uint64_t)n;
	}
	return TS_OK;
}

int ts_spool_read(const struct ts_spool *s, uint64_t offset, void *to, size_t len, size_t *ret_got,
		  struct ts_error *err)
{
	uint64_t size = ts_spool_size(s);
	uint64_t left = offset < size ? size - offset : 0;
	size_t n = left < len ? (size_t)left : len;
	*ret_got = n;
	if (n == 0) {
		return TS_OK;
	}
	if (s->fd < 0) {
		memcpy(to, s->memory.data + offset, n);
		return TS_OK;
	}
	return read_file(s, offset, to, n, err);
}
