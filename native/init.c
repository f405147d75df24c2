/*
 * The init: `drover-shim --init -- COMMAND…`, the parent of an agent where one process must stay while agents come and go: the first process of a
 * container, or the pid that a service manager watches during an upgrade.
 *
 *     drover-shim --init [--again] [--try COUNT] -- [CANDIDATE…] COMMAND…
 *
 * It passes signals on, reaps whatever is re-parented to it, and ends with the code of the agent (128 + signal). With --try the first COUNT words are
 * tried before, and COMMAND is what to go back to if that ends before it was up.
 *
 * The agent finds the number of a pipe in DROVER_INIT and may write into it: `up`, once it answers, and as its last word `nextCOUNT WORD…`, each text
 * with a NUL behind it: then, if it ends with 0, that command is tried in its place. A message that is not whole counts as none.
 *
 * As the first process, or with --again, it also starts an agent again that was killed: with the first process would end everything that the agent kept
 * running. Elsewhere that is the matter of whoever started it. An agent whose init is killed is killed too, so that a next one is not kept out; workers do not mind either.
 */
#define _GNU_SOURCE
#include "init.h"

#include "ground.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum {
    LONGEST_MESSAGE = 65536, MOST_WORDS = 1024,
    CANDIDATE_MS = 60000,       /* a candidate that is not up by then is killed */
    AGAIN_MS = 1000,            /* before an agent that was killed is started again */
    NOT_EXECUTED = 127, USAGE = 64
};

static struct {
    pid_t pid;
    int hears;                  /* our end of its pipe */
    bool up;
    char message[LONGEST_MESSAGE];
    size_t length;
} agent;

static char **command, **fallback;      /* fallback: what to go back to, while `command` is a candidate */
static bool asked_to_end, again;
static sigset_t before;

static void become_agent(int pipe_end, pid_t parent)
{
    char number[16];
    snprintf(number, sizeof number, "%d", pipe_end);
    setenv("DROVER_INIT", number, 1);
    fcntl(pipe_end, F_SETFD, 0);
    /* Ctrl-C is for the agent alone: it would hear of it twice, and take the second one for haste. Before TTOU is let through. */
    if (isatty(STDIN_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp() && setpgid(0, 0) == 0) tcsetpgrp(STDIN_FILENO, getpgrp());
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(NOT_EXECUTED);
#else
    (void)parent;
#endif
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &before, NULL);
    execvp(command[0], command);
    fprintf(stderr, "drover: %s cannot be executed: %s\n", command[0], strerror(errno));
    _exit(NOT_EXECUTED);
}

static bool start_agent(void)
{
    int ends[2];
    if (!make_pipe(ends)) return false;
    make_nonblocking(ends[0]);
    pid_t parent = getpid();
    agent.up = false;
    agent.length = 0;
    agent.hears = ends[0];
    agent.pid = fork();
    if (agent.pid == 0) become_agent(ends[1], parent);
    close(ends[1]);
    if (agent.pid > 0) return true;
    close_if_open(&agent.hears);
    return false;
}

static void hear(void)
{
    ssize_t got;
    while (agent.length < sizeof agent.message &&
           (got = read(agent.hears, agent.message + agent.length, sizeof agent.message - agent.length)) > 0)
        agent.length += (size_t)got;
    if (!agent.up && agent.length >= 3 && memcmp(agent.message, "up", 3) == 0) agent.up = true;
}

/* The words of a whole `next` message, copied; NULL if there is none. */
static char **successor(void)
{
    char *text = agent.message, *end = agent.message + agent.length;
    if (agent.up) text += 3;
    int64_t count;
    if (end - text < 5 || memcmp(text, "next", 4) != 0) return NULL;
    text += 4;
    char *stop = memchr(text, '\0', (size_t)(end - text));
    if (stop == NULL || !parse_whole(text, 1, MOST_WORDS, &count)) return NULL;
    text = stop + 1;
    char **words = calloc((size_t)count + 1, sizeof *words);
    if (words == NULL) return NULL;
    for (int64_t at = 0; at < count; at++) {
        stop = memchr(text, '\0', (size_t)(end - text));
        if (stop == NULL || (words[at] = strdup(text)) == NULL) return NULL;
        text = stop + 1;
    }
    return words;
}

