/*
 * A command that is run as a check, or for an event, so that nothing is ever left of it:
 *
 *     drover-shim --check TIMEOUT_MS USER CWD COMMAND [ARGUMENT…]       USER is `-`, or UID:GID:GROUP,GROUP…
 *
 * What it gets as standard input is the command's. Its tree is killed when it has ended, when its time is over, and when whoever asked is gone. The answer is one line on standard output:
 * the code or signal, whether the time was over, why it was not executed, and the beginning of what it printed. Code 0 whenever there is one.
 */
#define _GNU_SOURCE
#include "check.h"

#include "command.h"
#include "ground.h"
#include "holder.h"
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { MOST_GROUPS = 1024, SHOWN = 1024, PASS_MS = 20, CHECK_PATIENCE_MS = 5000, USAGE = 64 };

static bool read_user(struct claim *claim, char *text)
{
    static gid_t groups[MOST_GROUPS];
    int64_t number;
    char *rest = NULL, *uid = strtok_r(text, ":", &rest), *gid = strtok_r(NULL, ":", &rest);
    if (uid == NULL || gid == NULL || !parse_whole(uid, 0, UINT32_MAX - 1, &number)) return false;
    claim->uid = (uid_t)number;
    if (!parse_whole(gid, 0, UINT32_MAX - 1, &number)) return false;
    claim->gid = (gid_t)number;
    claim->groups = groups;
    claim->has_user = true;
    for (char *group = strtok_r(NULL, ",", &rest); group != NULL; group = strtok_r(NULL, ",", &rest)) {
        if (claim->group_count == MOST_GROUPS || !parse_whole(group, 0, UINT32_MAX - 1, &number)) return false;
        groups[claim->group_count++] = (gid_t)number;
    }
    return true;
}

/* What it prints is read to the end, so that it never waits for us; the beginning is shown. */
static void read_some(int *fd, char *shown, size_t *length)
{
    char bytes[4096];
    ssize_t got = read(*fd, bytes, sizeof bytes);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return close_if_open(fd);
    size_t room = SHOWN - *length;
    size_t part = (size_t)got < room ? (size_t)got : room;
    memcpy(shown + *length, bytes, part);
    *length += part;
}

/* What the asker gives as standard input comes through a socket, which cannot be opened again as /dev/stdin. The command gets it as a file without a
   name, so it never waits for anybody, and nobody for it. */
static bool take_input(void)
{
#if defined(__linux__) && defined(SYS_memfd_create)
    struct stat given;
    char bytes[65536];
    if (fstat(STDIN_FILENO, &given) < 0 || !S_ISSOCK(given.st_mode)) return true;
    int file = (int)syscall(SYS_memfd_create, "input", 1u /* MFD_CLOEXEC */);
    if (file < 0) return true;
    for (ssize_t got; (got = read(STDIN_FILENO, bytes, sizeof bytes)) != 0;) {
        if (got < 0 && errno == EINTR) continue;
        if (got < 0 || !write_all(file, bytes, (size_t)got)) return false;
    }
    if (lseek(file, 0, SEEK_SET) < 0 || dup2(file, STDIN_FILENO) < 0) return false;
    close(file);
#endif
    return true;
}

/* Waits for all that have ended. True once there is no child left. */
static bool reap(pid_t command, int *status, bool *ended)
{
    int code;
    for (pid_t pid; (pid = waitpid(-1, &code, WNOHANG)) != 0;) {
        if (pid < 0) return errno == ECHILD;
        if (pid == command) *status = code, *ended = true;
    }
    return false;
}

static void answer(int status, bool timed_out, const char *shown, size_t length)
{
    char text[6 * SHOWN + 512], error[192] = "null";
    if (failure.stage != NULL)
        snprintf(error, sizeof error, "\"%s: %s\"", failure.stage, failure.message ? failure.message : strerror(failure.number));
    bool has_code = failure.stage == NULL && !timed_out && WIFEXITED(status);
    bool has_signal = failure.stage == NULL && !timed_out && WIFSIGNALED(status);
    int at = snprintf(text, sizeof text, "{\"code\":%d,\"signal\":%d,\"timedOut\":%s,\"error\":%s,\"output\":\"",
        has_code ? WEXITSTATUS(status) : -1, has_signal ? WTERMSIG(status) : 0, timed_out ? "true" : "false", error);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)shown[i];
        if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\') text[at++] = (char)c;
        else at += snprintf(text + at, 8, "\\u%04x", c);
    }
    memcpy(text + at, "\"}\n", 3);
    write_all(STDOUT_FILENO, text, (size_t)at + 3);
}

int check(int argc, char **argv)
{
    struct claim claim = {0};
    struct command command = NO_COMMAND;
    int64_t timeout;
    int ends[2];
    if (argc < 6 || !parse_whole(argv[2], 1, INT_MAX, &timeout)) return USAGE;
    if (strcmp(argv[3], "-") != 0 && !read_user(&claim, argv[3])) return USAGE;
    claim.cwd = argv[4];
    claim.argv = argv + 5;
    pid_t asker = getppid();
    if (!become_holder()) return USAGE;
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGTERM);
#endif
    if (getppid() != asker || !take_input() || !make_pipe(ends)) return USAGE;
    make_nonblocking(ends[0]);
    const int given[] = {STDIN_FILENO, ends[1], ends[1]};
    bool made = fork_command(&command, &claim, given);
    close_if_open(&ends[1]);
    if (made) open_gate(&command);

    char shown[SHOWN], drained[64];
    size_t length = 0;
    int status = 0;
    bool ended = !made, childless = !made, over = false, timed_out = false;
    int64_t due = after(timeout), next_kill = NEVER;
    while (!childless) {
        struct pollfd watched[] = {{.fd = wake_end, .events = POLLIN}, {.fd = ends[0], .events = POLLIN}, {.fd = command.report, .events = POLLIN}};
        int64_t until = earlier(due, next_kill);
        int64_t left = until == NEVER ? -1 : until > now_ms() ? until - now_ms() : 0;
        if (poll(watched, 3, left > INT_MAX ? INT_MAX : (int)left) > 0) {
            if (watched[0].revents != 0 && read(wake_end, drained, sizeof drained) < 0) continue;
            if (watched[1].revents != 0) read_some(&ends[0], shown, &length);
            if (watched[2].revents != 0) hear_of_start(&command);
        }
        bool asker_gone = take_term();
        if (take_child_change()) childless = reap(command.pid, &status, &ended);
        if (!over && (ended || asker_gone || now_ms() >= due)) {
            over = true;
            timed_out = !ended;
            due = after(CHECK_PATIENCE_MS);
            next_kill = now_ms();
        }
        if (over && now_ms() >= due) break;
        if (!over || now_ms() < next_kill) continue;
        if (!ended) kill(-command.pid, SIGKILL);
        signal_tree(ended ? 0 : command.pid, SIGKILL);
        next_kill = after(PASS_MS);
        childless = reap(command.pid, &status, &ended);
    }
    while (ends[0] >= 0 && length < SHOWN) {
        size_t before = length;
        read_some(&ends[0], shown, &length);
        if (length == before) break;
    }
    hear_of_start(&command);
    answer(status, timed_out, shown, length);
    return 0;
}
