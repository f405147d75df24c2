/*
 * Passing on: what the command prints goes into its files, and a copy of it to the shim's own standard output and error, where a claim says `pass`.
 * It is for a process that stands in for the command, as `drover exec` does for cron: the copy is whole even where the disk is full.
 *
 * A slow reader slows the command down, as it would without us: nothing further is received while a chunk waits for it. It never keeps the shim from
 * a deadline, and once the command has ended it holds up nothing but the shim's own end: what is left is kept in memory then. A reader that
 * is gone is forgotten, and the files go on.
 */
#define _GNU_SOURCE
#include "pass.h"

#include "ground.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CHUNK = 65536 }; /* the most that is received at once */

static char waiting[2][CHUNK];

/* The number stays taken, so that no file that is opened later becomes our standard output. */
static void let_reader_go(struct pass *p)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (null >= 0) dup2(null, p->to);
    else close(p->to);
    close_if_open(&null);
    p->to = -1;
    p->length = 0;
}

void begin_pass(struct pass *p, int to)
{
    static int begun;
    make_nonblocking(to);
    *p = (struct pass){.to = to, .waiting = waiting[begun++], .room = CHUNK};
}

/* How much the reader took. */
static size_t write_some(struct pass *p, const char *bytes, size_t length)
{
    size_t done = 0;
    while (done < length) {
        ssize_t written = write(p->to, bytes + done, length - done);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) break;
        if (written < 0) {
            let_reader_go(p);
            return length;
        }
        done += (size_t)written;
    }
    return done;
}

void pass_on(struct pass *p, const char *bytes, size_t length)
{
    if (p->to < 0 || p->ending) return;
    size_t taken = p->length == 0 ? write_some(p, bytes, length) : 0;
    if (taken == length) return;
    if (p->length == 0) p->from = 0;
    memcpy(p->waiting + p->from + p->length, bytes + taken, length - taken);
    p->length += length - taken;
}

bool may_pass_on(const struct pass *p, size_t length)
{
    return p->to < 0 || p->ending || p->length == 0 || p->room - p->from - p->length >= length;
}

/* Without the memory for it the reader has to take what waits first, as before. */
void make_room_to_pass(struct pass *p, size_t length)
{
    if (p->to < 0 || may_pass_on(p, length)) return;
    char *grown = malloc(p->length + length);
    if (grown == NULL) return;
    memcpy(grown, p->waiting + p->from, p->length);
    p->waiting = grown;
    p->room = p->length + length;
    p->from = 0;
}

void flush_pass(struct pass *p)
{
    size_t taken = write_some(p, p->waiting + p->from, p->length);
    if (p->to < 0) return;
    p->from += taken;
    p->length -= taken;
    if (p->length == 0 && p->ending) let_reader_go(p);
}

void end_pass(struct pass *p)
{
    p->ending = true;
    if (p->to >= 0 && p->length == 0) let_reader_go(p);
}

bool waits_for_reader(const struct pass *p) { return p->to >= 0 && p->length > 0; }
