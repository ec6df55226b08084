/* safetensors: Hugging Face's file of named arrays; see safetensors.h.

   https://github.com/huggingface/safetensors, "Format": 8 bytes, the header's length (little-
   endian); the header, JSON that begins with '{' and may end with spaces:
   {"NAME": {"dtype": ..., "shape": [...], "data_offsets": [begin, end]}, "__metadata__": {texts}};
   then the values, little-endian, C order, offsets counted from their first byte.  */
#include "json/safetensors.h"
#include "base/mem.h"
#include "json/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum
{
  LENGTH_SIZE = 8
};

/* Bytes of a value.  What is not here has no size that could be checked, and is not read.  */
typedef struct
{
  const char *name;
  size_t size;
  bool readable;
  rw_dtype type; /* of the readable */
} value_type;

static const value_type types[] = {
  { "BOOL", 1, false, 0 },          { "U8", 1, false, 0 },      { "I8", 1, false, 0 },
  { "F8_E5M2", 1, false, 0 },       { "F8_E4M3", 1, false, 0 }, { "F8_E8M0", 1, false, 0 },
  { "I16", 2, false, 0 },           { "U16", 2, false, 0 },     { "F16", 2, true, RW_FLOAT16 },
  { "BF16", 2, true, RW_BFLOAT16 }, { "I32", 4, false, 0 },     { "U32", 4, false, 0 },
  { "F32", 4, true, RW_FLOAT32 },   { "I64", 8, false, 0 },     { "U64", 8, false, 0 },
  { "F64", 8, true, RW_FLOAT64 },   { "C64", 8, false, 0 },     { NULL, 0, false, 0 },
};

typedef struct
{
  const char *name, *dtype; /* in the tree */
  const value_type *type;   /* NULL name: not known */
  size_t rank, shape[RW_TENSOR_RANK];
  size_t begin, end; /* bytes from the first value */
} entry;

struct rw_safetensors
{
  char *name;
  const unsigned char *values;
  size_t n_values; /* bytes */
  cJSON *tree;
  entry *entry; /* (n,) sorted by begin */
  size_t n;
  rw_tensor_note *note; /* (n_notes,) */
  size_t n_notes;
};

/* "FILE: tensor 'NAME': what ..."  */
static rw_status
fail (const rw_safetensors *f, const entry *e, rw_error *err, const char *what)
{
  return rw_fail (err, RW_EINVAL, "%s: tensor '%.100s': %s", f->name, e->name, what);
}

/* A whole number of 0 to 2^53.  */
static bool
read_size (const cJSON *item, size_t *out)
{
  if (!cJSON_IsNumber (item) || !(item->valuedouble >= 0) || item->valuedouble > 0x1p53
      || item->valuedouble != floor (item->valuedouble))
    return false;
  *out = (size_t) item->valuedouble;
  return true;
}

static rw_status
read_shape (const rw_safetensors *f, const cJSON *list, entry *e, rw_error *err)
{
  if (!cJSON_IsArray (list))
    return fail (f, e, err, "expected a list as shape");
  for (const cJSON *c = list->child; c; c = c->next)
    if (e->rank == RW_TENSOR_RANK)
      return fail (f, e, err, "more than 8 dimensions");
    else if (!read_size (c, &e->shape[e->rank++]))
      return fail (f, e, err, "expected whole numbers from 0 to 2^53 in the shape");
  return RW_OK;
}

/* The bytes that dtype and shape ask for, where both are known.  */
static rw_status
check_size (const rw_safetensors *f, const entry *e, rw_error *err)
{
  size_t n = e->type->name ? e->type->size : 1;
  bool over = false, empty = false;
  for (size_t d = 0; d < e->rank; d++)
    {
      empty |= e->shape[d] == 0;
      over |= e->shape[d] && __builtin_mul_overflow (n, e->shape[d], &n);
    }
  if (over)
    return fail (f, e, err, "its shape has more values than memory");
  const size_t want = empty ? 0 : n;
  if (!e->type->name || e->end - e->begin == want)
    return RW_OK;
  return rw_fail (err, RW_EINVAL,
                  "%s: tensor '%.100s': its shape has %zu bytes of %s, its data_offsets %zu",
                  f->name, e->name, want, e->dtype, e->end - e->begin);
}

