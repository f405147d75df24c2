/* The processes below the shim, see tree.c. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* A process is known by its start time as well, in the unit of docs/reference/run-directory.md. 0 if it is gone. */
int64_t start_time(pid_t pid);

/* Sends to all that descends from this process. `command` leads the one group that is known where there is no subreaper; 0 once it was
   waited for, as the number may be a stranger's then. */
void signal_tree(pid_t command, int number);
