/*
 * Runs from its killer: `runaway PROCESSES MILLISECONDS`. So many processes, each of which forks a successor in a session of its own and
 * ends, over and over, for at most that long (a guard for the machine that runs this).
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
    for (int i = 0; i < processes; i++) {
        if (fork() != 0) continue;
        while (now_ms() < end) {
            if (fork() > 0) _exit(0);
            setsid();
        }
        _exit(0);
    }
    usleep(200000);
    return 7;
}
