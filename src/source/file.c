/* file: queries, keys and values that somebody captured from a model, read from a file.

   Activations are frozen: captured once, before rotation, under the model's own schedule, and
   rotated here by every schedule of the sweep.  That is exact for the first layer; further up q and
   k would themselves depend on the schedule, through the layers below.

   Grouped heads (GQA, arXiv 2305.13245): query head h of H reads key head floor (h KV / H) of KV,
   both counted from the arrays' shapes.  What the file says of itself (layout, rotary_dim, heads)
   must agree with the model.  */
#include "base/text.h"
#include "source/source.h"
#include "source/view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  char *path, *q, *k, *v, *sinks, *axes;
  int layout, activations;
} file;

enum
{
  ANY_LAYOUT /* of `layouts`: whatever the file says, or the model's */
};

static const char *const layouts[] = { "any", "half", "interleaved", NULL };
static const char *const activations[] = { "frozen", NULL };

/* The arrays in the order of their wishes.  */
enum
{
  Q,
  K,
  V,
  SINKS,
  ARRAYS
};

static const char *const whats[ARRAYS] = { "q", "k", "v", "sinks" };

static const char *
name_of (const file *p, size_t array)
{
  const char *const names[ARRAYS] = { p->q, p->k, p->v, p->sinks };
  return names[array];
}

/* q and k always, the others where they are named.  */
static bool
wants (const file *p, size_t array)
{
  return array == Q || array == K || name_of (p, array);
}

static size_t
wishes (const void *self, rw_source_wish *out)
{
  const file *p = self;
  size_t n = 0;
  for (size_t a = 0; a < ARRAYS; a++)
    if (wants (p, a))
      out[n++] = (rw_source_wish){ .path = p->path, .name = name_of (p, a), .what = whats[a] };
  return n;
}

/* The arrays of a point, each where there is one, and which head of each it takes.  */
typedef struct
{
  const file *p;
  const rw_input *in;
  rw_view view[ARRAYS];
  bool has[ARRAYS];
  size_t head, kv_head;
} capture;

/* ---- what the file says of itself ---- */

static rw_status
check_layout (const capture *c, const rw_tensor *t, rw_error *err)
{
  const char *model = rw_layout_text (c->in->geometry->layout),
             *said = rw_tensor_says (t, "layout");
  const char *asked = c->p->layout == ANY_LAYOUT ? NULL : layouts[c->p->layout];
  if (said && asked && strcmp (said, asked) != 0)
    return rw_fail (err, RW_EINVAL, "layout: the file says '%.40s', the config '%s'", said, asked);
  said = said ? said : asked;
  if (!said || strcmp (said, model) == 0)
    return RW_OK;
  rw_fail (err, RW_EINVAL, "layout: the channels of the file are '%.40s', the model's '%s'", said,
           model);
  return rw_hint (err,
                  "is it the model that was captured?  An inline model takes \"layout\": \"%s\"",
                  strcmp (model, "half") == 0 ? "interleaved" : "half");
}

static rw_status
check_notes (const capture *c, const rw_tensor *t, rw_error *err)
{
  const char *rotary = rw_tensor_says (t, "rotary_dim");
  rw_status s = check_layout (c, t, err);
  if (s || !rotary || strtod (rotary, NULL) == (double) c->in->geometry->rotary_dim)
    return s;
  rw_fail (err, RW_EINVAL, "rotary_dim: the file's is %.20s, the model's %lld", rotary,
           (long long) c->in->geometry->rotary_dim);
  return rw_hint (err, "is it the model that was captured?");
}

