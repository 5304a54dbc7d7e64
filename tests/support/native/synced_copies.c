/*
 * Preloaded into a process, it keeps a copy of each file as it was at its last sync.
 *
 * A power cut loses what was written but not synced. After killing the process, a test puts
 * the copies in SYNCED_COPIES in place of the files, and has what a disk has after a power
 * cut in the worst case. Only files whose name contains SYNCED_NAME are copied.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static void copy_file(int fd, const char *name)
{
    char target[PATH_MAX], part[PATH_MAX + 32], buffer[65536];
    const char *folder = getenv("SYNCED_COPIES");
    ssize_t length;
    off_t offset = 0;
    snprintf(target, sizeof target, "%s/%s", folder, name);
    snprintf(part, sizeof part, "%s.%ld.part", target, syscall(SYS_gettid));
    int copy = open(part, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (copy < 0)
        abort();
    while ((length = pread(fd, buffer, sizeof buffer, offset)) > 0) {
        if (write(copy, buffer, length) != length)
            abort();
        offset += length;
    }
    close(copy);
    if (rename(part, target) != 0)
        abort();
}

static void copy_if_watched(int fd)
{
    char link[64], path[PATH_MAX];
    const char *watched = getenv("SYNCED_NAME");
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0 || watched == NULL || getenv("SYNCED_COPIES") == NULL)
        return;
    path[length] = '\0';
    const char *name = strrchr(path, '/');
    if (name != NULL && strstr(name, watched) != NULL)
        copy_file(fd, name + 1);
}

int fsync(int fd)
{
    int (*original)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    int result = original(fd);
    if (result == 0)
        copy_if_watched(fd);
    return result;
}

int fdatasync(int fd)
{
    int (*original)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    int result = original(fd);
    if (result == 0)
        copy_if_watched(fd);
    return result;
}
