/*
 * drover-shim: the parent of one run.
 *
 *     drover-shim RUN_DIRECTORY
 *
 * The agent decides, the shim holds: the exit code, the output, the deadline and the tree of the command, so that the agent may die
 * at any moment and lose nothing. The run directory is all that the two share (docs/reference/run-directory.md).
 *
 * The life of a run, which is also the order of this file:
 *
 *   1. become a holder   own session, subreaper, signals tamed, no stray file open
 *   2. read the claim    spec.json, strictly
 *   3. prepare           FIFOs and outputs are opened
 *   4. fork              the command waits behind a gate: a pipe that ends, should the shim die
 *   5. link `pid`        whoever creates that file decides; lost means that the gate closes and nothing was run
 *   6. tend              output, control, deadlines, until the command ends; then what is left of its tree is killed
 *   7. write `exit`      and set the mark
 *
 * A failure to start is written as an exit like any other. Nothing waits in here but poll(), so no stream, disk or process can keep
 * the shim from a deadline. It needs libc alone, allocates nothing while it tends, and touches few pages: there is one for each run.
 *
 * Ends with 0 when the run is over or was never ours, 64 for a wrong call, 66 without a claim, 74 when `pid` could not be written.
 */
#define _GNU_SOURCE
#include "launch.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif
#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

#ifndef SHIM_VERSION
#define SHIM_VERSION "unversioned"
#endif

enum {
    CHUNK = 65536,              /* what a pipe holds by default */
    LINE_SLACK = 4096,          /* lines up to this length are never cut by a rotation */
    CLAIM_LIMIT = 8 << 20,      /* far above what exec takes */
    DEPTH_LIMIT = 64,           /* of nested JSON */
    TREE_LIMIT = 4096,          /* processes seen in one pass over the tree */
    DISK_PATIENCE_MS = 5000,    /* how long a command may wait for a full disk */
    DISK_RETRY_MS = 100,
    EXIT_RETRY_MS = 1000,
    KILL_PASS_MS = 20,          /* between two passes over a tree that does not die at once */
    EXIT_RESERVE = 1024,        /* bytes kept for `exit` */
    USAGE = 64, NO_CLAIM = 66, NO_PID = 74
};

#ifndef UNKILLABLE_MS
#define UNKILLABLE_MS 10000     /* after so long without dying of KILL, a process no longer holds up the exit */
#endif

static const int64_t NEVER = INT64_MAX;

enum phase {
    RUNNING,    /* the command lives */
    CLEARING,   /* it ended, what is left of its tree is being killed */
    DRAINING,   /* what the tree has written is read to its end */
    RECORDING,  /* `exit` is to be written */
    HOLDING,    /* written; with `leave`, the output is held for those that live on */
    OVER
};

/* One output of the command. `position` counts the stored and the lost bytes; `length` those of the current segment or file. */
struct stream {
    const char *name;           /* `out` or `err` */
    bool discarded;
    const char *file;           /* a named file; NULL for own segments */
    int64_t max_bytes;
    int64_t keep;

    int source;                 /* our end of the command's pipe; -1 at its end */
    int given;                  /* the command's end */
    int target;
    int64_t begin;              /* the position of the own segment's first byte */
    int64_t position;
    int64_t length;
    bool full;                  /* the next byte begins a new segment */

    int64_t received;
    int64_t lost;
    int64_t budget;             /* bytes still to be read once the tree is gone; -1 while there is no such limit */
    bool dropping;              /* the disk was full for too long: bytes that cannot be written are lost */
    int64_t retry_at, drop_at;
    size_t held_from, held_length;
    char *held;                 /* what waits for a full disk */
};

/* Why the command never ran. Also the message that the child sends when it fails between fork and exec. */
struct failure {
    const char *stage;
    int number;
    const char *message;        /* NULL: the text for the number */
};

struct claim {
    char *run, *marks, *cwd;
    char **argv;
    bool has_user, has_umask, has_nice;
    uid_t uid;
    gid_t gid;
    gid_t *groups;
    int group_count;
    mode_t umask;
    int nice;
    struct { int resource; struct rlimit limit; } *rlimits;
    int rlimit_count;
    int stop_signal;
    int64_t stop_grace_ms;
    bool stop_group;
    int64_t timeout_ms;
    bool leave, input, merge;
};

enum target { TO_GROUP, TO_PROCESS, TO_TREE };

static struct claim claim;

/* Pages of these that are never touched cost nothing: `held` is for a full disk. */
static char chunk[CHUNK], out_held[CHUNK], err_held[CHUNK];
static struct stream out = {.name = "out", .source = -1, .given = -1, .target = -1, .budget = -1, .held = out_held};
static struct stream err = {.name = "err", .source = -1, .given = -1, .target = -1, .budget = -1, .held = err_held};
static struct failure failure;

static struct {
    enum phase phase;
    pid_t self, command;
    bool command_reaped, childless;
    int wait_status;
    int64_t started_at, ended_at;           /* wall clock */
    int64_t started_mono, ended_mono;
    int64_t timeout_at, kill_at, kill_pass_at, give_up_at, record_at;
    bool stopping, stop_requested, timed_out, killed;
    enum target stop_target;
    int64_t leftovers;
} run = {.timeout_at = NEVER, .kill_at = NEVER, .kill_pass_at = NEVER, .give_up_at = NEVER, .record_at = NEVER};

static int wake_pipe[2], gate[2] = {-1, -1}, status_pipe[2] = {-1, -1};
static int control_fifo = -1, input_holder = -1, input_end = -1, exit_file = -1;
static volatile sig_atomic_t term_arrived, child_changed;

/* ---- time, files, numbers ------------------------------------------------------------------------------------------------ */

static int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t now_ms(void) { return clock_ms(CLOCK_MONOTONIC); }

/* Deadlines come from a file, so their sum with the clock must not overflow. */
static int64_t after(int64_t ms) { return ms > NEVER / 2 ? NEVER : now_ms() + ms; }

static int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

static void close_if_open(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return false;
        bytes += written;
        length -= (size_t)written;
    }
    return true;
}

/* Both ends close on exec. */
static bool make_pipe(int ends[2])
{
#ifdef __linux__
    return pipe2(ends, O_CLOEXEC) == 0;
#else
    if (pipe(ends) < 0) return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return true;
#endif
}

static void make_nonblocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

static bool parse_whole(const char *text, int64_t min, int64_t max, int64_t *value)
{
    char *end;
    if (*text != '-' && (*text < '0' || *text > '9')) return false;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < min || number > max) return false;
    *value = number;
    return true;
}

static bool fail(const char *stage, int number, const char *message)
{
    failure = (struct failure){stage, number, message};
    return false;
}

/* ---- 1. become a holder -------------------------------------------------------------------------------------------------- */

