/* forward: whole sequences through a network, layer by layer.

   A batch of sequences goes through a layer together: a matrix is unpacked once a layer and batch,
   and, where nothing is to be kept, one layer's keys and values are all that is ever held.  Logits
   are made only where a loss or a best token is asked for, tile by tile.  Positions begin at 0 in
   every sequence.  Results do not depend on threads, nor on how sequences are batched.

   Every layer has a table of its own (rw_forward_tables makes them from a point's).

   Activations and products are float32; norms, losses and angles are summed in double.  A batch of
   several sequences is worked on in groups of whole sequences, up to 8192 tokens together (with a
   tap all at once); what a group holds for each of its tokens is a row of the residual stream and
   the keys and values of one layer.  */
#ifndef RW_MODEL_FORWARD_H
#define RW_MODEL_FORWARD_H

#include "model/network.h"
#include "rope/freqs.h"
#include "rope/model.h"

typedef struct rw_forward rw_forward;

typedef struct
{
  const rw_network *network;
  const rw_model *model;        /* of the same file: geometries and windows by layer */
  const rw_freqs *const *freqs; /* (layers,) with rule and query scale; n == 0: no rotation */
  double length;                /* L' of position rules */
  size_t room;   /* tokens of ONE sequence whose keys and values are kept in all layers, so that it
                    can go on; 0: sequences end with their batch */
  size_t window; /* the control that keeps only the last so many keys (the query's own included); 0:
                    what the model has */
  bool bfloat16; /* products in bfloat16 with float32 sums */
  int threads;
} rw_forward_ask;

/* `ask` is copied, what it points at borrowed.  */
rw_status rw_forward_new (const rw_forward_ask *ask, rw_forward **out, rw_error *err);
void rw_forward_free (rw_forward *f); /* NULL-safe */

/* q, k and v of a layer before rotation, all heads, of all tokens of the batch.  */
typedef struct
{
  size_t layer, tokens;
  const float *q, *k, *v; /* (tokens, heads or kv_heads, head_dim or value_dim), side by side */
} rw_activations;

typedef struct
{
  size_t n_sequences;
  const size_t *start; /* (n_sequences + 1,) rising: sequence s is ids start[s] .. start[s+1]-1 */
  const int32_t *id;   /* (start[n_sequences],) */
  const int32_t
      *target;    /* (same,) the token whose loss is wanted at this place, or -1; NULL: none */
  double *nll;    /* (same,) nats: -ln p (target); NaN where there is none; or NULL */
  int32_t *rank;  /* (same,) tokens with a larger logit than the target; -1 where there is none, the
                     vocabulary's size where the target's logit is NaN; or NULL */
  double *margin; /* (same,) logit of the target less the largest other; NaN where none; or NULL */
  int32_t *best; /* (n_sequences,) the likeliest token after each sequence's end, the first of equal
                    ones, -1 where all logits are NaN; or NULL */
  /* OPTIONAL: shown every layer's q, k and v; false ends the run after this layer, with RW_OK and
     no logits.  */
  bool (*tap) (void *data, const rw_activations *a);
  void *data;
  /* OPTIONAL: asked between layers; true ends the run with RW_EINTR.  */
  bool (*stop) (void *data);
} rw_batch;

/* With ask->room, n_sequences is 1 and the tokens follow the kept ones; a run that fails or ends
   early keeps nothing.  RW_EINVAL: an id outside the vocabulary, an empty sequence, no room left.
   RW_ENOMEM, before anything is allocated, where the machine has less memory than it would take.
   Weights that are NaN give losses that are NaN.  */
rw_status rw_forward_run (rw_forward *f, const rw_batch *batch, rw_error *err);
/* Tokens kept so far; and back to the first n of them.  */
size_t rw_forward_kept (const rw_forward *f);
void rw_forward_rewind (rw_forward *f, size_t n);
/* Bytes that a batch of n tokens in sequences of `length` takes beside the file, for planning.  */
double rw_forward_bytes (const rw_forward_ask *ask, size_t n, size_t length);

/* The table of every layer when the rope of the point's layer type (index `rope` in the model) has
   the table `f`: the others keep the model's own schedules, filled for the length.  A position rule
   and a query scale of `f` go to every layer that rotates.  `rope` RW_NO_ROPE: all keep their own;
   `f` may then be NULL.  Nothing of `f` is borrowed but rule and scale.  Freed with
   rw_forward_tables_free.  */
typedef struct
{
  size_t n;
  size_t n_own;
  rw_freqs *own;          /* (n_own,) a rope's each, and at last the one of layers that have none */
  const rw_freqs **layer; /* (n,) layers */
} rw_forward_tables;
rw_status rw_forward_tables_make (const rw_model *model, size_t layers, size_t rope,
                                  const rw_freqs *f, double length, rw_forward_tables *out,
                                  rw_error *err);
void rw_forward_tables_free (rw_forward_tables *t);

/* The naive reference: double throughout, a token at a time, no tiles: logits (n, vocab) of one
   sequence.  For tests.  */
rw_status rw_forward_plain (const rw_forward_ask *ask, const int32_t *id, size_t n, double *logits,
                            rw_error *err);

#endif
