/* A claim: what to run and how, as `spec.json` has it. See claim.c. */
#pragma once

#include "format.h"
#include "syslog.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct output {
    bool discarded;
    const char *file;           /* a named file; NULL for own segments */
    int64_t max_bytes;          /* 0: never rotated */
    int64_t keep;
    int64_t max_age_ms;         /* 0: never rotated for its age */
    enum format_kind format;
    struct syslog_claim syslog;
};

struct limit {
    int resource;
    struct rlimit limit;
};

struct claim {
    char *text;                 /* the file's bytes, which the texts of the claim are a part of */
    char *run, *marks, *cwd;
    char *program, *slot;       /* NULL if it names none */
    char **argv;
    bool has_user, has_umask, has_nice;
    uid_t uid;
    gid_t gid;
    gid_t *groups;
    int group_count;
    mode_t umask;
    int nice;
    struct limit *limits;
    int limit_count;
    int stop_signal;
    int64_t stop_grace_ms;
    bool stop_group;
    int64_t timeout_ms;
    int64_t not_before;         /* by the wall clock; 0: at once */
    bool leave, input, merge;
    struct output out, err;
    bool pass;                  /* standard input is the shim's own, and so is a copy of the outputs */
    bool muted;                 /* output is read and thrown away until somebody asks for it */
    char *notify;               /* the name of the socket for sd_notify; NULL: none */
    char *holder;               /* the directory of the holder of its sockets; NULL: it has none */
    char *socket_names;
};

/* Reads `spec.json` of the working directory, which was reached by the path `directory` (whose closing slashes go). `run` and `marks` are
   set on failure as well. */
bool read_claim(struct claim *claim, char *directory);
