/* gguf_name: names in GGUF files: compared, sorted, found, shown; see gguf_part.h.  */
#include "model/gguf_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *
rw_gguf_show (rw_gguf_text text, char buf[RW_GGUF_SHOWN + 4])
{
  const size_t n = text.n < RW_GGUF_SHOWN ? text.n : RW_GGUF_SHOWN;
  for (size_t i = 0; i < n; i++)
    buf[i] = text.s[i];
  for (size_t i = 0; i < n; i++)
    if (buf[i] < ' ' || buf[i] > '~')
      buf[i] = '?';
  snprintf (buf + n, 4, "%s", n < text.n ? "..." : "");
  return buf;
}

static int
compare (rw_gguf_text a, rw_gguf_text b)
{
  const size_t n = a.n < b.n ? a.n : b.n;
  const int order = n ? memcmp (a.s, b.s, n) : 0;
  return order ? order : (a.n > b.n) - (a.n < b.n);
}

bool
rw_gguf_equal (rw_gguf_text a, const char *b)
{
  return compare (a, (rw_gguf_text){ b, strlen (b) }) == 0;
}

static int
by_name (const void *a, const void *b)
{
  const rw_gguf_entry *p = a, *q = b;
  const int order = compare (p->name, q->name);
  return order ? order : (p->at > q->at) - (p->at < q->at);
}

void
rw_gguf_sort (rw_gguf_entry *entry, size_t n)
{
  if (n)
    qsort (entry, n, sizeof *entry, by_name);
}

const rw_gguf_entry *
rw_gguf_twice (const rw_gguf_entry *entry, size_t n)
{
  for (size_t i = 1; i < n; i++)
    if (compare (entry[i - 1].name, entry[i].name) == 0)
      return &entry[i];
  return NULL;
}

const rw_gguf_entry *
rw_gguf_search (const rw_gguf_entry *entry, size_t n, const char *name)
{
  const rw_gguf_text want = { name, strlen (name) };
  size_t lo = 0, hi = n;
  while (lo < hi)
    {
      const size_t mid = lo + (hi - lo) / 2;
      const int order = compare (entry[mid].name, want);
      if (order == 0)
        return &entry[mid];
      if (order < 0)
        lo = mid + 1;
      else
        hi = mid;
    }
  return NULL;
}
