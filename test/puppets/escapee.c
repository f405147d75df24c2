/*
 * Tries to get away: `escapee DEPTH STREAMS`. Forks and leads a new session DEPTH times, the parents ending at once, so that in the end a
 * process lives that no ancestor knows. STREAMS is `keep` or `close`. Ignores all that can be ignored, says its number and sleeps.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int depth = argc > 1 ? atoi(argv[1]) : 2;
    for (int number = 1; number < 65; number++) signal(number, SIG_IGN);
    for (int i = 0; i < depth; i++) {
        if (fork() > 0) _exit(0);
        setsid();
    }
    printf("escaped %d\n", (int)getpid());
    fflush(stdout);
    if (argc > 2 && strcmp(argv[2], "close") == 0)
        for (int fd = 0; fd < 3; fd++) close(fd);
    for (;;) pause();
}
