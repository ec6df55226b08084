/* gguf_help: GGUF files made by hand, byte by byte, by the format's description alone.  */
#ifndef RW_TESTS_GGUF_HELP_H
#define RW_TESTS_GGUF_HELP_H

#include "model/gguf.h"
#include "tap.h"

#include <stdbool.h>
#include <stdint.h>

/* Bytes that grow.  */
typedef struct
{
  unsigned char *s;
  size_t n;
} bytes;

__attribute__ ((unused)) static void
put (bytes *b, const void *s, size_t n)
{
  unsigned char *grown = realloc (b->s, b->n + n + 1);
  if (!grown)
    abort ();
  b->s = grown;
  if (s)
    memcpy (b->s + b->n, s, n);
  else
    memset (b->s + b->n, 0, n);
  b->n += n;
}

__attribute__ ((unused)) static void
put_u32 (bytes *b, uint32_t x)
{
  put (b, &x, sizeof x);
}

__attribute__ ((unused)) static void
put_u64 (bytes *b, uint64_t x)
{
  put (b, &x, sizeof x);
}

__attribute__ ((unused)) static void
put_text (bytes *b, const char *text)
{
  put_u64 (b, strlen (text));
  put (b, text, strlen (text));
}

/* A file: its parts grow side by side.  A zeroed one is empty.  */
typedef struct
{
  bytes meta, table, data;
  uint64_t keys, tensors;
} gguf_file;

__attribute__ ((unused)) static void
add_key (gguf_file *f, const char *key, rw_gguf_type type, const void *value, size_t n)
{
  put_text (&f->meta, key);
  put_u32 (&f->meta, type);
  put (&f->meta, value, n);
  f->keys++;
}

__attribute__ ((unused)) static void
add_u32 (gguf_file *f, const char *key, uint32_t x)
{
  add_key (f, key, RW_GGUF_UINT32, &x, sizeof x);
}

__attribute__ ((unused)) static void
add_u16 (gguf_file *f, const char *key, uint16_t x)
{
  add_key (f, key, RW_GGUF_UINT16, &x, sizeof x);
}

__attribute__ ((unused)) static void
add_f32 (gguf_file *f, const char *key, float x)
{
  add_key (f, key, RW_GGUF_FLOAT32, &x, sizeof x);
}

__attribute__ ((unused)) static void
add_bool (gguf_file *f, const char *key, bool x)
{
  const unsigned char byte = x;
  add_key (f, key, RW_GGUF_BOOL, &byte, 1);
}

__attribute__ ((unused)) static void
add_text (gguf_file *f, const char *key, const char *text)
{
  const uint64_t n = strlen (text);
  add_key (f, key, RW_GGUF_STRING, &n, sizeof n);
  put (&f->meta, text, n);
}

/* n items of `size` bytes; texts and other arrays are put by hand behind it.  */
__attribute__ ((unused)) static void
add_array (gguf_file *f, const char *key, rw_gguf_type type, uint64_t n, const void *items,
           size_t size)
{
  const uint32_t number = type;
  add_key (f, key, RW_GGUF_ARRAY, &number, sizeof number);
  put_u64 (&f->meta, n);
  put (&f->meta, items, size);
}

/* n rows of m values of ggml type `type`, `size` bytes in all (NULL: zeros), on 32 bytes.  */
__attribute__ ((unused)) static void
add_tensor (gguf_file *f, const char *name, uint32_t type, uint64_t m, uint64_t n,
            const void *values, size_t size)
{
  put_text (&f->table, name);
  put_u32 (&f->table, n > 1 ? 2 : 1);
  put_u64 (&f->table, m);
  if (n > 1)
    put_u64 (&f->table, n);
  put_u32 (&f->table, type);
  put_u64 (&f->table, f->data.n);
  put (&f->data, values, size);
  put (&f->data, NULL, (32 - f->data.n % 32) % 32);
  f->tensors++;
}

/* The whole file; frees the parts.  The caller frees out->s.  */
__attribute__ ((unused)) static void
finish_file (gguf_file *f, bytes *out)
{
  *out = (bytes){ 0 };
  put (out, "GGUF", 4);
  put_u32 (out, 3);
  put_u64 (out, f->tensors);
  put_u64 (out, f->keys);
  put (out, f->meta.s, f->meta.n);
  put (out, f->table.s, f->table.n);
  if (f->data.n)
    put (out, NULL, (32 - out->n % 32) % 32);
  put (out, f->data.s, f->data.n);
  free (f->meta.s);
  free (f->table.s);
  free (f->data.s);
  *f = (gguf_file){ 0 };
}

__attribute__ ((unused)) static bool
write_file (const char *path, const bytes *b)
{
  FILE *file = fopen (path, "wb");
  const bool all = file && fwrite (b->s, 1, b->n, file) == b->n;
  return (!file || fclose (file) == 0) && all;
}

#endif
