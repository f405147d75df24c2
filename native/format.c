/*
 * Formats: a time in front of each line, or each line as one JSON object. Bytes in, bytes out; nothing in here knows of files.
 *
 * Promises that every object is one line of valid JSON whatever the bytes are (what is no UTF-8 becomes U+FFFD), and that none is longer
 * than its maximum plus labels: longer lines are cut into several objects, all but the last with `"partial":true`. A carriage return
 * before a line end is left out in JSON. Times are UTC, reckoned here, so no locale and no time zone file is asked.
 */
#define _GNU_SOURCE
#include "format.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    LINE_MOST = 16384,          /* bytes of one object's line */
    LINE_LEAST = 128,
    STAMP = 24,                 /* 2026-01-31T12:00:00.000Z */
    LONGEST_PIECE = 1024        /* more than the labels, a stamp, an escape and an end together */
};

static char *put(char *to, const char *text, size_t length)
{
    memcpy(to, text, length);
    return to + length;
}

static char *put_digits(char *to, int64_t number, int digits)
{
    for (int i = digits - 1; i >= 0; i--, number /= 10) to[i] = (char)('0' + number % 10);
    return to + digits;
}

/* The civil date of a day since 1970, after Howard Hinnant: years begin in March, so the leap day is the last one. */
static char *put_stamp(char *to, int64_t at)
{
    int64_t ms = at < 0 ? 0 : at, days = ms / 86400000 + 719468, rest = ms % 86400000;
    int64_t era = days / 146097, day = days % 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
    int64_t of_month = of_year - (153 * month + 2) / 5 + 1;
    month = month < 10 ? month + 3 : month - 9;
    to = put_digits(to, year + era * 400 + (month <= 2), 4), *to++ = '-';
    to = put_digits(to, month, 2), *to++ = '-';
    to = put_digits(to, of_month, 2), *to++ = 'T';
    to = put_digits(to, rest / 3600000, 2), *to++ = ':';
    to = put_digits(to, rest / 60000 % 60, 2), *to++ = ':';
    to = put_digits(to, rest / 1000 % 60, 2), *to++ = '.';
    to = put_digits(to, rest % 1000, 3), *to++ = 'Z';
    return to;
}

/* Names are of letters, digits and a few signs; whatever else a claim has is no reason for a broken line. */
static void add_label(struct formatter *f, const char *key, const char *value)
{
    char *to = f->labels + f->labels_length;
    if (value == NULL || strlen(key) + strlen(value) + 32 > sizeof f->labels - f->labels_length) return;
    to += sprintf(to, "\"%s\":\"", key);
    for (; *value != '\0'; value++)
        *to++ = *value < 0x20 || *value > 0x7e || *value == '"' || *value == '\\' ? '_' : *value;
    to = put(to, "\",", 2);
    f->labels_length = (size_t)(to - f->labels);
}

void begin_format(struct formatter *f, enum format_kind kind, int64_t max_bytes, const char *stream, const char *program,
    const char *slot, const char *run)
{
    f->kind = kind;
    f->most = LINE_MOST;
    if (max_bytes > 0 && max_bytes / 8 < LINE_MOST) f->most = max_bytes / 8 < LINE_LEAST ? LINE_LEAST : (size_t)(max_bytes / 8);
    f->labels_length = (size_t)sprintf(f->labels, "\",");
    add_label(f, "stream", stream);
    add_label(f, "program", program);
    add_label(f, "slot", slot);
    add_label(f, "run", run);
    f->labels_length += (size_t)sprintf(f->labels + f->labels_length, "\"line\":\"");
}

static char *begin_line(struct formatter *f, int64_t at, char *to)
{
    if (!f->cut) f->line_at = at;
    f->inside = true;
    f->cut = false;
    f->length = 0;
    if (f->kind == FORMAT_JSON) to = put(to, "{\"time\":\"", 9);
    to = put_stamp(to, f->line_at);
    if (f->kind == FORMAT_JSON) return put(to, f->labels, f->labels_length);
    *to++ = ' ';
    return to;
}

