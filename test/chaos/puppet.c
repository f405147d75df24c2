/*
 * A worker that keeps books about itself, so that a test can compare what it did with what Drover knows.
 *
 *     puppet LEDGER KIND
 *
 * LEDGER is a folder. For each run it holds, under the run's id:
 *
 *     <run>.begun    slot, pid
 *     <run>.out      every byte that was written to standard output, noted after it was written; <run>.err likewise
 *     <run>.in       every byte that was read from standard input
 *     <run>.ended    the exit code, noted just before the end
 *
 * and for each slot a `<slot>.lock`, held for the whole life: who finds it held writes itself into `overlaps`. The kernel lets go of it with the
 * process, whatever that dies of.
 *
 * KIND: silent, chatty, reader, brief (lives up to two seconds and exits with any code), quick (exits with 3 at once), litterer (writes 3000
 * bytes), slow (takes a while over TERM).
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

static const char *ledger, *run, *slot;
static int out_book, err_book;
static volatile sig_atomic_t told_to_stop;
static uint64_t state;

static uint32_t draw(uint32_t range)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 32) % range;
}

static void on_term(int number)
{
    (void)number;
    told_to_stop = 1;
}

static void write_all(int fd, const char *bytes, size_t length)
{
    while (length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) _exit(99);
        bytes += written;
        length -= (size_t)written;
    }
}

static int open_book(const char *name, const char *kind)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s.%s", ledger, name, kind);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) _exit(98);
    return fd;
}

static void note(const char *name, const char *kind, const char *text)
{
    int fd = open_book(name, kind);
    write_all(fd, text, strlen(text));
    close(fd);
}

static void take_slot(void)
{
    char line[512];
    snprintf(line, sizeof line, "%s %s %d\n", slot, run, (int)getpid());
    if (flock(open_book(slot, "lock"), LOCK_EX | LOCK_NB) < 0) note("all", "overlaps", line);
    note(run, "begun", line);
}

static void say(int fd, int book, size_t length)
{
    static char bytes[70000];
    for (size_t i = 0; i < length; i++) bytes[i] = draw(40) == 0 ? '\n' : (char)draw(256);
    write_all(fd, bytes, length);
    write_all(book, bytes, length);
}

static void rest(int most_ms)
{
    poll(NULL, 0, (int)draw((uint32_t)most_ms) + 1);
}

static void end(int code)
{
    char text[16];
    snprintf(text, sizeof text, "%d", code);
    note(run, "ended", text);
    _exit(code);
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void read_on(void)
{
    char bytes[4096];
    int book = open_book(run, "in");
    struct pollfd input = {.fd = 0, .events = POLLIN};
    while (!told_to_stop) {
        if (poll(&input, 1, 50) <= 0) continue;
        ssize_t got = read(0, bytes, sizeof bytes);
        if (got <= 0) end(97);
        write_all(book, bytes, (size_t)got);
        write_all(1, bytes, (size_t)got);
        write_all(out_book, bytes, (size_t)got);
    }
}

int main(int argc, char **argv)
{
    run = getenv("DROVER_RUN_ID");
    slot = getenv("DROVER_SLOT");
    if (argc != 3 || run == NULL || slot == NULL) return 64;
    ledger = argv[1];
    const char *kind = argv[2];
    struct sigaction action = {.sa_handler = on_term};
    sigaction(SIGTERM, &action, NULL);
    state = 88172645463325252ull;
    for (const char *c = run; *c != '\0'; c++) state = state * 31 + (unsigned char)*c;
    for (int i = 0; i < 10; i++) draw(2);
    take_slot();
    out_book = open_book(run, "out");
    err_book = open_book(run, "err");

    bool is_brief = strcmp(kind, "brief") == 0, is_chatty = strcmp(kind, "chatty") == 0;
    int64_t due = is_brief ? now_ms() + draw(2000) : INT64_MAX;
    if (strcmp(kind, "quick") == 0) end(3);
    if (strcmp(kind, "litterer") == 0) say(1, out_book, 3000);
    if (strcmp(kind, "reader") == 0) read_on();
    while (!told_to_stop && now_ms() < due) {
        if (!is_brief && !is_chatty) {
            poll(NULL, 0, 1000);
            continue;
        }
        if (draw(4) == 0) say(2, err_book, 1 + draw(300));
        else say(1, out_book, 1 + draw(draw(20) == 0 && is_chatty ? 66000 : 2000));
        rest(is_brief ? 200 : 40);
    }
    if (strcmp(kind, "slow") == 0) rest(800);
    end(told_to_stop ? 0 : (int)draw(256));
}
