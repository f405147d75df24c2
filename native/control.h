/* Orders from the agent, see control.c. */
#pragma once

#include <stdint.h>

enum target { TO_GROUP, TO_PROCESS, TO_TREE };

struct order {
    enum { ROTATE, CAPTURE, MUTE, SIGNAL, STOP } kind;
    int signal;                 /* of SIGNAL and STOP, as is `target` */
    int64_t grace_ms;           /* of STOP */
    enum target target;
};

/* Reads once, and hands on every order that has become whole. */
void read_control(int fifo, void (*obey)(const struct order *order));
