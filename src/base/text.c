/* text: growable strings and did-you-mean; see text.h.  */
#include "base/text.h"
#include "base/mem.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
rw_text_addn (rw_text *t, const char *s, size_t n)
{
  if (t->failed)
    return;
  if (t->n + n + 1 > t->room)
    {
      size_t room = t->room ? t->room : 64;
      while (room < t->n + n + 1)
        room *= 2;
      if (rw_grow ((void **) &t->s, t->n, room, 1, NULL))
        {
          t->failed = true;
          return;
        }
      t->room = room;
    }
  memcpy (t->s + t->n, s, n);
  t->n += n;
  t->s[t->n] = 0;
}

void
rw_text_add (rw_text *t, const char *s)
{
  rw_text_addn (t, s, strlen (s));
}

void
rw_text_addf (rw_text *t, const char *format, ...)
{
  char small[256];
  va_list args, again;
  va_start (args, format);
  va_copy (again, args);
  const int n = vsnprintf (small, sizeof small, format, args);
  if (n >= 0 && (size_t) n < sizeof small)
    rw_text_addn (t, small, (size_t) n);
  else if (n >= 0)
    {
      char *big = rw_new ((size_t) n + 1, 1);
      if (big)
        {
          vsnprintf (big, (size_t) n + 1, format, again);
          rw_text_addn (t, big, (size_t) n);
        }
      else
        t->failed = true;
      rw_free (big);
    }
  va_end (again);
  va_end (args);
}

void
rw_text_free (rw_text *t)
{
  rw_free (t->s);
  *t = (rw_text){ 0 };
}

const char *
rw_text_get (const rw_text *t)
{
  return t->s ? t->s : "";
}

size_t
rw_characters (const char *text)
{
  size_t n = 0;
  for (; text && *text; text++)
    n += ((unsigned char) *text & 0xc0) != 0x80;
  return n;
}

char *
rw_number_text (double x, char buf[32])
{
  for (int digits = 15; digits <= 17; digits++)
    {
      snprintf (buf, 32, "%.*g", digits, x);
      if (isnan (x) || strtod (buf, NULL) == x)
        break;
    }
  return buf;
}

/* Levenshtein's distance of two short words; words over 63 bytes count as far apart.  */
static size_t
edit_distance (const char *a, const char *b)
{
  enum
  {
    LONGEST = 63
  };
  const size_t m = strlen (a), n = strlen (b);
  size_t row[LONGEST + 1];
  if (m > LONGEST || n > LONGEST)
    return LONGEST;
  for (size_t j = 0; j <= n; j++)
    row[j] = j;
  for (size_t i = 1; i <= m; i++)
    {
      size_t corner = row[0];
      row[0] = i;
      for (size_t j = 1; j <= n; j++)
        {
          size_t best = corner + (a[i - 1] != b[j - 1]);
          corner = row[j];
          if (row[j] + 1 < best)
            best = row[j] + 1;
          if (row[j - 1] + 1 < best)
            best = row[j - 1] + 1;
          row[j] = best;
        }
    }
  return row[n];
}

const char *
rw_nearest (const char *word, const char *(*name) (size_t i, const void *data), const void *data)
{
  size_t best = strlen (word) / 3 + 1; /* one slip in short words, a third of a long one */
  const char *found = NULL, *s;
  for (size_t i = 0; (s = name (i, data)); i++)
    {
      const size_t far = edit_distance (word, s);
      if (!far || !*s) /* the word itself is no help, and nothing is no name */
        continue;
      if (far < best || (far == best && !found))
        {
          best = far;
          found = s;
        }
    }
  return found;
}

char *
rw_did_you_mean (char *buf, size_t size, const char *word,
                 const char *(*name) (size_t i, const void *data), const void *data)
{
  const char *near = rw_nearest (word, name, data);
  if (near)
    snprintf (buf, size, "; did you mean '%s'?", near);
  else if (size)
    buf[0] = 0;
  return buf;
}