static rw_status
read_entry (const rw_safetensors *f, const cJSON *item, entry *e, rw_error *err)
{
  const cJSON *dtype = rw_json_get (item, "dtype"), *shape = rw_json_get (item, "shape");
  const cJSON *offsets = rw_json_get (item, "data_offsets");
  e->name = item->string;
  if (!cJSON_IsObject (item) || cJSON_GetArraySize (item) != 3 || !cJSON_IsString (dtype) || !shape
      || !cJSON_IsArray (offsets) || cJSON_GetArraySize (offsets) != 2)
    return fail (f, e, err, "expected dtype, shape and two data_offsets, and nothing else");
  e->dtype = dtype->valuestring;
  for (e->type = types; e->type->name && strcmp (e->type->name, e->dtype) != 0;)
    e->type++;
  rw_status s = read_shape (f, shape, e, err);
  if (s)
    return s;
  if (!read_size (offsets->child, &e->begin) || !read_size (offsets->child->next, &e->end)
      || e->begin > e->end)
    return fail (f, e, err, "its data_offsets are not two rising whole numbers");
  if (e->end > f->n_values)
    return rw_fail (err, RW_EINVAL,
                    "%s: tensor '%.100s': ends at byte %zu of %zu: the file is cut or damaged",
                    f->name, e->name, e->end, f->n_values);
  return check_size (f, e, err);
}

static int
by_begin (const void *a, const void *b)
{
  const entry *p = a, *q = b;
  if (p->begin != q->begin)
    return p->begin < q->begin ? -1 : 1;
  return (p->end > q->end) - (p->end < q->end); /* empty ones first */
}

static rw_status
check_cover (const rw_safetensors *f, rw_error *err)
{
  size_t at = 0;
  for (size_t i = 0; i < f->n; i++)
    {
      const entry *e = &f->entry[i];
      if (e->begin != at)
        return rw_fail (err, RW_EINVAL, "%s: tensor '%.100s': begins at byte %zu, %s %zu", f->name,
                        e->name, e->begin,
                        e->begin < at ? "inside the one before it, which ends at"
                                      : "after a hole that begins at",
                        at);
      at = e->end;
    }
  if (at != f->n_values)
    return rw_fail (err, RW_EINVAL, "%s: %zu bytes after the last tensor", f->name,
                    f->n_values - at);
  return RW_OK;
}

static rw_status
read_notes (rw_safetensors *f, const cJSON *item, rw_error *err)
{
  if (!cJSON_IsObject (item))
    return rw_fail (err, RW_EINVAL, "%s: __metadata__: expected an object of texts, got %s",
                    f->name, rw_json_kind (item));
  const size_t n = (size_t) cJSON_GetArraySize (item);
  if (!(f->note = rw_new (n, sizeof *f->note)))
    return rw_nomem (err, n * sizeof *f->note);
  for (const cJSON *c = item->child; c; c = c->next)
    if (!cJSON_IsString (c))
      return rw_fail (err, RW_EINVAL, "%s: __metadata__.%.80s: expected a text, got %s", f->name,
                      c->string, rw_json_kind (c));
    else
      f->note[f->n_notes++] = (rw_tensor_note){ c->string, c->valuestring };
  return RW_OK;
}

static rw_status
read_tree (rw_safetensors *f, rw_error *err)
{
  const size_t n = (size_t) cJSON_GetArraySize (f->tree);
  rw_status s = RW_OK;
  if (!(f->entry = rw_new (n, sizeof *f->entry)))
    return rw_nomem (err, n * sizeof *f->entry);
  for (const cJSON *c = f->tree->child; !s && c; c = c->next)
    if (strcmp (c->string, "__metadata__") == 0)
      s = read_notes (f, c, err);
    else
      s = read_entry (f, c, &f->entry[f->n++], err);
  if (s)
    return s;
  qsort (f->entry, f->n, sizeof *f->entry, by_begin);
  return check_cover (f, err);
}

