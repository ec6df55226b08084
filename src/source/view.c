/* view: one head of a captured array as rows of tokens; see view.h.  */
#include "source/view.h"

#include <string.h>

static const char *const words[] = { [RW_VIEW_BATCH] = "batch",
                                     [RW_VIEW_LAYER] = "layer",
                                     [RW_VIEW_HEAD] = "head",
                                     [RW_VIEW_TOKEN] = "token",
                                     [RW_VIEW_CHANNEL] = "channel" };

/* What attention modules hand around, by rank: one array for all layers, or one a layer.  */
static const char *
usual_axes (size_t rank, bool per_layer)
{
  static const char *const all[]
      = { "", "channel", "token,channel", "head,token,channel", "layer,head,token,channel", "" };
  static const char *const one[]
      = { "", "channel", "token,channel", "head,token,channel", "batch,head,token,channel", "" };
  return (per_layer ? one : all)[rank < 5 ? rank : 5];
}

static rw_status
fail (const rw_view *v, rw_error *err, const char *expected, const char *hint)
{
  char shape[256];
  rw_fail (err, RW_EINVAL, "%s: %s: expected %s", v->what,
           rw_tensor_text (v->t, shape, sizeof shape), expected);
  return hint ? rw_hint (err, "%s", hint) : RW_EINVAL;
}

/* The next of the comma-separated words, as an axis; RW_VIEW_AXES for any other word.  */
static rw_view_axis
next_word (const char **p)
{
  const char *s = *p + strspn (*p, " ");
  const size_t n = strcspn (s, ", ");
  const char *end = s + n + strspn (s + n, " ");
  rw_view_axis a = RW_VIEW_BATCH;
  while (a < RW_VIEW_AXES && (strlen (words[a]) != n || memcmp (words[a], s, n) != 0))
    a++;
  *p = end + (*end == ',');
  return *end && *end != ',' ? RW_VIEW_AXES : a;
}

rw_status
rw_view_new (const rw_tensor *t, const char *what, const char *axes, bool per_layer, rw_view *out,
             rw_error *err)
{
  const char *p = axes ? axes : usual_axes (t->rank, per_layer);
  size_t rank = 0;
  *out = (rw_view){ .t = t, .what = what, .per_layer = per_layer };
  for (size_t a = 0; a < RW_VIEW_AXES; a++)
    out->dim[a] = -1;
  for (; *p; rank++)
    {
      const rw_view_axis a = next_word (&p);
      if (a == RW_VIEW_AXES || out->dim[a] >= 0)
        return rw_fail (err, RW_EINVAL,
                        "axes: '%s': expected each of batch, layer, head, token and channel at "
                        "most once, with commas between",
                        axes);
      out->dim[a] = (int) rank;
    }
  if (rank != t->rank || (!axes && rank < 2))
    return axes ? fail (out, err, "as many dimensions as axes has words", axes)
                : fail (out, err, "2 to 4 dimensions",
                        "say what its dimensions are: \"axes\": \"layer,token,head,channel\"");
  if (rw_view_size (out, RW_VIEW_BATCH) != 1)
    return fail (out, err, "a batch of one text",
                 "if its first dimension is not the batch, say so: \"axes\": \"...\"");
  return RW_OK;
}

size_t
rw_view_size (const rw_view *v, rw_view_axis axis)
{
  return v->dim[axis] < 0 ? 1 : v->t->shape[v->dim[axis]];
}

rw_status
rw_view_layer (const rw_view *v, size_t layer, rw_error *err)
{
  const size_t n = rw_view_size (v, RW_VIEW_LAYER);
  if (v->dim[RW_VIEW_LAYER] >= 0 ? layer < n : layer == 0 || v->per_layer)
    return RW_OK;
  if (v->dim[RW_VIEW_LAYER] >= 0)
    return rw_fail (err, RW_EINVAL, "%s: layer %zu: the array has %zu, counted from 0", v->what,
                    layer, n);
  rw_fail (err, RW_EINVAL, "%s: layer %zu: the array is of one layer", v->what, layer);
  return rw_hint (err, "where every layer has its own array write {layer} in its name");
}

/* Copies so that the channels lie side by side.  */
static void
pack (const rw_rows *from, ptrdiff_t stride, void *to)
{
  const ptrdiff_t size = (ptrdiff_t) rw_dtype_size (from->type);
  const char *row = from->data;
  char *p = to;
  for (size_t i = 0; i < from->n; i++, row += from->stride * size)
    for (size_t c = 0; c < from->dim; c++, p += size)
      memcpy (p, row + (ptrdiff_t) c * stride * size, (size_t) size);
}

/* Rows that start at `data`, with the array's own strides.  */
static rw_status
rows_of (const rw_view *v, const void *data, const ptrdiff_t *strides, size_t n, rw_rows *out,
         void **packed, rw_error *err)
{
  const int token = v->dim[RW_VIEW_TOKEN], channel = v->dim[RW_VIEW_CHANNEL];
  const ptrdiff_t stride = channel < 0 ? 1 : strides[channel];
  *packed = NULL;
  *out = (rw_rows){ .data = data,
                    .type = v->t->type,
                    .n = n,
                    .dim = rw_view_size (v, RW_VIEW_CHANNEL),
                    .stride = token < 0 ? 0 : strides[token] };
  if (stride == 1 || out->dim <= 1)
    return RW_OK;
  if (!(*packed = rw_new (n * out->dim, rw_dtype_size (out->type))))
    return rw_nomem (err, n * out->dim * rw_dtype_size (out->type));
  pack (out, stride, *packed);
  out->data = *packed;
  out->stride = (ptrdiff_t) out->dim;
  return RW_OK;
}

rw_status
rw_view_rows (const rw_view *v, size_t layer, size_t head, size_t n, rw_rows *out, void **owned,
              rw_error *err)
{
  const rw_tensor *t = v->t;
  const size_t pick[RW_VIEW_AXES] = { [RW_VIEW_LAYER] = layer, [RW_VIEW_HEAD] = head };
  size_t from[RW_TENSOR_RANK] = { 0 }, bytes = 0;
  rw_tensor box = { .type = t->type, .rank = t->rank };
  const unsigned char *data = t->data;
  for (size_t d = 0; d < t->rank; d++)
    box.shape[d] = 1;
  for (size_t a = 0; a < RW_VIEW_AXES; a++)
    if (v->dim[a] >= 0)
      {
        from[v->dim[a]] = pick[a];
        box.shape[v->dim[a]] = a == RW_VIEW_TOKEN     ? n
                               : a == RW_VIEW_CHANNEL ? t->shape[v->dim[a]]
                                                      : 1;
      }
  *owned = NULL;
  if (data)
    {
      for (size_t d = 0; d < t->rank; d++)
        data += (ptrdiff_t) from[d] * t->stride[d] * (ptrdiff_t) rw_dtype_size (t->type);
      return rows_of (v, data, t->stride, n, out, owned, err);
    }
  if (!rw_tensor_lay (&box, false, &bytes) || !(*owned = rw_new (bytes, 1)))
    return rw_nomem (err, bytes);
  rw_status s = t->load (t, from, box.shape, *owned, err);
  void *packed = NULL;
  if (!s)
    s = rows_of (v, *owned, box.stride, n, out, &packed, err);
  if (packed)
    {
      rw_free (*owned);
      *owned = packed;
    }
  return s;
}
