/*
 * What makes a process fit to hold a run: a session of its own, every orphan of the tree its child, no file open but what it opens
 * itself, and no signal that ends it.
 *
 * Signals become flags and a byte in a pipe, so that poll() hears of them. What follows from one is left to the caller.
 */
#define _GNU_SOURCE
#include "holder.h"

#include "ground.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

int wake_end = -1;

static int wake_pipe[2];
static volatile sig_atomic_t term_arrived, child_changed;

static void on_signal(int number)
{
    int saved = errno;
    if (number == SIGTERM) term_arrived = 1;
    if (number == SIGCHLD) child_changed = 1;
    ssize_t ignored = write(wake_pipe[1], "", 1);
    (void)ignored;
    errno = saved;
}

static bool take(volatile sig_atomic_t *flag)
{
    bool was = *flag != 0;
    if (was) *flag = 0;
    return was;
}

bool take_term(void) { return take(&term_arrived); }

bool take_child_change(void) { return take(&child_changed); }

void mask_signals(int how)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(how, &all, NULL);
}

static void close_strays(void)
{
#if defined(__linux__) && defined(SYS_close_range)
    if (syscall(SYS_close_range, 3u, ~0u, 0u) == 0) return;
#endif
    long limit = sysconf(_SC_OPEN_MAX);
    if (limit < 0 || limit > 65536) limit = 65536;
    for (int fd = 3; fd < limit; fd++) close(fd);
}

/* Nothing that hits the agent's terminal, pipes or limits may end the shim; TERM to it is a stop of the run. */
static void tame_signals(void)
{
    static const int ignored[] = {SIGPIPE, SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGALRM, SIGTSTP, SIGTTIN, SIGTTOU, SIGXFSZ};
    struct sigaction action = {.sa_handler = SIG_IGN};
    for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++) sigaction(ignored[i], &action, NULL);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGCHLD, &action, NULL);
    mask_signals(SIG_UNBLOCK);
}

bool become_holder(void)
{
    int null = open("/dev/null", O_RDWR);
    while (null >= 0 && null < 3) null = dup(null);
    close_strays();
    if (!make_pipe(wake_pipe)) return false;
    wake_end = wake_pipe[0];
    make_nonblocking(wake_pipe[0]);
    make_nonblocking(wake_pipe[1]);
    tame_signals();
    setsid();
#ifdef __linux__
    prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
    return true;
}
