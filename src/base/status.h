/* status: what every fallible function returns, and the message that goes with it.

   A function that can fail returns an rw_status and takes a `rw_error *err` last.  The error is
   made once, where the fault is known, with rw_fail(); floors above may put context in front of
   it with rw_within() but never print it and never make it again.  The caller owns the rw_error
   (usually on its stack); a NULL err is allowed everywhere and loses only the words.  */
#ifndef RW_BASE_STATUS_H
#define RW_BASE_STATUS_H

#include <stdarg.h>

/* One list makes the enum, the names and the exit codes of the program.  */
#define RW_STATUS_LIST(X)                                                                          \
  X (RW_OK, 0, "ok")                                                                               \
  X (RW_EINVAL, 2, "invalid argument or config")                                                   \
  X (RW_EDOMAIN, 2, "not defined for these values")                                                \
  X (RW_ENOMEM, 3, "out of memory")                                                                \
  X (RW_EIO, 3, "file or environment")                                                             \
  X (RW_EEXIST, 3, "output exists")                                                                \
  X (RW_EMISMATCH, 3, "result of another config")                                                  \
  X (RW_EPOINTS, 1, "some points failed")                                                          \
  X (RW_EINTR, 130, "interrupted")

typedef enum
{
#define X(name, exit, text) name,
  RW_STATUS_LIST (X)
#undef X
} rw_status;

typedef struct
{
  rw_status status;
  char text[1024]; /* what, where, what was expected */
  char hint[512];  /* the exact next step; "" if there is none */
} rw_error;

/* Writes the message and returns `status`, so that `return rw_fail (err, RW_EINVAL, ...)` reads
   well.  Clears the hint.  */
rw_status rw_fail (rw_error *err, rw_status status, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

/* Adds the hint to an error already made.  Returns the error's status.  */
rw_status rw_hint (rw_error *err, const char *format, ...) __attribute__ ((format (printf, 2, 3)));

/* Puts "context: " in front of the text and returns `status` unchanged; RW_OK does nothing.  */
rw_status rw_within (rw_error *err, rw_status status, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));

const char *rw_status_text (rw_status status);
int rw_status_exit (rw_status status); /* the program's exit code */

#endif
