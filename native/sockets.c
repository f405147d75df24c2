/*
 * Listening sockets: `drover-shim --hold DIRECTORY` opens them and keeps them open for as long as their program is declared; each shim of
 * the program fetches copies, and its command finds them at descriptor 3 and above, as LISTEN_FDS has it. So a restart refuses
 * no connection: those that come meanwhile wait in the kernel's queue.
 *
 * A holder keeps a lock on its directory, so a second one for the same ends at once, without harm. It answers whoever connects to its
 * socket `hold` with the descriptors, and ends with TERM. What it found is in the file `ready` or `error`, each written by rename.
 *
 * A holder that was killed leaves its sockets with the shims, which keep copies for as long as they live; who they are, it wrote into `takers`.
 * The next one takes the very same sockets over from them. Where the kernel does not allow that it binds beside those, as both are
 * marked with SO_REUSEPORT once they are bound: a stranger's socket still is in the way.
 */
#define _GNU_SOURCE
#include "sockets.h"

#include "ground.h"
#include "holder.h"
#include "json.h"
#include "tree.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

enum { LARGEST_SPEC = 65536, TAKERS_LIMIT = 64 << 10, HIGH = 100 /* descriptors on their way to their places */, USAGE = 64, FAILED = 1 };

struct listener {
    char *name, *host, *path;
    int64_t port, backlog, mode, uid, gid;
    int fd;
};

static struct listener listeners[MOST_SOCKETS];
static int listener_count;
static char takers[TAKERS_LIMIT + 1];
static int fetched[MOST_SOCKETS], fetched_count;

/* ---- the holder ---------------------------------------------------------------------------------------------------------- */

static void read_listener(struct json *j, struct listener *l)
{
    char *key;
    *l = (struct listener){.backlog = 511, .mode = -1, .uid = -1, .gid = -1, .fd = -1};
    json_open(j, '{');
    while (json_member(j, &key)) {
        if (strcmp(key, "name") == 0) json_text(j, &l->name);
        else if (strcmp(key, "host") == 0) json_text(j, &l->host);
        else if (strcmp(key, "path") == 0) json_text(j, &l->path);
        else if (strcmp(key, "port") == 0) l->port = json_whole(j, 0, 65535);
        else if (strcmp(key, "backlog") == 0) l->backlog = json_whole(j, 1, 65535);
        else if (strcmp(key, "mode") == 0) l->mode = json_whole(j, 0, 0777);
        else if (strcmp(key, "uid") == 0) l->uid = json_whole(j, 0, UINT32_MAX - 1);
        else if (strcmp(key, "gid") == 0) l->gid = json_whole(j, 0, UINT32_MAX - 1);
        else json_skip(j);
    }
    if (l->name == NULL || (l->host == NULL) == (l->path == NULL)) json_fails(j, "a socket has a name, and a host or a path");
}

static void publish(const char *name, const char *text);

static const char *read_listeners(void)
{
    static char text[LARGEST_SPEC];
    char *key;
    read_text("spec.json", text, sizeof text);
    publish("held.json", text); /* which declaration it is that is held: the agent may have written another one since */
    struct json j = {.at = text, .end = text + strlen(text)};
    json_open(&j, '{');
    while (json_member(&j, &key)) {
        if (strcmp(key, "sockets") != 0) {
            json_skip(&j);
            continue;
        }
        json_open(&j, '[');
        while (json_item(&j)) {
            if (listener_count == MOST_SOCKETS) json_fails(&j, "there are too many sockets");
            if (j.problem != NULL) break;
            read_listener(&j, &listeners[listener_count++]);
        }
    }
    json_close(&j);
    return j.problem;
}

static void publish(const char *name, const char *text)
{
    char unfinished[32];
    snprintf(unfinished, sizeof unfinished, "%s.tmp", name);
    int fd = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd >= 0 && write_all(fd, text, strlen(text))) rename(unfinished, name);
    close_if_open(&fd);
}

