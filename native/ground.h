/* What every part of the shim stands on, see ground.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#define NEVER INT64_MAX

enum { DISK_PATIENCE_MS = 5000, DISK_RETRY_MS = 100 }; /* how long, and how often, a full disk is tried again */

/* Why the command never ran. Also the message that the child sends when it fails between fork and exec. */
struct failure {
    const char *stage;          /* NULL: there is none */
    int number;
    const char *message;        /* NULL: the text for the number */
};

extern struct failure failure;

/* Sets `failure`, and gives false. */
bool fail(const char *stage, int number, const char *message);

int64_t clock_ms(clockid_t clock);
int64_t now_ms(void);                   /* monotonic */
int64_t after(int64_t ms);              /* the deadline so long from now */
int64_t earlier(int64_t a, int64_t b);

void close_if_open(int *fd);
bool make_pipe(int ends[2]);            /* both ends close on exec */
void make_nonblocking(int fd);
bool write_all(int fd, const char *bytes, size_t length);
/* As much as there is, up to `length`: less only at the end of the input. -1 on failure. */
ssize_t read_all(int fd, char *bytes, size_t length);
/* The beginning of a small file as text; an empty one if there is none. */
void read_text(const char *path, char *text, size_t size);

/* True if all of the text is one whole number within the bounds. */
bool parse_whole(const char *text, int64_t min, int64_t max, int64_t *value);
