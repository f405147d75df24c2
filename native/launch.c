/*
 * The launcher: `drover-shim --launch`, a child of the agent for as long as the agent lives. It starts shims on request, because a fork of these
 * few pages takes a small part of what a fork of the agent takes, and holds nobody up meanwhile. It knows nothing about runs.
 *
 * A request on standard input: the length of what follows (4 bytes, this machine's order), then texts that each end with a NUL: the run
 * directory, and the environment as NAME=VALUE. An answer on standard output, one line: `gone DIRECTORY` when that shim has ended,
 * `failed NUMBER DIRECTORY` when none could be made or executed (with the errno). When the agent dies, standard input ends and so does the launcher;
 * the shims have sessions of their own and none of these pipes.
 */
#define _GNU_SOURCE
#include "launch.h"

#include "ground.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { LONGEST_REQUEST = 16 * 1024 * 1024, NOT_EXECUTED = 127 };

/* A shim that lives, and what to call it once it has gone. */
struct started {
    pid_t pid;
    int trouble;                /* why it was never executed; 0: it was */
    char *directory;
};

/* What a child says that cannot become a shim. */
struct complaint {
    pid_t pid;
    int trouble;
};

static struct started *started;
static size_t started_count, started_room;
static int wake_pipe[2];
static int complaint_pipe[2]; /* one for all: so a start costs no pipe, and nobody waits for an exec. It closes on exec */

static void on_child(int number)
{
    (void)number;
    int kept = errno;
    if (write(wake_pipe[1], "", 1) < 0) { /* the pipe is full: the loop will wake anyway */
    }
    errno = kept;
}

/* False at the end of the input, in the middle of a request as well. */
static bool read_whole(char *bytes, size_t length) { return read_all(STDIN_FILENO, bytes, length) == (ssize_t)length; }

/* The agent reads whenever it can; one that does not is dead, and then nobody needs the answer. */
static void answer(const char *word, int number, const char *directory)
{
    if (number == 0) dprintf(STDOUT_FILENO, "%s %s\n", word, directory);
    else dprintf(STDOUT_FILENO, "%s %d %s\n", word, number, directory);
}

static void become_shim(const char *self, char *directory, char **environment)
{
    setsid();
    int nothing = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= 2; fd++) dup2(nothing, fd);
    if (nothing > 2) close(nothing);
    const int changed[] = {SIGCHLD, SIGPIPE, SIGINT, SIGTERM, SIGHUP};
    for (size_t index = 0; index < sizeof changed / sizeof *changed; index++) signal(changed[index], SIG_DFL);
    char *arguments[] = {"drover-shim", directory, NULL};
    execve(self, arguments, environment);
    struct complaint complaint = {.pid = getpid(), .trouble = errno};
    write_all(complaint_pipe[1], (const char *)&complaint, sizeof complaint);
    _exit(NOT_EXECUTED);
}

/* Room for one more, made before there is a shim: one that could not be remembered would never be told as gone. */
static bool make_room(void)
{
    if (started_count < started_room) return true;
    size_t room = started_room == 0 ? 64 : started_room * 2;
    struct started *more = realloc(started, room * sizeof *more);
    if (more == NULL) return false;
    started = more;
    started_room = room;
    return true;
}

static void start(const char *self, char *request, size_t length)
{
    size_t texts = 0;
    for (size_t at = 0; at < length; at++) texts += request[at] == '\0';
    char **environment = calloc(texts + 1, sizeof *environment);
    char *directory = strdup(request);
    errno = ENOMEM;
    pid_t pid = environment == NULL || directory == NULL || !make_room() ? -1 : fork();
    if (pid == 0) {
        char *text = request + strlen(request) + 1;
        for (size_t index = 0; text < request + length; index++) {
            environment[index] = text;
            text += strlen(text) + 1;
        }
        become_shim(self, request, environment);
    }
    int trouble = errno;
    free(environment);
    if (pid > 0) {
        started[started_count++] = (struct started){.pid = pid, .directory = directory};
        return;
    }
    answer("failed", trouble, request);
    free(directory);
}

static bool take_request(const char *self)
{
    uint32_t length;
    if (!read_whole((char *)&length, sizeof length) || length < 2 || length > LONGEST_REQUEST) return false;
    char *request = malloc(length);
    if (request == NULL) return false;
    bool whole = read_whole(request, length) && request[length - 1] == '\0';
    if (whole) start(self, request, length);
    free(request);
    return whole;
}

/* A child complains before it ends, so what it says is here when it is reaped. */
static void hear_complaints(void)
{
    struct complaint complaint;
    while (read(complaint_pipe[0], &complaint, sizeof complaint) == (ssize_t)sizeof complaint)
        for (size_t at = 0; at < started_count; at++)
            if (started[at].pid == complaint.pid) started[at].trouble = complaint.trouble;
}

static void reap(void)
{
    char drained[64];
    int status;
    while (read(wake_pipe[0], drained, sizeof drained) > 0) {
    }
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_EXECUTED) hear_complaints();
        for (size_t at = 0; at < started_count; at++) {
            if (started[at].pid != pid) continue;
            answer(started[at].trouble == 0 ? "gone" : "failed", started[at].trouble, started[at].directory);
            free(started[at].directory);
            started_count -= 1;
            started[at] = started[started_count];
            break;
        }
    }
}

int launch(const char *self)
{
    if (!make_pipe(wake_pipe) || !make_pipe(complaint_pipe)) return 1;
    make_nonblocking(complaint_pipe[0]);
    make_nonblocking(wake_pipe[0]);
    make_nonblocking(wake_pipe[1]);
    struct sigaction action = {.sa_handler = on_child, .sa_flags = SA_NOCLDSTOP | SA_RESTART};
    sigaction(SIGCHLD, &action, NULL);
    /* Only the end of its input ends it: what is meant for the agent's terminal or service is none of its matter. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGTERM, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    struct pollfd watched[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = wake_pipe[0], .events = POLLIN}};
    for (;;) {
        if (poll(watched, 2, -1) < 0 && errno != EINTR) return 1;
        if (watched[1].revents != 0) reap();
        if (watched[0].revents != 0 && !take_request(self)) return 0;
    }
}
