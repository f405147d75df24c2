/* The command until it is executed, see command.c. */
#pragma once

#include "claim.h"

#include <stdbool.h>
#include <sys/types.h>

struct command {
    pid_t pid;                  /* 0: none was made */
    int gate;                   /* the command waits for a byte from here */
    int report;                 /* readable when it was executed or failed to be */
};

#define NO_COMMAND {.gate = -1, .report = -1}

/* A pipe or FIFO of the command's streams goes to the command's user, who may open it once more, as /dev/stderr, only as its owner. */
void give_to_user(int fd, const struct claim *claim);

/* `given` holds its standard streams; -1 is /dev/null. */
bool fork_command(struct command *command, const struct claim *claim, const int given[3]);
void open_gate(struct command *command);
void keep_gate_closed(struct command *command);         /* it ends without having run, and is waited for */
void hear_of_start(struct command *command);            /* sets `failure` if it could not be executed */
