/*
 * drover-shim: the parent of one run.
 *
 *     drover-shim RUN_DIRECTORY
 *
 * The agent decides, the shim holds: the exit code, the output, the deadline and the tree of the command, so that the agent may die
 * at any moment and lose nothing. The run directory is all that the two share (docs/reference/run-directory.md).
 *
 * The life of a run, from `main` at the end of this file:
 *
 *   1. become a holder   own session, subreaper, signals tamed, no stray file open     holder.c
 *   2. read the claim    spec.json, strictly                                           claim.c, json.c
 *   3. prepare           outputs, FIFOs and the socket for notices are opened, held
 *                        sockets are fetched                       output.c, directory.c, notify.c, sockets.c
 *   4. fork              the command waits behind a gate                               command.c
 *   5. wait              until it is time, where the claim says when                   here
 *      link `pid`        whoever creates that file decides; lost means that the gate
 *                        closes and nothing was run                                    directory.c
 *   6. tend              output, control, deadlines, until the command ends; then
 *                        what is left of its tree is killed                            here, control.c, tree.c
 *   7. write `exit`      and set the mark                                              directory.c
 *
 * A failure to start is written as an exit like any other. Nothing waits in here but poll(), so no stream, disk or process can keep
 * the shim from a deadline. It needs libc alone, allocates nothing while it tends, and touches few pages: there is one for each run.
 *
 * Ends with 0 when the run is over or was never ours, 64 for a wrong call, 66 without a claim, 74 when `pid` could not be written.
 */
#define _GNU_SOURCE
#include "check.h"
#include "claim.h"
#include "command.h"
#include "control.h"
#include "directory.h"
#include "ground.h"
#include "holder.h"
#include "init.h"
#include "launch.h"
#include "notify.h"
#include "output.h"
#include "sockets.h"
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SHIM_VERSION
#define SHIM_VERSION "unversioned"
#endif

#ifndef UNKILLABLE_MS
#define UNKILLABLE_MS 10000     /* after so long without dying of KILL, a process no longer holds up the exit */
#endif

enum {
    EXIT_RETRY_MS = 1000,
    LOOK_MS = 200,              /* while its time has not come: between two looks whether it is still wanted, and whether the clock was set */
    KILL_PASS_MS = 20,          /* between two passes over a tree that does not die at once */
    USAGE = 64, NO_CLAIM = 66, NO_PID = 74
};

static enum phase {
    RUNNING,    /* the command lives */
    CLEARING,   /* it ended, what is left of its tree is being killed */
    DRAINING,   /* what the tree has written is read to its end */
    RECORDING,  /* `exit` is to be written */
    HOLDING,    /* written; with `leave` the output is held for those that live on, with `pass` the rest of the copy for its reader */
    OVER
} phase;

static struct claim claim;
static struct stream out = CLOSED_STREAM("out"), err = CLOSED_STREAM("err");
static struct command command = NO_COMMAND;
static struct run run;

static bool stopping;           /* a stop is under way: its signal was sent */
static bool command_reaped;     /* its number may be a stranger's */
static bool childless;
static struct { int64_t timeout, kill, kill_pass, give_up, record; } due = {NEVER, NEVER, NEVER, NEVER, NEVER};
static int control_fifo = -1, input_fifo = -1;

/* ---- signals to the command ---------------------------------------------------------------------------------------------- */

/* The command's number is ours until it is waited for, so none of these can hit a stranger. */
static void send_signal(int number, enum target target)
{
    if (command.pid <= 0) return;
    if (target == TO_TREE || command_reaped) signal_tree(command_reaped ? 0 : command.pid, number);
    else if (target == TO_PROCESS || kill(-command.pid, number) < 0) kill(command.pid, number);
}

static void kill_tree(void)
{
    if (!command_reaped) send_signal(SIGKILL, TO_GROUP);
    send_signal(SIGKILL, TO_TREE);
    due.kill_pass = after(KILL_PASS_MS);
}

/* A second stop may only shorten the grace. */
static void begin_stop(int number, int64_t grace_ms, enum target target)
{
    due.kill = earlier(due.kill, after(grace_ms));
    if (stopping) return;
    stopping = true;
    send_signal(number, target);
}

static void stop_as_claimed(void)
{
    begin_stop(claim.stop_signal, claim.stop_grace_ms, claim.stop_group ? TO_GROUP : TO_PROCESS);
}

static void note_stop_request(void)
{
    if (phase == RUNNING && !run.timed_out) run.stop_requested = true;
}

static void obey(const struct order *order)
{
    switch (order->kind) {
    case ROTATE:
        rotate(&out);
        rotate(&err);
        break;
    case CAPTURE:
    case MUTE: output_muted = order->kind == MUTE; break;
    case SIGNAL: send_signal(order->signal, order->target); break;
    case STOP:
        note_stop_request();
        begin_stop(order->signal, order->grace_ms, order->target);
        break;
    }
}

/* ---- the end of the command and of its tree ------------------------------------------------------------------------------ */

