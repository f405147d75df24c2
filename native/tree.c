/*
 * The tree: finding every process below the shim, wherever it went.
 *
 * On Linux the shim is the subreaper, so each descendant hangs on it by a chain of parents, and none can leave. One pass may miss what is
 * being forked meanwhile; whoever wants the tree dead sends KILL again until there is no child left, as shim.c does. When to signal, and
 * what for, is decided there.
 */
#define _GNU_SOURCE
#include "tree.h"

#include "ground.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/sysctl.h>
#endif

#ifdef __linux__

enum { PARENT = 4, START = 22, TREE_LIMIT = 4096 /* processes seen in one pass */ };

static pid_t tree[TREE_LIMIT];
static int tree_size;

/* A field of /proc/<pid>/stat by its number in proc(5). 0 if the process is gone. */
static int64_t field_of(pid_t pid, int wanted)
{
    char path[40], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    read_text(path, text, sizeof text);
    /* The name of the program stands in brackets and may hold anything; what follows the last bracket starts with field 3. */
    char *field = strrchr(text, ')');
    for (int number = 2; field != NULL && number < wanted; number++) field = strchr(field + 1, ' ');
    return field == NULL ? 0 : strtoll(field + 1, NULL, 10);
}

int64_t start_time(pid_t pid) { return field_of(pid, START); }

static bool tree_knows(pid_t pid)
{
    for (int i = 0; i < tree_size; i++)
        if (tree[i] == pid) return true;
    return false;
}

static void add_to_tree(pid_t pid)
{
    if (pid > 0 && tree_size < TREE_LIMIT) tree[tree_size++] = pid;
}

/* Adds the children of one thread: a list of numbers with a space after each. False where the kernel has no such list. */
static bool add_children_of_thread(pid_t pid, const char *thread)
{
    char path[64], text[4096];
    pid_t number = 0;
    ssize_t got;
    snprintf(path, sizeof path, "/proc/%d/task/%.20s/children", (int)pid, thread);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    while ((got = read(fd, text, sizeof text)) > 0)
        for (ssize_t i = 0; i < got; i++) {
            if (text[i] >= '0' && text[i] <= '9') {
                number = number * 10 + (text[i] - '0');
            } else {
                add_to_tree(number);
                number = 0;
            }
        }
    close(fd);
    return true;
}

static bool add_children(pid_t pid)
{
    char path[40];
    bool listed = false;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *threads = opendir(path);
    if (threads == NULL) return pid != getpid();
    for (struct dirent *entry; (entry = readdir(threads)) != NULL;)
        if (entry->d_name[0] != '.') listed |= add_children_of_thread(pid, entry->d_name);
    closedir(threads);
    return listed || pid != getpid();
}

/* For kernels without lists of children: every process that has a parent in the tree, until a pass finds no more. */
static void add_by_parent(void)
{
    int before;
    do {
        before = tree_size;
        DIR *processes = opendir("/proc");
        if (processes == NULL) return;
        for (struct dirent *entry; (entry = readdir(processes)) != NULL;) {
            int64_t pid;
            if (!parse_whole(entry->d_name, 1, INT_MAX, &pid) || tree_knows((pid_t)pid)) continue;
            if (tree_knows((pid_t)field_of((pid_t)pid, PARENT))) add_to_tree((pid_t)pid);
        }
        closedir(processes);
    } while (tree_size > before);
}

/* The deepest first. A number read a moment ago may belong to nobody by now, but not yet to a stranger: numbers come round only after
   all others were used. */
void signal_tree(pid_t command, int number)
{
    (void)command;
    tree_size = 0;
    add_to_tree(getpid());
    for (int i = 0; i < tree_size; i++)
        if (!add_children(tree[i])) {
            add_by_parent();
            break;
        }
    for (int i = tree_size - 1; i > 0; i--) kill(tree[i], number);
}

#else

int64_t start_time(pid_t pid)
{
    int name[] = {CTL_KERN, KERN_PROC, KERN_PROC_PID, pid};
    struct kinfo_proc info;
    size_t size = sizeof info;
    if (sysctl(name, 4, &info, &size, NULL, 0) < 0 || size == 0) return 0;
    return (int64_t)info.kp_proc.p_starttime.tv_sec * 1000000 + info.kp_proc.p_starttime.tv_usec;
}

void signal_tree(pid_t command, int number)
{
    if (command > 0) kill(-command, number);
}

#endif
