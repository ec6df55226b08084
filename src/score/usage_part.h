/* usage_part: what the files of rw_usage_run share.  Private.

   A *batch* is up to 48 queries.  As in score/rows_part.h a piece is one span of one query, a group
   six pieces of a frame, a strip 512 keys.  The partition function of a query is known before its
   keys are weighed, so that weights are final as they come.  */
#ifndef RW_SCORE_USAGE_PART_H
#define RW_SCORE_USAGE_PART_H

#include "score/rows_part.h"
#include "score/usage.h"

enum
{
  RW_USAGE_BATCH = 48 /* queries: eight groups for a strip that is in the second cache */
};

/* ---- usage_kernel.c ---- */

/* p (n,) = 2^(s - ref) where a <= its place < b, else 0, and their sum.  n is a multiple of
   RW_ROWS_LANES; powers below 2^-120 count as that.  */
float rw_usage_weigh (rw_simd simd, const float *s, size_t n, size_t a, size_t b, float ref,
                      float *p);

/* Lengths of n pairs: out = sqrt (x^2 + y^2).  n is a multiple of RW_ROWS_LANES.  */
void rw_usage_norm (rw_simd simd, const float *x, const float *y, size_t n, float *out);

/* sum (channels, RW_ROWS_GROUP) += sum over `blocks` blocks of keys of p times x: p is
   (RW_ROWS_GROUP, RW_ROWS_STRIP), x (channels, RW_ROWS_BLOCK) for the first block, those of the
   next block `stride` floats on.  */
void rw_usage_add (rw_simd simd, const float *p, const float *x, size_t stride, size_t blocks,
                   size_t channels, double *sum);

/* ---- a batch ---- */

typedef struct
{
  size_t row;       /* query of the batch */
  int64_t from, to; /* keys */
  size_t group, at; /* its group, and its place there */
  size_t frame;
  double position;
  bool trained;
} rw_usage_piece;

typedef struct
{
  int64_t m;
  float ref;            /* of its weights, in units of ln 2 */
  double first, weight; /* p of key 0, 0 where it is not seen; those of all others and the sink's */
  const rw_usage_piece *opening; /* the piece of key 0, or NULL */
} rw_usage_query;

typedef struct
{
  const rw_rows_keys *keys;
  size_t sums; /* channels and norms: 3 * pairs */
  size_t n_queries, n_pieces, n_groups;
  rw_usage_query query[RW_USAGE_BATCH];
  rw_usage_piece *piece; /* (n_pieces,) by frame */
  size_t *start;         /* (n_groups + 1,) the first piece of each group */
  float *q;              /* (n_groups, dim, RW_ROWS_ROW) */
  double *sum;           /* (n_groups, sums, RW_ROWS_GROUP) */
  double *x;             /* (dim,) */
  float *score;          /* (RW_ROWS_GROUP, RW_ROWS_STRIP) */
  float *weight;         /* (RW_ROWS_GROUP, RW_ROWS_STRIP) */
  float *norm;    /* (RW_ROWS_STRIP / RW_ROWS_BLOCK, pairs, RW_ROWS_BLOCK) of a frame's strip */
  double *result; /* (4, pairs) */
} rw_usage_batch;

/* ---- usage_strip.c ---- */

/* The channel of a pair's real or imaginary part.  */
size_t rw_usage_channel (const rw_rows_keys *keys, size_t pair, bool imaginary);

/* Keys strip .. strip + RW_ROWS_STRIP - 1 and all groups.  */
void rw_usage_strip (rw_usage_batch *b, int64_t strip);

/* ---- usage_batch.c ---- */

/* What a thread needs.  The caller frees it, also after a failure.  */
rw_status rw_usage_batch_new (const rw_rows_keys *keys, rw_usage_batch **out, rw_error *err);
void rw_usage_batch_free (rw_usage_batch *b); /* NULL-safe */

/* One query's results, before they are added to its segment; each (pairs,).  */
typedef struct
{
  double *contribution, *ceiling, *contribution_rest, *ceiling_rest;
  bool rest; /* there is a key beside the first */
} rw_usage_row;

/* Queries first .. first + n - 1, of the partition functions log_partition[first ...] (nats).  */
void rw_usage_batch_run (rw_usage_batch *b, size_t first, size_t n, const double *log_partition);
/* Query `row` of the batch that was run; its arrays are overwritten by the next call.  */
rw_usage_row rw_usage_batch_row (rw_usage_batch *b, size_t row);

#endif
