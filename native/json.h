/*
 * A strict reader of JSON, see json.c. The first problem sticks and turns every further step into nothing, so callers check once:
 *
 *     struct json j = {.at = text, .end = text + length};     with a NUL at `end`
 *     json_open(&j, '{');
 *     while (json_member(&j, &key)) … one of json_text, json_whole, json_truth, json_skip, or json_open again …
 *     json_close(&j);
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct json {
    char *at, *end;
    int depth;
    bool fresh;                 /* a bracket was just opened: no comma is due */
    const char *problem;        /* NULL: all is well */
};

bool json_fails(struct json *j, const char *problem);       /* gives false */
bool json_open(struct json *j, char bracket);
bool json_item(struct json *j);                             /* of a list; false behind the last */
bool json_member(struct json *j, char **key);               /* of an object; false behind the last */
bool json_text(struct json *j, char **text);
int64_t json_whole(struct json *j, int64_t min, int64_t max);
bool json_truth(struct json *j);
bool json_null(struct json *j);                             /* takes `null` if that is what follows */
void json_skip(struct json *j);                             /* any value */
void json_close(struct json *j);                            /* nothing may follow */
