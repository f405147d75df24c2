/* A copy of what the command prints, for whoever started the shim. See pass.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct pass {
    int to;                     /* -1: nobody wants a copy, or any more */
    bool ending;                /* nothing is added; it closes once all is taken */
    char *waiting;              /* what the reader has not taken yet */
    size_t room, from, length;
};

#define NO_PASS {.to = -1}

void begin_pass(struct pass *p, int to);
void pass_on(struct pass *p, const char *bytes, size_t length);
bool may_pass_on(const struct pass *p, size_t length);
void make_room_to_pass(struct pass *p, size_t length);  /* for all that still comes */
void flush_pass(struct pass *p);                        /* when `waits_for_reader`, and `to` takes bytes */
void end_pass(struct pass *p);

bool waits_for_reader(const struct pass *p);
