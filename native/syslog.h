/* Lines to the system's log, besides where they are stored. See syslog.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As the claim has it. `path` NULL: nothing is sent. */
struct syslog_claim {
    const char *path, *tag;
    int priority;               /* facility × 8 + severity */
};

enum { SYSLOG_LINE = 4096 };

struct syslog {
    struct syslog_claim claim;
    char *line;                 /* what has come of a line */
    size_t length;
    int socket;                 /* -1 while there is no connection */
    int64_t connect_at;         /* no sooner is another one tried */
    int64_t dropped;            /* lines, since the last one that was taken */
};

void begin_syslog(struct syslog *log, const struct syslog_claim *claim, char line[SYSLOG_LINE]);
void syslog_bytes(struct syslog *log, const char *bytes, size_t length);
void end_syslog(struct syslog *log);    /* a line that is begun is sent */

int pipe_to_syslog(const char *path, const char *tag); /* lines from standard input, until its end */
