/*
 * Lines to the system's log: one datagram for each, to a socket such as /dev/log, as RFC 3164 and syslog(3) have it.
 *
 * Promises never to wait. What the log does not take at once is dropped and counted, and the next line that it takes is preceded by one
 * that says how many are missing. A log that is gone, as when its daemon is restarted, is connected to again, once a second at most. A line
 * longer than SYSLOG_LINE is sent in pieces.
 *
 * `drover-shim --syslog PATH TAG` does it for the agent, which has no datagrams of its own: lines come on standard input, each with its priority in front, and
 * standard output gets `lost` when the first one was dropped, and `taken` when the log takes them again. It ends with its input.
 */
#define _GNU_SOURCE
#include "syslog.h"

#include "ground.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { RECONNECT_MS = 1000, HEAD = 320 };

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

void begin_syslog(struct syslog *log, const struct syslog_claim *claim, char line[SYSLOG_LINE])
{
    *log = (struct syslog){.claim = *claim, .line = line, .socket = -1};
    if (claim->path != NULL) tzset(); /* once, while memory may still be asked for */
}

static bool is_connected(struct syslog *log)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (log->socket >= 0) return true;
    if (now_ms() < log->connect_at || strlen(log->claim.path) >= sizeof address.sun_path) return false;
    log->connect_at = after(RECONNECT_MS);
    strcpy(address.sun_path, log->claim.path);
    log->socket = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (log->socket < 0) return false;
    fcntl(log->socket, F_SETFD, FD_CLOEXEC);
    make_nonblocking(log->socket);
    if (connect(log->socket, (struct sockaddr *)&address, sizeof address) < 0) close_if_open(&log->socket);
    return log->socket >= 0;
}

/* The months are not to depend on a locale. */
static size_t put_head(const struct syslog *log, char head[HEAD])
{
    static const char months[][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t now = time(NULL);
    struct tm local;
    localtime_r(&now, &local);
    int length = snprintf(head, HEAD, "<%d>%s %2d %02d:%02d:%02d %.255s: ", log->claim.priority, months[local.tm_mon], local.tm_mday,
        local.tm_hour, local.tm_min, local.tm_sec, log->claim.tag);
    return length < HEAD ? (size_t)length : HEAD - 1;
}

static bool is_taken(struct syslog *log, const char *text, size_t length)
{
    char datagram[HEAD + SYSLOG_LINE];
    for (int attempt = 0; attempt < 2 && is_connected(log); attempt++) {
        size_t head = put_head(log, datagram);
        memcpy(datagram + head, text, length);
        if (send(log->socket, datagram, head + length, MSG_NOSIGNAL) >= 0) return true;
        if (errno == EAGAIN || errno == ENOBUFS || errno == EMSGSIZE || errno == EINTR) return false;
        close_if_open(&log->socket);
    }
    return false;
}

static void send_line(struct syslog *log)
{
    char missing[64];
    size_t length = log->length;
    log->length = 0;
    if (length > 0 && log->line[length - 1] == '\r') length--;
    if (log->dropped > 0) {
        int said = snprintf(missing, sizeof missing, "(%" PRId64 " lines are missing here)", log->dropped);
        if (is_taken(log, missing, (size_t)said)) log->dropped = 0;
    }
    if (log->dropped > 0 || !is_taken(log, log->line, length)) log->dropped++;
}

void syslog_bytes(struct syslog *log, const char *bytes, size_t length)
{
    if (log->claim.path == NULL) return;
    while (length > 0) {
        const char *line_end = memchr(bytes, '\n', length);
        size_t part = line_end != NULL ? (size_t)(line_end - bytes) : length;
        size_t room = SYSLOG_LINE - log->length;
        size_t taken = part < room ? part : room;
        memcpy(log->line + log->length, bytes, taken);
        log->length += taken;
        bool is_whole = line_end != NULL && taken == part;
        if (is_whole || log->length == SYSLOG_LINE) send_line(log);
        taken += is_whole;
        bytes += taken;
        length -= taken;
    }
}

void end_syslog(struct syslog *log)
{
    if (log->claim.path != NULL && log->length > 0) send_line(log);
}

/* `<29>text`, with the number of RFC 3164. What does not begin so is sent with the priority of the line before it. */
static const char *take_priority(struct syslog *log, const char *line)
{
    char *end;
    if (line[0] != '<') return line;
    long priority = strtol(line + 1, &end, 10);
    if (end == line + 1 || *end != '>' || priority < 0 || priority > 191) return line;
    log->claim.priority = (int)priority;
    return end + 1;
}

int pipe_to_syslog(const char *path, const char *tag)
{
    static char text[SYSLOG_LINE], line[SYSLOG_LINE + 16];
    const struct syslog_claim claim = {.path = path, .tag = tag, .priority = 29};
    struct syslog log;
    bool was_lost = false;
    begin_syslog(&log, &claim, text);
    signal(SIGPIPE, SIG_IGN);
    while (fgets(line, sizeof line, stdin) != NULL) {
        const char *rest = take_priority(&log, line);
        syslog_bytes(&log, rest, strlen(rest));
        bool is_lost = log.dropped > 0;
        if (is_lost == was_lost) continue;
        was_lost = is_lost;
        puts(is_lost ? "lost" : "taken");
        fflush(stdout);
    }
    end_syslog(&log);
    return 0;
}
