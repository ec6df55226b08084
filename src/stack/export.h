/* export: what stands between a model and its words in another place: a table fixed at one length,
   the check that what was written is what was asked for, and the GGUF file.  */
#ifndef RW_STACK_EXPORT_H
#define RW_STACK_EXPORT_H

#include "stack/stack.h"

#include <signal.h>

/* For a stack that makes one table: schedules that follow the length become their table at this
   length, which is max_length from here on.  LongRoPE's lists stay: such stacks choose one
   themselves.  What is fixed by it is noted.  */
rw_status rw_export_fix (rw_model *model, double length, rw_notes *lost, rw_error *err);

/* The same for every schedule but the plain one: for a class that takes few types.  */
rw_status rw_export_tabulate (rw_model *model, double length, rw_error *err);

/* Holds the ropes of `got` against those of `want` at this length: frequencies and factors agree to
   RW_COMPARE_TOLERANCE.  A sentence in `left` for each thing that does not.  */
rw_status rw_export_check (const rw_model *want, const rw_model *got, double length, rw_notes *left,
                           rw_error *err);

/* Where it goes, and what may end it.  */
typedef struct
{
  const char *path;
  bool replace;                      /* an existing file; else RW_EEXIST */
  const volatile sig_atomic_t *stop; /* not 0 ends it with RW_EINTR; may be NULL */
} rw_export_file;

/* A copy of the GGUF file that the model was read from, whose metadata and divisors make llama.cpp
   compute the model's ropes; read back by the stack llama.cpp before it gets its name.  What cannot
   be said is in `lost`; what differs though nothing was lost is an error.  */
rw_status rw_export_gguf (const rw_model *model, const rw_export_file *file, rw_notes *lost,
                          rw_error *err);

#endif
