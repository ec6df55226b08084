/* scan: the strict grammar of JSON with positions; see scan.h.

   RFC 8259, recursive descent; the depth is limited, so the stack is.  */
#include "json/scan.h"
#include "json/json.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum
{
  NUMBER_MAX = 63 /* cJSON copies a number into 64 bytes */
};

typedef struct
{
  const char *name;
  const unsigned char *s;
  size_t n, i; /* bytes, place */
  int depth;
  size_t seen[2];     /* keys and numbers so far, by rw_scan_kind */
  bool search;        /* look for one of them ... */
  rw_scan_kind which; /* ... of this kind ... */
  size_t wanted;      /* ... with this number ... */
  size_t found;       /* ... and its place */
  rw_error *err;
} scan;

/* Line and column from 1; a column is a character, so UTF-8 continuation bytes do not count.  */
static void
place (const unsigned char *s, size_t at, size_t *line, size_t *column)
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

static rw_status
fail_at (scan *z, size_t at, const char *what)
{
  size_t line, column;
  place (z->s, at, &line, &column);
  return rw_fail (z->err, RW_EINVAL, "%s:%zu:%zu: %s", z->name, line, column, what);
}

/* What stands at the place, for "expected ..., got ...".  */
static const char *
here (const scan *z, char buf[32])
{
  if (z->i >= z->n)
    return "the end of the text";
  if (isprint (z->s[z->i]))
    snprintf (buf, 32, "'%c'", z->s[z->i]);
  else
    snprintf (buf, 32, "byte 0x%02x", z->s[z->i]);
  return buf;
}

static rw_status
expected (scan *z, const char *what)
{
  char got[32], text[128];
  snprintf (text, sizeof text, "expected %s, got %s", what, here (z, got));
  return fail_at (z, z->i, text);
}

static int
peek (const scan *z)
{
  return z->i < z->n ? z->s[z->i] : -1;
}

static void
skip_space (scan *z)
{
  while (z->i < z->n && z->s[z->i] && strchr (" \t\r\n", z->s[z->i]))
    z->i++;
}

static void
count (scan *z, rw_scan_kind kind)
{
  if (z->search && kind == z->which && z->seen[kind] == z->wanted)
    z->found = z->i;
  z->seen[kind]++;
}

/* Four hex digits after \u; -1 where they are not.  */
static int
hex4 (scan *z)
{
  int value = 0;
  for (int k = 0; k < 4; k++, z->i++)
    {
      const int c = peek (z);
      if (c < 0 || !isxdigit (c))
        return -1;
      value = 16 * value + (isdigit (c) ? c - '0' : tolower (c) - 'a' + 10);
    }
  return value;
}

static rw_status
scan_unicode (scan *z)
{
  const size_t start = z->i - 2;
  const int c = hex4 (z);
  if (c < 0)
    return expected (z, "four hexadecimal digits after \\u");
  if (c == 0)
    return fail_at (z, start, "\\u0000 in a text: a NUL is not allowed");
  if (c >= 0xdc00 && c <= 0xdfff)
    return fail_at (z, start, "the second half of a surrogate pair without its first");
  if (c < 0xd800 || c > 0xdbff)
    return RW_OK;
  if (peek (z) != '\\' || z->i + 1 >= z->n || z->s[z->i + 1] != 'u')
    return fail_at (z, start, "the first half of a surrogate pair without its second");
  z->i += 2;
  const int d = hex4 (z);
  if (d < 0xdc00 || d > 0xdfff)
    return fail_at (z, start, "the first half of a surrogate pair without its second");
  return RW_OK;
}

static rw_status
scan_escape (scan *z)
{
  z->i++;
  const int c = peek (z);
  if (c <= 0 || !strchr ("\"\\/bfnrtu", c))
    return expected (z, "one of \" \\ / b f n r t u after a backslash");
  z->i++;
  return c == 'u' ? scan_unicode (z) : RW_OK;
}

/* One character of two to four bytes, as RFC 3629 allows them.  */
static rw_status
scan_utf8 (scan *z)
{
  static const struct
  {
    unsigned char lo, hi, n, second_lo, second_hi;
  } rows[] = {
    { 0xc2, 0xdf, 2, 0x80, 0xbf }, { 0xe0, 0xe0, 3, 0xa0, 0xbf }, { 0xe1, 0xec, 3, 0x80, 0xbf },
    { 0xed, 0xed, 3, 0x80, 0x9f }, { 0xee, 0xef, 3, 0x80, 0xbf }, { 0xf0, 0xf0, 4, 0x90, 0xbf },
    { 0xf1, 0xf3, 4, 0x80, 0xbf }, { 0xf4, 0xf4, 4, 0x80, 0x8f },
  };
  const unsigned char *s = z->s + z->i;
  for (size_t r = 0; r < sizeof rows / sizeof *rows; r++)
    if (s[0] >= rows[r].lo && s[0] <= rows[r].hi)
      {
        bool good
            = z->n - z->i >= rows[r].n && s[1] >= rows[r].second_lo && s[1] <= rows[r].second_hi;
        for (size_t k = 2; good && k < rows[r].n; k++)
          good = s[k] >= 0x80 && s[k] <= 0xbf;
        if (!good)
          break;
        z->i += rows[r].n;
        return RW_OK;
      }
  return fail_at (z, z->i, "not UTF-8");
}

