#pragma once

/* The init, see init.c. `arguments` is what follows `--init`. Returns the exit code. */
int run_init(int count, char **arguments);
