/* SPDX-License-Identifier: MIT */
#include "server/privilege.h"

#include "common/base/attr.h"
#include "common/store/store.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>

struct identity {
	const char *name;
	uid_t user;
	gid_t group;
};

/* Whom run.user and run.group name. One thread only: the system's answers are static. */
static int find(const struct settings *s, struct identity *ret, struct ts_error *err)
{
	errno = 0;
	const struct passwd *user = getpwnam(s->run_user);
	if (user == NULL) {
		return ts_fail(err, TS_EINVAL,
			       "The setting run.user names '%s', and there is no such user.",
			       s->run_user);
	}
	*ret = (struct identity){s->run_user, user->pw_uid, user->pw_gid};
	const struct group *group = s->run_group[0] != '\0' ? getgrnam(s->run_group) : NULL;
	if (s->run_group[0] != '\0' && group == NULL) {
		return ts_fail(err, TS_EINVAL,
			       "The setting run.group names '%s', and there is no such group.",
			       s->run_group);
	}
	ret->group = group != NULL ? group->gr_gid : ret->group;
	return TS_OK;
}

/* Who is at it must own the data, or it makes files there that the owner can't use. */
static int check_owner(const struct settings *s, uid_t user, const char *name, struct ts_error *err)
{
	struct stat st;
	if (stat(s->data, &st) != 0) {
		return ts_fail_errno(err, errno, "Can't look at '%s'", s->data);
	}
	if (st.st_uid == user) {
		return TS_OK;
	}
	const struct passwd *owner = getpwuid(st.st_uid);
	return ts_fail(err, TS_EACCESS,
		       "The data directory '%s' belongs to '%s', and the server would run as '%s': "
		       "set run.user, start it as its owner, or give it away: chown -R.",
		       s->data, owner != NULL ? owner->pw_name : "nobody", name);
}

bool privilege_to_drop(const struct settings *s)
{
	return geteuid() == 0 && s->run_user[0] != '\0' && strcmp(s->run_user, "root") != 0;
}

int privilege_check(const struct settings *s, struct ts_error *err)
{
	struct identity who = {.name = "root"};
	if (s->run_user[0] == '\0' && s->run_group[0] != '\0') {
		return ts_fail(err, TS_EINVAL, "The setting run.group needs run.user beside it.");
	}
	int rc = s->run_user[0] != '\0' ? find(s, &who, err) : TS_OK;
	if (rc == TS_OK && geteuid() == 0) {
		return check_owner(s, who.user, who.name, err);
	}
	if (rc == TS_OK && s->run_user[0] != '\0' && geteuid() != who.user) {
		return ts_fail(err, TS_EACCESS,
			       "The server can become '%s' only if root starts it.", who.name);
	}
	return rc;
}

static bool has_group_of_root(void)
{
	int n = getgroups(0, NULL);
	TS_AUTOFREE gid_t *groups = calloc(n > 0 ? (size_t)n : 1, sizeof(gid_t));
	bool found = groups == NULL || getgroups(n, groups) != n;
	for (int i = 0; !found && i < n; i++) {
		found = groups[i] == 0;
	}
	return found;
}

/* What could be had again was not given up. */
static bool is_for_good(const struct identity *who)
{
	uid_t user[3];
	gid_t group[3];
	if (getresuid(&user[0], &user[1], &user[2]) != 0 ||
	    getresgid(&group[0], &group[1], &group[2]) != 0) {
		return false;
	}
	for (size_t i = 0; i < 3; i++) {
		if (user[i] != who->user || group[i] != who->group) {
			return false;
		}
	}
	return !has_group_of_root() && setuid(0) != 0 && setgid(0) != 0 && geteuid() != 0;
}

int privilege_drop(const struct settings *s, struct ts_error *err)
{
	struct identity who;
	int rc = find(s, &who, err);
	if (rc != TS_OK) {
		return rc;
	}
	if (who.user == 0 || who.group == 0) {
		return ts_fail(err, TS_EINVAL, "'%s' is root, or of root's group, as well.",
			       who.name);
	}
	if (initgroups(who.name, who.group) != 0 ||
	    setresgid(who.group, who.group, who.group) != 0 ||
	    setresuid(who.user, who.user, who.user) != 0) {
		return ts_fail_errno(err, errno, "The server can't become '%s'", who.name);
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || !is_for_good(&who)) {
		return ts_fail(err, TS_EACCESS, "The server could become root again.");
	}
	return TS_OK;
}

enum { DEEPEST = 4 }; /* folders in folders of a data directory, and some to spare */

/* The owner may have put anything there: no link is followed, and a file that has a name elsewhere
 * as well is not touched. True: it is a folder to go into. */
static bool settle(int fd, const struct stat *owner)
{
	struct stat st;
	if (fstat(fd, &st) != 0 || st.st_dev != owner->st_dev) {
		return false;
	}
	bool folder = S_ISDIR(st.st_mode);
	if (st.st_uid == 0 && (folder || (S_ISREG(st.st_mode) && st.st_nlink == 1))) {
		folder = fchownat(fd, "", owner->st_uid, owner->st_gid, AT_EMPTY_PATH) == 0 &&
			 folder;
	}
	return folder;
}

static void closedir_p(DIR **d)
{
	if (*d != NULL) {
		(void)closedir(*d);
	}
}

static void settle_all(int at, const struct stat *owner, int depth)
{
	int folder = openat(at, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	TS_CLEANUP(closedir_p) DIR *d = folder >= 0 ? fdopendir(folder) : NULL;
	if (d == NULL) {
		ts_close_p(&folder);
		return;
	}
	for (const struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
		bool own = strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0;
		TS_AUTOCLOSE int fd =
			own ? -1 : openat(folder, e->d_name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
		if (fd >= 0 && settle(fd, owner) && depth < DEEPEST) {
			settle_all(fd, owner, depth + 1);
		}
	}
}

void privilege_settle(const char *data)
{
	struct stat owner;
	if (geteuid() != 0 || data == NULL) {
		return;
	}
	TS_AUTOCLOSE int fd = open(data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool has_store = fd >= 0 && faccessat(fd, ts_store_file, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	if (has_store && fstat(fd, &owner) == 0 && owner.st_uid != 0) {
		settle_all(fd, &owner, 0);
	}
}
