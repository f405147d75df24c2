/*
 * The worker of the bench: as small as a process can be, so that what is measured is the one who keeps it. Its first act is to append a line to
 * the file of births: name, pid and the monotonic clock in nanoseconds. Nobody has to look for it, so looking disturbs nothing.
 *
 *   worker BIRTHS NAME              lives until a signal ends it
 *   worker BIRTHS NAME GO BYTES     waits until the file GO exists, then writes that many bytes to standard output, in lines of
 *                                   100 bytes, as fast as they are taken, and then lives on
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 100, LINES = 655 };

static int tell_birth(const char *births, const char *name)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    char line[256];
    int length = snprintf(line, sizeof line, "%s %d %lld\n", name, (int)getpid(),
                          (long long)now.tv_sec * 1000000000LL + now.tv_nsec);
    int fd = open(births, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, line, (size_t)length) != length) return -1;
    return close(fd);
}

static int talk(long long bytes)
{
    static char block[LINE * LINES];
    for (int at = 0; at < LINES; at++) {
        char *line = block + (size_t)at * LINE;
        memset(line, 'a' + at % 26, LINE - 1);
        line[LINE - 1] = '\n';
    }
    while (bytes > 0) {
        size_t wanted = bytes < (long long)sizeof block ? (size_t)bytes : sizeof block;
        for (size_t done = 0; done < wanted;) {
            ssize_t taken = write(STDOUT_FILENO, block + done, wanted - done);
            if (taken < 0) return -1;
            done += (size_t)taken;
        }
        bytes -= (long long)wanted;
    }
    return 0;
}

int main(int count, char **arguments)
{
    if (count != 3 && count != 5) return 2;
    if (tell_birth(arguments[1], arguments[2]) < 0) return 3;
    if (count == 5) {
        const struct timespec moment = {.tv_nsec = 5000000};
        while (access(arguments[3], F_OK) < 0) nanosleep(&moment, NULL);
        if (talk(atoll(arguments[4])) < 0) return 4;
    }
    for (;;) pause();
}