/* The place of the point's head: itself, or where the file lists it under `heads`.  */
static rw_status
find_head (capture *c, rw_error *err)
{
  const size_t n = rw_view_size (&c->view[Q], RW_VIEW_HEAD);
  const char *list = rw_tensor_says (c->view[Q].t, "heads"), *p = list;
  size_t count = 0, at = n;
  for (char *end; p && *p; p = end + strspn (end, ", "), count++)
    {
      const unsigned long long h = strtoull (p, &end, 10);
      if (end == p)
        return rw_fail (err, RW_EINVAL, "heads: the file says '%.80s': expected numbers", list);
      at = h == c->in->head ? count : at;
    }
  if (list && count != n)
    return rw_fail (err, RW_EINVAL, "heads: the file names %zu, its q has %zu", count, n);
  c->head = list ? at : c->in->head;
  if (c->head < n)
    return RW_OK;
  if (list)
    return rw_fail (err, RW_EINVAL, "head %zu: the file has the heads %.80s", c->in->head, list);
  return rw_fail (err, RW_EINVAL, "head %zu: q has %zu, counted from 0", c->in->head, n);
}

/* ---- shapes ---- */

static rw_status
find_kv_head (capture *c, rw_error *err)
{
  const size_t n = rw_view_size (&c->view[Q], RW_VIEW_HEAD);
  const size_t kv = rw_view_size (&c->view[K], RW_VIEW_HEAD);
  if (!kv || n % kv)
    return rw_fail (err, RW_EINVAL, "k: %zu heads cannot be shared by the %zu of q", kv, n);
  if (c->has[V] && rw_view_size (&c->view[V], RW_VIEW_HEAD) != kv)
    return rw_fail (err, RW_EINVAL, "v: %zu heads; expected the %zu of k",
                    rw_view_size (&c->view[V], RW_VIEW_HEAD), kv);
  c->kv_head = c->head / (n / kv); /* floor (h KV / H) */
  return RW_OK;
}

static rw_status
check_size (const capture *c, size_t array, rw_error *err)
{
  const rw_view *v = &c->view[array];
  const size_t n = rw_view_size (v, RW_VIEW_TOKEN), dim = rw_view_size (v, RW_VIEW_CHANNEL);
  if ((double) n < c->in->length)
    {
      rw_fail (err, RW_EINVAL, "%s: has %zu tokens, the point's length is %.0f", v->what, n,
               c->in->length);
      return rw_hint (err, "lower length, or capture a longer text");
    }
  if (array != V && dim != (size_t) c->in->geometry->head_dim)
    {
      rw_fail (err, RW_EINVAL, "%s: has %zu channels, the model's heads %lld", v->what, dim,
               (long long) c->in->geometry->head_dim);
      return rw_hint (err, "is it the model that was captured?  If channels are not the last "
                           "dimension, say so: \"axes\": \"...\"");
    }
  if (!dim)
    return rw_fail (err, RW_EINVAL, "%s: has no channels", v->what);
  return rw_view_layer (v, c->in->layer, err);
}

static rw_status
check_sinks (const capture *c, rw_error *err)
{
  const rw_view *v = &c->view[SINKS];
  const size_t want = rw_view_size (&c->view[Q], RW_VIEW_HEAD);
  const size_t got = rw_view_size (v, RW_VIEW_HEAD);
  if (got != want)
    return rw_fail (err, RW_EINVAL, "sinks: has %zu heads; expected the %zu of q", got, want);
  return rw_view_layer (v, c->in->layer, err);
}

static rw_status
look (const file *p, const rw_input *in, const rw_tensor *tensors, capture *c, rw_error *err)
{
  *c = (capture){ .p = p, .in = in };
  rw_status s = RW_OK;
  for (size_t a = 0, i = 0; !s && a < ARRAYS; a++)
    if ((c->has[a] = wants (p, a)))
      {
        const rw_tensor *t = &tensors[i++];
        const bool per_layer = strstr (name_of (p, a), "{layer}") || strstr (p->path, "{layer}");
        const char *axes = a != SINKS ? p->axes : t->rank == 2 ? "layer,head" : "head";
        s = rw_view_new (t, whats[a], axes, per_layer, &c->view[a], err);
        if (!s)
          s = check_notes (c, t, err);
      }
  if (!s)
    s = find_head (c, err);
  if (!s)
    s = find_kv_head (c, err);
  for (size_t a = 0; !s && a < SINKS; a++)
    if (c->has[a])
      s = check_size (c, a, err);
  if (!s && c->has[SINKS])
    s = check_sinks (c, err);
  return s;
}

