/* `drover-shim --check`, see check.c. Returns the exit code. */
#pragma once

int check(int argc, char **argv);
