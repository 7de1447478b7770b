/* SPDX-License-Identifier: MIT */
/*
 * A library to put before a program (LD_PRELOAD): it counts the calls by which the process changes
 * what is outside of itself (files, connections), and ends it at one of them.
 *
 *	STOPAT=N           at the N-th, instead of doing it
 *	STOPAT_HALF=1      … when half of what it writes or sends has gone out
 *	STOPAT_ERRNO=NAME  let that one call fail with ENOSPC or EIO, and go on
 *	STOPAT_LOG=FILE    append a line for each call: its number, its name
 *
 * Pipes and terminals don't count, nor do the programs that the process starts.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { STOPPED = 97, SECTOR = 512, IOVS = 64 };

static atomic_ulong count;
static unsigned long wanted;
static bool half;
static int failure;
static int log_fd = -1;

static void *find(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

#define NEXT(name) ((__typeof__(&(name)))find(#name))

__attribute__((constructor)) static void begin(void)
{
	static const char *const names[] = {"STOPAT", "STOPAT_HALF", "STOPAT_ERRNO", "STOPAT_LOG"};
	const char *values[4];
	for (size_t i = 0; i < 4; i++) {
		values[i] = getenv(names[i]);
	}
	wanted = values[0] != NULL ? strtoul(values[0], NULL, 10) : 0;
	half = values[1] != NULL;
	if (values[2] != NULL) {
		failure = strcmp(values[2], "EIO") == 0 ? EIO : ENOSPC;
	}
	if (values[3] != NULL) {
		log_fd = (int)syscall(SYS_openat, AT_FDCWD, values[3],
				      O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	}
	for (size_t i = 0; i < 4; i++) {
		(void)unsetenv(names[i]);
	}
}

/* Count a step; true where it is the one. */
static bool reached(const char *name)
{
	const unsigned long number = atomic_fetch_add(&count, 1) + 1;
	if (log_fd >= 0) {
		char line[64];
		const int len = snprintf(line, sizeof(line), "%lu %s\n", number, name);
		(void)syscall(SYS_write, log_fd, line, (size_t)len);
	}
	return number == wanted;
}

static int stop(void)
{
	if (failure == 0) {
		_exit(STOPPED);
	}
	errno = failure;
	return -1;
}

#define STEP(name, ...) (reached(#name) ? stop() : NEXT(name)(__VA_ARGS__))

/* Half of it; whole sectors of a file, which a disk writes wholly or not at all. */
static size_t half_of(size_t size, bool file)
{
	return file ? size / 2 / SECTOR * SECTOR : size / 2;
}

/* The first half of `from`; gives the number of pieces. */
static int halve(const struct iovec *from, size_t n, struct iovec *to, bool file)
{
	size_t left = 0;
	int used = 0;
	for (size_t i = 0; i < n; i++) {
		left += from[i].iov_len;
	}
	left = half_of(left, file);
	for (size_t i = 0; i < n && i < IOVS && left > 0; i++, used++) {
		to[i] = from[i];
		to[i].iov_len = from[i].iov_len < left ? from[i].iov_len : left;
		left -= to[i].iov_len;
	}
	return used;
}

/* What is written to a pipe and the like stays in the process, or is for a person. */
static bool is_outside(int fd)
{
	struct stat st;
	return fstat(fd, &st) == 0 && (S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode));
}

/* Writing and sending */

ssize_t write(int fd, const void *data, size_t size)
{
	if (!is_outside(fd) || !reached("write")) {
		return NEXT(write)(fd, data, size);
	}
	if (half) {
		(void)!NEXT(write)(fd, data, half_of(size, true));
	}
	return stop();
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
	if (!reached("pwrite")) {
		return NEXT(pwrite)(fd, data, size, at);
	}
	if (half) {
		(void)!NEXT(pwrite)(fd, data, half_of(size, true), at);
	}
	return stop();
}

ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
	return pwrite(fd, data, size, at);
}