static rw_status
check (const void *self, const rw_input *in, const rw_tensor *tensors, rw_error *err)
{
  capture c;
  return look (self, in, tensors, &c, err);
}

/* ---- values ---- */

static rw_status
take_rows (const capture *c, size_t array, rw_rows *out, void **owned, rw_error *err)
{
  const size_t head = array == Q ? c->head : c->kv_head;
  size_t token, channel;
  char number[32];
  double x;
  rw_status s
      = rw_view_rows (&c->view[array], c->in->layer, head, (size_t) c->in->length, out, owned, err);
  if (s || !rw_rows_flaw (out, &token, &channel))
    return s;
  const unsigned char *data = out->data;
  const ptrdiff_t at = (ptrdiff_t) token * out->stride + (ptrdiff_t) channel;
  rw_dtype_read_double (out->type, data + at * (ptrdiff_t) rw_dtype_size (out->type), 1, 1, &x);
  return rw_fail (err, RW_EINVAL,
                  "%s: layer %zu, head %zu: token %zu, channel %zu is %s, no finite float32",
                  whats[array], c->in->layer, head, token, channel, rw_number_text (x, number));
}

static rw_status
take_sink (const capture *c, double *sink, rw_error *err)
{
  rw_rows one;
  void *owned;
  rw_status s = rw_view_rows (&c->view[SINKS], c->in->layer, c->head, 1, &one, &owned, err);
  if (!s)
    rw_rows_at (&one, 0, sink);
  rw_free (owned);
  if (!s && !isfinite (*sink))
    s = rw_fail (err, RW_EINVAL, "sinks: layer %zu, head %zu: is not finite", c->in->layer,
                 c->head);
  return s;
}

static rw_status
fill (const void *self, const rw_input *in, const rw_tensor *tensors, rw_qk *out, rw_error *err)
{
  capture c;
  rw_rows *const rows[] = { [Q] = &out->q, [K] = &out->k, [V] = &out->v };
  rw_status s = look (self, in, tensors, &c, err);
  for (size_t a = 0; !s && a < SINKS; a++)
    if (c.has[a])
      s = take_rows (&c, a, rows[a], &out->owned[a], err);
  if (!s && c.has[SINKS])
    s = take_sink (&c, &out->sink, err);
  return s;
}

static const rw_param params[] = {
  { .name = "path",
    .type = RW_TEXT,
    .at = offsetof (file, path),
    .required = true,
    .text = "a safetensors or HDF5 file, or a folder of NPY files; {layer} stands for the layer" },
  { .name = "q",
    .type = RW_TEXT,
    .at = offsetof (file, q),
    .required = true,
    .text = "name of the queries: tensor, dataset, or NPY file; {layer} stands for the layer" },
  { .name = "k",
    .type = RW_TEXT,
    .at = offsetof (file, k),
    .required = true,
    .text = "of the keys" },
  { .name = "v", .type = RW_TEXT, .at = offsetof (file, v), .text = "of the values" },
  { .name = "sinks",
    .type = RW_TEXT,
    .at = offsetof (file, sinks),
    .text = "of the learned sink logits, one a query head" },
  { .name = "axes",
    .type = RW_TEXT,
    .at = offsetof (file, axes),
    .text = "what the dimensions of q, k and v are, outermost first: words of batch, layer, head, "
            "token, channel with commas; left out: by their number" },
  { .name = "layout",
    .type = RW_CHOICE,
    .at = offsetof (file, layout),
    .value = ANY_LAYOUT,
    .choices = layouts,
    .text = "how the channels are paired, where the file does not say it; must be the model's" },
  { .name = "activations",
    .type = RW_CHOICE,
    .at = offsetof (file, activations),
    .choices = activations,
    .text = "captured once, under the model's own schedule" },
  { 0 },
};

const rw_source rw_source_file = {
  .as = { .name = "file",
          .size = sizeof (file),
          .params = params,
          .text = "queries, keys and values captured from a model, before rotation",
          .cite = "grouped heads: GQA, arXiv 2305.13245" },
  .wishes = wishes,
  .check = check,
  .fill = fill,
};
