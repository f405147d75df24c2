/*
 * The socket of sd_notify: READY, STATUS, STOPPING and WATCHDOG of the command become the file `notify` of the run directory and a mark,
 * so that they outlive the agent. Anything else is passed over.
 *
 * The socket's name is an abstract one, which has no bound on its path and leaves nothing behind; so whoever speaks is asked for its user
 * by the kernel, and only the run's own user and root are heard. Nothing in here waits, and a full disk costs a notice and nothing else.
 */
#define _GNU_SOURCE
#include "notify.h"

#include "directory.h"
#include "ground.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int notify_end = -1;

#ifdef __linux__

enum {
    NOTICE = 4096,              /* what one datagram may hold; the rest of a longer one is lost */
    STATUS = 512,
    FEWEST_MS = 200             /* between two writes for a watchdog alone */
};

static struct {
    bool ready, stopping, failed;
    int64_t ready_at, watchdog_at, written_at, due;
    char status[STATUS];
} told = {.watchdog_at = -1, .due = NEVER};

bool open_notify(const struct claim *claim)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t length = claim->notify == NULL ? 0 : strlen(claim->notify);
    const int yes = 1;
    if (length == 0) return true;
    if (length >= sizeof address.sun_path) return fail("notify", ENAMETOOLONG, NULL);
    memcpy(address.sun_path + 1, claim->notify, length);
    notify_end = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (notify_end < 0 || setsockopt(notify_end, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) < 0
        || bind(notify_end, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + length)) < 0)
        return fail("notify", errno, NULL);
    return true;
}

/* A character of the status as JSON: controls and what is no ASCII of one byte are passed on only where they are valid UTF-8. */
static size_t escape(char *to, const char *status)
{
    size_t at = 0;
    for (const unsigned char *c = (const unsigned char *)status; *c != '\0'; c++) {
        int follow = *c < 0x80 ? 0 : (*c & 0xe0) == 0xc0 ? 1 : (*c & 0xf0) == 0xe0 ? 2 : (*c & 0xf8) == 0xf0 ? 3 : -1;
        for (int i = 1; i <= follow; i++)
            if ((c[i] & 0xc0) != 0x80) follow = -1;
        if (*c == '"' || *c == '\\') to[at++] = '\\';
        if (*c < 0x20 || *c == 0x7f || follow < 0) {
            to[at++] = '?';
            continue;
        }
        for (int i = 0; i <= follow; i++) to[at++] = (char)c[i];
        c += follow;
    }
    return at;
}

static void write_notice(void)
{
    char text[2 * STATUS + 256];
    int length = snprintf(text, sizeof text,
        "{\"ready\":%s,\"readyAt\":%" PRId64 ",\"stopping\":%s,\"watchdogFailed\":%s,\"watchdogAt\":%" PRId64 ",\"status\":\"",
        told.ready ? "true" : "false", told.ready_at, told.stopping ? "true" : "false", told.failed ? "true" : "false", told.watchdog_at);
    size_t at = (size_t)length + escape(text + length, told.status);
    memcpy(text + at, "\"}\n", 3);
    told.written_at = now_ms();
    told.due = NEVER;
    int fd = open("notify.tmp", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool written = fd >= 0 && write_all(fd, text, at + 3) && rename("notify.tmp", "notify") == 0;
    close_if_open(&fd);
    /* READY on a full disk must not be lost: nobody says it twice. */
    if (!written && access("spec.json", F_OK) == 0) told.due = after(1000);
}

/* One line. True if it is news for the agent; a watchdog's word is not, as it comes all the time. */
static bool take_line(const char *line)
{
    if (strcmp(line, "READY=1") == 0) {
        if (!told.ready) told.ready_at = clock_ms(CLOCK_REALTIME);
        told.ready = true;
    } else if (strncmp(line, "STATUS=", 7) == 0) {
        snprintf(told.status, sizeof told.status, "%s", line + 7);
    } else if (strcmp(line, "STOPPING=1") == 0) {
        told.stopping = true;
    } else if (strcmp(line, "RELOADING=1") == 0) {
        told.ready = false;
    } else if (strcmp(line, "WATCHDOG=trigger") == 0) {
        told.failed = true;
    } else {
        if (strcmp(line, "WATCHDOG=1") != 0) return false;
        told.watchdog_at = now_ms();
        if (told.due == NEVER) told.due = told.written_at + FEWEST_MS;
        return false;
    }
    return true;
}

/* Descriptors that come along are nobody's. */
static bool is_heard(struct msghdr *message, const struct claim *claim)
{
    bool heard = false;
    for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET) continue;
        if (part->cmsg_type == SCM_CREDENTIALS) {
            struct ucred who;
            memcpy(&who, CMSG_DATA(part), sizeof who);
            heard = who.uid == 0 || who.uid == geteuid() || (claim->has_user && who.uid == claim->uid);
        }
        for (size_t at = 0; part->cmsg_type == SCM_RIGHTS && CMSG_LEN(at + sizeof(int)) <= part->cmsg_len; at += sizeof(int)) {
            int fd;
            memcpy(&fd, CMSG_DATA(part) + at, sizeof fd);
            close(fd);
        }
    }
    return heard;
}

/* One datagram at a time, as for every other descriptor. */
void hear_notices(const struct claim *claim)
{
    char text[NOTICE + 1];
    union { struct cmsghdr align; char bytes[1024]; } control;
    struct iovec part = {.iov_base = text, .iov_len = NOTICE};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
    ssize_t got = recvmsg(notify_end, &message, MSG_CMSG_CLOEXEC);
    if (got < 0 || !is_heard(&message, claim)) return;
    text[got] = '\0';
    bool news = false;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) news |= take_line(line);
    if (!news) return write_late_notice();
    write_notice();
    set_mark(claim, "notified");
}

void write_late_notice(void)
{
    if (now_ms() >= told.due) write_notice();
}

int64_t notice_due(void) { return told.due; }

#else

bool open_notify(const struct claim *claim)
{
    return claim->notify == NULL || fail("notify", 0, "sd_notify is known on Linux only");
}

void hear_notices(const struct claim *claim) { (void)claim; }
void write_late_notice(void) {}
int64_t notice_due(void) { return NEVER; }

#endif