static rw_status
scan_text (scan *z)
{
  const size_t start = z->i++;
  for (;;)
    {
      const int c = peek (z);
      rw_status s = RW_OK;
      if (c < 0)
        return fail_at (z, start, "this text has no closing quote");
      if (c == '"')
        break;
      if (c == '\\')
        s = scan_escape (z);
      else if (c < 0x20)
        s = fail_at (z, z->i, "a control character in a text; write it with a backslash");
      else if (c < 0x80)
        z->i++;
      else
        s = scan_utf8 (z);
      if (s)
        return s;
    }
  z->i++;
  return RW_OK;
}

static bool
scan_digits (scan *z)
{
  const size_t start = z->i;
  while (z->i < z->n && isdigit (z->s[z->i]))
    z->i++;
  return z->i > start;
}

static rw_status
scan_number (scan *z)
{
  const size_t start = z->i;
  count (z, RW_SCAN_NUMBER);
  if (peek (z) == '-')
    z->i++;
  if (peek (z) == '0')
    {
      z->i++;
      if (isdigit (peek (z)))
        return fail_at (z, start, "a number with a leading zero");
    }
  else if (!scan_digits (z))
    return expected (z, "a digit");
  if (peek (z) == '.')
    {
      z->i++;
      if (!scan_digits (z))
        return expected (z, "a digit after the point");
    }
  if (peek (z) == 'e' || peek (z) == 'E')
    {
      z->i++;
      if (peek (z) == '+' || peek (z) == '-')
        z->i++;
      if (!scan_digits (z))
        return expected (z, "a digit in the exponent");
    }
  if (z->i - start > NUMBER_MAX)
    return fail_at (z, start, "a number of more than 63 characters");
  return RW_OK;
}

/* The words, right ones and those that other writers use for what JSON does not have.  */
static rw_status
scan_word (scan *z)
{
  static const char *const good[] = { "true", "false", "null", NULL };
  static const char *const bad[] = { "NaN", "-NaN", "Infinity", "-Infinity", "nan", "inf", NULL };
  for (const char *const *w = good; *w; w++)
    if (z->n - z->i >= strlen (*w) && memcmp (z->s + z->i, *w, strlen (*w)) == 0)
      {
        z->i += strlen (*w);
        return RW_OK;
      }
  for (const char *const *w = bad; *w; w++)
    if (z->n - z->i >= strlen (*w) && memcmp (z->s + z->i, *w, strlen (*w)) == 0)
      {
        char text[64];
        snprintf (text, sizeof text, "%s is not a JSON number", *w);
        fail_at (z, z->i, text);
        return rw_hint (z->err, "use null for a number that is not there");
      }
  if (peek (z) == '-')
    return scan_number (z);
  return expected (z, "a value");
}

static rw_status scan_value (scan *z);

static rw_status
scan_member (scan *z)
{
  if (peek (z) != '"')
    return expected (z, "a key in double quotes");
  count (z, RW_SCAN_KEY);
  rw_status s = scan_text (z);
  if (s)
    return s;
  skip_space (z);
  if (peek (z) != ':')
    return expected (z, "':' after the key");
  z->i++;
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
      return fail_at (z, z->i, text);
    }
  z->i++;
  skip_space (z);
  if (peek (z) == close)
    goto out;
  for (;;)
    {
      rw_status s = item (z);
      if (s)
        return s;
      skip_space (z);
      if (peek (z) == close)
        goto out;
      if (peek (z) != ',')
        return expected (z, want);
      z->i++;
      skip_space (z);
      if (peek (z) == close)
        return fail_at (z, z->i, "a comma before the closing bracket");
    }
out:
  z->i++;
  z->depth--;
  return RW_OK;
}

static rw_status
scan_value (scan *z)
{
  skip_space (z);
  const int c = peek (z);
  if (c == '{')
    return scan_group (z, '}', scan_member, "',' or '}' after a value");
  if (c == '[')
    return scan_group (z, ']', scan_value, "',' or ']' after a value");
  if (c == '"')
    return scan_text (z);
  if (isdigit (c))
    return scan_number (z);
  return scan_word (z);
}

static rw_status
scan_all (scan *z)
{
  static const char mark[] = "\xef\xbb\xbf"; /* UTF-8's byte order mark, which cJSON skips */
  if (z->n >= 3 && memcmp (z->s, mark, 3) == 0)
    z->i = 3;
  rw_status s = scan_value (z);
  if (s)
    return s;
  skip_space (z);
  return z->i < z->n ? expected (z, "the end after the value") : RW_OK;
}

rw_status
rw_scan_check (const char *name, const char *text, size_t n, rw_error *err)
{
  scan z = { .name = name, .s = (const unsigned char *) text, .n = n, .err = err };
  return scan_all (&z);
}

char *
rw_scan_place (const char *name, const char *text, size_t n, rw_scan_kind kind, size_t i, char *buf,
               size_t size)
{
  scan z
      = { .s = (const unsigned char *) text, .n = n, .search = true, .which = kind, .wanted = i };
  size_t line, column;
  scan_all (&z);
  place (z.s, z.found, &line, &column);
  snprintf (buf, size, "%s:%zu:%zu", name, line, column);
  return buf;
}
