/* What the process tells of itself by the protocol of sd_notify, see notify.c. */
#pragma once

#include "claim.h"

#include <stdbool.h>
#include <stdint.h>

/* Readable when something was told; -1 when nobody is listened to. */
extern int notify_end;

bool open_notify(const struct claim *claim);
void hear_notices(const struct claim *claim);   /* when it can be read */
void write_late_notice(void);                   /* if it is time */
int64_t notice_due(void);                       /* NEVER if nothing is to be written */
