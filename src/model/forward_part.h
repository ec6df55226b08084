/* forward_part: the state of a forward pass and the parts of a run; private.

   A run is cut into groups of whole sequences.  A group goes through a layer in two walks over
   chunks of rows: the first makes all keys and values, the second queries, attention and the
   feed-forward part, so that what is held for every token is x, k and v only.  Buffers have whole
   tiles of rows (rw_product_shape), the last ones unused.  */
#ifndef RW_MODEL_FORWARD_PART_H
#define RW_MODEL_FORWARD_PART_H

#include "base/mem.h"
#include "model/attend.h"
#include "model/forward.h"
#include "model/gemm.h"

enum
{
  RW_FORWARD_VECTORS = 8, /* of a layer: norms and their biases */
  RW_FORWARD_GROUP = 8192 /* tokens of several sequences together */
};

/* Grows, never shrinks; what was there is lost.  */
typedef struct
{
  float *v;
  size_t n;
} rw_forward_room;

/* Widths of rows, in values.  */
typedef struct
{
  size_t dim, q, k, v, o, hidden, vocab;
} rw_forward_widths;

struct rw_forward
{
  rw_forward_ask ask;
  const rw_hyper *h;
  rw_forward_widths w;
  rw_simd simd;
  rw_gemm *gemm;
  rw_arena *scratch;       /* of attention */
  rw_geometry *geometry;   /* (layers,) */
  size_t *window;          /* (layers,) tokens; 0: all */
  rw_attend_turns **turns; /* (layers,) for turns_n positions; those of turns_of[l] serve layer l */
  size_t *turns_of;        /* (layers,) l itself, or one before it */
  size_t turns_n;
  float *vector; /* (RW_FORWARD_VECTORS, dim or head_dim): of the layer at work */
  size_t vector_row;
  float **k, **v; /* (layers,) of (room, w.k), (room, w.v): what is kept; NULL without room */
  size_t kept;
  size_t chunk;                      /* rows */
  rw_forward_room x, keys, values;   /* of a group */
  rw_forward_room row, queries, out; /* of a chunk: normed x; q; attention's result */
  rw_forward_room gate, up;          /* of a chunk */
  rw_forward_room logits;
};

/* A group at work: rows are the tokens from batch->start[first] on.  */
typedef struct
{
  rw_forward *f;
  const rw_batch *batch;
  size_t first, last; /* sequences */
  size_t n;           /* tokens */
  float *k, *v;       /* of the layer at work: row 0 is the group's first token */
} rw_forward_group;

rw_status rw_forward_room_need (rw_forward_room *r, size_t rows, size_t cols, rw_error *err);
/* Rows up to a whole tile; rows of a chunk; rows of logits that are held at once.  */
size_t rw_forward_tiles (size_t rows);
size_t rw_forward_chunk (const rw_forward_widths *w);
size_t rw_forward_logits_rows (const rw_forward_widths *w);
rw_forward_widths rw_forward_widths_of (const rw_hyper *h);
/* Refuses, before anything is allocated, what this machine's memory cannot hold.  */
rw_status rw_forward_affordable (const rw_forward_ask *ask, size_t n, size_t length, rw_error *err);

rw_status rw_forward_turns_need (rw_forward *f, size_t n, rw_error *err);
void rw_forward_turns_free (rw_forward *f);

/* *end: the tap wants no more.  */
rw_status rw_forward_layer (rw_forward_group *g, size_t layer, bool *end, rw_error *err);
/* Losses and best tokens.  */
rw_status rw_forward_head (rw_forward_group *g, rw_error *err);

/* Rows of x under a norm of the network; `from` may be NULL: see norm.h.  */
void rw_forward_norm (rw_forward *f, const float *w, const float *b, size_t rows, const float *x,
                      const size_t *from, float *y);

#endif
