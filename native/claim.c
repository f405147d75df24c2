/*
 * From `spec.json` to a claim (docs/reference/run-directory.md has the keys).
 *
 * A claim that was read is whole and within bounds: every key that must be there is, numbers fit their types, the first element of `argv`
 * exists. Unknown keys are skipped, for the agent may be newer than the shim. Whether the values can be carried out is left to those
 * who use them.
 *
 * The texts of the claim lie in the file's own bytes. All of it lives as long as the process, so nothing is freed.
 */
#define _GNU_SOURCE
#include "claim.h"

#include "ground.h"
#include "json.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { CLAIM_LIMIT = 8 << 20 }; /* far above what exec takes */

/* Room for the element at `count` and one more, such as a closing NULL. It doubles, for lists may be long. */
static void *grow(struct json *j, void *list, int count, size_t size)
{
    if ((count & (count - 1)) != 0) return list;
    void *grown = realloc(list, (size_t)(2 * count + 2) * size);
    if (grown == NULL) json_fails(j, "it does not fit into the memory");
    return grown;
}

static void read_argv(struct json *j, struct claim *claim)
{
    int count = 0;
    json_open(j, '[');
    while (json_item(j)) {
        claim->argv = grow(j, claim->argv, count, sizeof *claim->argv);
        if (j->problem != NULL || !json_text(j, &claim->argv[count])) return;
        claim->argv[++count] = NULL;
    }
    if (count == 0) json_fails(j, "`argv` is empty");
}

static void read_groups(struct json *j, struct claim *claim)
{
    claim->group_count = 0;
    json_open(j, '[');
    while (json_item(j)) {
        claim->groups = grow(j, claim->groups, claim->group_count, sizeof *claim->groups);
        if (j->problem != NULL) return;
        claim->groups[claim->group_count++] = (gid_t)json_whole(j, 0, UINT32_MAX - 1);
    }
}

static int limit_named(const char *name)
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

static rlim_t read_bound(struct json *j)
{
    int64_t value = json_whole(j, -1, INT64_MAX);
    return value < 0 ? RLIM_INFINITY : (rlim_t)value;
}

static void read_limit(struct json *j, struct limit *limit)
{
    char *name = NULL;
    bool whole = json_open(j, '[') && json_item(j) && json_text(j, &name) && json_item(j);
    if (whole) limit->limit.rlim_cur = read_bound(j);
    whole = whole && json_item(j);
    if (whole) limit->limit.rlim_max = read_bound(j);
    if (!whole || json_item(j)) json_fails(j, "`rlimits` holds something else than [name, soft, hard]");
    else if ((limit->resource = limit_named(name)) < 0) json_fails(j, "`rlimits` names an unknown limit");
}

static void read_limits(struct json *j, struct claim *claim)
{
    claim->limit_count = 0;
    json_open(j, '[');
    while (json_item(j)) {
        claim->limits = grow(j, claim->limits, claim->limit_count, sizeof *claim->limits);
        if (j->problem == NULL) read_limit(j, &claim->limits[claim->limit_count++]);
    }
}

static void read_stop(struct json *j, struct claim *claim)
{
    char *key;
    int seen = 0;
    json_open(j, '{');
    while (json_member(j, &key)) {
        if (strcmp(key, "signal") == 0) seen |= 1, claim->stop_signal = (int)json_whole(j, 1, NSIG - 1);
        else if (strcmp(key, "graceMs") == 0) seen |= 2, claim->stop_grace_ms = json_whole(j, 0, INT64_MAX);
        else if (strcmp(key, "group") == 0) seen |= 4, claim->stop_group = json_truth(j);
        else json_skip(j);
    }
    if (seen != 7) json_fails(j, "`stop` lacks signal, graceMs or group");
}

/* A format that is unknown is a claim that cannot be carried out: what was to be JSON must not be stored as something else. */
static enum format_kind read_format(struct json *j)
{
    char *name = NULL;
    if (!json_text(j, &name)) return FORMAT_RAW;
    if (strcmp(name, "stamped") == 0) return FORMAT_STAMPED;
    if (strcmp(name, "json") == 0) return FORMAT_JSON;
    if (strcmp(name, "raw") != 0) json_fails(j, "`format` is unknown");
    return FORMAT_RAW;
}

static void read_syslog(struct json *j, struct syslog_claim *syslog)
{
    char *key, *text;
    int seen = 0;
    json_open(j, '{');
    while (json_member(j, &key)) {
        if (strcmp(key, "path") == 0) seen |= 1, syslog->path = json_text(j, &text) ? text : NULL;
        else if (strcmp(key, "tag") == 0) seen |= 2, syslog->tag = json_text(j, &text) ? text : NULL;
        else if (strcmp(key, "priority") == 0) seen |= 4, syslog->priority = (int)json_whole(j, 0, 191);
        else json_skip(j);
    }
    if (seen != 7) json_fails(j, "`syslog` lacks path, tag or priority");
}

static void read_output(struct json *j, struct output *output)
{
    char *key;
    int seen = 0;
    *output = (struct output){.discarded = json_null(j)};
    if (output->discarded) return;
    json_open(j, '{');
    while (json_member(j, &key)) {
        char *file;
        if (strcmp(key, "file") == 0) output->file = json_text(j, &file) ? file : NULL;
        else if (strcmp(key, "maxBytes") == 0) seen |= 1, output->max_bytes = json_whole(j, 0, INT64_MAX / 2);
        else if (strcmp(key, "keep") == 0) seen |= 2, output->keep = json_whole(j, 0, 1000000);
        else if (strcmp(key, "maxAgeMs") == 0) output->max_age_ms = json_whole(j, 0, INT64_MAX / 2);
        else if (strcmp(key, "syslog") == 0) read_syslog(j, &output->syslog);
        else if (strcmp(key, "format") == 0) output->format = read_format(j);
        else json_skip(j);
    }
    if (seen != 3) json_fails(j, "`out` or `err` lacks maxBytes or keep");
}

