/* Listening sockets that outlive the runs that use them, see sockets.c. */
#pragma once

#include "claim.h"

#include <stdbool.h>

enum { MOST_SOCKETS = 32 };

/* `drover-shim --hold DIRECTORY`. Returns the exit code. */
int hold_sockets(char *directory);

/* The sockets of a claim, from their holder; none without. */
bool fetch_sockets(const struct claim *claim);
/* In the child, before exec: at 3 and above, with the variables that say so. `keep` is moved out of the way. */
bool hand_over_sockets(const struct claim *claim, int *keep, int streams[3]);
