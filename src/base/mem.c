/* mem: checked allocation and scratch arenas; see mem.h.  */
#include "base/mem.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum
{
  ALIGN = 64,
  HUGE_PAGE = 2 << 20
};

/* The test hook: -2 not read yet, -1 off, else allocations left before one fails.  */
static atomic_long left = -2;

static int
must_fail (void)
{
  long n = atomic_load (&left);
  if (n == -2)
    {
      const char *text = getenv ("RW_FAIL_ALLOC");
      n = text ? strtol (text, NULL, 10) : -1;
      atomic_store (&left, n);
    }
  return n > 0 && atomic_fetch_sub (&left, 1) == 1;
}

static size_t
round_up (size_t n, size_t to)
{
  return (n + to - 1) / to * to;
}

void *
rw_new (size_t n, size_t size)
{
  size_t bytes;
  if (__builtin_mul_overflow (n ? n : 1, size ? size : 1, &bytes) || bytes > SIZE_MAX / 4
      || must_fail ())
    return NULL;
  const size_t align = bytes >= HUGE_PAGE ? HUGE_PAGE : ALIGN;
  bytes = round_up (bytes, align);
  void *p = aligned_alloc (align, bytes);
  if (!p)
    return NULL;
  if (align == HUGE_PAGE)
    madvise (p, bytes, MADV_HUGEPAGE); /* advice: a refusal costs speed only */
  return memset (p, 0, bytes);
}

void
rw_free (void *p)
{
  free (p);
}

rw_status
rw_grow (void **p, size_t old, size_t n, size_t size, rw_error *err)
{
  if (n <= old)
    return RW_OK;
  void *q = rw_new (n, size);
  if (!q)
    return rw_nomem (err, n * size);
  if (*p)
    memcpy (q, *p, old * size);
  rw_free (*p);
  *p = q;
  return RW_OK;
}

char *
rw_strdup (const char *text)
{
  if (!text)
    return NULL;
  const size_t n = strlen (text) + 1;
  char *copy = rw_new (n, 1);
  return copy ? memcpy (copy, text, n) : NULL;
}

char *
rw_format (const char *format, ...)
{
  va_list args, again;
  va_start (args, format);
  va_copy (again, args);
  const int n = vsnprintf (NULL, 0, format, args);
  char *text = n < 0 ? NULL : rw_new ((size_t) n + 1, 1);
  if (text)
    vsnprintf (text, (size_t) n + 1, format, again);
  va_end (again);
  va_end (args);
  return text;
}

rw_status
rw_nomem (rw_error *err, size_t bytes)
{
  return rw_fail (err, RW_ENOMEM, "out of memory: %zu bytes could not be had", bytes);
}

/* ---- arena: a list of blocks, each at least twice the one before ---- */

typedef struct block
{
  struct block *next;
  size_t size, used;
  char *data;
} block;

struct rw_arena
{
  block *first, *now;
};

rw_arena *
rw_arena_new (void)
{
  return rw_new (1, sizeof (rw_arena));
}

void
rw_arena_free (rw_arena *arena)
{
  if (!arena)
    return;
  for (block *b = arena->first, *next; b; b = next)
    {
      next = b->next;
      rw_free (b->data);
      rw_free (b);
    }
  rw_free (arena);
}

static block *
block_add (rw_arena *arena, size_t bytes)
{
  size_t size = arena->now ? 2 * arena->now->size : (size_t) 1 << 16;
  if (size < bytes)
    size = bytes;
  block *b = rw_new (1, sizeof *b);
  if (!b || !(b->data = rw_new (size, 1)))
    {
      rw_free (b);
      return NULL;
    }
  b->size = size;
  if (arena->now)
    {
      b->next = arena->now->next;
      arena->now->next = b;
    }
  else
    arena->first = b;
  return arena->now = b;
}

void *
rw_arena_take (rw_arena *arena, size_t n, size_t size)
{
  size_t bytes;
  if (__builtin_mul_overflow (n ? n : 1, size ? size : 1, &bytes) || bytes > SIZE_MAX / 8)
    return NULL;
  bytes = round_up (bytes, ALIGN);
  block *b = arena->now;
  while (b && b->size - b->used < bytes)
    b = b->next;
  if (b)
    arena->now = b;
  else if (!(b = block_add (arena, bytes)))
    return NULL;
  void *p = b->data + b->used;
  b->used += bytes;
  return memset (p, 0, bytes);
}

void
rw_arena_reset (rw_arena *arena)
{
  for (block *b = arena->first; b; b = b->next)
    b->used = 0;
  arena->now = arena->first;
}