static void on_signal(int number)
{
    int saved = errno;
    if (number == SIGTERM) term_arrived = 1;
    if (number == SIGCHLD) child_changed = 1;
    ssize_t ignored = write(wake_pipe[1], "", 1);
    (void)ignored;
    errno = saved;
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

static void mask_signals(int how)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(how, &all, NULL);
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

static bool become_holder(void)
{
    int null = open("/dev/null", O_RDWR);
    while (null >= 0 && null < 3) null = dup(null);
    close_strays();
    if (!make_pipe(wake_pipe)) return false;
    make_nonblocking(wake_pipe[0]);
    make_nonblocking(wake_pipe[1]);
    tame_signals();
    setsid();
    run.self = getpid();
#ifdef __linux__
    prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
    return true;
}

/* ---- 2. read the claim --------------------------------------------------------------------------------------------------- */

/*
 * A strict reader of JSON that works in place: texts are unescaped into the buffer that they were read from. The first problem sticks
 * and makes every further step a no-op, so callers check once.
 */
struct json {
    char *at, *end;
    int depth;
    const char *problem;
};

static bool json_fails(struct json *j, const char *problem)
{
    if (j->problem == NULL) j->problem = problem;
    return false;
}

static char json_peek(struct json *j)
{
    while (j->at < j->end && (*j->at == ' ' || *j->at == '\n' || *j->at == '\t' || *j->at == '\r')) j->at++;
    return j->problem == NULL && j->at < j->end ? *j->at : '\0';
}

static bool json_take(struct json *j, char wanted)
{
    if (json_peek(j) != wanted || j->problem != NULL) return false;
    j->at++;
    return true;
}

static bool json_hex4(struct json *j, unsigned *unit)
{
    *unit = 0;
    if (j->end - j->at < 4) return false;
    for (int i = 0; i < 4; i++) {
        char c = *j->at++;
        unsigned digit;
        if (c >= '0' && c <= '9') digit = (unsigned)(c - '0');
        else if (c >= 'a' && c <= 'f') digit = (unsigned)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F') digit = (unsigned)(c - 'A') + 10;
        else return false;
        *unit = *unit << 4 | digit;
    }
    return true;
}

static char *put_utf8(char *to, unsigned point)
{
    if (point < 0x80) {
        *to++ = (char)point;
    } else if (point < 0x800) {
        *to++ = (char)(0xC0 | point >> 6);
        *to++ = (char)(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        *to++ = (char)(0xE0 | point >> 12);
        *to++ = (char)(0x80 | (point >> 6 & 0x3F));
        *to++ = (char)(0x80 | (point & 0x3F));
    } else {
        *to++ = (char)(0xF0 | point >> 18);
        *to++ = (char)(0x80 | (point >> 12 & 0x3F));
        *to++ = (char)(0x80 | (point >> 6 & 0x3F));
        *to++ = (char)(0x80 | (point & 0x3F));
    }
    return to;
}

/* What follows `\u`: one unit, or two that make a pair. */
static bool json_code_point(struct json *j, unsigned *point)
{
    unsigned low;
    if (!json_hex4(j, point)) return json_fails(j, "a \\u escape has no four hex digits");
    if (*point < 0xD800 || *point > 0xDFFF) return true;
    if (*point > 0xDBFF || j->end - j->at < 6 || j->at[0] != '\\' || j->at[1] != 'u')
        return json_fails(j, "a \\u escape is half of a surrogate pair");
    j->at += 2;
    if (!json_hex4(j, &low) || low < 0xDC00 || low > 0xDFFF)
        return json_fails(j, "a \\u escape is half of a surrogate pair");
    *point = 0x10000 + ((*point - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

/* Leaves *text in place and ended by NUL. A NUL inside would end it too early for every use that we have, so it is refused. */
static bool json_text(struct json *j, char **text)
{
    if (!json_take(j, '"')) return json_fails(j, "a text is expected");
    char *to = *text = j->at;
    while (j->at < j->end) {
        unsigned char c = (unsigned char)*j->at++;
        if (c == '"') {
            *to = '\0';
            return true;
        }
        if (c < 0x20) return json_fails(j, "a text holds a raw control character");
        if (c != '\\') {
            *to++ = (char)c;
            continue;
        }
        if (j->at == j->end) break;
        static const char escapes[] = "\"\"\\\\//b\bf\fn\nr\rt\t";
        char kind = *j->at++;
        if (kind == 'u') {
            unsigned point;
            if (!json_code_point(j, &point)) return false;
            if (point == 0) return json_fails(j, "a text holds a NUL");
            to = put_utf8(to, point);
            continue;
        }
        const char *found = escapes;
        while (*found != '\0' && *found != kind) found += 2;
        if (*found == '\0') return json_fails(j, "a text holds an unknown escape");
        *to++ = found[1];
    }
    return json_fails(j, "a text has no end");
}

static void json_digits(struct json *j)
{
    if (j->at == j->end || *j->at < '0' || *j->at > '9') json_fails(j, "a number is malformed");
    while (j->at < j->end && *j->at >= '0' && *j->at <= '9') j->at++;
}

/* Steps over a number by the whole grammar. */
static void json_number(struct json *j)
{
    json_peek(j);
    if (j->at < j->end && *j->at == '-') j->at++;
    if (j->at < j->end && *j->at == '0') j->at++;
    else json_digits(j);
    if (j->at < j->end && *j->at == '.') {
        j->at++;
        json_digits(j);
    }
    if (j->at < j->end && (*j->at == 'e' || *j->at == 'E')) {
        j->at++;
        if (j->at < j->end && (*j->at == '+' || *j->at == '-')) j->at++;
        json_digits(j);
    }
}

static int64_t json_whole(struct json *j, int64_t min, int64_t max)
{
    char digits[24];
    int64_t value = 0;
    json_peek(j);
    char *begin = j->at;
    json_number(j);
    size_t length = (size_t)(j->at - begin);
    if (j->problem != NULL) return 0;
    if (length < sizeof digits) {
        memcpy(digits, begin, length);
        digits[length] = '\0';
        if (parse_whole(digits, min, max, &value)) return value;
    }
    json_fails(j, "a number is not whole or out of its range");
    return 0;
}

static bool json_word(struct json *j, const char *word)
{
    size_t length = strlen(word);
    json_peek(j);
    if (j->problem != NULL || (size_t)(j->end - j->at) < length || memcmp(j->at, word, length) != 0) return false;
    j->at += length;
    return true;
}

static bool json_truth(struct json *j)
{
    if (json_word(j, "true")) return true;
    if (!json_word(j, "false")) json_fails(j, "true or false is expected");
    return false;
}

/* `while (json_member(j, &key, &first))` walks an object that was opened with json_open(j, '{'). */
static bool json_open(struct json *j, char bracket)
{
    if (++j->depth > DEPTH_LIMIT) return json_fails(j, "it is nested too deeply");
    return json_take(j, bracket) || json_fails(j, bracket == '{' ? "an object is expected" : "a list is expected");
}

static bool json_next(struct json *j, char bracket, bool *first)
{
    if (j->problem != NULL) return false;
    if (json_take(j, bracket)) {
        j->depth--;
        return false;
    }
    if (!*first && !json_take(j, ',')) return json_fails(j, "a comma or a closing bracket is missing");
    *first = false;
    return true;
}

static bool json_member(struct json *j, char **key, bool *first)
{
    if (!json_next(j, '}', first)) return false;
    if (!json_text(j, key)) return false;
    return json_take(j, ':') || json_fails(j, "a colon is missing");
}

static void json_skip(struct json *j)
{
    char *ignored;
    bool first = true;
    switch (json_peek(j)) {
    case '"':
        json_text(j, &ignored);
        return;
    case '{':
        json_open(j, '{');
        while (json_member(j, &ignored, &first)) json_skip(j);
        return;
    case '[':
        json_open(j, '[');
        while (json_next(j, ']', &first)) json_skip(j);
        return;
    default:
        if (json_word(j, "true") || json_word(j, "false") || json_word(j, "null")) return;
        json_number(j);
    }
}

/* Room for one more element. The claim is read once and lives as long as the process, so nothing of it is freed. */
static void *grow(struct json *j, void *list, int count, size_t size)
{
    void *grown = realloc(list, (size_t)(count + 1) * size);
    if (grown == NULL) json_fails(j, "it does not fit into the memory");
    return grown;
}

static void read_argv(struct json *j)
{
    bool first = true;
    int count = 0;
    json_open(j, '[');
    while (json_next(j, ']', &first)) {
        /* Room for the closing NULL as well. Doubling, for an argv may be long. */
        if ((count & (count - 1)) == 0) claim.argv = grow(j, claim.argv, 2 * count + 1, sizeof *claim.argv);
        if (j->problem != NULL || !json_text(j, &claim.argv[count])) return;
        claim.argv[++count] = NULL;
    }
    if (count == 0) json_fails(j, "`argv` is empty");
}

static void read_groups(struct json *j)
{
    bool first = true;
    json_open(j, '[');
    claim.group_count = 0;
    while (json_next(j, ']', &first)) {
        claim.groups = grow(j, claim.groups, claim.group_count, sizeof *claim.groups);
        if (j->problem != NULL) return;
        claim.groups[claim.group_count++] = (gid_t)json_whole(j, 0, UINT32_MAX - 1);
    }
}

static int rlimit_named(const char *name)
{
    static const struct { const char *name; int resource; } known[] = {
        {"as", RLIMIT_AS}, {"core", RLIMIT_CORE}, {"cpu", RLIMIT_CPU}, {"data", RLIMIT_DATA}, {"fsize", RLIMIT_FSIZE},
        {"memlock", RLIMIT_MEMLOCK}, {"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC}, {"rss", RLIMIT_RSS},
        {"stack", RLIMIT_STACK},
#ifdef __linux__
        {"locks", RLIMIT_LOCKS}, {"msgqueue", RLIMIT_MSGQUEUE}, {"nice", RLIMIT_NICE}, {"rtprio", RLIMIT_RTPRIO},
        {"rttime", RLIMIT_RTTIME}, {"sigpending", RLIMIT_SIGPENDING},
#endif
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, name) == 0) return known[i].resource;
    return -1;
}

static rlim_t read_limit(struct json *j)
{
    int64_t value = json_whole(j, -1, INT64_MAX);
    return value < 0 ? RLIM_INFINITY : (rlim_t)value;
}

static void read_rlimits(struct json *j)
{
    bool first = true, first_part;
    json_open(j, '[');
    claim.rlimit_count = 0;
    while (json_next(j, ']', &first)) {
        char *name;
        claim.rlimits = grow(j, claim.rlimits, claim.rlimit_count, sizeof *claim.rlimits);
        if (j->problem != NULL) return;
        first_part = true;
        json_open(j, '[');
        if (!json_next(j, ']', &first_part) || !json_text(j, &name) || !json_next(j, ']', &first_part)) break;
        rlim_t soft = read_limit(j);
        if (!json_next(j, ']', &first_part)) break;
        rlim_t hard = read_limit(j);
        if (json_next(j, ']', &first_part)) break;
        int resource = rlimit_named(name);
        if (resource < 0) json_fails(j, "`rlimits` names an unknown limit");
        claim.rlimits[claim.rlimit_count].resource = resource;
        claim.rlimits[claim.rlimit_count++].limit = (struct rlimit){soft, hard};
    }
    if (j->depth != 1) json_fails(j, "`rlimits` holds something else than [name, soft, hard]");
}

static void read_stop(struct json *j)
{
    char *key;
    bool first = true;
    int seen = 0;
    json_open(j, '{');
    while (json_member(j, &key, &first)) {
        if (strcmp(key, "signal") == 0) seen |= 1, claim.stop_signal = (int)json_whole(j, 1, NSIG - 1);
        else if (strcmp(key, "graceMs") == 0) seen |= 2, claim.stop_grace_ms = json_whole(j, 0, INT64_MAX);
        else if (strcmp(key, "group") == 0) seen |= 4, claim.stop_group = json_truth(j);
        else json_skip(j);
    }
    if (seen != 7) json_fails(j, "`stop` lacks signal, graceMs or group");
}

static void read_output(struct json *j, struct stream *s)
{
    char *key;
    bool first = true;
    int seen = 0;
    s->file = NULL;
    s->discarded = json_word(j, "null");
    if (s->discarded) return;
    json_open(j, '{');
    while (json_member(j, &key, &first)) {
        char *file;
        if (strcmp(key, "file") == 0) s->file = json_text(j, &file) ? file : NULL;
        else if (strcmp(key, "maxBytes") == 0) seen |= 1, s->max_bytes = json_whole(j, 0, INT64_MAX / 2);
        else if (strcmp(key, "keep") == 0) seen |= 2, s->keep = json_whole(j, 0, 1000000);
        else json_skip(j);
    }
    if (seen != 3) json_fails(j, "`out` or `err` lacks maxBytes or keep");
}

/* The keys of a claim. Those before UID must be there. */
enum key { VERSION, RUN, MARKS, ARGV, CWD, RLIMITS, STOP, TIMEOUT, LEAVE, INPUT, MERGE, OUT, ERR, UID, GID, GROUPS, UMASK, NICE, KEYS };

static const char *const key_names[KEYS] = {
    "version", "run", "marks", "argv", "cwd", "rlimits", "stop", "timeoutMs", "leave", "input", "merge", "out", "err",
    "uid", "gid", "groups", "umask", "nice",
};

static void read_member(struct json *j, enum key key)
{
    switch (key) {
    case VERSION:
        if (json_whole(j, INT64_MIN, INT64_MAX) != 1) json_fails(j, "`version` is not 1");
        break;
    case RUN:
        if (json_text(j, &claim.run) && (*claim.run == '\0' || strchr(claim.run, '/') != NULL)) json_fails(j, "`run` is no id");
        break;
    case MARKS: json_text(j, &claim.marks); break;
    case ARGV: read_argv(j); break;
    case CWD: json_text(j, &claim.cwd); break;
    case RLIMITS: read_rlimits(j); break;
    case STOP: read_stop(j); break;
    case TIMEOUT: claim.timeout_ms = json_whole(j, 0, INT64_MAX); break;
    case LEAVE: claim.leave = json_truth(j); break;
    case INPUT: claim.input = json_truth(j); break;
    case MERGE: claim.merge = json_truth(j); break;
    case OUT: read_output(j, &out); break;
    case ERR: read_output(j, &err); break;
    case UID: claim.uid = (uid_t)json_whole(j, 0, UINT32_MAX - 1); break;
    case GID: claim.gid = (gid_t)json_whole(j, 0, UINT32_MAX - 1); break;
    case GROUPS: read_groups(j); break;
    case UMASK: claim.umask = (mode_t)json_whole(j, 0, 0777); break;
    case NICE: claim.nice = (int)json_whole(j, -20, 19); break;
    case KEYS: json_skip(j); break;
    }
}

static const char *parse_claim(char *text, size_t length)
{
    struct json j = {.at = text, .end = text + length};
    char *name;
    bool first = true;
    unsigned seen = 0;
    json_open(&j, '{');
    while (json_member(&j, &name, &first)) {
        unsigned key = 0;
        while (key < KEYS && strcmp(name, key_names[key]) != 0) key++;
        seen |= 1u << key;
        read_member(&j, (enum key)key);
    }
    if (j.problem == NULL && (json_peek(&j), j.at != j.end)) json_fails(&j, "something follows the closing bracket");
    static char missing[32];
    for (int key = 0; key < UID && j.problem == NULL; key++) {
        if ((seen & 1u << key) != 0) continue;
        snprintf(missing, sizeof missing, "`%s` is missing", key_names[key]);
        json_fails(&j, missing);
    }
    unsigned user = seen >> UID & 7;
    if (user != 0 && user != 7) json_fails(&j, "of `uid`, `gid` and `groups` only some are there");
    claim.has_user = user == 7;
    claim.has_umask = seen >> UMASK & 1;
    claim.has_nice = seen >> NICE & 1;
    return j.problem;
}

/* A claim that cannot be read still gets its marks: the folder's place and the run's id follow from the run directory's. */
static void name_marks_by_place(const char *directory)
{
    static char name[NAME_MAX + 1];
    size_t length = strlen(directory);
    while (length > 0 && directory[length - 1] == '/') length--;
    size_t begin = length;
    while (begin > 0 && directory[begin - 1] != '/') begin--;
    snprintf(name, sizeof name, "%.*s", (int)(length - begin), directory + begin);
    claim.run = name;
    claim.marks = "../../marks";
}

static bool read_claim(const char *directory)
{
    struct stat status;
    int fd = open("spec.json", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    name_marks_by_place(directory);
    if (fd < 0 || fstat(fd, &status) < 0) {
        fail("spec", errno, NULL);
        close_if_open(&fd);
        return false;
    }
    static char *text;
    size_t length = 0;
    if (!S_ISREG(status.st_mode) || status.st_size > CLAIM_LIMIT) fail("spec", 0, "spec.json is no file of a fitting size");
    else if ((text = malloc((size_t)status.st_size + 1)) == NULL) fail("spec", ENOMEM, NULL);
    while (text != NULL && length < (size_t)status.st_size) {
        ssize_t got = read(fd, text + length, (size_t)status.st_size - length);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) fail("spec", errno, NULL);
        if (got <= 0) break;
        length += (size_t)got;
    }
    close(fd);
    if (failure.stage != NULL) return false;
    const char *problem = parse_claim(text, length);
    if (problem == NULL) return true;
    name_marks_by_place(directory);
    return fail("spec", 0, problem);
}

/* ---- 3. prepare: FIFOs and outputs --------------------------------------------------------------------------------------- */

/* Both ends in one, so that it never reads as ended when a writer goes. */
static int open_fifo(const char *name)
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

static bool open_fifos(void)
{
    if ((control_fifo = open_fifo("control")) < 0) return fail("fifo", errno, NULL);
    if (!claim.input) return true;
    if ((input_holder = open_fifo("in")) < 0) return fail("fifo", errno, NULL);
    if ((input_end = open("in", O_RDONLY | O_CLOEXEC)) < 0) return fail("fifo", errno, NULL);
    return true;
}

static int open_segment(const struct stream *s, int64_t begin)
{
    char name[40];
    snprintf(name, sizeof name, "%s.%" PRId64, s->name, begin);
    return open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* O_NONBLOCK is for a name that turns out to be a FIFO which nobody reads: that is an error then, not a wait. */
static int open_named(const struct stream *s)
{
    return open(s->file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
}

static bool open_output(struct stream *s)
{
    int ends[2];
    struct stat status;
    if (s->discarded) return true;
    s->target = s->file != NULL ? open_named(s) : open_segment(s, 0);
    if (s->target < 0 || fstat(s->target, &status) < 0) return fail("output", errno, NULL);
    if (s->file != NULL && S_ISREG(status.st_mode)) s->length = status.st_size;
    else if (s->file != NULL) s->max_bytes = 0;
    if (!make_pipe(ends)) return fail("output", errno, NULL);
    s->source = ends[0];
    s->given = ends[1];
    make_nonblocking(s->source);
    return true;
}

static bool prepare(void)
{
    if (claim.merge) err.discarded = true;
    return open_output(&out) && open_output(&err) && open_fifos();
}

/* ---- 4. fork: the command behind its gate -------------------------------------------------------------------------------- */

/* After the group and user are changed, the kernel's checks are the user's: of the directory first of all. */
static bool become_command(void)
{
    for (int i = 0; i < claim.rlimit_count; i++)
        if (setrlimit(claim.rlimits[i].resource, &claim.rlimits[i].limit) < 0) return fail("rlimit", errno, NULL);
    if (claim.has_nice && setpriority(PRIO_PROCESS, 0, claim.nice) < 0) return fail("nice", errno, NULL);
    if (claim.has_user) {
        if (setgroups((size_t)claim.group_count, claim.groups) < 0) return fail("groups", errno, NULL);
        if (setgid(claim.gid) < 0) return fail("gid", errno, NULL);
        if (setuid(claim.uid) < 0) return fail("uid", errno, NULL);
    }
    if (claim.has_umask) umask(claim.umask);
    if (chdir(claim.cwd) < 0) return fail("cwd", errno, NULL);

    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    int to_out = out.given >= 0 ? out.given : null;
    int to_err = claim.merge ? to_out : err.given >= 0 ? err.given : null;
    if (null < 0 || dup2(claim.input ? input_end : null, 0) < 0 || dup2(to_out, 1) < 0 || dup2(to_err, 2) < 0)
        return fail("input", errno, NULL);

#ifdef __linux__
    /* A change of credentials clears this, so it comes last; and the shim may have died just before. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != run.self) _exit(1);
#endif
    execvp(claim.argv[0], claim.argv);
    return fail("exec", errno, NULL);
}

/* A closed gate means that the claim was lost or the shim died. On failure the parent is told by a copy of `failure`: the child's
   memory is a copy of the parent's, so its pointers to texts hold there too. */
static void run_child(void)
{
    char opened;
    ssize_t got;
    for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
    mask_signals(SIG_UNBLOCK);
    close(gate[1]);
    close(status_pipe[0]);
    setsid();
    while ((got = read(gate[0], &opened, 1)) < 0 && errno == EINTR) continue;
    if (got != 1) _exit(1);
    become_command();
    write_all(status_pipe[1], (const char *)&failure, sizeof failure);
    _exit(127);
}

static bool fork_command(void)
{
    if (!make_pipe(gate) || !make_pipe(status_pipe)) return fail("fork", errno, NULL);
    /* Until the child has left our handlers, a signal to it must wait: caught by them it would be lost. */
    mask_signals(SIG_BLOCK);
    pid_t pid = fork();
    if (pid == 0) run_child();
    mask_signals(SIG_UNBLOCK);
    if (pid < 0) return fail("fork", errno, NULL);
    run.command = pid;
    close_if_open(&gate[0]);
    close_if_open(&status_pipe[1]);
    close_if_open(&out.given);
    close_if_open(&err.given);
    close_if_open(&input_end);
    make_nonblocking(status_pipe[0]);
    return true;
}

/* ---- 5. link `pid` ------------------------------------------------------------------------------------------------------- */

/* A process is known by its start time as well, in the unit of the page. 0 if it is gone. */
static int64_t start_time(pid_t pid)
{
#ifdef __APPLE__
    int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, pid};
    struct kinfo_proc info;
    size_t size = sizeof info;
    if (sysctl(name, 4, &info, &size, NULL, 0) < 0 || size == 0) return 0;
    return (int64_t)info.kp_proc.p_starttime.tv_sec * 1000000 + info.kp_proc.p_starttime.tv_usec;
#else
    char path[40], text[1024];
    int64_t start = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0) return 0;
    text[length] = '\0';
    /* The name of the program stands in brackets and may hold anything; what follows the last bracket starts with field 3. */
    char *field = strrchr(text, ')');
    for (int number = 2; field != NULL && number < 22; number++) field = strchr(field + 1, ' ');
    if (field != NULL) start = strtoll(field + 1, NULL, 10);
    return start;
#endif
}

static void read_boot_id(char *id, size_t size)
{
#ifdef __APPLE__
    struct timeval boot = {0};
    size_t length = sizeof boot;
    sysctlbyname("kern.boottime", &boot, &length, NULL, 0);
    snprintf(id, size, "%lld", (long long)boot.tv_sec);
#else
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, id, size - 1);
    close_if_open(&fd);
    id[length > 0 ? length : 0] = '\0';
    id[strcspn(id, "\n")] = '\0';
#endif
}

/* A name of its own for the unfinished file, as another shim may be after the same claim. */
static bool link_once(const char *text, size_t length)
{
    char name[32];
    snprintf(name, sizeof name, "pid.%d.tmp", (int)run.self);
    int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool linked = fd >= 0 && write_all(fd, text, length) && link(name, "pid") == 0;
    int number = errno;
    close_if_open(&fd);
    unlink(name);
    errno = number;
    return linked;
}

enum link_result { LINKED, REVOKED, UNWRITABLE };

static enum link_result link_pid(void)
{
    char boot[64], command[96] = "null", text[320];
    read_boot_id(boot, sizeof boot);
    if (run.command > 0)
        snprintf(command, sizeof command, "{\"pid\":%d,\"start\":%" PRId64 "}", (int)run.command, start_time(run.command));
    int length = snprintf(text, sizeof text,
        "{\"boot\":\"%s\",\"shim\":{\"pid\":%d,\"start\":%" PRId64 "},\"command\":%s,\"startedAt\":%" PRId64 "}\n",
        boot, (int)run.self, start_time(run.self), command, run.started_at);
    int64_t give_up_at = after(DISK_PATIENCE_MS);
    while (!link_once(text, (size_t)length)) {
        if (errno == EEXIST) return REVOKED;
        if (errno == ENOENT || now_ms() >= give_up_at) return UNWRITABLE;
        poll(NULL, 0, DISK_RETRY_MS);
    }
    return LINKED;
}

static void set_mark(const char *kind)
{
    char path[PATH_MAX];
    int length = snprintf(path, sizeof path, "%s/%s.%s", claim.marks, claim.run, kind);
    if (length < 0 || (size_t)length >= sizeof path) return;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    close_if_open(&fd);
}

/* Blocks for `exit` are taken now, while there may be some. Failing here is no reason not to run. */
static void reserve_exit(void)
{
    static const char blank[EXIT_RESERVE];
    exit_file = open("exit.tmp", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (exit_file >= 0) write_all(exit_file, blank, sizeof blank);
}

static void let_go(void)
{
    run.started_mono = now_ms();
    if (claim.timeout_ms > 0) run.timeout_at = after(claim.timeout_ms);
    write_all(gate[1], "", 1);
    close_if_open(&gate[1]);
}

/* The claim was revoked: the command, which never ran, meets a closed gate. */
static void keep_closed(void)
{
    close_if_open(&gate[1]);
    if (run.command > 0) waitpid(run.command, NULL, 0);
}

/* ---- 6. tend: output ----------------------------------------------------------------------------------------------------- */

/* Removes own finished segments but the `keep` youngest: counts those older than the current, and takes the oldest until it fits. */
static void prune_segments(const struct stream *s)
{
    for (;;) {
        int64_t oldest = s->begin, count = 0, begin;
        char name[40];
        size_t prefix = strlen(s->name);
        DIR *folder = opendir(".");
        if (folder == NULL) return;
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
            if (strncmp(entry->d_name, s->name, prefix) != 0 || entry->d_name[prefix] != '.') continue;
            if (!parse_whole(entry->d_name + prefix + 1, 0, s->begin - 1, &begin)) continue;
            count++;
            oldest = earlier(oldest, begin);
        }
        closedir(folder);
        if (count <= s->keep) return;
        snprintf(name, sizeof name, "%s.%" PRId64, s->name, oldest);
        if (unlink(name) < 0) return;
    }
}

static bool begin_segment(struct stream *s)
{
    bool was_empty = s->length == 0;
    char old[40];
    if (s->begin == s->position) return true;
    int fd = open_segment(s, s->position);
    if (fd < 0) return false;
    snprintf(old, sizeof old, "%s.%" PRId64, s->name, s->begin);
    if (was_empty) unlink(old);
    close(s->target);
    s->target = fd;
    s->begin = s->position;
    s->length = 0;
    prune_segments(s);
    return true;
}

/* Moves .1 to .2 and so on, up to the first gap or to .keep, which goes; then the file to .1. */
static bool shift_named(const struct stream *s)
{
    char from[PATH_MAX], to[PATH_MAX];
    struct stat status;
    int64_t last = 0;
    do {
        int length = snprintf(from, sizeof from, "%s.%" PRId64, s->file, ++last);
        if (length < 0 || (size_t)length >= sizeof from) return false;
    } while (last < s->keep && lstat(from, &status) == 0);
    for (; last > 1; last--) {
        snprintf(from, sizeof from, "%s.%" PRId64, s->file, last - 1);
        snprintf(to, sizeof to, "%s.%" PRId64, s->file, last);
        rename(from, to);
    }
    snprintf(to, sizeof to, "%s.1", s->file);
    return rename(s->file, to) == 0;
}

/* If the name leads elsewhere by now, somebody else has rotated it (another run, logrotate): then it is only opened again. If nothing
   works, the old file goes on, for another `maxBytes`: a log that is too long is better than a lost one. */
static bool begin_named(struct stream *s)
{
    struct stat ours, theirs;
    bool still_ours = fstat(s->target, &ours) == 0 && stat(s->file, &theirs) == 0 && ours.st_dev == theirs.st_dev
        && ours.st_ino == theirs.st_ino;
    s->length = 0;
    if (still_ours && (!S_ISREG(ours.st_mode) || ours.st_size == 0)) return true;
    if (still_ours && s->keep == 0) return ftruncate(s->target, 0) == 0 || true;
    if (still_ours && !shift_named(s)) return true;
    int fd = open_named(s);
    if (fd < 0) return true;
    close(s->target);
    s->target = fd;
    if (fstat(fd, &theirs) == 0 && S_ISREG(theirs.st_mode)) s->length = theirs.st_size;
    return true;
}

static bool begin_next(struct stream *s)
{
    if (s->file != NULL ? !begin_named(s) : !begin_segment(s)) return false;
    s->full = false;
    return true;
}

/* How many of the next bytes go into the current segment. It ends at the last line end that fits or, with the maximum near,
   at any: so only a line longer than the slack is ever cut. */
static size_t fitting(const struct stream *s, const char *bytes, size_t length, bool *ends)
{
    *ends = false;
    if (s->max_bytes == 0) return length;
    int64_t room = s->max_bytes - s->length;
    int64_t slack = earlier(LINE_SLACK, s->max_bytes / 4);
    if ((int64_t)length <= room - slack) return length;
    size_t most = room <= 0 ? 0 : (size_t)earlier(room, (int64_t)length);
    size_t line_end = most;
    while (line_end > 0 && bytes[line_end - 1] != '\n') line_end--;
    *ends = line_end > 0 || (int64_t)most == room || room <= 0;
    return line_end > 0 ? line_end : most;
}

/* Stores as much as can be, and tells how much. An own segment holds bytes that follow one another, so a loss begins a new one too. */
static size_t store(struct stream *s, const char *bytes, size_t length)
{
    size_t done = 0;
    while (done < length) {
        bool ends;
        bool gap = s->file == NULL && s->begin + s->length != s->position;
        if ((s->full || gap) && !begin_next(s)) break;
        size_t part = fitting(s, bytes + done, length - done, &ends);
        ssize_t written = part == 0 ? 0 : write(s->target, bytes + done, part);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 || (written == 0 && part > 0)) break;
        done += (size_t)written;
        s->length += written;
        s->position += written;
        s->full = ends && (size_t)written == part;
    }
    return done;
}

/* After any other error, such as a directory that is gone, waiting would help nobody. */
static bool may_pass(int number) { return number == ENOSPC || number == EDQUOT || number == EIO || number == EAGAIN; }

static void lose(struct stream *s, size_t length)
{
    s->lost += (int64_t)length;
    s->position += (int64_t)length;
    s->dropping = true;
}

static void receive(struct stream *s)
{
    size_t want = s->budget >= 0 && s->budget < CHUNK ? (size_t)s->budget : CHUNK;
    ssize_t got = want == 0 ? 0 : read(s->source, chunk, want);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        close_if_open(&s->source);
        return;
    }
    s->received += got;
    if (s->budget >= 0) s->budget -= got;
    errno = 0;
    size_t stored = store(s, chunk, (size_t)got);
    size_t rest = (size_t)got - stored;
    if (rest == 0) {
        s->dropping = false;
    } else if (s->dropping || !may_pass(errno)) {
        lose(s, rest);
    } else {
        memcpy(s->held, chunk + stored, rest);
        s->held_from = 0;
        s->held_length = rest;
        s->retry_at = after(DISK_RETRY_MS);
        s->drop_at = after(DISK_PATIENCE_MS);
    }
}

/* What is held is tried again, and dropped when the patience is at its end. Until then nothing further is read. */
static void retry_held(struct stream *s)
{
    if (s->held_length == 0 || now_ms() < s->retry_at) return;
    size_t stored = store(s, s->held + s->held_from, s->held_length);
    s->held_from += stored;
    s->held_length -= stored;
    s->retry_at = after(DISK_RETRY_MS);
    if (s->held_length == 0 || now_ms() < s->drop_at) return;
    lose(s, s->held_length);
    s->held_length = 0;
}

static void rotate(struct stream *s)
{
    if (s->target >= 0 && s->length > 0) s->full = true;
    if (s->target >= 0 && (s->full || s->file != NULL)) begin_next(s);
}

/* The tree is gone, so all that it wrote lies in the pipe by now; somebody else may hold it open for ever. */
static void limit_to_written(struct stream *s)
{
    int pending = 0;
    if (s->source < 0 || ioctl(s->source, FIONREAD, &pending) < 0) pending = 0;
    s->budget = pending;
}

static bool is_drained(const struct stream *s) { return (s->source < 0 || s->budget == 0) && s->held_length == 0; }

/* ---- 6. tend: the tree --------------------------------------------------------------------------------------------------- */

#ifdef __linux__
static pid_t tree[TREE_LIMIT];
static int tree_size;

static bool tree_knows(pid_t pid)
{
    for (int i = 0; i < tree_size; i++)
        if (tree[i] == pid) return true;
    return false;
}

static void add_to_tree(pid_t pid)
{
    if (pid > 0 && tree_size < TREE_LIMIT) tree[tree_size++] = pid;
}

/* Adds the children of one thread: a list of numbers with a space after each. False where the kernel has no such list. */
static bool add_children_of_thread(pid_t pid, const char *thread)
{
    char path[64], text[4096];
    pid_t number = 0;
    ssize_t got;
    snprintf(path, sizeof path, "/proc/%d/task/%.20s/children", (int)pid, thread);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    while ((got = read(fd, text, sizeof text)) > 0)
        for (ssize_t i = 0; i < got; i++) {
            if (text[i] >= '0' && text[i] <= '9') {
                number = number * 10 + (text[i] - '0');
            } else {
                add_to_tree(number);
                number = 0;
            }
        }
    close(fd);
    return true;
}

static bool add_children(pid_t pid)
{
    char path[40];
    bool listed = false;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *threads = opendir(path);
    if (threads == NULL) return pid != run.self;
    for (struct dirent *entry; (entry = readdir(threads)) != NULL;)
        if (entry->d_name[0] != '.') listed |= add_children_of_thread(pid, entry->d_name);
    closedir(threads);
    return listed || pid != run.self;
}

/* For kernels without lists of children: every process that has a parent in the tree, until a pass finds no more. */
static void add_by_parent(void)
{
    int before;
    do {
        before = tree_size;
        DIR *processes = opendir("/proc");
        if (processes == NULL) return;
        for (struct dirent *entry; (entry = readdir(processes)) != NULL;) {
            int64_t pid;
            char path[40], text[1024];
            if (!parse_whole(entry->d_name, 1, INT_MAX, &pid) || tree_knows((pid_t)pid)) continue;
            snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
            int fd = open(path, O_RDONLY | O_CLOEXEC);
            ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
            close_if_open(&fd);
            text[length > 0 ? length : 0] = '\0';
            char *bracket = strrchr(text, ')');
            if (bracket == NULL || strlen(bracket) < 5) continue;
            if (tree_knows((pid_t)strtol(bracket + 4, NULL, 10))) add_to_tree((pid_t)pid);
        }
        closedir(processes);
    } while (tree_size > before);
}

/* Sends to every descendant, the deepest first. A number read a moment ago may belong to nobody by now, but not yet to a stranger:
   numbers come round only after all others were used. */
static void signal_tree(int number)
{
    tree_size = 0;
    add_to_tree(run.self);
    for (int i = 0; i < tree_size; i++)
        if (!add_children(tree[i])) {
            add_by_parent();
            break;
        }
    for (int i = tree_size - 1; i > 0; i--) kill(tree[i], number);
}
#else
/* Without a subreaper the command's group is all that can be known of its tree. */
static void signal_tree(int number)
{
    if (run.command > 0 && !run.command_reaped) kill(-run.command, number);
}
#endif

/* The command's number is ours until it is waited for, so neither of these can hit a stranger. */
static void send_signal(int number, enum target target)
{
    if (run.command <= 0) return;
    if (target == TO_TREE || run.command_reaped) signal_tree(number);
    else if (target == TO_PROCESS || kill(-run.command, number) < 0) kill(run.command, number);
}

static void kill_tree(void)
{
    if (!run.command_reaped) kill(-run.command, SIGKILL);
    signal_tree(SIGKILL);
    run.kill_pass_at = after(KILL_PASS_MS);
}

/* A second stop may only shorten the grace. */
static void begin_stop(int number, int64_t grace_ms, enum target target)
{
    run.kill_at = earlier(run.kill_at, after(grace_ms));
    if (run.stopping) return;
    run.stopping = true;
    send_signal(number, target);
}

static void stop_as_claimed(void)
{
    begin_stop(claim.stop_signal, claim.stop_grace_ms, claim.stop_group ? TO_GROUP : TO_PROCESS);
}

static void note_stop_request(void)
{
    if (run.phase == RUNNING && !run.timed_out) run.stop_requested = true;
}

/* A command that did not start says so before it ends. */
static void hear_of_start(void)
{
    struct failure told;
    ssize_t got = status_pipe[0] < 0 ? -1 : read(status_pipe[0], &told, sizeof told);
    if (got < 0) return;
    if (got == (ssize_t)sizeof told) failure = told;
    close_if_open(&status_pipe[0]);
}

static void begin_draining(void)
{
    run.phase = DRAINING;
    limit_to_written(&out);
    limit_to_written(&err);
}

static void note_command_end(void)
{
    run.ended_at = clock_ms(CLOCK_REALTIME);
    run.ended_mono = now_ms();
    run.timeout_at = run.kill_at = run.kill_pass_at = NEVER;
    hear_of_start();
}

/* Called while the command is a zombie still: its number, and its group's, cannot be anybody else's. */
static void command_ended(void)
{
    note_command_end();
    if (claim.leave) {
        run.stopping = false;
        begin_draining();
        return;
    }
    run.phase = CLEARING;
    run.give_up_at = after(UNKILLABLE_MS);
    run.kill_pass_at = now_ms();
    kill(-run.command, SIGKILL);
}

static void reap(void)
{
    child_changed = 0;
    for (;;) {
        siginfo_t ended = {0};
        int status = 0;
        if (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) < 0) {
            if (errno == EINTR) continue;
            run.childless = errno == ECHILD;
            return;
        }
        if (ended.si_pid == 0) return;
        if (ended.si_pid == run.command && run.phase == RUNNING) command_ended();
        if (waitpid(ended.si_pid, &status, 0) != ended.si_pid) continue;
        if (ended.si_pid == run.command) {
            run.command_reaped = true;
            run.wait_status = status;
        } else if (run.phase == CLEARING && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) {
            run.leftovers++;
        }
    }
}

/* ---- 6. tend: control ---------------------------------------------------------------------------------------------------- */

static bool parse_target(const char *word, enum target *target)
{
    if (strcmp(word, "group") == 0) *target = TO_GROUP;
    else if (strcmp(word, "process") == 0) *target = TO_PROCESS;
    else if (strcmp(word, "tree") == 0) *target = TO_TREE;
    else return false;
    return true;
}

static void obey(char *line)
{
    char *words[5], *rest = NULL;
    int count = 0;
    int64_t number, grace_ms;
    enum target target;
    for (char *word = strtok_r(line, " ", &rest); word != NULL && count < 5; word = strtok_r(NULL, " ", &rest)) words[count++] = word;
    if (count == 1 && strcmp(words[0], "rotate") == 0) {
        rotate(&out);
        rotate(&err);
        return;
    }
    if (count < 3 || !parse_whole(words[1], 1, NSIG - 1, &number) || !parse_target(words[count - 1], &target)) return;
    if (count == 3 && strcmp(words[0], "signal") == 0) {
        send_signal((int)number, target);
    } else if (count == 4 && strcmp(words[0], "stop") == 0 && target != TO_TREE && parse_whole(words[2], 0, INT64_MAX, &grace_ms)) {
        note_stop_request();
        begin_stop((int)number, grace_ms, target);
    }
}

/* One read at a time, as for every other descriptor: whoever writes without end must not keep us from the rest. */
static void read_control(void)
{
    static char line[256];
    static size_t length;
    static bool too_long;
    char bytes[512];
    ssize_t got = read(control_fifo, bytes, sizeof bytes);
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] != '\n') {
            if (length < sizeof line - 1) line[length++] = bytes[i];
            else too_long = true;
            continue;
        }
        line[length] = '\0';
        if (!too_long && strlen(line) == length) obey(line);
        length = 0;
        too_long = false;
    }
}

