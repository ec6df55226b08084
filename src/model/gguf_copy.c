/* gguf_copy: a new GGUF file from an open one; see gguf_copy.h.

   The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.  llama.cpp wants the
   tensors side by side in the order of their table, each on general.alignment.  */
#include "model/gguf_copy.h"
#include "base/mem.h"
#include "base/text.h"
#include "model/gguf_part.h"
#include "model/gguf_stream.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

enum
{
  LENGTH = 8, /* bytes of a text's length, before it */
  ALIGNMENT = 32
};

typedef struct
{
  const rw_gguf *g;
  const rw_gguf_edit *edit;
  const char *path;
  uint64_t alignment;
  bool split;      /* of several files: the keys that say so go */
  rw_text head;    /* header, metadata, tensor table; never text */
  uint64_t values; /* bytes of tensors behind the head's padding */
  uint64_t keys, tensors;
  rw_error *err;
} work;

/* ---- what changes ---- */

static const rw_gguf_change *
change_of (const work *w, rw_gguf_text key)
{
  for (size_t i = 0; i < w->edit->n_changes; i++)
    if (rw_gguf_equal (key, w->edit->change[i].key))
      return &w->edit->change[i];
  return NULL;
}

static bool
is_replaced (const work *w, const rw_gguf_tensor *t)
{
  for (size_t i = 0; i < w->edit->n_vectors; i++)
    if (rw_gguf_equal (t->name, w->edit->vector[i].name))
      return true;
  return false;
}

static bool
is_of_split (const work *w, rw_gguf_text key)
{
  return w->split && key.n > 6 && memcmp (key.s, "split.", 6) == 0;
}

static rw_status
check_edit (const work *w)
{
  for (size_t i = 0; i < w->edit->n_changes; i++)
    {
      const rw_gguf_change *c = &w->edit->change[i];
      const bool whole
          = c->number >= 0 && c->number <= UINT32_MAX && floor (c->number) == c->number;
      if (c->gone || c->type == RW_GGUF_STRING)
        continue;
      if (!isfinite ((float) c->number) || (c->type == RW_GGUF_UINT32 && !whole))
        return rw_fail (w->err, RW_EINVAL, "%s: %s: %g is no value that the file can hold", w->path,
                        c->key, c->number);
    }
  for (size_t i = 0; i < w->edit->n_vectors; i++)
    for (size_t k = 0; k < w->edit->vector[i].n; k++)
      if (!isfinite ((float) w->edit->vector[i].x[k]))
        return rw_fail (w->err, RW_EINVAL, "%s: %s: value %zu is %g, not finite as float32",
                        w->path, w->edit->vector[i].name, k, w->edit->vector[i].x[k]);
  return RW_OK;
}

/* ---- the head ---- */

static void
add_bytes (work *w, const void *data, size_t n)
{
  rw_text_addn (&w->head, data, n);
}

static void
add_u32 (work *w, uint32_t x)
{
  add_bytes (w, &x, sizeof x);
}

static void
add_u64 (work *w, uint64_t x)
{
  add_bytes (w, &x, sizeof x);
}

static void
add_text (work *w, const char *s, size_t n)
{
  add_u64 (w, n);
  add_bytes (w, s, n);
}

/* The type in the file where that is wider than the one asked for.  */
static rw_gguf_type
type_of (const rw_gguf_change *c, const rw_gguf_value *old)
{
  if (!old || old->array)
    return c->type;
  const bool wide = old->type == RW_GGUF_UINT64 || old->type == RW_GGUF_INT64;
  if (c->type == RW_GGUF_UINT32 && wide)
    return old->type;
  return c->type == RW_GGUF_FLOAT32 && old->type == RW_GGUF_FLOAT64 ? old->type : c->type;
}

static void
add_change (work *w, const rw_gguf_change *c, const rw_gguf_value *old)
{
  const rw_gguf_type type = type_of (c, old);
  const float single = (float) c->number; /* the file's type */
  const unsigned char truth = c->number != 0;
  add_text (w, c->key, strlen (c->key));
  add_u32 (w, type);
  if (type == RW_GGUF_STRING)
    add_text (w, c->text, strlen (c->text));
  else if (type == RW_GGUF_FLOAT32)
    add_bytes (w, &single, sizeof single);
  else if (type == RW_GGUF_FLOAT64)
    add_bytes (w, &c->number, sizeof c->number);
  else if (type == RW_GGUF_BOOL)
    add_bytes (w, &truth, 1);
  else if (type == RW_GGUF_UINT32)
    add_u32 (w, (uint32_t) c->number);
  else
    add_u64 (w, (uint64_t) c->number);
  w->keys++;
}

/* Where the bytes of value i of the first file end.  */
static const char *
value_end (const rw_gguf_part *part, size_t i)
{
  if (i + 1 < part->n_values)
    return part->value[i + 1].key.s - LENGTH;
  if (part->n_tensors)
    return part->tensor[0].name.s - LENGTH;
  return (const char *) part->data + part->head;
}

static void
add_values (work *w)
{
  const rw_gguf_part *part = rw_gguf_part_at (w->g, 0);
  for (size_t i = 0; i < part->n_values; i++)
    {
      const rw_gguf_value *v = &part->value[i];
      const rw_gguf_change *c = change_of (w, v->key);
      const char *begin = v->key.s - LENGTH;
      if ((c && c->gone) || is_of_split (w, v->key))
        continue;
      if (c)
        add_change (w, c, v);
      else
        {
          add_bytes (w, begin, (size_t) (value_end (part, i) - begin));
          w->keys++;
        }
    }
  for (size_t i = 0; i < w->edit->n_changes; i++)
    if (!w->edit->change[i].gone && !rw_gguf_find (w->g, w->edit->change[i].key))
      add_change (w, &w->edit->change[i], NULL);
}

