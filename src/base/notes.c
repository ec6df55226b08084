/* notes: keys used, keys ignored, warnings; see notes.h.  */
#include "base/notes.h"
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
rw_note_add (rw_notes *notes, rw_note_kind kind, const char *format, ...)
{
  if (!notes)
    return;
  char text[1024];
  va_list args;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  for (size_t i = 0; i < notes->n; i++)
    if (notes->note[i].kind == kind && strcmp (notes->note[i].text, text) == 0)
      return;
  if (notes->n == notes->room)
    {
      const size_t room = notes->room ? 2 * notes->room : 8;
      if (rw_grow ((void **) &notes->note, notes->n, room, sizeof *notes->note, NULL))
        return;
      notes->room = room;
    }
  char *copy = rw_strdup (text);
  if (copy)
    notes->note[notes->n++] = (rw_note){ .kind = kind, .text = copy };
}

void
rw_notes_copy (rw_notes *to, const rw_notes *from)
{
  for (size_t i = 0; i < from->n; i++)
    rw_note_add (to, from->note[i].kind, "%s", from->note[i].text);
}

void
rw_notes_free (rw_notes *notes)
{
  for (size_t i = 0; i < notes->n; i++)
    rw_free (notes->note[i].text);
  rw_free (notes->note);
  *notes = (rw_notes){ 0 };
}