/* The keys of a claim. Those before UID must be there. */
enum key { VERSION, RUN, MARKS, ARGV, CWD, RLIMITS, STOP, TIMEOUT, LEAVE, INPUT, MERGE, OUT, ERR, UID, GID, GROUPS, UMASK, NICE, NOTIFY, HOLDER, SOCKET_NAMES,
    PROGRAM, SLOT, MUTED, PASS, NOT_BEFORE, KEYS };

static const char *const key_names[KEYS] = {
    "version", "run", "marks", "argv", "cwd", "rlimits", "stop", "timeoutMs", "leave", "input", "merge", "out", "err",
    "uid", "gid", "groups", "umask", "nice", "notify", "holder", "socketNames", "program", "slot", "muted", "pass", "notBefore",
};

static void read_member(struct json *j, struct claim *claim, enum key key)
{
    switch (key) {
    case VERSION:
        if (json_whole(j, INT64_MIN, INT64_MAX) != 1) json_fails(j, "`version` is not 1");
        break;
    case RUN:
        if (json_text(j, &claim->run) && (*claim->run == '\0' || strchr(claim->run, '/') != NULL)) json_fails(j, "`run` is no id");
        break;
    case MARKS: json_text(j, &claim->marks); break;
    case ARGV: read_argv(j, claim); break;
    case CWD: json_text(j, &claim->cwd); break;
    case RLIMITS: read_limits(j, claim); break;
    case STOP: read_stop(j, claim); break;
    case TIMEOUT: claim->timeout_ms = json_whole(j, 0, INT64_MAX); break;
    case LEAVE: claim->leave = json_truth(j); break;
    case INPUT: claim->input = json_truth(j); break;
    case MERGE: claim->merge = json_truth(j); break;
    case OUT: read_output(j, &claim->out); break;
    case ERR: read_output(j, &claim->err); break;
    case UID: claim->uid = (uid_t)json_whole(j, 0, UINT32_MAX - 1); break;
    case GID: claim->gid = (gid_t)json_whole(j, 0, UINT32_MAX - 1); break;
    case GROUPS: read_groups(j, claim); break;
    case UMASK: claim->umask = (mode_t)json_whole(j, 0, 0777); break;
    case NICE: claim->nice = (int)json_whole(j, -20, 19); break;
    case NOTIFY: json_text(j, &claim->notify); break;
    case HOLDER: json_text(j, &claim->holder); break;
    case MUTED: claim->muted = json_truth(j); break;
    case PASS: claim->pass = json_truth(j); break;
    case NOT_BEFORE: claim->not_before = json_whole(j, 0, INT64_MAX); break;
    case SOCKET_NAMES: json_text(j, &claim->socket_names); break;
    case PROGRAM: json_text(j, &claim->program); break;
    case SLOT: json_text(j, &claim->slot); break;
    case KEYS: json_skip(j); break;
    }
}

/* The problem, or NULL. */
static const char *parse_claim(struct claim *claim, size_t length)
{
    struct json j = {.at = claim->text, .end = claim->text + length};
    char *name;
    unsigned seen = 0;
    json_open(&j, '{');
    while (json_member(&j, &name)) {
        unsigned key = 0;
        while (key < KEYS && strcmp(name, key_names[key]) != 0) key++;
        seen |= 1u << key;
        read_member(&j, claim, (enum key)key);
    }
    json_close(&j);
    static char missing[32];
    for (int key = 0; key < UID && j.problem == NULL; key++) {
        if ((seen & 1u << key) != 0) continue;
        snprintf(missing, sizeof missing, "`%s` is missing", key_names[key]);
        json_fails(&j, missing);
    }
    unsigned user = seen >> UID & 7;
    if (user != 0 && user != 7) json_fails(&j, "of `uid`, `gid` and `groups` only some are there");
    claim->has_user = user == 7;
    claim->has_umask = seen >> UMASK & 1;
    claim->has_nice = seen >> NICE & 1;
    return j.problem;
}

/* NULL after a failure. */
static char *read_spec(size_t *length)
{
    struct stat status;
    char *text = NULL;
    ssize_t got = -1;
    int fd = open("spec.json", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &status) < 0) fail("spec", errno, NULL);
    else if (!S_ISREG(status.st_mode) || status.st_size > CLAIM_LIMIT) fail("spec", 0, "spec.json is no file of a fitting size");
    else if ((text = malloc((size_t)status.st_size + 1)) == NULL) fail("spec", ENOMEM, NULL);
    else if ((got = read_all(fd, text, (size_t)status.st_size)) < 0) fail("spec", errno, NULL);
    close_if_open(&fd);
    if (got < 0) return NULL;
    text[got] = '\0';
    *length = (size_t)got;
    return text;
}

/* A claim that cannot be read still gets its marks: the folder's place and the run's id follow from the run directory's. */
static void name_marks_by_place(struct claim *claim, char *directory)
{
    claim->run = basename(directory);
    claim->marks = "../../marks";
}

bool read_claim(struct claim *claim, char *directory)
{
    size_t length;
    name_marks_by_place(claim, directory);
    if ((claim->text = read_spec(&length)) == NULL) return false;
    const char *problem = parse_claim(claim, length);
    if (problem == NULL) return true;
    name_marks_by_place(claim, directory);
    return fail("spec", 0, problem);
}
