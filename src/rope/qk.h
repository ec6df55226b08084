/* qk: the queries, keys and values of one attention head before rotation, and what a metric sees.

   A source makes an rw_qk; whoever took it frees it with rw_qk_free.  Row m of q is the query at
   position m, row n of k the key at position n: positions start at 0.  Grouped heads: q is one
   query head, k and v the head that it shares.  */
#ifndef RW_ROPE_QK_H
#define RW_ROPE_QK_H

#include "base/mem.h"
#include "base/tensor.h"
#include "rope/freqs.h"
#include "rope/model.h"

typedef struct
{
  rw_rows q, k; /* (n tokens, head_dim) */
  rw_rows v;    /* (n tokens, any width); data NULL where there is none */
  double sink;  /* learned sink logit of this head, in the partition function; -INFINITY for none */
  void *owned[3]; /* from rw_new, or NULL: memory that lives as long as this */
} rw_qk;

void rw_qk_free (rw_qk *qk); /* frees what it owns and zeroes it; NULL-safe */
/* RW_EINVAL where q and k differ in tokens or channels.  */
rw_status rw_qk_check (const rw_qk *qk, rw_error *err);

/* What a metric or a source needs besides numbers.  */
enum
{
  RW_NEEDS_QK = 1,      /* in->qk: a config without a source is refused */
  RW_ALONE = 2,         /* the memory of one point at a time: the runner gives it all threads */
  RW_NEEDS_NETWORK = 4, /* in->network: a config whose model has no weights is refused; comes with
                           RW_ALONE */
  RW_NEEDS_FREQS = 8    /* of a source: in->freqs, so that schedules do not share q and k */
};

/* What sources and metrics see of a point, never frequencies (but see `freqs`).  Borrowed for the
 * call.  */
typedef struct
{
  const rw_geometry *geometry;      /* of the model's layer type */
  double length;                    /* L': tokens in the sequence */
  double longest;                   /* the largest length of the sweep */
  size_t layer, head;               /* of the axes of these names, else 0 */
  const rw_model *model;            /* of the point */
  size_t rope;                      /* the point's rope: its index in the model, or RW_NO_ROPE */
  const struct rw_network *network; /* the model's weights (model/network.h); NULL where no metric
                                       or source needs them */
  const struct rw_corpus
      *corpus;           /* what this metric or source asked for (model/corpus.h), or NULL */
  const rw_freqs *freqs; /* of a source alone that needs them (RW_NEEDS_FREQS); else NULL */
  void **memo;           /* of a source alone: what it keeps from group to group; see source.h */
  const rw_qk *qk;       /* of `length` tokens; NULL where the config has no source */
  size_t n_distances;
  const double *distance; /* (n_distances,) the file's distance axis, rising */
  size_t n_positions;
  const double *position; /* (n_positions,) the file's position axis, rising */
  uint64_t seed, group;   /* of the random streams (base/rng.h) */
  rw_arena *scratch;      /* this thread's; reset by the runner before every call */
  int threads;            /* threads the call may use itself */
  /* Not 0: somebody waits for the program to end.  What takes minutes looks at it now and then and
     returns RW_EINTR: the point is then neither done nor failed.  May be NULL.  A sig_atomic_t,
     without the header that knows it, which takes common names.  */
  const volatile int *stop;
} rw_input;

#endif
