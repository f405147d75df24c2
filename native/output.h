/* One output of the command, from its pipe to a file. See output.c. */
#pragma once

#include "claim.h"
#include "pass.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* `position` counts the stored and the lost bytes; `length` those of the current segment or file. */
struct stream {
    const char *name;           /* `out` or `err` */
    const char *file;           /* a named file; NULL for own segments */
    bool guarded;               /* we are root and write for `user`, who may have planted the named file */
    uid_t user;
    int64_t max_bytes;
    int64_t keep;

    int64_t max_age_ms;
    int64_t age_due;            /* when the current segment or file is too old; NEVER while it is empty */
    struct formatter format;
    struct syslog syslog;
    struct pass pass;           /* the copy of it, as it was received */
    char *unformatted;          /* received, and not yet formatted: waits for what is held */
    size_t unformatted_from, unformatted_length;
    bool finishing;             /* no more will come: the last line is to be ended */

    int source;                 /* our end of the command's pipe; -1 at its end */
    int given;                  /* the command's end */
    int target;
    int64_t begin;              /* the position of the own segment's first byte */
    int64_t position;
    int64_t length;
    bool full;                  /* the next byte begins a new segment */

    int times;                  /* the own segment's time index; -1 until its first entry */
    int64_t times_length;
    int64_t times_due;          /* monotonic: from then on the next bytes get an entry of their own */
    bool times_failed;          /* it cannot be written: no more of it for this segment */
    int64_t arrived_at, arrived_mono; /* when the bytes at hand were received */

    int64_t received;
    int64_t lost;
    int64_t budget;             /* bytes still to be read once the tree is gone; -1 while there is no such limit */
    bool dropping;              /* the disk was full for too long: bytes that cannot be written are lost */
    int64_t retry_at, drop_at;
    size_t held_from, held_length;
    char *held;                 /* what waits for a full disk */
};

/* Not open, and so it stays when the output is discarded: then nothing is read and nothing held. */
#define CLOSED_STREAM(label) {.name = label, .source = -1, .given = -1, .target = -1, .times = -1, .age_due = NEVER, .budget = -1, .pass = NO_PASS}

extern bool output_muted;   /* what comes is read and thrown away: nobody has asked for it */

bool open_stream(struct stream *s, const struct output *output, const struct claim *claim);
void receive(struct stream *s);                 /* one chunk; when the source can be read */
void tend_stream(struct stream *s);             /* what is due: another try at a full disk, a rotation for age */
void rotate(struct stream *s);
void limit_to_written(struct stream *s);        /* from now on only what lies in the pipe is read */

bool wants_reading(const struct stream *s);
bool is_drained(const struct stream *s);
bool is_over(const struct stream *s);           /* nothing will ever come */
int64_t stream_due(const struct stream *s);     /* when `tend_stream` is to be called again, or NEVER */
