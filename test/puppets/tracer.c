/*
 * Makes a process unkillable: `tracer PID`. What is traced and killed stays a zombie that its parent cannot wait for, until the tracer goes.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    if (argc != 2 || ptrace(PTRACE_SEIZE, atoi(argv[1]), NULL, NULL) < 0) {
        perror("tracer");
        return 1;
    }
    puts("attached");
    fflush(stdout);
    for (;;) pause();
}
