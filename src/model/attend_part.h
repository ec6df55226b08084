/* attend_part: what the files of rw_attend share.  Private.

   A *row* is one query of one head; all heads of a kv head are rows of the same keys.  A *tile* is
   some queries with their rows, which share a block of keys while it is in the second cache; six
   rows are a *group*, whose scores with a block stay in the first.  Keys go by *blocks* of 256 and
   *segments* of 4096, both cut at their multiples: within a block sums are chains of float32,
   blocks of a segment are added in float32 with a lazily raised reference, segments in double.  So
   a row's bits depend on nothing but its own query and its own keys.  Scores are in units of ln 2.

   The keys of one span of one row are a *piece*, with a rotated query of its own.  */
#ifndef RW_MODEL_ATTEND_PART_H
#define RW_MODEL_ATTEND_PART_H

#include "model/attend.h"
#include "model/attend_kernel.h"
#include "rope/rotate.h"
#include "rule/rule.h"

enum
{
  RW_ATTEND_KEYS = RW_ATTEND_PANEL, /* side by side in the packed copy */
  RW_ATTEND_BLOCK = 256,
  RW_ATTEND_SEGMENT = 4096,
  /* From one row of scores to the next: not a power of two, for the nearest cache.  */
  RW_ATTEND_STEP = RW_ATTEND_BLOCK + RW_ATTEND_LINE
};

/* ---- attend_turns.c ---- */

struct rw_attend_turns
{
  size_t n, pairs, frames, spans;
  rw_trig key[RW_SPANS_FEW];      /* (frames,) */
  rw_trig query[RW_SPANS_FEW];    /* (spans,); rows of spans that a query does not need are 0 */
  bool by_distance;               /* a rule of many spans: key[0] has a row for every distance, with
                                     the factors of both sides, and query[0] does not turn */
  float *owned[2 * RW_SPANS_FEW]; /* what the tables lie in */
};

/* ---- attend_check.c ---- */

/* What does not fit together is refused.  */
rw_status rw_attend_check (const rw_attention *a, rw_error *err);

/* ---- attend.c ---- */

typedef struct
{
  const rw_attention *a;
  const rw_attend_turns *turns;
  const rw_attend_kernels *kernels;
  rw_simd simd;
  size_t dim, width;        /* channels; values' channels in whole lines */
  size_t group;             /* heads of a kv head */
  size_t queries, tiles;    /* of a tile at most; tiles of all queries */
  size_t from, n;           /* keys from .. from + n - 1 may be seen; multiples of a block */
  float *scale;             /* (n_queries,) everything on a query's scores */
  float cap;                /* on the hyperbolic tangents; 0: no cap */
  bool streams;             /* few queries: keys are packed block by block where they are met */
  size_t kv_from, kv_count; /* kv heads at once */
  float *key;   /* (kv_count, frames, n, dim) in groups of 64 keys, channel by channel */
  float *value; /* (kv_count, n, width) */
} rw_attend_job;

typedef struct
{
  size_t query, head, from, to; /* keys from .. to - 1 are seen */
  bool whole;                   /* of one span */
  bool seen;                    /* some key of the segment */
  float ref;                    /* of the segment's weights 2^(s - ref) */
  double sum;
  double all_ref, all_sum; /* of the segments before */
} rw_attend_row;

typedef struct
{
  size_t row, frame, from, to; /* row of the tile */
  const float *q;              /* (dim,) */
} rw_attend_piece;

/* What a thread works on.  */
typedef struct
{
  const rw_attend_job *job;
  size_t kv, n_rows, query, n_queries; /* of the tile */
  rw_attend_row *row;                  /* (rows,) */
  rw_attend_piece *piece;              /* (rows * spans,) group by group, each frame by frame */
  size_t *piece_end;                   /* (groups,) pieces up to the end of each group */
  rw_span *span;                       /* (queries, spans) */
  size_t *n_spans;                     /* (queries,) */
  float *q;                            /* (spans, rows, dim) */
  float *s;                            /* (RW_ATTEND_GROUP, RW_ATTEND_STEP) of a group */
  float *w;                            /* as s: weights */
  float *o;                            /* (rows, width) weighted values of the segment */
  double *all;                         /* (rows, width) of the segments before */
  float *sum;                          /* (RW_ATTEND_GROUP, width) */
  float *spill;                        /* (RW_ATTEND_GROUP, RW_ATTEND_STEP) */
  float *turned;                       /* (RW_ATTEND_KEYS, dim) */
  float *key, *value; /* (frames, RW_ATTEND_BLOCK, dim), (RW_ATTEND_BLOCK, width) */
} rw_attend_desk;

/* ---- attend_pack.c ---- */

/* 64 keys from `first`, turned by the rows `row_of` of the frame's table, or their own where that
   is NULL: (dim, RW_ATTEND_KEYS) to `out`; zeros after the last key.  */
void rw_attend_pack_keys (const rw_attend_job *j, float *turned, size_t kv, size_t frame,
                          size_t first, const int64_t *row_of, float *out);
/* n values, (n, width) to `out`.  */
void rw_attend_pack_values (const rw_attend_job *j, size_t kv, size_t first, size_t n, float *out);
/* The tile's queries turned as its spans say, d->q.  */
void rw_attend_turn_queries (rw_attend_desk *d);

/* ---- attend_score.c ---- */

void rw_attend_cut (rw_attend_desk *d); /* rows and pieces of the tile */
/* Scores of a group's rows with the block of keys at `first`, d->s; key (frames,) is packed.  */
void rw_attend_score (rw_attend_desk *d, size_t group, size_t first, const float *const *key);

/* ---- attend_weigh.c ---- */

/* A group's scores become weights, and weigh the values of the block, rows `step` apart.  */
void rw_attend_weigh (rw_attend_desk *d, size_t group, size_t first, const float *value,
                      size_t step);
void rw_attend_clear (rw_attend_desk *d); /* for the next segment */
/* One row: a segment, its weighted values o (width,), goes to the segments before.  */
void rw_attend_fold (rw_attend_desk *d, size_t row, const float *o);
void rw_attend_write (rw_attend_desk *d, size_t row);
/* The same of the only segment there is, not folded.  */
void rw_attend_write_only (rw_attend_desk *d, size_t row);

/* ---- attend_tile.c ---- */

void rw_attend_tile_begin (rw_attend_desk *d, size_t kv, size_t tile);
void rw_attend_tile_segment (rw_attend_desk *d, size_t segment);
rw_status rw_attend_desk_take (const rw_attend_job *j, rw_attend_desk *d, rw_error *err);

#endif