static int refuse(const char *name, int number, const char *message)
{
    char text[512];
    snprintf(text, sizeof text, "{\"name\":\"%.64s\",\"errno\":%d,\"message\":\"%s\"}\n", name, number, message);
    unlink("ready");
    publish("error", text);
    return FAILED;
}

/* Tried alone first, so that a stranger's socket is in the way even if it would share. */
static int bind_inet(const struct listener *l, int family, const struct sockaddr *address, socklen_t size)
{
    const int yes = 1;
    for (int shared = 0; shared < 2; shared++) {
        int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0) return -1;
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
        if (shared) setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
        if (family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &yes, sizeof yes);
        if (bind(fd, address, size) == 0 && listen(fd, (int)l->backlog) == 0) {
            setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
            return fd;
        }
        int number = errno;
        close(fd);
        errno = number;
        if (number != EADDRINUSE) return -1;
    }
    return -1;
}

/* A socket that nobody listens at is what a holder that was killed, or a server of old, left behind. */
static bool is_dead(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool dead = fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 && errno == ECONNREFUSED;
    close_if_open(&fd);
    return dead;
}

static int bind_path(const struct listener *l)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(l->path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, l->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (is_dead(&address)) unlink(l->path);
    bool bound = bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    bool fits = bound && (l->mode < 0 || chmod(l->path, (mode_t)l->mode) == 0)
        && (l->uid < 0 || chown(l->path, (uid_t)l->uid, (gid_t)l->gid) == 0);
    if (fits && listen(fd, (int)l->backlog) == 0) return fd;
    int number = errno;
    close(fd);
    if (bound) unlink(l->path);
    errno = number;
    return -1;
}

static int open_listener(const struct listener *l)
{
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons((uint16_t)l->port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)l->port)};
    if (l->path != NULL) return bind_path(l);
    if (inet_pton(AF_INET, l->host, &four.sin_addr) == 1) return bind_inet(l, AF_INET, (struct sockaddr *)&four, sizeof four);
    if (inet_pton(AF_INET6, l->host, &six.sin6_addr) == 1) return bind_inet(l, AF_INET6, (struct sockaddr *)&six, sizeof six);
    errno = EINVAL;
    return -1;
}

/* ---- taking over what a holder that was killed left with the shims ------------------------------------------------------- */

/* The length, or 0 for what is no address. */
static socklen_t address_of(const struct listener *one, struct sockaddr_storage *address)
{
    *address = (struct sockaddr_storage){0};
    if (one->path != NULL) {
        struct sockaddr_un *local = (struct sockaddr_un *)address;
        if (strlen(one->path) >= sizeof local->sun_path) return 0;
        local->sun_family = AF_UNIX;
        strcpy(local->sun_path, one->path);
        return sizeof *local;
    }
    struct sockaddr_in *four = (struct sockaddr_in *)address;
    if (inet_pton(AF_INET, one->host, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons((uint16_t)one->port);
        return sizeof *four;
    }
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)address;
    if (inet_pton(AF_INET6, one->host, &six->sin6_addr) != 1) return 0;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons((uint16_t)one->port);
    return sizeof *six;
}

static bool is_at(int fd, const struct listener *one)
{
    struct sockaddr_storage is, shall;
    socklen_t length = sizeof is;
    int listens = 0;
    socklen_t size = sizeof listens;
    memset(&is, 0, sizeof is);
    if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) < 0 || !listens) return false;
    if (address_of(one, &shall) == 0 || getsockname(fd, (struct sockaddr *)&is, &length) < 0 || is.ss_family != shall.ss_family) return false;
    if (is.ss_family == AF_UNIX) return strcmp(((struct sockaddr_un *)&is)->sun_path, one->path) == 0 && access(one->path, F_OK) == 0;
    if (is.ss_family == AF_INET) {
        const struct sockaddr_in *a = (struct sockaddr_in *)&is, *b = (struct sockaddr_in *)&shall;
        return a->sin_port == b->sin_port && a->sin_addr.s_addr == b->sin_addr.s_addr;
    }
    const struct sockaddr_in6 *a = (struct sockaddr_in6 *)&is, *b = (struct sockaddr_in6 *)&shall;
    return a->sin6_port == b->sin6_port && memcmp(&a->sin6_addr, &b->sin6_addr, sizeof a->sin6_addr) == 0;
}

