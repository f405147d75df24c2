/*
 * Loaded into the real cron: gives it a clock of its own, which a sleep moves on at once, a folder in which it finds its crontabs, and notes the start of
 * each job instead of running it. All that cron decides stays its own: it reads the crontabs, asks the zone, counts the minutes, and forks for each job.
 *
 * SIMULATED_ROOT    the folder that stands for / where cron has its files
 * SIMULATED_FROM    the instant at which the clock begins, in seconds since 1970
 * SIMULATED_UNTIL   the instant at which cron ends
 * SIMULATED_RECORD  the file for the starts, a line each: instant, user, shell and command, with tabs between
 * SIMULATED_RUN     if set, jobs are really run
 *
 * What cron logs goes to its standard error. No right of root is needed: files count as root's, and nobody becomes another user.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static time_t now, until;
static char root[PATH_MAX / 2];
static int record = -1;
static int runs;
static pid_t cron;

static const char *setting(const char *name)
{
	const char *value = getenv(name);
	if (!value) {
		fprintf(stderr, "%s is not set\n", name);
		_exit(70);
	}
	return value;
}

__attribute__((constructor)) static void begin(void)
{
	snprintf(root, sizeof root, "%s", setting("SIMULATED_ROOT"));
	now = atoll(setting("SIMULATED_FROM"));
	until = atoll(setting("SIMULATED_UNTIL"));
	runs = getenv("SIMULATED_RUN") != NULL;
	record = open(setting("SIMULATED_RECORD"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (record < 0) _exit(71);
	cron = getpid();
	unsetenv("LD_PRELOAD");
}

/* The clock. */

time_t time(time_t *at)
{
	if (at) *at = now;
	return now;
}

unsigned int sleep(unsigned int seconds)
{
	now += seconds;
	if (now > until) _exit(0);
	return 0;
}

/* Jobs: one after another, so that the record is in order and the machine is not flooded. */

pid_t fork(void)
{
	/* Cron's child would fork the command and wait for it: where nothing is run, it becomes the command itself. */
	if (getpid() != cron && !runs) return 0;
	pid_t child = REAL(fork)();
	if (child > 0 && getpid() == cron)
		while (waitpid(child, NULL, 0) < 0 && errno == EINTR);
	return child;
}

int execle(const char *path, const char *first, ...)
{
	/* As cron calls it: shell, shell, "-c", command, NULL, environment. */
	const char *arguments[4] = { first };
	va_list rest;
	va_start(rest, first);
	for (int index = 1; index < 4; index++) arguments[index] = va_arg(rest, const char *);
	char **environment = va_arg(rest, char **);
	va_end(rest);

	const char *user = "?";
	for (char **variable = environment; *variable; variable++)
		if (!strncmp(*variable, "LOGNAME=", 8)) user = *variable + 8;
	char line[4096];
	int length = snprintf(line, sizeof line, "%lld\t%s\t%s\t%s\n", (long long)now, user, path, arguments[2]);
	if (length >= (int)sizeof line || write(record, line, length) != length) _exit(72);
	if (!runs) _exit(0);
	return execve(path, (char *const[]){ (char *)path, "-c", (char *)arguments[2], NULL }, environment);
}

FILE *tmpfile(void)
{
	return runs ? REAL(tmpfile)() : fopen("/dev/null", "w+");
}

/* Files: those of cron lie below the root. */

static const char *moved(const char *path, char *buffer)
{
	static const char *const own[] = { "/etc/cron", "/var/spool/cron", "/run/cron", "/var/run/cron" };
	for (size_t index = 0; index < sizeof own / sizeof *own; index++) {
		if (strncmp(path, own[index], strlen(own[index]))) continue;
		snprintf(buffer, PATH_MAX, "%s%s", root, path);
		return buffer;
	}
	return path;
}

int open(const char *path, int flags, ...)
{
	char buffer[PATH_MAX];
	va_list rest;
	va_start(rest, flags);
	mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
	va_end(rest);
	return REAL(open)(moved(path, buffer), flags, mode);
}

int creat(const char *path, mode_t mode)
{
	return open(path, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

DIR *opendir(const char *path)
{
	char buffer[PATH_MAX];
	return REAL(opendir)(moved(path, buffer));
}

int access(const char *path, int mode)
{
	char buffer[PATH_MAX];
	return REAL(access)(moved(path, buffer), mode);
}

int chdir(const char *path)
{
	char buffer[PATH_MAX];
	return REAL(chdir)(moved(path, buffer));
}

/* Cron asks each minute whether a file has changed. None does here, and two years have a million minutes: each is looked at once. */
int stat(const char *path, struct stat *found)
{
	static struct { char path[256]; struct stat found; } known[128];
	static int count;
	for (int index = 0; index < count; index++) {
		if (strcmp(known[index].path, path)) continue;
		*found = known[index].found;
		return 0;
	}
	char buffer[PATH_MAX];
	if (fstatat(AT_FDCWD, moved(path, buffer), found, 0) < 0) return -1;
	if (count < 128 && strlen(path) < sizeof known[0].path) {
		strcpy(known[count].path, path);
		known[count++].found = *found;
	}
	return 0;
}

int lstat(const char *path, struct stat *found)
{
	char buffer[PATH_MAX];
	int result = fstatat(AT_FDCWD, moved(path, buffer), found, AT_SYMLINK_NOFOLLOW);
	found->st_uid = 0;
	return result;
}

int fstat(int descriptor, struct stat *found)
{
	int result = fstatat(descriptor, "", found, AT_EMPTY_PATH);
	found->st_uid = 0;
	return result;
}

/* Users, sessions and logs are the machine's, and left alone. */

int setuid(uid_t user) { (void)user; return 0; }
int seteuid(uid_t user) { (void)user; return 0; }
int setgid(gid_t group) { (void)group; return 0; }
int setegid(gid_t group) { (void)group; return 0; }
int initgroups(const char *user, gid_t group) { (void)user; (void)group; return 0; }
uid_t getuid(void) { return 0; }
uid_t geteuid(void) { return 0; }

int is_selinux_enabled(void) { return 0; }
int pam_start(const char *service, const char *user, const void *talk, void **handle)
{
	(void)service; (void)user; (void)talk;
	*handle = root;
	return 0;
}
int pam_set_item(void *handle, int item, const void *value) { (void)handle; (void)item; (void)value; return 0; }
int pam_acct_mgmt(void *handle, int flags) { (void)handle; (void)flags; return 0; }
int pam_setcred(void *handle, int flags) { (void)handle; (void)flags; return 0; }
int pam_open_session(void *handle, int flags) { (void)handle; (void)flags; return 0; }
int pam_close_session(void *handle, int flags) { (void)handle; (void)flags; return 0; }
int pam_end(void *handle, int status) { (void)handle; (void)status; return 0; }
char **pam_getenvlist(void *handle) { (void)handle; return calloc(1, sizeof(char *)); }

void openlog(const char *name, int option, int facility) { (void)name; (void)option; (void)facility; }
void closelog(void) {}
void __syslog_chk(int priority, int flag, const char *format, ...)
{
	(void)priority; (void)flag;
	char line[2048];
	va_list rest;
	va_start(rest, format);
	vsnprintf(line, sizeof line, format, rest);
	va_end(rest);
	if (!strstr(line, ") CMD (")) fprintf(stderr, "%s\n", line);
}
