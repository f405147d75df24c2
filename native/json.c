/*
 * A strict reader of JSON that works in place: texts are unescaped into the buffer that they were read from, so it needs no memory.
 *
 * It promises to accept nothing that is no JSON, to end on any input, and to name the first problem. Two things it refuses beyond the
 * standard: a NUL in a text, which would end it too early for every use here, and nesting that is too deep for the stack. What the values
 * mean is left to the caller.
 *
 * The NUL behind the input is the guard: no rule of the grammar steps over one.
 */
#include "json.h"

#include "ground.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_LIMIT = 64 };

bool json_fails(struct json *j, const char *problem)
{
    if (j->problem == NULL) j->problem = problem;
    return false;
}

/* What follows the white space; NUL at the end and after a problem. */
static char json_peek(struct json *j)
{
    j->at += strspn(j->at, " \n\t\r");
    return j->problem == NULL ? *j->at : '\0';
}

static bool json_take(struct json *j, char wanted)
{
    if (json_peek(j) != wanted) return false;
    j->at++;
    return true;
}

static bool json_word(struct json *j, const char *word)
{
    size_t length = strlen(word);
    if (json_peek(j) != *word || strncmp(j->at, word, length) != 0) return false;
    j->at += length;
    return true;
}

bool json_open(struct json *j, char bracket)
{
    j->fresh = true;
    if (++j->depth > DEPTH_LIMIT) return json_fails(j, "it is nested too deeply");
    return json_take(j, bracket) || json_fails(j, bracket == '{' ? "an object is expected" : "a list is expected");
}

static bool json_next(struct json *j, char bracket)
{
    bool first = j->fresh;
    j->fresh = false;
    if (j->problem != NULL) return false;
    if (json_take(j, bracket)) {
        j->depth--;
        return false;
    }
    return first || json_take(j, ',') || json_fails(j, "a comma or a closing bracket is missing");
}

bool json_item(struct json *j) { return json_next(j, ']'); }

bool json_member(struct json *j, char **key)
{
    return json_next(j, '}') && json_text(j, key) && (json_take(j, ':') || json_fails(j, "a colon is missing"));
}

static char *put_utf8(char *to, unsigned point)
{
    int more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    *to++ = (char)(more == 0 ? point : (0xFF00u >> (more + 1) & 0xFF) | point >> 6 * more);
    while (more-- > 0) *to++ = (char)(0x80 | (point >> 6 * more & 0x3F));
    return to;
}

static bool json_hex4(struct json *j, unsigned *unit)
{
    char digits[5] = "";
    if (strspn(j->at, "0123456789abcdefABCDEF") < 4) return json_fails(j, "a \\u escape has no four hex digits");
    memcpy(digits, j->at, 4);
    *unit = (unsigned)strtoul(digits, NULL, 16);
    j->at += 4;
    return true;
}

/* What follows `\u`: one unit, or two that make a pair. */
static bool json_code_point(struct json *j, unsigned *point)
{
    unsigned low = 0;
    if (!json_hex4(j, point)) return false;
    if (*point == 0) return json_fails(j, "a text holds a NUL");
    if (*point < 0xD800 || *point > 0xDFFF) return true;
    if (*point <= 0xDBFF && strncmp(j->at, "\\u", 2) == 0) {
        j->at += 2;
        if (!json_hex4(j, &low)) return false;
    }
    if (low < 0xDC00 || low > 0xDFFF) return json_fails(j, "a \\u escape is half of a surrogate pair");
    *point = 0x10000 + ((*point - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

/* What follows a backslash. No escape is shorter than what it stands for, so there is room in place. */
static bool json_escape(struct json *j, char **to)
{
    static const char escapes[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    unsigned point;
    if (*j->at == 'u') {
        j->at++;
        if (!json_code_point(j, &point)) return false;
        *to = put_utf8(*to, point);
        return true;
    }
    const char *found = *j->at == '\0' ? NULL : strchr(escapes, *j->at);
    if (found == NULL) return json_fails(j, "a text holds an unknown escape");
    *(*to)++ = meanings[found - escapes];
    j->at++;
    return true;
}

bool json_text(struct json *j, char **text)
{
    if (!json_take(j, '"')) return json_fails(j, "a text is expected");
    char *to = *text = j->at;
    for (;;) {
        if (j->at == j->end) return json_fails(j, "a text has no end");
        char c = *j->at++;
        if (c == '"') break;
        if ((unsigned char)c < 0x20) return json_fails(j, "a text holds a raw control character");
        if (c != '\\') *to++ = c;
        else if (!json_escape(j, &to)) return false;
    }
    *to = '\0';
    return true;
}

static void json_digits(struct json *j)
{
    size_t length = strspn(j->at, "0123456789");
    if (length == 0) json_fails(j, "a number is malformed");
    j->at += length;
}

/* Steps over a number by the whole grammar. */
static void json_number(struct json *j)
{
    if (json_peek(j) == '-') j->at++;
    if (*j->at == '0') j->at++;
    else json_digits(j);
    if (*j->at == '.') {
        j->at++;
        json_digits(j);
    }
    if (*j->at == 'e' || *j->at == 'E') {
        j->at++;
        if (*j->at == '+' || *j->at == '-') j->at++;
        json_digits(j);
    }
}

int64_t json_whole(struct json *j, int64_t min, int64_t max)
{
    int64_t value = 0;
    json_peek(j);
    char *begin = j->at;
    json_number(j);
    if (j->problem != NULL) return 0;
    char behind = *j->at;
    *j->at = '\0';
    if (!parse_whole(begin, min, max, &value)) json_fails(j, "a number is not whole or out of its range");
    *j->at = behind;
    return value;
}

bool json_truth(struct json *j)
{
    if (json_word(j, "true")) return true;
    if (!json_word(j, "false")) json_fails(j, "true or false is expected");
    return false;
}

bool json_null(struct json *j) { return json_word(j, "null"); }

void json_skip(struct json *j)
{
    char *ignored;
    switch (json_peek(j)) {
    case '"': json_text(j, &ignored); break;
    case '{':
        json_open(j, '{');
        while (json_member(j, &ignored)) json_skip(j);
        break;
    case '[':
        json_open(j, '[');
        while (json_item(j)) json_skip(j);
        break;
    default:
        if (!json_null(j) && !json_word(j, "true") && !json_word(j, "false")) json_number(j);
    }
}

void json_close(struct json *j)
{
    json_peek(j);
    if (j->at != j->end) json_fails(j, "something follows the closing bracket");
}
