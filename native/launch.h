#pragma once

/* The launcher, see launch.c. `self` is the path that shims are executed from. Returns the exit code. */
int launch(const char *self);
