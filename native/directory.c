/*
 * The run directory, as docs/reference/run-directory.md has it: the FIFOs, `pid`, `exit`, and the marks beside it.
 *
 * A name appears only with its whole content: `pid` by a link, which only one can win, `exit` by rename. The outputs are in output.c; when
 * to write is left to shim.c.
 */
#define _GNU_SOURCE
#include "directory.h"

#include "ground.h"
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

enum { EXIT_RESERVE = 1024 }; /* bytes kept for `exit` */

static int exit_file = -1;

int open_fifo(const char *name)
{
    struct stat status;
    if (mkfifo(name, 0600) < 0 && errno != EEXIST) return -1;
    int fd = open(name, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0 && fstat(fd, &status) == 0 && !S_ISFIFO(status.st_mode)) {
        close(fd);
        errno = EEXIST;
        return -1;
    }
    return fd;
}

static void read_boot_id(char *id, size_t size)
{
#ifdef __APPLE__
    struct timeval boot = {0};
    size_t length = sizeof boot;
    sysctlbyname("kern.boottime", &boot, &length, NULL, 0);
    snprintf(id, size, "%lld", (long long)boot.tv_sec);
#else
    read_text("/proc/sys/kernel/random/boot_id", id, size);
    id[strcspn(id, "\n")] = '\0';
#endif
}

/* A name of its own for the unfinished file, as another shim may be after the same claim. */
static bool link_once(const char *text, size_t length)
{
    char name[32];
    snprintf(name, sizeof name, "pid.%d.tmp", (int)getpid());
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool linked = fd >= 0 && write_all(fd, text, length) && link(name, "pid") == 0;
    int number = errno;
    close_if_open(&fd);
    unlink(name);
    errno = number;
    return linked;
}

enum link_result link_pid(pid_t command, int64_t started_at)
{
    char boot[64], process[96] = "null", text[320];
    read_boot_id(boot, sizeof boot);
    if (command > 0) snprintf(process, sizeof process, "{\"pid\":%d,\"start\":%" PRId64 "}", (int)command, start_time(command));
    int length = snprintf(text, sizeof text,
        "{\"boot\":\"%s\",\"shim\":{\"pid\":%d,\"start\":%" PRId64 "},\"command\":%s,\"startedAt\":%" PRId64 "}\n",
        boot, (int)getpid(), start_time(getpid()), process, started_at);
    int64_t give_up_at = after(DISK_PATIENCE_MS);
    while (!link_once(text, (size_t)length)) {
        if (errno == EEXIST) return REVOKED;
        if (errno == ENOENT || now_ms() >= give_up_at) return UNWRITABLE;
        poll(NULL, 0, DISK_RETRY_MS);
    }
    return LINKED;
}

void set_mark(const struct claim *claim, const char *kind)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s.%s", claim->marks, claim->run, kind);
    if (length < 0 || (size_t)length >= sizeof path) return;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    close_if_open(&fd);
}

static void open_exit(void) { exit_file = open("exit.tmp", O_WRONLY | O_CREAT | O_CLOEXEC, 0600); }

void reserve_exit(void)
{
    static const char blank[EXIT_RESERVE];
    open_exit();
    if (exit_file >= 0) write_all(exit_file, blank, sizeof blank);
}

/* The messages are ours or the C library's, so nothing in them needs an escape but, at most, a quote. */
static void describe_failure(char *text, size_t size)
{
    char message[128];
    snprintf(message, sizeof message, "%s", failure.message != NULL ? failure.message : strerror(failure.number));
    for (char *c = message; *c != '\0'; c++)
        if (*c == '"' || *c == '\\' || (unsigned char)*c < 0x20) *c = '\'';
    snprintf(text, size, "{\"stage\":\"%s\",\"errno\":%d,\"message\":\"%s\"}", failure.stage, failure.number, message);
}

static int64_t cpu_ms(struct timeval time) { return (int64_t)time.tv_sec * 1000 + time.tv_usec / 1000; }

static const char *truth(bool is) { return is ? "true" : "false"; }

static size_t describe_exit(char *text, size_t size, const struct run *run, const struct stream *out, const struct stream *err)
{
    char code[16] = "null", number[16] = "null", error[256] = "null";
    struct rusage usage;
    int status = run->wait_status;
    if (failure.stage != NULL) describe_failure(error, sizeof error);
    else if (WIFEXITED(status)) snprintf(code, sizeof code, "%d", WEXITSTATUS(status));
    else snprintf(number, sizeof number, "%d", WTERMSIG(status));
    getrusage(RUSAGE_CHILDREN, &usage);
#ifdef __APPLE__
    int64_t max_rss = usage.ru_maxrss;
#else
    int64_t max_rss = (int64_t)usage.ru_maxrss * 1024;
#endif
    int length = snprintf(text, size,
        "{\"code\":%s,\"signal\":%s,\"error\":%s,\"startedAt\":%" PRId64 ",\"endedAt\":%" PRId64 ",\"durationMs\":%" PRId64
        ",\"userCpuMs\":%" PRId64 ",\"systemCpuMs\":%" PRId64 ",\"maxRssBytes\":%" PRId64
        ",\"timedOut\":%s,\"stopRequested\":%s,\"killed\":%s,\"leftovers\":%" PRId64
        ",\"lost\":{\"out\":%" PRId64 ",\"err\":%" PRId64 "},\"outBytes\":%" PRId64 ",\"errBytes\":%" PRId64 "}\n",
        code, number, error, run->started_at, run->ended_at, run->ended_mono - run->started_mono,
        cpu_ms(usage.ru_utime), cpu_ms(usage.ru_stime), max_rss,
        truth(run->timed_out), truth(run->stop_requested), truth(run->killed), run->leftovers,
        out->lost, err->lost, out->received, err->received);
    return (size_t)length;
}

/* Over the reserved blocks, cut to length and renamed. A directory that is gone is not worth another try. */
bool write_exit(const struct claim *claim, const struct run *run, const struct stream *out, const struct stream *err)
{
    char text[EXIT_RESERVE];
    size_t length = describe_exit(text, sizeof text, run, out, err);
    if (exit_file < 0) open_exit();
    if (exit_file < 0) return errno == ENOENT;
    if (pwrite(exit_file, text, length, 0) != (ssize_t)length) return false;
    if (ftruncate(exit_file, (off_t)length) == 0 && rename("exit.tmp", "exit") == 0) {
        set_mark(claim, "ended");
        return true;
    }
    /* Without its file the rename fails for ever: opening it anew shows whether the directory is gone as well. */
    close_if_open(&exit_file);
    return false;
}
