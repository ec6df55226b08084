/* gguf_stream: bytes of a new file, one after the other, under a temporary name.  Private to
   src/model.  */
#ifndef RW_MODEL_GGUF_STREAM_H
#define RW_MODEL_GGUF_STREAM_H

#include "base/mapping.h"
#include "base/status.h"

#include <signal.h>

typedef struct
{
  const char *path; /* what the file is to be called; borrowed */
  char *part;       /* its temporary name; owned */
  int fd;
  bool by_kernel; /* copy_file_range has not failed yet */
  const volatile sig_atomic_t *stop;
  uint64_t at; /* bytes written */
  rw_error *err;
} rw_gguf_stream;

/* Room for `bytes` is asked for at once, so that a full disk is told before anything is copied.  */
rw_status rw_gguf_stream_open (rw_gguf_stream *s, const char *path, uint64_t bytes, rw_error *err);
rw_status rw_gguf_stream_write (rw_gguf_stream *s, const void *data, uint64_t n);
/* n bytes at `data`, which lies in the mapping where there is one (else NULL).  */
rw_status rw_gguf_stream_copy (rw_gguf_stream *s, const rw_mapping *mapping, const void *data,
                               uint64_t n);
rw_status rw_gguf_stream_pad (rw_gguf_stream *s, uint64_t alignment);
/* All bytes are on the disk.  */
rw_status rw_gguf_stream_sync (rw_gguf_stream *s);
/* Ends it: with RW_OK the file gets its name, else nothing is left of it.  Returns what went wrong
   first.  */
rw_status rw_gguf_stream_close (rw_gguf_stream *s, rw_status st, bool replace);

#endif