/* ---- 7. write `exit` ----------------------------------------------------------------------------------------------------- */

static int64_t cpu_ms(struct timeval time) { return (int64_t)time.tv_sec * 1000 + time.tv_usec / 1000; }

static void put_optional(char *text, size_t size, bool present, int number)
{
    if (present) snprintf(text, size, "%d", number);
    else snprintf(text, size, "null");
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

static size_t describe_exit(char *text, size_t size)
{
    char code[16], number[16], error[256] = "null";
    struct rusage usage;
    bool failed = failure.stage != NULL;
    int status = run.wait_status;
    put_optional(code, sizeof code, !failed && WIFEXITED(status), WEXITSTATUS(status));
    put_optional(number, sizeof number, !failed && WIFSIGNALED(status), WTERMSIG(status));
    if (failed) describe_failure(error, sizeof error);
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
        code, number, error, run.started_at, run.ended_at, run.ended_mono - run.started_mono,
        cpu_ms(usage.ru_utime), cpu_ms(usage.ru_stime), max_rss,
        run.timed_out ? "true" : "false", run.stop_requested ? "true" : "false", run.killed ? "true" : "false", run.leftovers,
        out.lost, err.lost, out.received, err.received);
    return (size_t)length;
}

/* Written over the reserved blocks, cut to length and renamed. False if that is worth another try. */
static bool write_exit(void)
{
    char text[EXIT_RESERVE];
    size_t length = describe_exit(text, sizeof text);
    if (exit_file < 0) exit_file = open("exit.tmp", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (exit_file < 0) return errno == ENOENT;
    if (pwrite(exit_file, text, length, 0) != (ssize_t)length) return false;
    if (ftruncate(exit_file, (off_t)length) == 0 && rename("exit.tmp", "exit") == 0) {
        set_mark("ended");
        return true;
    }
    /* Without its file the rename fails for ever: opening it anew shows whether the directory is gone as well. */
    close_if_open(&exit_file);
    return false;
}

static void record(void)
{
    run.record_at = NEVER;
    if (!write_exit()) run.record_at = after(EXIT_RETRY_MS);
    else run.phase = HOLDING;
}

/* ---- 6. tend: the loop --------------------------------------------------------------------------------------------------- */

static int64_t next_deadline(void)
{
    int64_t next = earlier(earlier(run.timeout_at, run.kill_at), earlier(run.kill_pass_at, run.give_up_at));
    next = earlier(next, run.record_at);
    if (out.held_length > 0) next = earlier(next, out.retry_at);
    if (err.held_length > 0) next = earlier(next, err.retry_at);
    return next;
}

static bool wants_reading(const struct stream *s) { return s->source >= 0 && s->held_length == 0 && s->budget != 0; }

static void wait_and_read(void)
{
    enum { WAKE, CONTROL, STATUS, OUT_PIPE, ERR_PIPE, COUNT };
    struct pollfd watched[COUNT] = {
        [WAKE] = {.fd = wake_pipe[0], .events = POLLIN},
        [CONTROL] = {.fd = control_fifo, .events = POLLIN},
        [STATUS] = {.fd = status_pipe[0], .events = POLLIN},
        [OUT_PIPE] = {.fd = wants_reading(&out) ? out.source : -1, .events = POLLIN},
        [ERR_PIPE] = {.fd = wants_reading(&err) ? err.source : -1, .events = POLLIN},
    };
    int64_t left = next_deadline();
    if (left != NEVER) left = left > now_ms() ? left - now_ms() : 0;
    if (poll(watched, COUNT, left > INT_MAX ? (left == NEVER ? -1 : INT_MAX) : (int)left) <= 0) return;
    char ignored[64];
    if (watched[WAKE].revents != 0 && read(wake_pipe[0], ignored, sizeof ignored) < 0) return;
    if (watched[STATUS].revents != 0) hear_of_start();
    if (watched[CONTROL].revents != 0) read_control();
    if (watched[OUT_PIPE].revents != 0) receive(&out);
    if (watched[ERR_PIPE].revents != 0) receive(&err);
}

/* KILL was sent and yet it lives: it hangs in the kernel, and will not run another instruction of its own. */
static void give_up_on_command(void)
{
    note_command_end();
    run.wait_status = SIGKILL;
    begin_draining();
}

static void meet_deadlines(void)
{
    int64_t now = now_ms();
    if (now >= run.timeout_at) {
        run.timeout_at = NEVER;
        run.timed_out = !run.stop_requested;
        stop_as_claimed();
    }
    if (now >= run.kill_at) {
        run.kill_at = NEVER;
        run.killed = run.killed || run.phase == RUNNING;
        run.give_up_at = after(UNKILLABLE_MS);
        run.kill_pass_at = now;
    }
    if (now >= run.kill_pass_at) kill_tree();
    if (now >= run.give_up_at) {
        run.give_up_at = run.kill_pass_at = NEVER;
        if (run.phase == RUNNING) give_up_on_command();
        else if (run.phase == CLEARING) begin_draining();
    }
}

static void advance(void)
{
    if (run.phase == CLEARING && run.childless) {
        run.give_up_at = run.kill_pass_at = NEVER;
        begin_draining();
    }
    if (run.phase == DRAINING && is_drained(&out) && is_drained(&err)) {
        run.phase = RECORDING;
        run.record_at = now_ms();
        if (claim.leave) out.budget = err.budget = -1;
    }
    if (run.phase == RECORDING && now_ms() >= run.record_at) record();
    bool held = claim.leave && failure.stage == NULL && (out.source >= 0 || err.source >= 0 || out.held_length + err.held_length > 0);
    if (run.phase == HOLDING && !held) run.phase = OVER;
}

static void tend(void)
{
    while (run.phase != OVER) {
        wait_and_read();
        retry_held(&out);
        retry_held(&err);
        if (term_arrived) {
            term_arrived = 0;
            note_stop_request();
            stop_as_claimed();
        }
        if (child_changed) reap();
        meet_deadlines();
        advance();
    }
}

/* ---- main ---------------------------------------------------------------------------------------------------------------- */

/* No command was made: there is nothing to tend but the exit. */
static void skip_to_record(void)
{
    run.ended_at = run.started_at;
    run.ended_mono = run.started_mono;
    close_if_open(&out.source);
    close_if_open(&err.source);
    run.phase = RECORDING;
    run.record_at = now_ms();
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        puts("drover-shim " SHIM_VERSION ", run directory version 1");
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "--launch") == 0) return launch(argv[0]);
    if (argc != 2 || argv[1][0] == '\0' || argv[1][0] == '-') {
        fputs("usage: drover-shim RUN_DIRECTORY\n       drover-shim --launch\n       drover-shim --version\n", stderr);
        return USAGE;
    }
    if (chdir(argv[1]) < 0 || access("spec.json", F_OK) < 0) {
        fprintf(stderr, "drover-shim: there is no claim in %s: %s\n", argv[1], strerror(errno));
        return NO_CLAIM;
    }
    if (access("pid", F_OK) == 0) return 0;

    if (!become_holder()) return NO_PID;
    run.started_at = clock_ms(CLOCK_REALTIME);
    bool forked = read_claim(argv[1]) && prepare() && fork_command();
#ifdef SHIM_DIE_BEFORE_LINK
    kill(run.self, SIGKILL);
#endif
    switch (link_pid()) {
    case REVOKED: keep_closed(); return 0;
    case UNWRITABLE: keep_closed(); return NO_PID;
    case LINKED: break;
    }
    if (forked) let_go();
    else skip_to_record();
    set_mark("born");
    reserve_exit();
    tend();
    return 0;
}
