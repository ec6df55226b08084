/* rows_part: what the files of rw_rows_run share.  Private.

   Scores are in units of ln 2 (the query carries the factor log2 e), so that exponentials are
   powers of two.  A *strip* is 512 neighbouring keys, a *piece* the keys of one span of one query:
   it has its own rotated query vector and its own sums, and is added to its query's *row* now and
   then.  Six pieces of a frame are a *group*, whose scores of a strip the kernel makes at once.  */
#ifndef RW_SCORE_ROWS_PART_H
#define RW_SCORE_ROWS_PART_H

#include "base/simd.h"
#include "rope/turn.h"
#include "rule/rule.h"
#include "score/rows.h"

#include <math.h>

enum
{
  RW_ROWS_BLOCK = 64,   /* keys side by side in the packed copy */
  RW_ROWS_STRIP = 512,  /* keys of one pass over all queries of a chunk: 128 KB at d = 64, in L2 */
  RW_ROWS_FLUSH = 4096, /* keys after which float sums go into double */
  RW_ROWS_GROUP = 6,    /* queries of the kernel: 6 x 4 vectors of sums fill the registers */
  RW_ROWS_ROW = 8,      /* floats a channel of a group's queries */
  RW_ROWS_LANES = 16    /* floats of the widest vector */
};

/* ---- rows_kernel.c ---- */

/* Scores of six queries, q (dim, RW_ROWS_ROW), with a block of keys, k (dim, RW_ROWS_BLOCK), into
   s (RW_ROWS_GROUP, RW_ROWS_STRIP).  far: dim cache lines that will be wanted soon, or NULL.  */
void rw_rows_dot (rw_simd simd, const float *q, const float *k, const float *far, size_t dim,
                  float *s);

/* Sums of p = 2^(s - ref) by lanes; padded to whole cache lines, two for the prefetcher.  */
typedef struct
{
  float p[RW_ROWS_LANES], pt[RW_ROWS_LANES];  /* p; p (s - ref) */
  float pp[RW_ROWS_LANES], px[RW_ROWS_LANES]; /* p^2; p times the key's place */
  float ref;
  int64_t base; /* the first key they have */
} __attribute__ ((aligned (128))) rw_rows_sums;

/* Adds n scores, of keys at places x, x + 1, ...; *most is the largest.  False, and nothing added,
   where that is above the reference by more than 30 (natural): it has to be raised.  */
bool rw_rows_fold (rw_simd simd, const float *s, size_t n, float x, rw_rows_sums *sums,
                   float *most);
/* sum (i) += s, square (i) += s^2.  */
void rw_rows_spread (rw_simd simd, const float *s, size_t n, double *sum, double *square);

/* ---- rows_pack.c ---- */

typedef struct
{
  const rw_rows_ask *ask;
  rw_simd simd;
  size_t n, dim, pairs; /* keys, channels, rotary pairs */
  size_t blocks;        /* of RW_ROWS_BLOCK keys */
  double *trained;      /* (pairs,) */
  size_t frames;
  float **key;    /* (frames,) of (blocks, dim, RW_ROWS_BLOCK), rotated */
  bool turning;   /* a rule of many spans: key[0] is not rotated, and scores take `turn` */
  float *turn[2]; /* cos and sin (pairs, n) by falling distance n-1 .. 0; NULL where not */
  float *bias; /* (n + RW_ROWS_BLOCK,) by falling distance, then zeros; NULL where there is none */
} rw_rows_keys;

/* All of it lies in ask->scratch.  */
rw_status rw_rows_pack (const rw_rows_ask *ask, rw_rows_keys *out, rw_error *err);

/* ---- rows_turns.c ---- */

typedef struct rw_rows_turns rw_rows_turns;
rw_status rw_rows_turns_new (const rw_rows_keys *keys, rw_rows_turns **out, rw_error *err);
void rw_rows_turns_free (rw_rows_turns *t); /* NULL-safe */

