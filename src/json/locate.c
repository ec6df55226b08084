/* locate: where the items of a tree stand in the text they were read from.

   cJSON keeps no positions, but the children of a tree stand in the order of the text, so that one
   walk over both finds any item.  The text is one that rw_json_parse accepted.  */
#include "json/cursor.h"
#include "json/json.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  rw_cursor at;
  const cJSON *wanted;
  bool found;
} walk;

static void
skip_space (rw_cursor *z)
{
  while (z->i < z->n && z->s[z->i] && strchr (" \t\r\n", z->s[z->i]))
    z->i++;
}

static void
pass (rw_cursor *z, char mark)
{
  skip_space (z);
  if (rw_cursor_peek (z) == mark)
    z->i++;
}

static void
pass_plain (rw_cursor *z, const cJSON *item)
{
  if (cJSON_IsString (item))
    rw_token_text (z);
  else if (cJSON_IsNumber (item))
    rw_token_number (z);
  else
    while (isalpha (rw_cursor_peek (z)))
      z->i++;
}

/* Stops at the beginning of the wanted item.  */
static void
walk_value (walk *w, const cJSON *item)
{
  const bool object = cJSON_IsObject (item);
  skip_space (&w->at);
  w->found = item == w->wanted;
  if (w->found)
    return;
  if (!object && !cJSON_IsArray (item))
    {
      pass_plain (&w->at, item);
      return;
    }
  w->at.i++;
  for (const cJSON *c = item->child; c; c = c->next)
    {
      skip_space (&w->at);
      if (object)
        {
          rw_token_text (&w->at);
          pass (&w->at, ':');
        }
      walk_value (w, c);
      if (w->found)
        return;
      pass (&w->at, ',');
    }
  pass (&w->at, object ? '}' : ']');
}

size_t
rw_json_offset (const char *text, size_t n, const cJSON *root, const cJSON *item)
{
  static const char mark[] = "\xef\xbb\xbf"; /* UTF-8's byte order mark, which cJSON skips */
  walk w = { .at = { .s = (const unsigned char *) text, .n = n }, .wanted = item };
  if (n >= 3 && memcmp (text, mark, 3) == 0)
    w.at.i = 3;
  walk_value (&w, root);
  return w.found ? w.at.i : n;
}

char *
rw_json_place (const char *name, const char *text, size_t n, const cJSON *root, const cJSON *item,
               char *buf, size_t size)
{
  size_t line, column;
  rw_cursor_place ((const unsigned char *) text, rw_json_offset (text, n, root, item), &line,
                   &column);
  snprintf (buf, size, "%s:%zu:%zu", name, line, column);
  return buf;
}
