/*
 * Says by sd_notify what its arguments say, one after the other: a text is sent as it is (`READY=1`), `+200` waits so many milliseconds,
 * `watch` sends WATCHDOG=1 every 100 ms for ever, `freeze` says nothing more.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static void say(const char *text)
{
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    const char *name = getenv("NOTIFY_SOCKET");
    int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (name == NULL || fd < 0) _exit(9);
    size_t length = strlen(name);
    memcpy(to.sun_path, name, length);
    if (name[0] == '@') to.sun_path[0] = '\0';
    if (sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)) < 0) _exit(8);
    close(fd);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '+') usleep((useconds_t)atoi(argv[i] + 1) * 1000);
        else if (strcmp(argv[i], "watch") == 0) for (;; usleep(100000)) say("WATCHDOG=1");
        else if (strcmp(argv[i], "freeze") == 0) for (;;) pause();
        else say(argv[i]);
    }
    return 0;
}
