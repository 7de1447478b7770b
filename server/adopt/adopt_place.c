/* SPDX-License-Identifier: MIT */
/*
 * Where an adoption is built: DATA/adopt.new, beside where its files will be, so that each gets its
 * place by one rename. A dry run has a folder of its own for temporary files instead.
 *
 * An interrupted run leaves adopt.new behind, and perhaps the new configuration, but no store: the
 * next one begins anew.
 */
#include "common/base/file.h"
#include "server/adopt/adopt_internal.h"
#include "server/datalock.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>

#define PLACE     "adopt.new"
#define PUT_ASIDE ".taskserver" /* behind the name of the old configuration */

static int out_of_memory(struct ts_error *err)
{
	return ts_fail(err, TS_ENOMEM, "Out of memory.");
}

static char *join(const char *folder, const char *name)
{
	char *path = NULL;
	return asprintf(&path, "%s/%s", folder, name) >= 0 ? path : NULL;
}

/* Where the old directory's configuration is: Debian has it elsewhere, behind a link. */
static char *config_path(const struct adoption *a)
{
	char *link = join(a->old, "config");
	char *path = link != NULL ? realpath(link, NULL) : NULL;
	if (path == NULL) {
		return link;
	}
	free(link);
	return path;
}

static char *aside_path(const struct adoption *a)
{
	TS_AUTOFREE char *path = config_path(a);
	char *aside = NULL;
	return path != NULL && asprintf(&aside, "%s" PUT_ASIDE, path) >= 0 ? aside : NULL;
}

bool adopt_is_second_run(const struct adoption *a)
{
	TS_AUTOFREE char *aside = a->same ? aside_path(a) : NULL;
	return aside != NULL && access(aside, F_OK) == 0;
}

char *adopt_old_config(const struct adoption *a)
{
	return adopt_is_second_run(a) ? aside_path(a) : config_path(a);
}

/* Root makes it for whom the new directory belongs to, or else the old one. */
static void choose_owner(struct adoption *a, const struct stat *old)
{
	struct stat data;
	const bool there = stat(a->request->data, &data) == 0;
	const struct stat *like = there ? &data : old;
	a->same = there && data.st_dev == old->st_dev && data.st_ino == old->st_ino;
	a->uid = geteuid() == 0 ? like->st_uid : geteuid();
	a->gid = geteuid() == 0 ? like->st_gid : getegid();
}

static int look_at_old(struct adoption *a, struct ts_error *err)
{
	const char *old = a->request->old;
	struct stat st;
	a->old = realpath(old, NULL);
	if (a->old == NULL || stat(a->old, &st) != 0) {
		return ts_fail_errno(err, errno, "Can't open the directory '%.200s'", old);
	}
	if (access(a->old, R_OK | X_OK) != 0) {
		return ts_fail_errno(err, errno, "Can't look into '%.200s'", old);
	}
	if (!S_ISDIR(st.st_mode) || !old_has(a->old, "orgs")) {
		return ts_fail(err, TS_ENOTFOUND,
			       "'%.200s' is no data directory of Taskserver: there is no folder "
			       "'orgs' in it.",
			       old);
	}
	choose_owner(a, &st);
	return TS_OK;
}

/* May the result be put there? An earlier run that was interrupted may have left something. */
static int check_new(const struct adoption *a, struct ts_error *err)
{
	TS_CLEANUP(old_list_done) struct old_list l = {0};
	const char *data = a->request->data;
	if (old_has(data, ts_store_file)) {
		return ts_fail(err, TS_EEXIST,
			       "There is a store in '%.200s' already, and nothing is ever taken "
			       "over into one.",
			       data);
	}
	if (a->same || a->request->force || a->request->dry || old_has(data, PLACE)) {
		return TS_OK;
	}
	int code = old_list(data, &l, err);
	return code == TS_OK && l.count > 0
		       ? ts_fail(err, TS_EEXIST,
				 "'%.200s' is not empty. Name a new directory, or the old one "
				 "itself; --force takes this one all the same.",
				 data)
		       : code;
}

static int lock_data(struct adoption *a, struct ts_error *err)
{
	struct ts_error why = {0};
	int code = datalock_take(a->request->data, &a->lock, &why);
	return code == TS_EBUSY
		       ? ts_fail(err, code,
				 "A server, or another adoption, works on '%.200s' just now.",
				 a->request->data)
	       : code == TS_OK ? TS_OK
			       : ts_fail(err, code, "%s", why.text);
}

/* Take away the files of a folder, and the folder. */
static void remove_folder(const char *path)
{
	TS_CLEANUP(old_list_done) struct old_list l = {0};
	if (old_list(path, &l, NULL) != TS_OK) {
		return;
	}
	for (size_t i = 0; i < l.count; i++) {
		TS_AUTOFREE char *file = join(path, l.at[i].name);
		if (file != NULL) {
			(void)unlink(file);
		}
	}
	(void)rmdir(path);
}

static int make_dry(struct adoption *a, struct ts_error *err)
{
	const char *dir = getenv("TMPDIR");
	dir = dir != NULL && dir[0] != '\0' ? dir : "/tmp";
	char *place = join(dir, "taskd-adopt-XXXXXX");
	if (place == NULL) {
		return out_of_memory(err);
	}
	a->place = mkdtemp(place);
	if (a->place == NULL) {
		int number = errno;
		free(place);
		return ts_fail_errno(err, number, "Can't make a folder in '%.200s'", dir);
	}
	return TS_OK;
}

