/* cursor: where a text is being read, and errors that name the place; see cursor.h.  */
#include "json/cursor.h"

#include <ctype.h>
#include <stdio.h>

void
rw_cursor_place (const unsigned char *s, size_t at, size_t *line, size_t *column)
{
  *line = *column = 1;
  for (size_t i = 0; i < at; i++)
    if (s[i] == '\n')
      {
        ++*line;
        *column = 1;
      }
    else if ((s[i] & 0xc0) != 0x80)
      ++*column;
}

rw_status
rw_cursor_fail (rw_cursor *z, size_t at, const char *what)
{
  size_t line, column;
  rw_cursor_place (z->s, at, &line, &column);
  return rw_fail (z->err, RW_EINVAL, "%s:%zu:%zu: %s", z->name, line, column, what);
}

/* What stands at the place, for "expected ..., got ...".  */
static const char *
here (const rw_cursor *z, char buf[32])
{
  if (z->i >= z->n)
    return "the end of the text";
  if (isprint (z->s[z->i]))
    snprintf (buf, 32, "'%c'", z->s[z->i]);
  else
    snprintf (buf, 32, "byte 0x%02x", z->s[z->i]);
  return buf;
}

rw_status
rw_cursor_expected (rw_cursor *z, const char *what)
{
  char got[32], text[128];
  snprintf (text, sizeof text, "expected %s, got %s", what, here (z, got));
  return rw_cursor_fail (z, z->i, text);
}