static void begin_draining(void)
{
    phase = DRAINING;
    due.give_up = due.kill_pass = NEVER;
    limit_to_written(&out);
    limit_to_written(&err);
}

static void begin_recording(void)
{
    phase = RECORDING;
    due.record = now_ms();
}

static void note_command_end(void)
{
    run.ended_at = clock_ms(CLOCK_REALTIME);
    run.ended_mono = now_ms();
    due.timeout = due.kill = due.kill_pass = NEVER;
    hear_of_start(&command);
}

/* Called while the command is a zombie still: its number, and its group's, cannot be anybody else's. */
static void command_ended(void)
{
    note_command_end();
    if (claim.leave && !run.timed_out) {
        stopping = false;
        begin_draining();
        return;
    }
    phase = CLEARING;
    due.give_up = after(UNKILLABLE_MS);
    due.kill_pass = now_ms();
    kill(-command.pid, SIGKILL);
}

/* KILL was sent and yet it lives: it hangs in the kernel, and will not run another instruction of its own. */
static void give_up_on_command(void)
{
    note_command_end();
    run.wait_status = SIGKILL;
    begin_draining();
}

static void reap(void)
{
    for (;;) {
        siginfo_t ended = {0};
        int status = 0;
        if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) < 0) {
            if (errno == EINTR) continue;
            childless = errno == ECHILD;
            return;
        }
        if (ended.si_pid == 0) return;
        if (ended.si_pid == command.pid && phase == RUNNING) command_ended();
        if (waitpid(ended.si_pid, &status, 0) != ended.si_pid) continue;
        if (ended.si_pid == command.pid) {
            command_reaped = true;
            run.wait_status = status;
        } else if (phase == CLEARING && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
            run.leftovers++;
        }
    }
}

/* ---- the loop ------------------------------------------------------------------------------------------------------------ */

static int64_t next_deadline(void)
{
    int64_t next = earlier(earlier(due.timeout, due.kill), earlier(due.kill_pass, due.give_up));
    next = earlier(next, earlier(due.record, notice_due()));
    return earlier(next, earlier(stream_due(&out), stream_due(&err)));
}

static void wait_and_read(void)
{
    enum { WAKE, CONTROL, REPORT, NOTICE, OUT_PIPE, ERR_PIPE, OUT_READER, ERR_READER, COUNT };
    struct pollfd watched[COUNT] = {
        [WAKE] = {.fd = wake_end, .events = POLLIN},
        [CONTROL] = {.fd = control_fifo, .events = POLLIN},
        [REPORT] = {.fd = command.report, .events = POLLIN},
        [NOTICE] = {.fd = notify_end, .events = POLLIN},
        [OUT_PIPE] = {.fd = wants_reading(&out) ? out.source : -1, .events = POLLIN},
        [ERR_PIPE] = {.fd = wants_reading(&err) ? err.source : -1, .events = POLLIN},
        [OUT_READER] = {.fd = waits_for_reader(&out.pass) ? out.pass.to : -1, .events = POLLOUT},
        [ERR_READER] = {.fd = waits_for_reader(&err.pass) ? err.pass.to : -1, .events = POLLOUT},
    };
    int64_t left = next_deadline();
    if (left != NEVER) left = left > now_ms() ? left - now_ms() : 0;
    if (poll(watched, COUNT, left > INT_MAX ? (left == NEVER ? -1 : INT_MAX) : (int)left) <= 0) return;
    char ignored[64];
    if (watched[WAKE].revents != 0 && read(wake_end, ignored, sizeof ignored) < 0) return;
    if (watched[REPORT].revents != 0) hear_of_start(&command);
    if (watched[CONTROL].revents != 0) read_control(control_fifo, obey);
    if (watched[NOTICE].revents != 0) hear_notices(&claim);
    if (watched[OUT_PIPE].revents != 0) receive(&out);
    if (watched[ERR_PIPE].revents != 0) receive(&err);
    if (watched[OUT_READER].revents != 0) flush_pass(&out.pass);
    if (watched[ERR_READER].revents != 0) flush_pass(&err.pass);
}

static void meet_deadlines(void)
{
    int64_t now = now_ms();
    if (now >= due.timeout) {
        due.timeout = NEVER;
        run.timed_out = !run.stop_requested;
        stop_as_claimed();
    }
    if (now >= due.kill) {
        due.kill = NEVER;
        run.killed = run.killed || phase == RUNNING;
        due.give_up = after(UNKILLABLE_MS);
        due.kill_pass = now;
    }
    if (now >= due.kill_pass) kill_tree();
    if (now >= due.give_up) {
        due.give_up = due.kill_pass = NEVER;
        if (phase == RUNNING) give_up_on_command();
        else if (phase == CLEARING) begin_draining();
    }
}

static void record(void)
{
    due.record = NEVER;
    if (!write_exit(&claim, &run, &out, &err)) {
        due.record = after(EXIT_RETRY_MS);
        return;
    }
    phase = HOLDING;
    /* Whoever reads the copies to their end finds `exit`. */
    end_pass(&out.pass);
    end_pass(&err.pass);
}