static int make_real(struct adoption *a, struct ts_error *err)
{
	const char *data = a->request->data;
	int code = ts_dir_make(data, 0700, &a->made_data, err);
	if (code == TS_OK) {
		code = lock_data(a, err);
	}
	if (code == TS_OK) {
		code = check_new(a, err);
	}
	if (code != TS_OK) {
		return code;
	}
	a->place = join(data, PLACE);
	if (a->place == NULL) {
		return out_of_memory(err);
	}
	remove_folder(a->place);
	return mkdir(a->place, 0700) == 0
		       ? TS_OK
		       : ts_fail_errno(err, errno, "Can't make the folder '%.200s'", a->place);
}

int adopt_place_make(struct adoption *a, struct ts_error *err)
{
	int code = look_at_old(a, err);
	if (code == TS_OK && a->request->dry) {
		code = check_new(a, err);
		return code == TS_OK ? make_dry(a, err) : code;
	}
	return code == TS_OK ? make_real(a, err) : code;
}

/* Is it on disk, and whose is it? */
static int settle(const struct adoption *a, const char *path, struct ts_error *err)
{
	TS_AUTOCLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || (geteuid() == 0 && fchown(fd, a->uid, a->gid) != 0) || fsync(fd) != 0) {
		return ts_fail_errno(err, errno, "Can't finish '%.200s'", path);
	}
	return TS_OK;
}

static int place_store(struct adoption *a, struct ts_error *err)
{
	TS_AUTOFREE char *from = join(a->place, ts_store_file);
	TS_AUTOFREE char *to = join(a->request->data, ts_store_file);
	if (from == NULL || to == NULL) {
		return out_of_memory(err);
	}
	int code = settle(a, from, err);
	if (code != TS_OK) {
		return code;
	}
	a->placed = rename(from, to) == 0;
	return a->placed && ts_file_sync_folder(a->request->data) == 0
		       ? TS_OK
		       : ts_fail_errno(err, errno, "Can't put '%.200s' into its place", to);
}

/* The old configuration stays beside the new one: with it the old server can go on. */
static int put_aside(const struct adoption *a, const char *path, struct ts_error *err)
{
	TS_AUTOFREE char *aside = aside_path(a);
	if (aside == NULL) {
		return out_of_memory(err);
	}
	if (access(path, F_OK) != 0 || link(path, aside) == 0 || errno == EEXIST) {
		return TS_OK;
	}
	return ts_fail_errno(err, errno, "Can't keep the old configuration as '%.200s'", aside);
}

/* By a rename out of the place; where a link leads to another file system, beside its target. */
static int write_config(const struct adoption *a, const char *path, struct ts_error *err)
{
	TS_AUTOFREE char *made = join(a->place, "config");
	const struct ts_slice text = ts_buf_slice(&a->config);
	int code = made != NULL ? ts_file_write(made, text, 0600, TS_FILE_NEW, err)
				: out_of_memory(err);
	if (code == TS_OK && rename(made, path) != 0) {
		code = errno == EXDEV ? ts_file_write(path, text, 0600, TS_FILE_REPLACE, err)
				      : ts_fail_errno(err, errno, "Can't write '%.200s'", path);
	}
	return code == TS_OK ? settle(a, path, err) : code;
}

static int place_config(struct adoption *a, struct ts_error *err)
{
	TS_AUTOFREE char *path = a->same ? config_path(a) : join(a->request->data, "config");
	int code = path != NULL ? TS_OK : out_of_memory(err);
	if (code == TS_OK && a->same) {
		code = put_aside(a, path, err);
	}
	a->config_placed = code == TS_OK;
	return code == TS_OK ? write_config(a, path, err) : code;
}

/* The new configuration goes again where the store didn't follow. */
static void take_config_back(const struct adoption *a)
{
	TS_AUTOFREE char *path = a->same ? config_path(a) : join(a->request->data, "config");
	TS_AUTOFREE char *aside = a->same ? aside_path(a) : NULL;
	if (path != NULL && !a->same) {
		(void)unlink(path);
	} else if (path != NULL && aside != NULL) {
		(void)rename(aside, path);
	}
}

int adopt_place_finish(struct adoption *a, struct ts_error *err)
{
	int code = TS_OK;
	if (a->request->dry) {
		return TS_OK;
	}
	if (a->made_data && geteuid() == 0 && chown(a->request->data, a->uid, a->gid) != 0) {
		return ts_fail_errno(err, errno, "Can't give '%.200s' to its user",
				     a->request->data);
	}
	if (!a->config_kept) {
		code = place_config(a, err);
	}
	return code == TS_OK ? place_store(a, err) : code;
}

void adopt_place_clear(struct adoption *a)
{
	if (a->config_placed && !a->placed) {
		take_config_back(a);
	}
	if (a->place != NULL) {
		remove_folder(a->place);
	}
	if (a->made_data) {
		(void)rmdir(a->request->data); /* it stays if anything is in it */
	}
	if (a->lock >= 0) {
		(void)close(a->lock);
	}
	free(a->place);
	free(a->old);
	ts_buf_done(&a->config);
}
