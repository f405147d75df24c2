/* What makes a process fit to hold a run, see holder.c. */
#pragma once

#include <stdbool.h>

/* Readable when a signal came. */
extern int wake_end;

bool become_holder(void);

/* Whether TERM came, or a child changed, since the last call. */
bool take_term(void);
bool take_child_change(void);

/* SIG_BLOCK or SIG_UNBLOCK, of all signals. */
void mask_signals(int how);
