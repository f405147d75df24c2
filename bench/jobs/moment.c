/** What a job of the bench runs: notes by the wall clock when it began, and ends. `moment FILE`. */
#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  if (argc < 2) return 2;
  char line[64];
  int length = snprintf(line, sizeof line, "%lld.%09ld\n", (long long)now.tv_sec, now.tv_nsec);
  int file = open(argv[1], O_WRONLY | O_CREAT | O_APPEND, 0644);
  return file < 0 || write(file, line, (size_t)length) != length;
}
