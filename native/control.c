/*
 * The FIFO `control`: from lines to orders.
 *
 * Lines that are unknown, malformed or too long are skipped, for the agent may be newer than the shim, and anybody of its user may write
 * here. What an order does is left to the caller.
 */
#define _GNU_SOURCE
#include "control.h"

#include "ground.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

static bool parse_target(const char *word, enum target *target)
{
    if (strcmp(word, "group") == 0) *target = TO_GROUP;
    else if (strcmp(word, "process") == 0) *target = TO_PROCESS;
    else if (strcmp(word, "tree") == 0) *target = TO_TREE;
    else return false;
    return true;
}

static bool parse_order(char *line, struct order *order)
{
    char *words[5], *rest = NULL;
    int count = 0;
    int64_t number;
    for (char *word = strtok_r(line, " ", &rest); word != NULL && count < 5; word = strtok_r(NULL, " ", &rest)) words[count++] = word;
    *order = (struct order){.kind = ROTATE};
    if (count == 1) return strcmp(words[0], "rotate") == 0;
    if (count == 2 && strcmp(words[0], "capture") == 0) {
        order->kind = strcmp(words[1], "on") == 0 ? CAPTURE : MUTE;
        return order->kind == CAPTURE || strcmp(words[1], "off") == 0;
    }
    if (count < 3 || !parse_whole(words[1], 1, NSIG - 1, &number) || !parse_target(words[count - 1], &order->target)) return false;
    order->kind = count == 3 ? SIGNAL : STOP;
    order->signal = (int)number;
    if (count == 3) return strcmp(words[0], "signal") == 0;
    return count == 4 && strcmp(words[0], "stop") == 0 && order->target != TO_TREE
        && parse_whole(words[2], 0, INT64_MAX, &order->grace_ms);
}

/* One read at a time, as for every other descriptor: whoever writes without end must not keep us from the rest. */
void read_control(int fifo, void (*obey)(const struct order *order))
{
    static char line[256];
    static size_t length;
    static bool too_long;
    char bytes[512];
    struct order order;
    ssize_t got = read(fifo, bytes, sizeof bytes);
    for (ssize_t i = 0; i < got; i++) {
        if (bytes[i] != '\n') {
            if (length < sizeof line - 1) line[length++] = bytes[i];
            else too_long = true;
            continue;
        }
        line[length] = '\0';
        if (!too_long && strlen(line) == length && parse_order(line, &order)) obey(&order);
        length = 0;
        too_long = false;
    }
}
