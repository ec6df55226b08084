/* mem: checked allocation and the scratch arena that keeps malloc out of hot paths.

   Every allocation of the library comes through here: sizes are multiplied with overflow checks,
   memory is zeroed, large blocks ask for huge pages (a first touch costs 10 us a 4 KB page on
   virtual machines, 50 times less with huge pages).  The environment variable RW_FAIL_ALLOC=n makes
   the n-th allocation fail, so that tests can walk every out-of-memory path.  */
#ifndef RW_BASE_MEM_H
#define RW_BASE_MEM_H

#include "base/status.h"

#include <stddef.h>

/* n zeroed items of `size` bytes, 64-byte aligned; NULL when out of memory or on overflow.
   The caller frees it with rw_free.  */
void *rw_new (size_t n, size_t size);
void rw_free (void *p); /* NULL-safe */

/* Grows *p (from rw_new or NULL) from `old` to `n` items of `size`, zeroing the new ones; on
   failure *p is unchanged.  */
rw_status rw_grow (void **p, size_t old, size_t n, size_t size, rw_error *err);

char *rw_strdup (const char *text); /* NULL for NULL or out of memory */
char *rw_format (const char *format, ...) __attribute__ ((format (printf, 1, 2)));

rw_status rw_nomem (rw_error *err, size_t bytes); /* the one out-of-memory message */

/* A scratch arena: rw_arena_take hands out zeroed, 64-byte aligned memory that lives until the
   next rw_arena_reset; blocks are kept, so that a warm arena does not call malloc.
   One thread an arena.  */
typedef struct rw_arena rw_arena;
rw_arena *rw_arena_new (void);
void rw_arena_free (rw_arena *arena);
void *rw_arena_take (rw_arena *arena, size_t n, size_t size); /* NULL when out of memory */
void rw_arena_reset (rw_arena *arena);

#endif
