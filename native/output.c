/*
 * Outputs: from the command's pipe into own segments or a named file, cut and rotated at line ends, and through a full disk.
 *
 * Promises that no byte is lost, doubled or moved while the disk takes it, that no segment is longer than its maximum, that the command
 * waits no longer than DISK_PATIENCE_MS for a full disk, and that what is lost after that is counted. Nothing in here waits: the caller
 * polls `source`, and calls `tend_stream` when it is due.
 *
 * Beside an own segment lies its time index, `out.<offset>.times`: when which bytes came. It is a help for readers, so its failures are
 * nobody's.
 */
#define _GNU_SOURCE
#include "output.h"

#include "command.h"
#include "ground.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    CHUNK = 65536,              /* what a pipe holds by default */
    LINE_SLACK = 4096,          /* lines up to this length are never cut by a rotation */
    JSON_SLACK = 20480,         /* an object with its labels is never longer */
    TIMES_EVERY_MS = 10,        /* between two entries of a time index */
    SEGMENT_NAME = 48           /* room for the name of an own segment, and of its index */
};

/* Pages of `held` that are never touched cost nothing: it is for a full disk. */
static char chunk[CHUNK], held[2][CHUNK];

/* Nor does this, unless a format is asked for: what a stream received, and what became of it. */
static char unformatted[2][CHUNK], formatted[CHUNK];
static char syslog_lines[2][SYSLOG_LINE];

/* `out.0`, or `/var/log/app.err.1`. False if it does not fit. */
static bool numbered(char *path, size_t size, const char *name, int64_t number)
{
    int length = snprintf(path, size, "%s.%" PRId64, name, number);
    return length >= 0 && (size_t)length < size;
}

static void name_times(char name[SEGMENT_NAME], const struct stream *s, int64_t begin)
{
    snprintf(name, SEGMENT_NAME, "%s.%" PRId64 ".times", s->name, begin);
}

/* The index goes first: what is left of a removal that was killed in between is a segment without one, never an index alone. */
static bool remove_segment(const struct stream *s, int64_t begin)
{
    char name[SEGMENT_NAME];
    name_times(name, s, begin);
    unlink(name);
    numbered(name, sizeof name, s->name, begin);
    bool removed = unlink(name) == 0;
    strcat(name, ".gz");
    return unlink(name) == 0 || removed;
}

static void put_little_endian(unsigned char *bytes, int64_t number)
{
    for (int i = 0; i < 8; i++) bytes[i] = (unsigned char)((uint64_t)number >> 8 * i);
}

/* An entry comes before its bytes: at the beginning of a segment, and when the last one is old enough. The index counts towards the
   segment's maximum; once it takes a quarter of that, the segment ends at the next line end. */
static void note_time(struct stream *s)
{
    unsigned char entry[16];
    char name[SEGMENT_NAME];
    if (s->max_bytes > 0 && s->times_length + (int64_t)sizeof entry > s->max_bytes / 2) return;
    if (s->file != NULL || s->times_failed || (s->times >= 0 && s->arrived_mono < s->times_due)) return;
    name_times(name, s, s->begin);
    if (s->times < 0) s->times = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    put_little_endian(entry, s->position);
    put_little_endian(entry + 8, s->arrived_at);
    ssize_t written = s->times < 0 ? -1 : write(s->times, entry, sizeof entry);
    s->times_due = s->arrived_mono + TIMES_EVERY_MS;
    if (written == sizeof entry) s->times_length += written;
    /* Whatever followed half an entry could not be read. */
    else if (s->times < 0 || (written > 0 && ftruncate(s->times, s->times_length) < 0)) s->times_failed = true;
}

static void end_times(struct stream *s)
{
    close_if_open(&s->times);
    s->times_length = 0;
    s->times_failed = false;
}

static int open_segment(const struct stream *s, int64_t begin)
{
    char name[SEGMENT_NAME];
    numbered(name, sizeof name, s->name, begin);
    return open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* What root writes into must be what its name says: a user who may write in its folder could lead the name to somebody else's file.
   The open file is looked at, so nobody can exchange it in between. NULL: there is no objection. */
static const char *objection(const struct stream *s, int fd)
{
    struct stat status;
    if (fstat(fd, &status) < 0) return strerror(errno);
    if (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode)) return NULL;
    if (!S_ISREG(status.st_mode)) return "it is no file, FIFO or character device, and the program runs as another user";
    if (status.st_nlink > 1 && status.st_uid != 0 && status.st_uid != s->user)
        return "it is a hard link to a file of somebody else, and the program runs as another user";
    return NULL;
}

/* O_NONBLOCK is for a name that turns out to be a FIFO which nobody reads: that is an error then, not a wait. After a refusal `refusal`
   says why; else errno does. */