/* The header's text.  */
static rw_status
find_header (const char *name, const unsigned char *s, size_t n, size_t *length, rw_error *err)
{
  uint64_t said = 0;
  if (n < LENGTH_SIZE + 2)
    return rw_fail (err, RW_EINVAL, "%s: %zu bytes are no safetensors file", name, n);
  for (size_t i = LENGTH_SIZE; i-- > 0;)
    said = said << 8 | s[i];
  if (said > RW_JSON_BYTES)
    return rw_fail (err, RW_EINVAL, "%s: a safetensors header of %llu bytes; expected at most %d",
                    name, (unsigned long long) said, RW_JSON_BYTES);
  if (said > n - LENGTH_SIZE)
    return rw_fail (err, RW_EINVAL, "%s: the safetensors header is cut: %zu of %llu bytes", name,
                    n - LENGTH_SIZE, (unsigned long long) said);
  if (!said || s[LENGTH_SIZE] != '{')
    return rw_fail (err, RW_EINVAL, "%s: the safetensors header does not begin with '{'", name);
  *length = (size_t) said;
  return RW_OK;
}

rw_status
rw_safetensors_open (const char *name, const void *bytes, size_t n, rw_safetensors **out,
                     rw_error *err)
{
  const unsigned char *s = bytes;
  size_t length = 0;
  char title[512];
  *out = NULL;
  rw_status st = find_header (name, s, n, &length, err);
  if (st)
    return st;
  rw_safetensors *f = rw_new (1, sizeof *f);
  if (!f || !(f->name = rw_strdup (name)))
    {
      rw_free (f);
      return rw_nomem (err, sizeof *f);
    }
  f->values = s + LENGTH_SIZE + length;
  f->n_values = n - LENGTH_SIZE - length;
  snprintf (title, sizeof title, "%.400s: safetensors header", name);
  st = rw_json_parse (title, (const char *) s + LENGTH_SIZE, length, &f->tree, err);
  if (!st)
    st = read_tree (f, err);
  if (st)
    rw_safetensors_free (f);
  else
    *out = f;
  return st;
}

void
rw_safetensors_free (rw_safetensors *f)
{
  if (!f)
    return;
  cJSON_Delete (f->tree);
  rw_free (f->entry);
  rw_free (f->note);
  rw_free (f->name);
  rw_free (f);
}

/* ---- looking one up ---- */

static const char *
name_at (size_t i, const void *data)
{
  const rw_safetensors *f = data;
  return i < f->n ? f->entry[i].name : NULL;
}

rw_status
rw_safetensors_get (const rw_safetensors *f, const char *name, rw_tensor *out, rw_error *err)
{
  const entry *e = !name && f->n == 1 ? f->entry : NULL;
  size_t bytes;
  *out = (rw_tensor){ 0 };
  for (size_t i = 0; name && !e && i < f->n; i++)
    if (strcmp (f->entry[i].name, name) == 0)
      e = &f->entry[i];
  if (!e)
    return rw_tensor_unknown (f->name, "tensor", name, name_at, f, err);
  if (!e->type->readable)
    return rw_fail (err, RW_EINVAL,
                    "%s: tensor '%.100s': type %.20s; expected F16, BF16, F32 or F64", f->name,
                    e->name, e->dtype);
  out->type = e->type->type;
  out->rank = e->rank;
  memcpy (out->shape, e->shape, sizeof out->shape);
  out->data = f->values + e->begin;
  out->note = f->note;
  out->n_notes = f->n_notes;
  return rw_tensor_lay (out, false, &bytes) ? RW_OK : rw_nomem (err, bytes);
}
