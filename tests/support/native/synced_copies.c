/*
 * Preloaded into a process, it keeps a copy of each file as it was when its last sync began.
 *
 * A power cut loses what was written but not synced. After killing the processes, a test puts
 * the folder SYNCED_COPIES in place of the folder SYNCED_FOLDER, and has what a disk has after a
 * power cut in the worst case. A sync of a file keeps its name as well, as the journals of file
 * systems do; that a file was removed or renamed is kept by a sync of its folder.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_PATH (2 * PATH_MAX)

/* Processes may sync one file at the same time: an older copy must not replace a newer one. */
static int lock_copies(const char *copies)
{
    char path[MAX_PATH];
    snprintf(path, sizeof path, "%s.lock", copies);
    int lock = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) != 0)
        abort();
    return lock;
}

static void make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            abort();
        *slash = '/';
    }
}

static void copy_file(const char *source, const char *copies, char *target)
{
    char part[MAX_PATH], buffer[65536];
    ssize_t length;
    snprintf(part, sizeof part, "%s.part", copies);
    /* Not the descriptor of the caller: that may be one for writing only. */
    int original = open(source, O_RDONLY | O_CLOEXEC);
    if (original < 0 && errno == ENOENT)
        return;
    int copy = open(part, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);
    if (original < 0 || copy < 0)
        abort();
    while ((length = read(original, buffer, sizeof buffer)) > 0)
        if (write(copy, buffer, length) != length)
            abort();
    close(original);
    close(copy);
    make_folders(target);
    if (rename(part, target) != 0)
        abort();
}

static void remove_missing(const char *source, const char *target)
{
    char original[2 * MAX_PATH], copy[2 * MAX_PATH];
    struct dirent *entry;
    DIR *folder = opendir(target);
    if (folder == NULL)
        return;
    while ((entry = readdir(folder)) != NULL) {
        snprintf(original, sizeof original, "%s/%s", source, entry->d_name);
        snprintf(copy, sizeof copy, "%s/%s", target, entry->d_name);
        if (access(original, F_OK) != 0 && errno == ENOENT && unlink(copy) != 0 && errno != EISDIR)
            abort();
    }
    closedir(folder);
}

static void keep(int fd)
{
    char link[64], source[PATH_MAX], target[MAX_PATH];
    const char *folder = getenv("SYNCED_FOLDER"), *copies = getenv("SYNCED_COPIES");
    struct stat status;
    if (folder == NULL || copies == NULL || fstat(fd, &status) != 0)
        return;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, source, sizeof source - 1);
    size_t prefix = strlen(folder);
    if (length < 0 || (size_t)length < prefix)
        return;
    source[length] = '\0';
    if (strncmp(source, folder, prefix) != 0 || (source[prefix] != '/' && source[prefix] != '\0'))
        return;
    snprintf(target, sizeof target, "%s%s", copies, source + prefix);
    int error = errno, lock = lock_copies(copies);
    if (S_ISDIR(status.st_mode))
        remove_missing(source, target);
    else if (S_ISREG(status.st_mode))
        copy_file(source, copies, target);
    close(lock);
    errno = error;
}

int fsync(int fd)
{
    int (*original)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    keep(fd);
    return original(fd);
}

int fdatasync(int fd)
{
    int (*original)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    keep(fd);
    return original(fd);
}