static int open_named(const struct stream *s, const char **refusal)
{
    const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    *refusal = NULL;
    if (!s->guarded) return open(s->file, flags, 0644);
    int fd = open(s->file, flags | O_NOFOLLOW, 0644);
    if (fd < 0 && errno == ELOOP) *refusal = "it is a symbolic link, which is not followed when the program runs as another user";
    if (fd < 0 || (*refusal = objection(s, fd)) == NULL) return fd;
    close(fd);
    errno = EPERM;
    return -1;
}

/* Until a file that was there before us is too old. Where nothing tells when it was made, it counts from its last change. */
static int64_t remaining_ms(const struct stream *s)
{
    int64_t begun = -1;
#ifdef STATX_BTIME
    struct statx made;
    if (statx(s->target, "", AT_EMPTY_PATH, STATX_BTIME, &made) == 0 && (made.stx_mask & STATX_BTIME) != 0)
        begun = (int64_t)made.stx_btime.tv_sec * 1000;
#endif
    struct stat status;
    if (begun < 0 && fstat(s->target, &status) == 0) begun = (int64_t)status.st_mtime * 1000;
    int64_t age = clock_ms(CLOCK_REALTIME) - begun;
    return age < 0 ? s->max_age_ms : age > s->max_age_ms ? 0 : s->max_age_ms - age;
}

bool output_muted;

bool open_stream(struct stream *s, const struct output *output, const struct claim *claim)
{
    static int opened;
    int ends[2];
    struct stat status;
    const char *refusal = NULL;
    if (output->discarded) return true;
    s->file = output->file;
    s->guarded = claim->has_user && claim->uid != 0 && geteuid() == 0;
    s->user = claim->uid;
    s->max_bytes = output->max_bytes;
    s->keep = output->keep;
    s->max_age_ms = output->max_age_ms;
    s->held = held[opened];
    s->unformatted = unformatted[opened];
    begin_syslog(&s->syslog, &output->syslog, syslog_lines[opened++]);
    begin_format(&s->format, output->format, output->max_bytes, s->name, claim->program, claim->slot, claim->run);
    s->target = s->file != NULL ? open_named(s, &refusal) : open_segment(s, 0);
    if (s->target < 0 || fstat(s->target, &status) < 0) return fail("output", errno, refusal);
    if (s->file != NULL && S_ISREG(status.st_mode)) s->length = status.st_size;
    else if (s->file != NULL) s->max_bytes = s->max_age_ms = 0;
    if (s->max_age_ms > 0 && s->length > 0) s->age_due = after(remaining_ms(s));
    if (!make_pipe(ends)) return fail("output", errno, NULL);
    give_to_user(ends[0], claim); /* one inode has both ends */
    s->source = ends[0];
    s->given = ends[1];
    make_nonblocking(s->source);
    if (claim->pass) begin_pass(&s->pass, strcmp(s->name, "out") == 0 ? STDOUT_FILENO : STDERR_FILENO);
    return true;
}

/* `40960`, or `40960.gz` if the agent has compressed it. For a moment both are there, and then the first one counts. */
static bool parse_begin(const struct stream *s, const char *text, int64_t *begin)
{
    char number[24], name[SEGMENT_NAME];
    size_t length = strspn(text, "0123456789");
    if (length >= sizeof number) return false;
    memcpy(number, text, length);
    number[length] = '\0';
    if (!parse_whole(number, 0, s->begin - 1, begin)) return false;
    if (text[length] == '\0') return true;
    numbered(name, sizeof name, s->name, *begin);
    return strcmp(text + length, ".gz") == 0 && access(name, F_OK) < 0;
}

/* Removes own finished segments but the `keep` youngest: counts those older than the current, and takes the oldest until it fits. */
static void prune_segments(const struct stream *s)
{
    for (;;) {
        int64_t oldest = s->begin, count = 0, begin;
        size_t prefix = strlen(s->name);
        DIR *folder = opendir(".");
        if (folder == NULL) return;
        for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
            if (strncmp(entry->d_name, s->name, prefix) != 0 || entry->d_name[prefix] != '.') continue;
            if (!parse_begin(s, entry->d_name + prefix + 1, &begin)) continue;
            count++;
            oldest = earlier(oldest, begin);
        }
        closedir(folder);
        if (count <= s->keep) return;
        if (!remove_segment(s, oldest)) return;
    }
}

static bool begin_segment(struct stream *s)
{
    if (s->begin == s->position) return true;
    int fd = open_segment(s, s->position);
    if (fd < 0) return false;
    if (s->length == 0) remove_segment(s, s->begin);
    end_times(s);
    close(s->target);
    s->target = fd;
    s->begin = s->position;
    s->length = 0;
    prune_segments(s);
    return true;
}