/* The shims have few descriptors, so all small numbers are looked at. */
static void take_from(pid_t pid)
{
#if defined(SYS_pidfd_open) && defined(SYS_pidfd_getfd)
    int process = (int)syscall(SYS_pidfd_open, pid, 0);
    for (int number = 3; process >= 0 && number < 4 * MOST_SOCKETS; number++) {
        int fd = (int)syscall(SYS_pidfd_getfd, process, number, 0);
        if (fd < 0 && errno == EPERM) break;
        for (int i = 0; fd >= 0 && i < listener_count; i++) {
            if (listeners[i].fd >= 0 || !is_at(fd, &listeners[i])) continue;
            listeners[i].fd = fd;
            fd = -1;
        }
        close_if_open(&fd);
    }
    close_if_open(&process);
#else
    (void)pid;
#endif
}

/* Calls `with` for each that lives, and keeps only these in the text. */
static void each_taker(void (*with)(pid_t pid))
{
    char *kept = takers, *rest = NULL;
    read_text("takers", takers, sizeof takers);
    for (char *line = strtok_r(takers, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        long long pid = 0, start = 0;
        if (sscanf(line, "%lld %lld", &pid, &start) != 2 || pid <= 0 || start == 0 || start_time((pid_t)pid) != start) continue;
        if (with != NULL) with((pid_t)pid);
        size_t length = strlen(line);
        memmove(kept, line, length);
        kept += length;
        *kept++ = '\n';
    }
    *kept = '\0';
    publish("takers", takers);
}

static void note_taker(int client)
{
#ifdef SO_PEERCRED
    struct ucred who;
    socklen_t length = sizeof who;
    char line[64];
    struct stat status;
    if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &who, &length) < 0) return;
    if (stat("takers", &status) == 0 && status.st_size > TAKERS_LIMIT / 2) each_taker(NULL);
    int size = snprintf(line, sizeof line, "%d %" PRId64 "\n", (int)who.pid, start_time(who.pid));
    int fd = open("takers", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd >= 0) write_all(fd, line, (size_t)size);
    close_if_open(&fd);
#else
    (void)client;
#endif
}

static int listen_for_shims(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "hold"};
    unlink("hold");
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    mode_t before = umask(0177);
    bool bound = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 128) == 0;
    umask(before);
    return bound ? fd : -1;
}

