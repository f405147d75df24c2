/*
 * What every part of the shim stands on: the one failure that a run may have before its command runs, time, descriptors, whole numbers.
 *
 * Nothing in here knows of claims, outputs or processes.
 */
#define _GNU_SOURCE
#include "ground.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct failure failure;

bool fail(const char *stage, int number, const char *message)
{
    failure = (struct failure){stage, number, message};
    return false;
}

int64_t clock_ms(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t now_ms(void) { return clock_ms(CLOCK_MONOTONIC); }

/* What is awaited comes from a file, so its sum with the clock must not overflow. */
int64_t after(int64_t ms) { return ms > NEVER / 2 ? NEVER : now_ms() + ms; }

int64_t earlier(int64_t a, int64_t b) { return a < b ? a : b; }

void close_if_open(int *fd)
{
    if (*fd >= 0) close(*fd);
    *fd = -1;
}

bool make_pipe(int ends[2])
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

void make_nonblocking(int fd) { fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK); }

bool write_all(int fd, const char *bytes, size_t length)
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

ssize_t read_all(int fd, char *bytes, size_t length)
{
    size_t done = 0;
    while (done < length) {
        ssize_t got = read(fd, bytes + done, length - done);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return -1;
        if (got == 0) break;
        done += (size_t)got;
    }
    return (ssize_t)done;
}

void read_text(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read_all(fd, text, size - 1);
    close_if_open(&fd);
    text[length > 0 ? length : 0] = '\0';
}

bool parse_whole(const char *text, int64_t min, int64_t max, int64_t *value)
{
    char *end;
    if (*text != '-' && (*text < '0' || *text > '9')) return false;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || number < min || number > max) return false;
    *value = number;
    return true;
}
