/* notes: what a reader wants to tell beside its result: keys it used, keys it ignored, warnings.

   A zeroed rw_notes is empty; free it with rw_notes_free.  NULL is allowed and drops the note.
   The same note twice is kept once.  */
#ifndef RW_BASE_NOTES_H
#define RW_BASE_NOTES_H

#include "base/status.h"

#include <stddef.h>

typedef enum
{
  RW_NOTE_USED,    /* a key path that took part, e.g. "rope_scaling.factor" */
  RW_NOTE_IGNORED, /* a key path that did not */
  RW_NOTE_WARNING  /* a sentence */
} rw_note_kind;

typedef struct
{
  rw_note_kind kind;
  char *text;
} rw_note;

typedef struct
{
  rw_note *note; /* (n,) in the order they were made */
  size_t n, room;
} rw_notes;

/* Out of memory drops the note: notes never decide a result.  */
void rw_note_add (rw_notes *notes, rw_note_kind kind, const char *format, ...)
    __attribute__ ((format (printf, 3, 4)));
void rw_notes_copy (rw_notes *to, const rw_notes *from); /* appends */
void rw_notes_free (rw_notes *notes);

#endif