static uint64_t
aligned (const work *w, uint64_t n)
{
  return (n + w->alignment - 1) / w->alignment * w->alignment;
}

/* An entry of the table; its values lie behind those before it.  */
static void
add_entry (work *w, rw_gguf_text name, uint32_t type, size_t rank, const size_t *shape,
           uint64_t bytes)
{
  add_text (w, name.s, name.n);
  add_u32 (w, (uint32_t) rank);
  for (size_t d = 0; d < rank; d++)
    add_u64 (w, shape[d]);
  add_u32 (w, type);
  add_u64 (w, w->values);
  w->values += aligned (w, bytes);
  w->tensors++;
}

static void
add_tensors (work *w)
{
  for (size_t i = 0; i < rw_gguf_tensors (w->g); i++)
    {
      const rw_gguf_tensor *t = rw_gguf_tensor_at (w->g, i);
      if (!is_replaced (w, t))
        add_entry (w, t->name, t->ggml_type, t->rank, t->shape, t->bytes);
    }
  for (size_t i = 0; i < w->edit->n_vectors; i++)
    {
      const rw_gguf_vector *v = &w->edit->vector[i];
      if (v->n)
        add_entry (w, (rw_gguf_text){ v->name, strlen (v->name) }, 0 /* GGML_TYPE_F32 */, 1, &v->n,
                   v->n * sizeof (float));
    }
}

/* The counts stand before what they count.  */
static rw_status
make_head (work *w)
{
  enum
  {
    COUNTS = 8 /* bytes before them: "GGUF" and the version */
  };
  add_bytes (w, "GGUF", 4);
  add_u32 (w, rw_gguf_version (w->g));
  add_u64 (w, 0);
  add_u64 (w, 0);
  add_values (w);
  add_tensors (w);
  if (w->head.failed)
    return rw_nomem (w->err, w->head.n);
  memcpy (w->head.s + COUNTS, &w->tensors, sizeof w->tensors);
  memcpy (w->head.s + COUNTS + sizeof w->tensors, &w->keys, sizeof w->keys);
  return RW_OK;
}

/* ---- the file ---- */

static rw_status
copy_tensors (const work *w, rw_gguf_stream *out)
{
  const rw_gguf_part *part;
  rw_status s = RW_OK;
  for (size_t p = 0; !s && (part = rw_gguf_part_at (w->g, p)); p++)
    {
      const rw_mapping *mapping = rw_gguf_part_mapping (w->g, p);
      for (size_t i = 0; i < part->n_tensors && !s; i++)
        {
          const rw_gguf_tensor *t = &part->tensor[i];
          if (is_replaced (w, t))
            continue;
          s = rw_gguf_stream_copy (out, mapping, t->data, t->bytes);
          if (!s)
            s = rw_gguf_stream_pad (out, w->alignment);
        }
      if (!s && mapping)
        s = rw_mapping_check (mapping, part->name, w->err);
    }
  return s;
}

static rw_status
write_vector (const work *w, const rw_gguf_vector *v, rw_gguf_stream *out)
{
  rw_status s = RW_OK;
  for (size_t i = 0; i < v->n && !s; i++)
    {
      const float x = (float) v->x[i]; /* the file's type */
      s = rw_gguf_stream_write (out, &x, sizeof x);
    }
  return s ? s : rw_gguf_stream_pad (out, w->alignment);
}

static rw_status
write_file (const work *w, rw_gguf_stream *out)
{
  rw_status s = rw_gguf_stream_write (out, w->head.s, w->head.n);
  if (!s)
    s = rw_gguf_stream_pad (out, w->alignment);
  if (!s)
    s = copy_tensors (w, out);
  for (size_t i = 0; i < w->edit->n_vectors && !s; i++)
    s = write_vector (w, &w->edit->vector[i], out);
  if (!s)
    s = rw_gguf_stream_sync (out);
  if (!s && w->edit->check)
    s = w->edit->check (out->part, w->edit->data, w->err);
  return s;
}

static rw_status
check_path (const work *w)
{
  if (w->edit->replace || access (w->path, F_OK) != 0)
    return RW_OK;
  rw_fail (w->err, RW_EEXIST, "%s: exists", w->path);
  return rw_hint (w->err, "add --force to replace it");
}

static rw_status
copy (work *w)
{
  double alignment = ALIGNMENT;
  rw_gguf_stream out;
  rw_status s = check_path (w);
  if (!s)
    s = check_edit (w);
  if (!s)
    s = rw_gguf_may_number (w->g, "general.alignment", 1, 0x1p30, &alignment, w->err);
  w->alignment = (uint64_t) alignment;
  if (!s)
    s = make_head (w);
  if (!s)
    s = rw_gguf_stream_open (&out, w->path, aligned (w, w->head.n) + w->values, w->err);
  if (s)
    return s;
  out.stop = w->edit->stop;
  return rw_gguf_stream_close (&out, write_file (w, &out), w->edit->replace);
}

rw_status
rw_gguf_copy (const rw_gguf *g, const char *path, const rw_gguf_edit *edit, rw_error *err)
{
  work w
      = { .g = g, .edit = edit, .path = path, .split = rw_gguf_part_at (g, 1) != NULL, .err = err };
  const rw_status s = copy (&w);
  rw_text_free (&w.head);
  return s;
}
