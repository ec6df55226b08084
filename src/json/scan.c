/* scan: the strict grammar of JSON with positions; see scan.h.

   RFC 8259, recursive descent; the depth is limited, so the stack is.  */
#include "json/scan.h"
#include "json/cursor.h"
#include "json/json.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  rw_cursor at;
  int depth;
  size_t seen[2];     /* keys and numbers so far, by rw_scan_kind */
  bool search;        /* look for one of them ... */
  rw_scan_kind which; /* ... of this kind ... */
  size_t wanted;      /* ... with this number ... */
  size_t found;       /* ... and its place */
} scan;

static void
skip_space (rw_cursor *z)
{
  while (z->i < z->n && z->s[z->i] && strchr (" \t\r\n", z->s[z->i]))
    z->i++;
}

static void
count (scan *z, rw_scan_kind kind)
{
  if (z->search && kind == z->which && z->seen[kind] == z->wanted)
    z->found = z->at.i;
  z->seen[kind]++;
}

static rw_status
scan_number (scan *z)
{
  count (z, RW_SCAN_NUMBER);
  return rw_token_number (&z->at);
}

/* The words, right ones and those that other writers use for what JSON does not have.  */
static rw_status
scan_word (scan *z)
{
  static const char *const good[] = { "true", "false", "null", NULL };
  static const char *const bad[] = { "NaN", "-NaN", "Infinity", "-Infinity", "nan", "inf", NULL };
  for (const char *const *w = good; *w; w++)
    if (z->at.n - z->at.i >= strlen (*w) && memcmp (z->at.s + z->at.i, *w, strlen (*w)) == 0)
      {
        z->at.i += strlen (*w);
        return RW_OK;
      }
  for (const char *const *w = bad; *w; w++)
    if (z->at.n - z->at.i >= strlen (*w) && memcmp (z->at.s + z->at.i, *w, strlen (*w)) == 0)
      {
        char text[64];
        snprintf (text, sizeof text, "%s is not a JSON number", *w);
        rw_cursor_fail (&z->at, z->at.i, text);
        return rw_hint (z->at.err, "use null for a number that is not there");
      }
  if (rw_cursor_peek (&z->at) == '-')
    return scan_number (z);
  return rw_cursor_expected (&z->at, "a value");
}

static rw_status scan_value (scan *z);

static rw_status
scan_member (scan *z)
{
  if (rw_cursor_peek (&z->at) != '"')
    return rw_cursor_expected (&z->at, "a key in double quotes");
  count (z, RW_SCAN_KEY);
  rw_status s = rw_token_text (&z->at);
  if (s)
    return s;
  skip_space (&z->at);
  if (rw_cursor_peek (&z->at) != ':')
    return rw_cursor_expected (&z->at, "':' after the key");
  z->at.i++;
  return scan_value (z);
}

/* A list or an object, from its opening bracket.  */
static rw_status
scan_group (scan *z, char close, rw_status (*item) (scan *), const char *want)
{
  if (++z->depth > RW_JSON_DEPTH)
    {
      char text[96];
      snprintf (text, sizeof text, "more than %d lists and objects inside each other",
                RW_JSON_DEPTH);
      return rw_cursor_fail (&z->at, z->at.i, text);
    }
  z->at.i++;
  skip_space (&z->at);
  if (rw_cursor_peek (&z->at) == close)
    goto out;
  for (;;)
    {
      rw_status s = item (z);
      if (s)
        return s;
      skip_space (&z->at);
      if (rw_cursor_peek (&z->at) == close)
        goto out;
      if (rw_cursor_peek (&z->at) != ',')
        return rw_cursor_expected (&z->at, want);
      z->at.i++;
      skip_space (&z->at);
      if (rw_cursor_peek (&z->at) == close)
        return rw_cursor_fail (&z->at, z->at.i, "a comma before the closing bracket");
    }
out:
  z->at.i++;
  z->depth--;
  return RW_OK;
}

static rw_status
scan_value (scan *z)
{
  skip_space (&z->at);
  const int c = rw_cursor_peek (&z->at);
  if (c == '{')
    return scan_group (z, '}', scan_member, "',' or '}' after a value");
  if (c == '[')
    return scan_group (z, ']', scan_value, "',' or ']' after a value");
  if (c == '"')
    return rw_token_text (&z->at);
  if (isdigit (c))
    return scan_number (z);
  return scan_word (z);
}

static rw_status
scan_all (scan *z)
{
  static const char mark[] = "\xef\xbb\xbf"; /* UTF-8's byte order mark, which cJSON skips */
  if (z->at.n >= 3 && memcmp (z->at.s, mark, 3) == 0)
    z->at.i = 3;
  rw_status s = scan_value (z);
  if (s)
    return s;
  skip_space (&z->at);
  return z->at.i < z->at.n ? rw_cursor_expected (&z->at, "the end after the value") : RW_OK;
}

rw_status
rw_scan_check (const char *name, const char *text, size_t n, rw_error *err)
{
  scan z = { .at = { .name = name, .s = (const unsigned char *) text, .n = n, .err = err } };
  return scan_all (&z);
}

char *
rw_scan_place (const char *name, const char *text, size_t n, rw_scan_kind kind, size_t i, char *buf,
               size_t size)
{
  scan z = {
    .at = { .s = (const unsigned char *) text, .n = n }, .search = true, .which = kind, .wanted = i
  };
  size_t line, column;
  scan_all (&z);
  rw_cursor_place (z.at.s, z.found, &line, &column);
  snprintf (buf, size, "%s:%zu:%zu", name, line, column);
  return buf;
}
