/*
 * Runs from its killer: `runaway PROCESSES MILLISECONDS [PAUSE]`. So many processes, each of which forks a successor in a session of its own and
 * ends, over and over, for at most that long (a guard for the machine that runs this), with a pause of so many milliseconds: where nobody
 * but init inherits them, zombies come faster than it reaps, up to the machine's limit.
 */
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int main(int argc, char **argv)
{
    int processes = argc > 1 ? atoi(argv[1]) : 4;
    long end = now_ms() + (argc > 2 ? atol(argv[2]) : 5000);
    useconds_t pause_us = argc > 3 ? (useconds_t)atoi(argv[3]) * 1000 : 0;
    for (int i = 0; i < processes; i++) {
        if (fork() != 0) continue;
        while (now_ms() < end) {
            if (fork() > 0) _exit(0);
            setsid();
            if (pause_us > 0) usleep(pause_us);
        }
        _exit(0);
    }
    usleep(200000);
    return 7;
}
