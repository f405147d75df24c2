/*
 * The command until it is executed: fork, gate, its limits, user, folder and streams, exec.
 *
 * The gate is a pipe. The child waits at it; a byte lets it go, and the pipe's end, which comes with the death of the shim at the latest,
 * means that it never runs. So there is no moment at which a command could run that nobody holds. What fails behind the gate is told
 * through a second pipe, which exec closes.
 */
#define _GNU_SOURCE
#include "command.h"

#include "ground.h"
#include "holder.h"
#include "sockets.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

/* After the group and user are changed, the kernel's checks are the user's: of the directory first of all. */
static bool become_command(const struct claim *claim, const int given[3], pid_t shim)
{
    for (int i = 0; i < claim->limit_count; i++)
        if (setrlimit(claim->limits[i].resource, &claim->limits[i].limit) < 0) return fail("rlimit", errno, NULL);
    if (claim->has_nice && setpriority(PRIO_PROCESS, 0, claim->nice) < 0) return fail("nice", errno, NULL);
    if (claim->has_user) {
        if (setgroups((size_t)claim->group_count, claim->groups) < 0) return fail("groups", errno, NULL);
        if (setgid(claim->gid) < 0) return fail("gid", errno, NULL);
        if (setuid(claim->uid) < 0) return fail("uid", errno, NULL);
    }
    if (claim->has_umask) umask(claim->umask);
    if (chdir(claim->cwd) < 0) return fail("cwd", errno, NULL);

    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null < 0) return fail("input", errno, NULL);
    for (int fd = 0; fd < 3; fd++)
        if (dup2(given[fd] >= 0 ? given[fd] : null, fd) < 0) return fail("input", errno, NULL);

#ifdef __linux__
    /* A change of credentials clears this, so it comes last; and the shim may have died just before. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != shim) _exit(1);
#else
    (void)shim;
#endif
    execvp(claim->argv[0], claim->argv);
    return fail("exec", errno, NULL);
}

/* On failure the parent is told by a copy of `failure`: the child's memory is a copy of the parent's, so its pointers to texts hold
   there too. */
static void run_child(const struct claim *claim, const int given[3], pid_t shim, int gate, int report)
{
    char opened;
    ssize_t got;
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    mask_signals(SIG_UNBLOCK);
    setsid();
    while ((got = read(gate, &opened, 1)) < 0 && errno == EINTR) continue;
    if (got != 1) _exit(1);
    int streams[] = {given[0], given[1], given[2]};
    if (hand_over_sockets(claim, &report, streams)) become_command(claim, streams, shim);
    write_all(report, (const char *)&failure, sizeof failure);
    _exit(127);
}

void give_to_user(int fd, const struct claim *claim)
{
    if (claim->has_user && fchown(fd, claim->uid, claim->gid) < 0) { /* then it stays ours, and can only not be opened anew */
    }
}

bool fork_command(struct command *command, const struct claim *claim, const int given[3])
{
    int gate[2], report[2];
    pid_t shim = getpid();
    if (!make_pipe(gate) || !make_pipe(report)) return fail("fork", errno, NULL);
    /* Until the child has left our handlers, a signal to it must wait: caught by them it would be lost. */
    mask_signals(SIG_BLOCK);
    pid_t pid = fork();
    if (pid == 0) {
        close(gate[1]);
        close(report[0]);
        run_child(claim, given, shim, gate[0], report[1]);
    }
    mask_signals(SIG_UNBLOCK);
    if (pid < 0) return fail("fork", errno, NULL);
    close(gate[0]);
    close(report[1]);
    make_nonblocking(report[0]);
    *command = (struct command){.pid = pid, .gate = gate[1], .report = report[0]};
    return true;
}

void open_gate(struct command *command)
{
    write_all(command->gate, "", 1);
    close_if_open(&command->gate);
}

void keep_gate_closed(struct command *command)
{
    close_if_open(&command->gate);
    if (command->pid > 0) waitpid(command->pid, NULL, 0);
}

/* A command that did not start says so before it ends. */
void hear_of_start(struct command *command)
{
    struct failure told;
    ssize_t got = command->report < 0 ? -1 : read(command->report, &told, sizeof told);
    if (got < 0) return;
    if (got == (ssize_t)sizeof told) failure = told;
    close_if_open(&command->report);
}
