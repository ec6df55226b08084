/* attend: softmax attention of whole sequences, flash-style: no row of scores is ever held whole.

   q, k and v come unrotated.  Keys are rotated once a frame of the position rule by double tables
   rounded once, packed, and met by blocks of queries with a running maximum.  Scores and weights
   are float32, as in the models' own implementations; sums over many keys are carried so that
   results do not depend on threads, nor on how many queries are asked at once.  The plain reference
   is rw_attend_plain.  */
#ifndef RW_MODEL_ATTEND_H
#define RW_MODEL_ATTEND_H

#include "base/mem.h"
#include "rope/freqs.h"
#include "rope/geometry.h"

/* cos and sin of all positions below n as keys and as queries under a table and its rule: made once
   for all layers, heads and sequences; 8 bytes a pair, position and frame or span.  Their bits do
   not depend on n.  Borrows nothing.  */
typedef struct rw_attend_turns rw_attend_turns;
rw_status rw_attend_turns_new (const rw_geometry *g, const rw_freqs *f, double length, size_t n,
                               int threads, rw_attend_turns **out, rw_error *err);
void rw_attend_turns_free (rw_attend_turns *t); /* NULL-safe */

typedef struct
{
  const rw_geometry *geometry; /* head_dim, layout, logit_scale, original_length */
  const rw_freqs *freqs;       /* table, factors, rule, query scale; n == 0: no rotation */
  double length;               /* of rules */
  size_t heads, kv_heads, value_dim;
  size_t n_keys;    /* positions 0 .. n_keys - 1 */
  size_t n_queries; /* the last n_queries of those positions */
  size_t window;    /* key n is visible to query m iff m - n < window; 0: all */
  double cap;       /* soft cap: cap tanh (s / cap); 0: none */
  const float *q;   /* (n_queries, heads, head_dim), tokens `q_token` values apart */
  const float *k;   /* (n_keys, kv_heads, head_dim), tokens `k_token` apart */
  const float *v;   /* (n_keys, kv_heads, value_dim), tokens `v_token` apart */
  size_t q_token, k_token, v_token;
  float *out; /* (n_queries, heads, value_dim), tokens `out_token` apart; may be q where the
                 widths are equal */
  size_t out_token;
  int threads;
  rw_arena *scratch; /* packed keys and values of one kv head at least, and what threads work on;
                        the caller resets it between calls */
  const rw_attend_turns *turns; /* OPTIONAL: of this geometry, table and length, for n_keys
                                   positions or more; NULL: made for this call */
} rw_attention;

rw_status rw_attend (const rw_attention *a, rw_error *err);
/* Key by key in double through rw_logit.  */
rw_status rw_attend_plain (const rw_attention *a, rw_error *err);

#endif
