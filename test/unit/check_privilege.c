/* SPDX-License-Identifier: MIT */
#include "folder.h"
#include "server/privilege.h"
#include "unit.h"

#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* What is tried is tried by root alone; others see that they are refused. */
static bool is_root(void)
{
	return geteuid() == 0 && getpwnam("nobody") != NULL && getpwnam("daemon") != NULL;
}

static void give(const struct folder *f, const char *name)
{
	const struct passwd *user = getpwnam(name);
	ck_assert_ptr_nonnull(user);
	ck_assert_int_eq(chown(f->path, user->pw_uid, user->pw_gid), 0);
}

static const struct {
	const char *user, *group, *owner;
	int code;
	const char *text; /* a part of the sentence */
} as_root[] = {
	{"", "", "root", TS_OK, ""},
	{"root", "", "root", TS_OK, ""},
	{"", "nogroup", "root", TS_EINVAL, "run.group needs run.user"},
	{"", "", "nobody", TS_EACCESS, "belongs to 'nobody'"},
	{"nobody", "", "nobody", TS_OK, ""},
	{"nobody", "daemon", "nobody", TS_OK, ""},
	{"nobody", "", "root", TS_EACCESS, "belongs to 'root'"},
	{"daemon", "", "nobody", TS_EACCESS, "would run as 'daemon'"},
	{"no.such.user", "", "root", TS_EINVAL, "'no.such.user'"},
	{"nobody", "no.such.group", "nobody", TS_EINVAL, "'no.such.group'"},
};

START_TEST(checks_by_root)
{
	if (!is_root()) {
		return;
	}
	FOLDER(f);
	struct ts_error err = {0};
	struct settings s = {
		.data = f.path,
		.run_user = (char *)as_root[_i].user,
		.run_group = (char *)as_root[_i].group,
	};
	give(&f, as_root[_i].owner);
	int rc = privilege_check(&s, &err);
	ck_assert_msg(rc == as_root[_i].code, "%d: %s", rc, err.text);
	ck_assert_ptr_nonnull(strstr(err.text, as_root[_i].text));
	bool plain = as_root[_i].user[0] == '\0' || strcmp(as_root[_i].user, "root") == 0;
	ck_assert(privilege_to_drop(&s) == !plain);
}
END_TEST

/* In a process of its own, which can't be root again. Its exit code says what is wrong. */
static int drop(const struct folder *f, const char *group)
{
	struct settings s = {
		.data = (char *)f->path, .run_user = "nobody", .run_group = (char *)group};
	struct ts_error err = {0};
	struct folder_path secret = folder_at(f, "secret");
	const struct passwd *user = getpwnam("nobody");
	uid_t uid = user->pw_uid;
	gid_t gid = user->pw_gid;
	if (privilege_drop(&s, &err) != TS_OK) {
		return strstr(err.text, "root") != NULL ? 1 : 6;
	}
	if (geteuid() != uid || getuid() != uid || (group[0] == '\0' && getegid() != gid)) {
		return 2;
	}
	if (setresuid(0, 0, 0) == 0 || setgid(0) == 0) {
		return 3;
	}
	if (open(secret.text, O_RDONLY | O_CLOEXEC) >= 0) {
		return 4;
	}
	/* Now it is nobody, and checks itself as such. */
	return privilege_check(&s, &err) == TS_OK && !privilege_to_drop(&s) ? 0 : 5;
}

static const struct {
	const char *group;
	int exit_code;
} drops[] = {
	{"", 0},
	{"daemon", 0},
	{"root", 1},
};

START_TEST(root_is_given_up)
{
	if (!is_root()) {
		return;
	}
	FOLDER(f);
	struct folder_path secret = folder_at(&f, "secret");
	TS_AUTOCLOSE int fd = open(secret.text, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	give(&f, "nobody");
	pid_t pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		_exit(drop(&f, drops[_i].group));
	}
	int end;
	ck_assert_int_eq(waitpid(pid, &end, 0), pid);
	ck_assert(WIFEXITED(end));
	ck_assert_int_eq(WEXITSTATUS(end), drops[_i].exit_code);
}
END_TEST

static void make_file(const struct folder *f, const char *name)
{
	struct folder_path path = folder_at(f, name);
	int fd = open(path.text, O_CREAT | O_WRONLY | O_EXCL | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	(void)close(fd);
}

static uid_t owner_of(const struct folder *f, const char *name)
{
	struct stat st;
	ck_assert_int_eq(lstat(folder_at(f, name).text, &st), 0);
	return st.st_uid;
}

static const struct {
	const char *name;
	bool given; /* to the owner of the data directory */
} made[] = {
	{"config", true},     {"pki", true},   {"pki/ca.key", true}, {"link", false},
	{"elsewhere", false}, {"twin", false}, {"daemons", false},
};

static void make_data(const struct folder *f, const struct folder *outside)
{
	ck_assert_int_eq(mkdir(folder_at(f, "pki").text, 0700), 0);
	make_file(f, "pki/ca.key");
	make_file(f, "config");
	make_file(f, "daemons");
	ck_assert_int_eq(chown(folder_at(f, "daemons").text, getpwnam("daemon")->pw_uid, 0), 0);
	make_file(outside, "shadow");
	ck_assert_int_eq(symlink(folder_at(outside, "shadow").text, folder_at(f, "link").text), 0);
	ck_assert_int_eq(symlink(outside->path, folder_at(f, "elsewhere").text), 0);
	ck_assert_int_eq(link(folder_at(outside, "shadow").text, folder_at(f, "twin").text), 0);
	give(f, "nobody");
}

START_TEST(what_root_makes_is_the_owners)
{
	if (!is_root()) {
		return;
	}
	FOLDER(f);
	FOLDER(outside);
	uid_t nobody = getpwnam("nobody")->pw_uid;
	make_data(&f, &outside);
	privilege_settle(NULL);
	privilege_settle(f.path);
	ck_assert_uint_eq(owner_of(&f, "config"), 0); /* no store, so no data directory */
	make_file(&f, "tasks.mdb");
	privilege_settle(f.path);
	for (size_t i = 0; i < TS_COUNT_OF(made); i++) {
		bool is = owner_of(&f, made[i].name) == nobody;
		ck_assert_msg(is == made[i].given, "%s", made[i].name);
	}
	ck_assert_uint_eq(owner_of(&outside, "shadow"), 0);
}
END_TEST

START_TEST(others_become_nobody_else)
{
	FOLDER(f);
	struct settings s = {.data = f.path, .run_user = "root", .run_group = ""};
	struct ts_error err = {0};
	bool root = geteuid() == 0;
	ck_assert_int_eq(privilege_check(&s, &err), root ? TS_OK : TS_EACCESS);
	ck_assert(!privilege_to_drop(&s));
	ck_assert(root || strstr(err.text, "only if root starts it") != NULL);
}
END_TEST

UNIT_MAIN("privilege", {checks_by_root, TS_COUNT_OF(as_root)},
	  {root_is_given_up, TS_COUNT_OF(drops)}, {what_root_makes_is_the_owners, 0},
	  {others_become_nobody_else, 0})