/* Moves .1 to .2 and so on, up to the first gap or to .keep, which goes; then the file to .1. */
static bool shift_named(const struct stream *s)
{
    char from[PATH_MAX], to[PATH_MAX];
    struct stat status;
    int64_t last = 0;
    do {
        if (!numbered(to, sizeof to, s->file, ++last)) return false;
    } while (last < s->keep && lstat(to, &status) == 0);
    for (; last > 1; last--) {
        numbered(from, sizeof from, s->file, last - 1);
        numbered(to, sizeof to, s->file, last);
        rename(from, to);
    }
    numbered(to, sizeof to, s->file, 1);
    return rename(s->file, to) == 0;
}

/* Whether the name still leads to the file that is open. A link, where none is followed, leads elsewhere. */
static bool is_still_ours(const struct stream *s, struct stat *ours)
{
    struct stat named;
    int found = s->guarded ? lstat(s->file, &named) : stat(s->file, &named);
    return fstat(s->target, ours) == 0 && found == 0 && ours->st_dev == named.st_dev && ours->st_ino == named.st_ino;
}

/* If the name leads elsewhere by now, somebody else has rotated it (another run, logrotate): then it is only opened again. If nothing
   works, as when what is there now is refused, the old file goes on, for another `maxBytes`: a log that is too long is better than a lost one. */
static void begin_named(struct stream *s)
{
    struct stat ours, opened;
    const char *refusal;
    bool still_ours = is_still_ours(s, &ours);
    s->length = 0;
    if (still_ours && (!S_ISREG(ours.st_mode) || ours.st_size == 0)) return;
    if (still_ours && s->keep == 0) {
        if (ftruncate(s->target, 0) < 0) { /* then it goes on as it is */
        }
        return;
    }
    if (still_ours && !shift_named(s)) return;
    int fd = open_named(s, &refusal);
    if (fd < 0) return;
    close(s->target);
    s->target = fd;
    if (fstat(fd, &opened) == 0 && S_ISREG(opened.st_mode)) s->length = opened.st_size;
}

static bool begin_next(struct stream *s)
{
    s->age_due = NEVER;
    if (s->file != NULL) begin_named(s);
    else if (!begin_segment(s)) return false;
    s->full = false;
    return true;
}

/* How many of the next bytes go into the current segment. It ends at the last line end that fits or, with the maximum near,
   at any: so only a line longer than the slack is ever cut. */
static size_t fitting(const struct stream *s, const char *bytes, size_t length, bool *ends)
{
    *ends = false;
    if (s->max_bytes == 0) return length;
    int64_t room = s->max_bytes - s->length - s->times_length;
    int64_t slack = earlier(s->format.kind == FORMAT_JSON ? JSON_SLACK : LINE_SLACK, s->max_bytes / 4);
    bool crowded = s->times_length > s->max_bytes / 4;
    if ((int64_t)length <= room - slack && !crowded) return length;
    size_t most = room <= 0 ? 0 : (size_t)earlier(room, (int64_t)length);
    size_t line_end = most;
    while (line_end > 0 && bytes[line_end - 1] != '\n') line_end--;
    *ends = line_end > 0 || (int64_t)most == room || room <= 0;
    return line_end > 0 ? line_end : most;
}

/* Stores as much as can be, and tells how much. An own segment holds bytes that follow one another, so a loss begins a new one too. */
static size_t store(struct stream *s, const char *bytes, size_t length)
{
    size_t done = 0;
    while (done < length) {
        bool ends;
        bool gap = s->file == NULL && s->begin + s->length != s->position;
        if ((s->full || gap) && !begin_next(s)) break;
        note_time(s);
        size_t part = fitting(s, bytes + done, length - done, &ends);
        ssize_t written = part == 0 ? 0 : write(s->target, bytes + done, part);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 || (written == 0 && part > 0)) break;
        if (s->age_due == NEVER && s->max_age_ms > 0) s->age_due = after(s->max_age_ms);
        done += (size_t)written;
        s->length += written;
        s->position += written;
        s->full = ends && (size_t)written == part;
    }
    return done;
}

/* After any other error, such as a directory that is gone, waiting would help nobody. */
static bool may_pass(int number) { return number == ENOSPC || number == EDQUOT || number == EIO || number == EAGAIN; }

static void lose(struct stream *s, size_t length)
{
    s->lost += (int64_t)length;
    s->position += (int64_t)length;
    s->dropping = true;
}