static void advance(void)
{
    if (phase == CLEARING && childless) begin_draining();
    if (phase == DRAINING && is_drained(&out) && is_drained(&err)) {
        begin_recording();
        if (claim.leave) out.budget = err.budget = -1;
    }
    if (phase == RECORDING && now_ms() >= due.record) record();
    bool held = claim.leave && failure.stage == NULL && !(is_over(&out) && is_over(&err));
    bool awaited = waits_for_reader(&out.pass) || waits_for_reader(&err.pass);
    if (phase == HOLDING && !held && !awaited) phase = OVER;
}

static void tend(void)
{
    while (phase != OVER) {
        wait_and_read();
        tend_stream(&out);
        tend_stream(&err);
        write_late_notice();
        if (take_term()) {
            note_stop_request();
            stop_as_claimed();
        }
        if (take_child_change()) reap();
        meet_deadlines();
        advance();
    }
}

/* ---- from the claim to the command --------------------------------------------------------------------------------------- */

static bool prepare(void)
{
    output_muted = claim.muted;
    if (!open_stream(&out, &claim.out, &claim)) return false;
    if (!claim.merge && !open_stream(&err, &claim.err, &claim)) return false;
    if ((control_fifo = open_fifo("control")) < 0) return fail("fifo", errno, NULL);
    if (claim.input && (input_fifo = open_fifo("in")) < 0) return fail("fifo", errno, NULL);
    if (claim.input) give_to_user(input_fifo, &claim);
    return open_notify(&claim) && fetch_sockets(&claim);
}

/* Whoever writes into what the command reads shall notice when the command is gone. */
static void drop_input(void)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (null >= 0) dup2(null, STDIN_FILENO);
    close_if_open(&null);
}

/* The command reads `in` through a description of its own: ours does not block. */
static bool make_command(void)
{
    int input = -1;
    if (claim.input && (input = open("in", O_RDONLY | O_CLOEXEC)) < 0) return fail("fifo", errno, NULL);
    if (claim.pass && (input = dup(STDIN_FILENO)) < 0) return fail("input", errno, NULL);
    const int given[] = {input, out.given, claim.merge ? out.given : err.given};
    bool made = fork_command(&command, &claim, given);
    close_if_open(&input);
    if (claim.pass) drop_input();
    close_if_open(&out.given);
    close_if_open(&err.given);
    return made;
}

/* Until the wall clock says so. False: it is not wanted any more. */
static bool await_time(void)
{
    for (int64_t left; (left = claim.not_before - clock_ms(CLOCK_REALTIME)) > 0;) {
        if (take_term() || access("pid", F_OK) == 0) return false;
        poll(NULL, 0, left < LOOK_MS ? (int)left : LOOK_MS);
    }
    return true;
}

static void let_go(void)
{
    run.started_mono = now_ms();
    if (claim.timeout_ms > 0) due.timeout = after(claim.timeout_ms);
    open_gate(&command);
}

/* No command was made: there is nothing to tend but the exit. */
static void skip_to_record(void)
{
    run.ended_at = run.started_at;
    close_if_open(&out.source);
    close_if_open(&err.source);
    begin_recording();
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("drover-shim " SHIM_VERSION ", run directory version 1");
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--launch") == 0) return launch(argv[0]);
    if (argc == 3 && strcmp(argv[1], "--hold") == 0) return hold_sockets(argv[2]);
    if (argc == 4 && strcmp(argv[1], "--syslog") == 0) return pipe_to_syslog(argv[2], argv[3]);
    if (argc >= 2 && strcmp(argv[1], "--check") == 0) return check(argc, argv);
    if (argc >= 2 && strcmp(argv[1], "--init") == 0) return run_init(argc - 2, argv + 2);
    if (argc != 2 || argv[1][0] == '\0' || argv[1][0] == '-') {
        fputs("usage: drover-shim RUN_DIRECTORY\n       drover-shim --launch\n       drover-shim --init -- COMMAND...\n       drover-shim --version\n", stderr);
        return USAGE;
    }
    if (chdir(argv[1]) < 0 || access("spec.json", F_OK) < 0) {
        fprintf(stderr, "drover-shim: there is no claim in %s: %s\n", argv[1], strerror(errno));
        return NO_CLAIM;
    }
    if (access("pid", F_OK) == 0) return 0;

    if (!become_holder()) return NO_PID;
    run.started_at = clock_ms(CLOCK_REALTIME);
    bool made = read_claim(&claim, argv[1]) && prepare() && make_command();
    if (!await_time()) {
        keep_gate_closed(&command);
        return 0;
    }
    if (claim.not_before > 0) run.started_at = clock_ms(CLOCK_REALTIME);
#ifdef SHIM_DIE_BEFORE_LINK
    kill(getpid(), SIGKILL);
#endif
    enum link_result linked = link_pid(command.pid, run.started_at);
    if (linked != LINKED) {
        keep_gate_closed(&command);
        return linked == REVOKED ? 0 : NO_PID;
    }
    if (made) let_go();
    else skip_to_record();
    set_mark(&claim, "born");
    reserve_exit();
    tend();
    return 0;
}
