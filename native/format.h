/* Lines with a time in front, or as JSON objects. See format.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum format_kind { FORMAT_RAW, FORMAT_STAMPED, FORMAT_JSON };

struct formatter {
    enum format_kind kind;
    char labels[512];           /* of JSON: `","stream":…,"line":"`, what stands between the time and the line */
    size_t labels_length;
    size_t most;                /* of JSON: bytes of one object's line; what is longer is cut into several objects */
    bool inside;                /* a line is begun and not ended */
    bool cut;                   /* the next object goes on with the line of the last one */
    size_t length;              /* bytes of the line in the object so far */
    int64_t line_at;            /* when the line's first byte came, ms since 1970 */
    bool carriage_return;       /* seen, and not yet written: before a line end it is left out */
    unsigned char pending[4];   /* the beginning of a character of several bytes */
    int pending_length, pending_need;
};

/* `stream` is `out` or `err`; the others may be NULL. */
void begin_format(struct formatter *f, enum format_kind kind, int64_t max_bytes, const char *stream, const char *program,
    const char *slot, const char *run);

/* Takes as many bytes as surely have room when they are formatted, and tells how many; at least one if `room` is 4 KiB. */
size_t format_bytes(struct formatter *f, int64_t at, const char *bytes, size_t length, char *to, size_t room, size_t *produced);

/* Ends the line that is begun, as there is no more of it or, with `partial`, as the rest goes elsewhere. Bytes written to `to`. */
size_t format_end(struct formatter *f, bool partial, char *to);