static char *end_object(struct formatter *f, bool partial, char *to)
{
    f->inside = false;
    f->cut = partial;
    return partial ? put(to, "\",\"partial\":true}\n", 18) : put(to, "\"}\n", 3);
}

static char *put_unknown(struct formatter *f, char *to)
{
    f->pending_length = 0;
    f->length += 3;
    return put(to, "\xEF\xBF\xBD", 3);
}

static char *put_escaped(struct formatter *f, unsigned char byte, char *to)
{
    static const char hex[] = "0123456789abcdef";
    char *begin = to;
    *to++ = '\\';
    if (byte == '"' || byte == '\\') *to++ = (char)byte;
    else if (byte == '\t') *to++ = 't';
    else if (byte == '\r') *to++ = 'r';
    else {
        to = put(to, "u00", 3);
        *to++ = hex[byte >> 4];
        *to++ = hex[byte & 15];
    }
    f->length += (size_t)(to - begin);
    return to;
}

/* How long a character is that begins with this byte; 0 if none does. */
static int length_of(unsigned char first)
{
    if (first >= 0xc2 && first <= 0xdf) return 2;
    if (first >= 0xe0 && first <= 0xef) return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/* No overlong forms, no surrogates, nothing above U+10FFFF: the second byte tells. */
static bool may_follow(const struct formatter *f, unsigned char byte)
{
    if ((byte & 0xc0) != 0x80) return false;
    if (f->pending_length > 1) return true;
    switch (f->pending[0]) {
    case 0xe0: return byte >= 0xa0;
    case 0xed: return byte <= 0x9f;
    case 0xf0: return byte >= 0x90;
    case 0xf4: return byte <= 0x8f;
    default: return true;
    }
}

static char *put_json(struct formatter *f, unsigned char byte, char *to)
{
    if (f->pending_length > 0) {
        if (may_follow(f, byte)) {
            f->pending[f->pending_length++] = byte;
            if (f->pending_length < f->pending_need) return to;
            to = put(to, (const char *)f->pending, (size_t)f->pending_length);
            f->length += (size_t)f->pending_length;
            f->pending_length = 0;
            return to;
        }
        to = put_unknown(f, to);
    }
    if (f->carriage_return && byte != '\n') to = put_escaped(f, '\r', to);
    f->carriage_return = byte == '\r';
    if (byte == '\r') return to;
    if (byte == '\n') return end_object(f, false, to);
    if (byte < 0x20 || byte == '"' || byte == '\\') return put_escaped(f, byte, to);
    if (byte < 0x80) {
        *to++ = (char)byte;
        f->length++;
        return to;
    }
    f->pending_need = length_of(byte);
    if (f->pending_need == 0) return put_unknown(f, to);
    f->pending[0] = byte;
    f->pending_length = 1;
    return to;
}

size_t format_bytes(struct formatter *f, int64_t at, const char *bytes, size_t length, char *to, size_t room, size_t *produced)
{
    char *begin = to, *last = to + room - LONGEST_PIECE;
    size_t taken = 0;
    while (taken < length && to < last) {
        if (!f->inside) to = begin_line(f, at, to);
        if (f->kind == FORMAT_JSON) {
            to = put_json(f, (unsigned char)bytes[taken++], to);
            if (f->inside && f->length >= f->most && f->pending_length == 0) to = end_object(f, true, to);
            continue;
        }
        size_t part = length - taken < (size_t)(last - to) + 1 ? length - taken : (size_t)(last - to) + 1;
        const char *line_end = memchr(bytes + taken, '\n', part);
        if (line_end != NULL) part = (size_t)(line_end + 1 - (bytes + taken));
        to = put(to, bytes + taken, part);
        taken += part;
        f->inside = line_end == NULL;
    }
    *produced = (size_t)(to - begin);
    return taken;
}

size_t format_end(struct formatter *f, bool partial, char *to)
{
    char *begin = to;
    if (f->kind != FORMAT_JSON || !f->inside) return 0;
    if (!partial && f->pending_length > 0) to = put_unknown(f, to);
    if (!partial) f->carriage_return = false;
    to = end_object(f, partial, to);
    return (size_t)(to - begin);
}
