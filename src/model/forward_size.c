/* forward_size: how many rows are worked on at once, and the memory that it takes; see forward.h.
 */
#include "model/forward_part.h"
#include "model/product.h"

#include <unistd.h>

enum
{
  CHUNK_ROOM = 1 << 26,  /* values of a chunk's buffers */
  CHUNK_LEAST = 256,     /* rows; fewer would unpack more than they multiply */
  CHUNK_MOST = 8192,     /* rows: then nothing is gained any more */
  LOGITS_ROOM = 1 << 25, /* values */
  LOGITS_LEAST = 128     /* rows */
};

size_t
rw_forward_tiles (size_t rows)
{
  return (rows + RW_PRODUCT_ROWS - 1) / RW_PRODUCT_ROWS * RW_PRODUCT_ROWS;
}

rw_forward_widths
rw_forward_widths_of (const rw_hyper *h)
{
  return (rw_forward_widths){ .dim = h->dim,
                              .q = h->heads * h->head_dim,
                              .k = h->kv_heads * h->head_dim,
                              .v = h->kv_heads * h->value_dim,
                              .o = h->heads * h->value_dim,
                              .hidden = h->hidden,
                              .vocab = h->vocab };
}

static size_t
clamp (size_t n, size_t lo, size_t hi)
{
  return n < lo ? lo : n > hi ? hi : n;
}

size_t
rw_forward_chunk (const rw_forward_widths *w)
{
  const size_t row = w->dim + w->q + w->o + 2 * w->hidden;
  return rw_forward_tiles (clamp (CHUNK_ROOM / row, CHUNK_LEAST, CHUNK_MOST));
}

size_t
rw_forward_logits_rows (const rw_forward_widths *w)
{
  return rw_forward_tiles (clamp (LOGITS_ROOM / w->vocab, LOGITS_LEAST, CHUNK_MOST));
}

double
rw_forward_bytes (const rw_forward_ask *ask, size_t n, size_t length)
{
  const rw_hyper *h = &ask->network->hyper;
  const rw_forward_widths w = rw_forward_widths_of (h);
  size_t group = n < RW_FORWARD_GROUP ? n : RW_FORWARD_GROUP;
  group = group < length ? length : group;
  size_t chunk = rw_forward_chunk (&w);
  chunk = chunk < group ? chunk : rw_forward_tiles (group);
  size_t logits = rw_forward_logits_rows (&w);
  logits = logits < chunk ? logits : chunk;
  const double kv = (double) (w.k + w.v);
  const double held = (double) group * ((double) w.dim + (ask->room ? 0 : kv));
  const double attention = (double) (length > ask->room ? length : ask->room) * kv;
  const double work = (double) chunk * (double) (w.dim + w.q + w.o + 2 * w.hidden)
                      + (double) logits * (double) w.vocab;
  const double kept = (double) ask->room * kv * (double) h->layers;
  return sizeof (float) * (held + attention + work + kept);
}

/* Refused before anything is allocated, so that a length that cannot be is told by its size.  */
rw_status
rw_forward_affordable (const rw_forward_ask *ask, size_t n, size_t length, rw_error *err)
{
  const double bytes = rw_forward_bytes (ask, n, length);
  const double have = (double) sysconf (_SC_PHYS_PAGES) * (double) sysconf (_SC_PAGESIZE);
  if (bytes <= have)
    return RW_OK;
  rw_fail (err, RW_ENOMEM,
           "out of memory: %zu tokens of this model take %.3g GB (%.0f bytes) beside its file, and "
           "this machine has %.3g GB",
           length > ask->room ? length : ask->room, bytes / 1e9, bytes, have / 1e9);
  return rw_hint (err, "ask for shorter sequences");
}