static void go_back(const char *why)
{
    fprintf(stderr, "drover: the new build %s before it was up; back to the one before\n", why);
    command = fallback;
    fallback = NULL;
}

/* The exit code, or -1 when another agent was started. */
static int after_end(int status)
{
    hear();
    close_if_open(&agent.hears);
    int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    char **next = code == 0 ? successor() : NULL;
    if (next != NULL) {
        fallback = command;
        command = next;
    } else if (fallback != NULL && !agent.up && !asked_to_end) {
        char why[48];
        snprintf(why, sizeof why, WIFSIGNALED(status) ? "was killed by signal %d" : "ended with code %d",
                 WIFSIGNALED(status) ? WTERMSIG(status) : code);
        go_back(why);
    } else if (again && agent.up && WIFSIGNALED(status) && !asked_to_end) {
        fprintf(stderr, "drover: the agent was killed by signal %d; it is started again\n", WTERMSIG(status));
        struct timespec pause = {.tv_sec = AGAIN_MS / 1000};
        nanosleep(&pause, NULL);
    } else {
        return code;
    }
    if (start_agent()) return -1;
    perror("drover: no agent can be started");
    return 1;
}

/* Everything that has ended; -1 while there is an agent. */
static int reap(void)
{
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (pid != agent.pid) continue;
        int code = after_end(status);
        if (code >= 0) return code;
    }
    return -1;
}

static void pass_on(int number)
{
    if (number == SIGTERM || number == SIGINT || number == SIGQUIT) asked_to_end = true;
    kill(agent.pid, number);
}

static int tend(const sigset_t *awaited)
{
    int64_t due = fallback == NULL ? NEVER : after(CANDIDATE_MS);
    pid_t watched = agent.pid;
    for (;;) {
        struct timespec second = {.tv_sec = 1};
        bool is_candidate = fallback != NULL && !agent.up;
        int number = is_candidate ? sigtimedwait(awaited, NULL, &second) : sigwaitinfo(awaited, NULL);
        if (number > 0 && number != SIGCHLD) pass_on(number);
        int code = reap();
        if (code >= 0) return code;
        if (agent.pid != watched) {
            watched = agent.pid;
            due = fallback == NULL ? NEVER : after(CANDIDATE_MS);
        }
        if (fallback == NULL) continue;
        hear();
        if (agent.up) {
            fallback = NULL;
        } else if (now_ms() >= due) {
            due = NEVER;
            kill(agent.pid, SIGKILL);
        }
    }
}

int run_init(int count, char **arguments)
{
    int64_t tried = 0;
    again = getpid() == 1;
    if (count >= 1 && strcmp(arguments[0], "--again") == 0) {
        again = true;
        arguments++;
        count--;
    }
    if (count >= 2 && strcmp(arguments[0], "--try") == 0) {
        if (!parse_whole(arguments[1], 1, MOST_WORDS, &tried)) return USAGE;
        arguments += 2;
        count -= 2;
    }
    if (count < 2 || strcmp(arguments[0], "--") != 0 || count - 1 <= tried) {
        fputs("usage: drover-shim --init [--again] [--try COUNT] -- [CANDIDATE...] COMMAND...\n", stderr);
        return USAGE;
    }
    command = arguments + 1;
    if (tried > 0) {
        fallback = command + tried;
        command = calloc((size_t)tried + 1, sizeof *command);
        if (command == NULL) return 1;
        memcpy(command, arguments + 1, (size_t)tried * sizeof *command);
    }

    static const int own[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU, SIGPIPE};
    sigset_t awaited, blocked;
    sigemptyset(&before);
    sigfillset(&awaited);
    for (size_t at = 0; at < sizeof own / sizeof *own; at++) sigdelset(&awaited, own[at]);
    blocked = awaited;
    sigaddset(&blocked, SIGTTOU);
    sigaddset(&blocked, SIGTTIN);
    sigprocmask(SIG_SETMASK, &blocked, NULL);
    signal(SIGPIPE, SIG_IGN);
    /* One that is ignored leaves no zombie to wait for, and no code. */
    signal(SIGCHLD, SIG_DFL);
#ifdef __linux__
    prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
    if (!start_agent()) {
        perror("drover: no agent can be started");
        return 1;
    }
    return tend(&awaited);
}
