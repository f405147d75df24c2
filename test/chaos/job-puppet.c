/*
 * The command of a job that keeps books about itself, so that a test can hold what really ran against the ledger.
 *
 *     job-puppet BOOK MILLISECONDS OUTCOME
 *
 * BOOK is a folder. Each run appends a line to `starts` as its first deed, and one to `ends` as its last:
 *
 *     starts    program occurrence attempt run slot trigger scheduledAt
 *     ends      run code
 *
 * It holds a lock of its slot for its whole life; who finds it held writes itself into `overlaps`. The kernel lets go of it with the process.
 *
 * OUTCOME: a number is the exit code; `second-try` fails with 75 at the first attempt; `fickle` fails with 1 for about half of the due times.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char *book;

static int open_page(const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", book, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) _exit(98);
    return fd;
}

/* In one piece, since others append as well. */
static void note(const char *name, const char *line)
{
    ssize_t length = (ssize_t)strlen(line);
    if (write(open_page(name), line, (size_t)length) != length) _exit(99);
}

static const char *told(const char *name)
{
    const char *value = getenv(name);
    return value == NULL || *value == '\0' ? "-" : value;
}

static int code_of(const char *outcome)
{
    if (strcmp(outcome, "second-try") == 0) return atoi(told("DROVER_ATTEMPT")) < 2 ? 75 : 0;
    if (strcmp(outcome, "fickle") != 0) return atoi(outcome);
    unsigned sum = 0;
    for (const char *c = told("DROVER_OCCURRENCE"); *c != '\0'; c++) sum = sum * 31 + (unsigned char)*c;
    return (sum >> 3) % 2 == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    if (argc != 4) return 64;
    book = argv[1];
    const char *run = told("DROVER_RUN_ID"), *slot = told("DROVER_SLOT");
    char line[1024], lock[512];
    snprintf(line, sizeof line, "%s %s %s %s %s %s %s\n", told("DROVER_PROGRAM"), told("DROVER_OCCURRENCE"),
             told("DROVER_ATTEMPT"), run, slot, told("DROVER_TRIGGER"), told("DROVER_SCHEDULED_AT"));
    note("starts", line);
    snprintf(lock, sizeof lock, "%s.lock", slot);
    if (flock(open_page(lock), LOCK_EX | LOCK_NB) < 0) note("overlaps", line);
    poll(NULL, 0, atoi(argv[2]));
    int code = code_of(argv[3]);
    snprintf(line, sizeof line, "%s %d\n", run, code);
    note("ends", line);
    return code;
}