/* Where the keys of a block stand in a frame.  */
typedef struct
{
  enum
  {
    RW_ROWS_WHOLE, /* integers near each other */
    RW_ROWS_EVEN,  /* evenly spaced by the frame's step */
    RW_ROWS_ANY
  } kind;
  bool in_order; /* p, p + 1, ... */
  double base;   /* multiple of RW_ROWS_BLOCK */
  double position[RW_ROWS_BLOCK];
  bool trained[RW_ROWS_BLOCK];
} rw_rows_places;

void rw_rows_turns_place (const rw_rows_turns *t, size_t frame, size_t first, rw_rows_places *at);
/* cos and sin of pair i at those places, *c and *s (RW_ROWS_BLOCK,), all to be multiplied by what
   is returned; room is (2, RW_ROWS_BLOCK).  */
rw_turn rw_rows_turns_get (const rw_rows_turns *t, size_t frame, const rw_rows_places *at, size_t i,
                           double *room, const double **c, const double **s);

/* ---- rows_query.c ---- */

/* Query m turned as the span says, times its scale and log2 e: to out[channel * RW_ROWS_ROW].  x is
   (dim,) scratch.  */
void rw_rows_query (const rw_rows_keys *keys, int64_t m, const rw_span *span, double *x,
                    float *out);
/* Scores of one query, q[channel * RW_ROWS_ROW], with a block of keys under `turning`.  */
void rw_rows_turn (const rw_rows_keys *keys, const float *q, int64_t m, size_t block, float *s);
/* Adds the bias to them, where there is one.  */
void rw_rows_bias (const rw_rows_keys *keys, int64_t m, size_t block, float *s);

/* ---- rows_total.c ---- */

/* A query's sums in double, of p = 2^(s - ref).  */
typedef struct
{
  int64_t m;
  double ref, max;
  double p, pt, pp, pd, sink; /* pd: p times the distance */
  double *bin;                /* (n_bins,) */
  float *at;                  /* (n_at,) scores */
} rw_rows_row;

enum
{
  RW_ROWS_NO_BIN = -1
};

/* Adds a piece's sums, which belong to a bin and perhaps to the sinks, and clears them; `distance`
   is that of the key at place 0.  */
void rw_rows_gather (rw_rows_row *row, rw_rows_sums *sums, size_t n_bins, int64_t bin,
                     int64_t distance, bool sink);
/* The results of query k from its row; its share of mass_sum and weight_sum goes to sum[0 ..
   n_bins - 1] and sum[n_bins ...].  */
void rw_rows_close (const rw_rows_keys *keys, const rw_rows_row *row, size_t k, rw_rows_result *out,
                    double *sum);
int64_t rw_rows_first (const rw_rows_ask *ask, int64_t m); /* the first visible key */

/* ---- rows_bound.c ---- */

/* Sums of the scores of a band by distance.  */
typedef struct
{
  size_t n;                   /* queries so far */
  int64_t reach, sinks;       /* distances 0 .. reach; reach < 0: none */
  double *sum, *square;       /* (reach + 1,) by falling distance */
  double *sink, *sink_square; /* (sinks,) */
} rw_rows_band;

/* Room for the widest band of the ask.  */
rw_status rw_rows_band_new (const rw_rows_ask *ask, rw_rows_band *band, rw_error *err);
void rw_rows_band_free (rw_rows_band *band);
void rw_rows_band_open (const rw_rows_ask *ask, size_t b, rw_rows_band *band);
/* Scores s of keys from .. from + n - 1 of query m.  */
void rw_rows_band_add (rw_simd simd, rw_rows_band *band, int64_t m, int64_t from, size_t n,
                       const float *s);
void rw_rows_band_close (const rw_rows_keys *keys, const rw_rows_band *band, double *bound,
                         double *estimate);

/* ---- rows_walk.c ---- */

typedef struct rw_rows_walk rw_rows_walk;
/* What a thread needs for chunks of `most` queries.  */
rw_status rw_rows_walk_new (const rw_rows_keys *keys, size_t most, rw_rows_walk **out,
                            rw_error *err);
void rw_rows_walk_free (rw_rows_walk *w); /* NULL-safe */
/* Queries first .. first + n - 1 over all their keys.  band may be NULL.  */
void rw_rows_walk_run (rw_rows_walk *w, size_t first, size_t n, rw_rows_band *band,
                       rw_rows_result *out, double *sum);

#endif
