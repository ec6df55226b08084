/* disk: raw bytes to and from a file, whole or with an error that names path, bytes and hint.

   Interrupted calls and short writes are taken up again.  A file-size limit (RLIMIT_FSIZE) raises
   SIGXFSZ, whose default kills the process before the error can be told: the library leaves signal
   dispositions alone, so a program that wants the error ignores SIGXFSZ, as ropewalk does.  */
#ifndef RW_LAB_DISK_H
#define RW_LAB_DISK_H

#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

rw_status rw_disk_write (int fd, const char *path, const void *data, size_t n, uint64_t at,
                         rw_error *err);
/* A file that ends too early is RW_EIO.  */
rw_status rw_disk_read (int fd, const char *path, void *data, size_t n, uint64_t at, rw_error *err);
/* Asks for room before anything is written, so that a full disk is told at the start; file systems
   that cannot promise room are taken at their word.  Leaves the file's bytes undefined.  */
rw_status rw_disk_reserve (int fd, const char *path, uint64_t bytes, rw_error *err);
rw_status rw_disk_sync (int fd, const char *path, rw_error *err);
/* Makes the names in the folder of `path` durable.  */
rw_status rw_disk_sync_folder (const char *path, rw_error *err);
/* Takes the file for this process alone; false where another has it.  Lasts until close.  */
bool rw_disk_lock (int fd);
bool rw_disk_exists (const char *path);
/* RW_EIO where a folder, a pipe or a device has the name: results live in files.  */
rw_status rw_disk_plain (const char *path, rw_error *err);

#endif