static void hand_out(int client)
{
    int fds[MOST_SOCKETS];
    union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof fds)]; } control = {0};
    size_t size = (size_t)listener_count * sizeof(int);
    struct iovec part = {.iov_base = &listener_count, .iov_len = 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = CMSG_SPACE(size)};
    note_taker(client);
    for (int i = 0; i < listener_count; i++) fds[i] = listeners[i].fd;
    struct cmsghdr *rights = CMSG_FIRSTHDR(&message);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(size);
    memcpy(CMSG_DATA(rights), fds, size);
    sendmsg(client, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void serve(int hold)
{
    char drained[64], text[96];
    snprintf(text, sizeof text, "{\"pid\":%d,\"start\":%" PRId64 "}\n", (int)getpid(), start_time(getpid()));
    unlink("error");
    publish("ready", text);
    struct pollfd watched[] = {{.fd = hold, .events = POLLIN}, {.fd = wake_end, .events = POLLIN}};
    while (!take_term()) {
        if (poll(watched, 2, -1) <= 0) continue;
        if (watched[1].revents != 0 && read(wake_end, drained, sizeof drained) < 0) continue;
        int client = watched[0].revents != 0 ? accept4(hold, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (client >= 0) hand_out(client);
        close_if_open(&client);
    }
    unlink("ready");
    unlink("hold");
    for (int i = 0; i < listener_count; i++)
        if (listeners[i].path != NULL) unlink(listeners[i].path);
}

int hold_sockets(char *directory)
{
    if (chdir(directory) < 0 || !become_holder()) return USAGE;
    int lock = open("lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX | LOCK_NB) < 0) return 0;
    const char *problem = read_listeners();
    if (problem != NULL) return refuse("", 0, problem);
    each_taker(take_from);
    for (int i = 0; i < listener_count; i++)
        if (listeners[i].fd < 0 && (listeners[i].fd = open_listener(&listeners[i])) < 0) {
            int number = errno;
            for (int opened = 0; opened < i; opened++)
                if (listeners[opened].path != NULL) unlink(listeners[opened].path);
            return refuse(listeners[i].name, number, strerror(number));
        }
    int hold = listen_for_shims();
    if (hold < 0) return refuse("", errno, strerror(errno));
    serve(hold);
    return 0;
}

/* ---- the shim ------------------------------------------------------------------------------------------------------------ */

/* Through a descriptor of the directory, so that no path is too long. */
static int connect_to_holder(const char *directory)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return -1;
    snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/hold", folder);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct timeval patience = {.tv_sec = 5};
    if (fd >= 0) setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) < 0) close_if_open(&fd);
    int number = errno;
    close(folder);
    errno = number;
    return fd;
}

bool fetch_sockets(const struct claim *claim)
{
    char byte;
    union { struct cmsghdr align; char bytes[CMSG_SPACE(sizeof fetched)]; } control;
    struct iovec part = {.iov_base = &byte, .iov_len = 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    if (claim->holder == NULL) return true;
    int fd = connect_to_holder(claim->holder);
    if (fd < 0) return fail("sockets", errno, "the holder of its sockets is not there");
    ssize_t got = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *rights = got == 1 ? CMSG_FIRSTHDR(&message) : NULL;
    close(fd);
    if (rights == NULL || rights->cmsg_type != SCM_RIGHTS) return fail("sockets", EPROTO, "the holder of its sockets gave none");
    fetched_count = (int)((rights->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    memcpy(fetched, CMSG_DATA(rights), (size_t)fetched_count * sizeof(int));
    /* Kept for as long as the shim lives: a holder that follows a killed one takes them over, which Yama would not allow otherwise. */
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
    return true;
}

bool hand_over_sockets(const struct claim *claim, int *keep, int streams[3])
{
    char number[16];
    if (fetched_count == 0) return true;
    if ((*keep = fcntl(*keep, F_DUPFD_CLOEXEC, HIGH)) < 0) return fail("sockets", errno, NULL);
    for (int i = 0; i < 3; i++)
        if (streams[i] >= 0 && (streams[i] = fcntl(streams[i], F_DUPFD_CLOEXEC, HIGH)) < 0) return fail("sockets", errno, NULL);
    for (int i = 0; i < fetched_count; i++)
        if ((fetched[i] = fcntl(fetched[i], F_DUPFD_CLOEXEC, HIGH)) < 0) return fail("sockets", errno, NULL);
    for (int i = 0; i < fetched_count; i++)
        if (dup2(fetched[i], 3 + i) < 0) return fail("sockets", errno, NULL);
    snprintf(number, sizeof number, "%d", fetched_count);
    setenv("LISTEN_FDS", number, 1);
    snprintf(number, sizeof number, "%d", (int)getpid());
    setenv("LISTEN_PID", number, 1);
    setenv("LISTEN_FDNAMES", claim->socket_names != NULL ? claim->socket_names : "", 1);
    return true;
}