/* Stored, held or lost: then they are dealt with. */
static void deliver(struct stream *s, const char *bytes, size_t length)
{
    errno = 0;
    size_t stored = store(s, bytes, length);
    size_t rest = length - stored;
    if (rest == 0) {
        s->dropping = false;
    } else if (s->dropping || !may_pass(errno)) {
        lose(s, rest);
    } else {
        memcpy(s->held, bytes + stored, rest);
        s->held_from = 0;
        s->held_length = rest;
        s->retry_at = after(DISK_RETRY_MS);
        s->drop_at = after(DISK_PATIENCE_MS);
    }
}

/* Formats what was received, as long as nothing is held: a buffer full at a time. */
static void deliver_formatted(struct stream *s)
{
    size_t produced;
    while (s->unformatted_length > 0 && s->held_length == 0) {
        size_t taken = format_bytes(&s->format, s->arrived_at, s->unformatted + s->unformatted_from, s->unformatted_length,
            formatted, sizeof formatted, &produced);
        s->unformatted_from += taken;
        s->unformatted_length -= taken;
        deliver(s, formatted, produced);
    }
    if (!s->finishing || s->held_length > 0) return;
    s->finishing = false;
    produced = format_end(&s->format, false, formatted);
    deliver(s, formatted, produced);
}

static void finish(struct stream *s)
{
    end_syslog(&s->syslog);
    s->finishing = s->format.kind != FORMAT_RAW;
    if (s->finishing) deliver_formatted(s);
}

/* The most that is received next. */
static size_t portion(const struct stream *s) { return s->budget >= 0 && s->budget < CHUNK ? (size_t)s->budget : CHUNK; }

void receive(struct stream *s)
{
    bool is_raw = s->format.kind == FORMAT_RAW;
    char *into = is_raw ? chunk : s->unformatted;
    size_t want = portion(s);
    ssize_t got = want == 0 ? 0 : read(s->source, into, want);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) {
        close_if_open(&s->source);
        finish(s);
        return;
    }
    s->received += got;
    s->arrived_at = clock_ms(CLOCK_REALTIME);
    s->arrived_mono = now_ms();
    if (s->budget >= 0) s->budget -= got;
    syslog_bytes(&s->syslog, into, (size_t)got);
    pass_on(&s->pass, into, (size_t)got);
    if (output_muted) {
        if (s->budget == 0) finish(s);
        return;
    }
    if (is_raw) {
        deliver(s, chunk, (size_t)got);
    } else {
        s->unformatted_from = 0;
        s->unformatted_length = (size_t)got;
        deliver_formatted(s);
    }
    if (s->budget == 0) finish(s);
}

/* What is held is tried again, and dropped when the patience is at its end. Until then nothing further is read. */
static void retry_held(struct stream *s)
{
    if (s->held_length == 0 || now_ms() < s->retry_at) return;
    size_t stored = store(s, s->held + s->held_from, s->held_length);
    s->held_from += stored;
    s->held_length -= stored;
    s->retry_at = after(DISK_RETRY_MS);
    if (s->held_length > 0 && now_ms() >= s->drop_at) {
        lose(s, s->held_length);
        s->held_length = 0;
    }
    if (s->held_length == 0 && s->format.kind != FORMAT_RAW) deliver_formatted(s);
}

/* An object that is begun ends here, and the line goes on in another. */
void rotate(struct stream *s)
{
    s->age_due = NEVER;
    if (s->held_length == 0) {
        size_t produced = format_end(&s->format, true, formatted);
        if (produced > 0) deliver(s, formatted, produced);
    }
    if (s->target >= 0 && s->length > 0) s->full = true;
    if (s->target >= 0 && (s->full || s->file != NULL)) begin_next(s);
}

void tend_stream(struct stream *s)
{
    retry_held(s);
    if (s->age_due != NEVER && now_ms() >= s->age_due) rotate(s);
}

/* The tree is gone, so all that it wrote lies in the pipe by now; somebody else may hold it open for ever. */
void limit_to_written(struct stream *s)
{
    int pending = 0;
    if (s->source < 0 || ioctl(s->source, FIONREAD, &pending) < 0) pending = 0;
    s->budget = pending;
    make_room_to_pass(&s->pass, (size_t)pending);
    if (pending == 0) finish(s);
}

bool wants_reading(const struct stream *s)
{
    return s->source >= 0 && s->held_length == 0 && s->budget != 0 && may_pass_on(&s->pass, portion(s));
}

bool is_drained(const struct stream *s) { return (s->source < 0 || s->budget == 0) && s->held_length == 0; }

bool is_over(const struct stream *s) { return s->source < 0 && s->held_length == 0; }

int64_t stream_due(const struct stream *s) { return earlier(s->held_length > 0 ? s->retry_at : NEVER, s->age_due); }
