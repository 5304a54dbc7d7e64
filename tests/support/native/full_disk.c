/*
 * Preloaded into a process, it makes its disk full while the file FULL_DISK_SWITCH exists.
 *
 * Then no file in the folder FULL_DISK_FOLDER grows. What is written over bytes that a file has
 * already succeeds, as on a file system that keeps the blocks of a file.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define ORIGINAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int is_in_folder(int fd)
{
    char link[64], path[PATH_MAX];
    const char *folder = getenv("FULL_DISK_FOLDER");
    size_t prefix = folder ? strlen(folder) : 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    return prefix && length > (ssize_t)prefix && strncmp(path, folder, prefix) == 0
        && path[prefix] == '/';
}

/* Tell whether a file would have to grow to this size on a full disk. */
static int has_no_room(int fd, off_t size)
{
    const char *flag = getenv("FULL_DISK_SWITCH");
    struct stat status;
    int error = errno;
    int refused = flag && access(flag, F_OK) == 0 && fstat(fd, &status) == 0
        && S_ISREG(status.st_mode) && size > status.st_size && is_in_folder(fd);
    errno = refused ? ENOSPC : error;
    return refused;
}

static off_t position(int fd)
{
    struct stat status;
    int error = errno, flags = fcntl(fd, F_GETFL);
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (flags >= 0 && (flags & O_APPEND) && fstat(fd, &status) == 0)
        at = status.st_size;
    errno = error;
    return at;
}

static off_t total(const struct iovec *parts, int count)
{
    off_t bytes = 0;
    for (int each = 0; each < count; each++)
        bytes += (off_t)parts[each].iov_len;
    return bytes;
}

ssize_t write(int fd, const void *bytes, size_t count)
{
    off_t at = position(fd);
    if (at >= 0 && has_no_room(fd, at + (off_t)count))
        return -1;
    return ORIGINAL(write)(fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *parts, int count)
{
    off_t at = position(fd);
    if (at >= 0 && has_no_room(fd, at + total(parts, count)))
        return -1;
    return ORIGINAL(writev)(fd, parts, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at)
{
    return has_no_room(fd, at + (off_t)count) ? -1 : ORIGINAL(pwrite)(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at)
{
    return has_no_room(fd, at + (off_t)count) ? -1 : ORIGINAL(pwrite64)(fd, bytes, count, at);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    return has_no_room(fd, at + total(parts, count)) ? -1 : ORIGINAL(pwritev)(fd, parts, count, at);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at)
{
    return has_no_room(fd, at + total(parts, count)) ? -1
                                                     : ORIGINAL(pwritev64)(fd, parts, count, at);
}

int posix_fallocate(int fd, off_t at, off_t count)
{
    return has_no_room(fd, at + count) ? ENOSPC : ORIGINAL(posix_fallocate)(fd, at, count);
}

int posix_fallocate64(int fd, off64_t at, off64_t count)
{
    return has_no_room(fd, at + count) ? ENOSPC : ORIGINAL(posix_fallocate64)(fd, at, count);
}

int fallocate(int fd, int mode, off_t at, off_t count)
{
    return has_no_room(fd, at + count) ? -1 : ORIGINAL(fallocate)(fd, mode, at, count);
}

int fallocate64(int fd, int mode, off64_t at, off64_t count)
{
    return has_no_room(fd, at + count) ? -1 : ORIGINAL(fallocate64)(fd, mode, at, count);
}
