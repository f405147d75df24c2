/* What the shim makes in the run directory beside the outputs, see directory.c. */
#pragma once

#include "claim.h"
#include "output.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What `exit` tells of a run. Times `_at` are of the wall clock. */
struct run {
    int wait_status;            /* as wait(2) has it; without meaning if there is a failure */
    int64_t started_at, ended_at;
    int64_t started_mono, ended_mono;
    bool timed_out, stop_requested, killed;
    int64_t leftovers;
};

enum link_result { LINKED, REVOKED, UNWRITABLE };

/* Both ends in one, so that it never reads as ended when a writer goes. -1 on failure. */
int open_fifo(const char *name);
/* `command` is 0 when no process was made. */
enum link_result link_pid(pid_t command, int64_t started_at);
/* `born` or `ended`. One that cannot be set is no reason to fail. */
void set_mark(const struct claim *claim, const char *kind);
/* Blocks for `exit` are taken now, while there may be some. Failing here is no reason not to run. */
void reserve_exit(void);
/* With the mark. False if that is worth another try. */
bool write_exit(const struct claim *claim, const struct run *run, const struct stream *out, const struct stream *err);