ssize_t writev(int fd, const struct iovec *iov, int n)
{
	if (!is_outside(fd) || !reached("writev")) {
		return NEXT(writev)(fd, iov, n);
	}
	struct iovec first[IOVS];
	if (half) {
		(void)!NEXT(writev)(fd, first, halve(iov, (size_t)n, first, true));
	}
	return stop();
}

ssize_t pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
	if (!reached("pwritev")) {
		return NEXT(pwritev)(fd, iov, n, at);
	}
	struct iovec first[IOVS];
	if (half) {
		(void)!NEXT(pwritev)(fd, first, halve(iov, (size_t)n, first, true), at);
	}
	return stop();
}

ssize_t pwritev64(int fd, const struct iovec *iov, int n, off64_t at)
{
	return pwritev(fd, iov, n, at);
}

ssize_t send(int fd, const void *data, size_t size, int flags)
{
	if (!reached("send")) {
		return NEXT(send)(fd, data, size, flags);
	}
	if (half) {
		(void)!NEXT(send)(fd, data, half_of(size, false), flags);
	}
	return stop();
}

ssize_t sendto(int fd, const void *data, size_t size, int flags, const struct sockaddr *to,
	       socklen_t len)
{
	return STEP(sendto, fd, data, size, flags, to, len);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
	if (!reached("sendmsg")) {
		return NEXT(sendmsg)(fd, message, flags);
	}
	if (half) {
		struct iovec first[IOVS];
		struct msghdr part = *message;
		part.msg_iov = first;
		part.msg_iovlen =
			(size_t)halve(message->msg_iov, message->msg_iovlen, first, false);
		(void)NEXT(sendmsg)(fd, &part, flags);
	}
	return stop();
}

/* To the disk */

int fsync(int fd)
{
	return STEP(fsync, fd);
}

int fdatasync(int fd)
{
	return STEP(fdatasync, fd);
}

int msync(void *at, size_t size, int flags)
{
	return STEP(msync, at, size, flags);
}

int ftruncate(int fd, off_t size)
{
	return STEP(ftruncate, fd, size);
}

int ftruncate64(int fd, off64_t size)
{
	return STEP(ftruncate64, fd, size);
}

/* Names */

int rename(const char *from, const char *to)
{
	return STEP(rename, from, to);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to)
{
	return STEP(renameat, from_fd, from, to_fd, to);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags)
{
	return STEP(renameat2, from_fd, from, to_fd, to, flags);
}

int unlink(const char *path)
{
	return STEP(unlink, path);
}

int unlinkat(int fd, const char *path, int flags)
{
	return STEP(unlinkat, fd, path, flags);
}

int mkdir(const char *path, mode_t mode)
{
	return STEP(mkdir, path, mode);
}

int mkdirat(int fd, const char *path, mode_t mode)
{
	return STEP(mkdirat, fd, path, mode);
}

int mkostemp(char *path, int flags)
{
	return STEP(mkostemp, path, flags);
}

/* Opening counts where it may make a file. */

static mode_t mode_of(int flags, va_list words)
{
	return (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(words, mode_t) : 0;
}

#define OPEN(name, flags, ...)                                                                     \
	va_list words;                                                                             \
	va_start(words, flags);                                                                    \
	const mode_t mode = mode_of(flags, words);                                                 \
	va_end(words);                                                                             \
	if (((flags)&O_CREAT) != 0 && reached(#name)) {                                            \
		return stop();                                                                     \
	}                                                                                          \
	return NEXT(name)(__VA_ARGS__, flags, mode)

int open(const char *path, int flags, ...)
{
	OPEN(open, flags, path);
}

int open64(const char *path, int flags, ...)
{
	OPEN(open64, flags, path);
}

int openat(int fd, const char *path, int flags, ...)
{
	OPEN(openat, flags, fd, path);
}

int openat64(int fd, const char *path, int flags, ...)
{
	OPEN(openat64, flags, fd, path);
}
