/* direct_pass: what the files of `direct` share; private.  Each calls only those before it:
   direct_turn.c (rotates keys and queries), direct_scores.c (dot products), direct.c.

   Keys are rotated once a frame of the rule.  Queries come in stretches; each has a row a span of
   keys that it meets, rotated to its position there, sorted by frame.  Under a rule of many frames
   that goes by the distance alone both stay as they are and the queries are turned anew for every
   distance.  */
#ifndef RW_SCORE_DIRECT_PASS_H
#define RW_SCORE_DIRECT_PASS_H

#include "rule/rule.h"
#include "score/direct.h"
#include "score/tally.h"

#include <stdint.h>

/* Distances first .. last of one bin: wide ones by tiles, others one by one.  */
typedef struct
{
  size_t bin;
  int64_t first, last;
  double shift;
  rw_tally tally;
} rw_direct_piece;

/* Pieces from .. to - 1, that one thread works on; a wide one is alone.  */
typedef struct
{
  size_t from, to;
  bool wide;
} rw_direct_task;

/* A query where it meets keys from .. to - 1 of one frame.  */
typedef struct
{
  int64_t m, from, to;
  double factor; /* of its scores */
} rw_direct_row;

typedef struct rw_direct_work rw_direct_work; /* one thread's room */

typedef struct
{
  const rw_direct_ask *ask;
  size_t frames, spans;
  bool by_distance;
  bool tiles;      /* for wide pieces; a bias is added distance by distance */
  size_t dim;      /* channels, filled up with zeros to a multiple of 16 */
  double *trained; /* (pairs,) */
  float *key;      /* (frames, keys, dim) */
  int64_t *query;  /* (n,) tokens of the sample, or NULL: all */
  size_t n;
  rw_direct_piece *piece; /* (n_pieces,) */
  rw_direct_task *task;   /* (n_tasks,) */
  size_t n_pieces, n_tasks;
  /* The stretch: rows of frame f are start[f] .. start[f + 1] - 1, a multiple of 16.  */
  size_t *start;      /* (frames + 1,) */
  rw_direct_row *row; /* (room,) */
  rw_span *span;      /* (RW_DIRECT_STRETCH, spans) of each query */
  size_t *n_span;     /* (RW_DIRECT_STRETCH,) */
  float *q;           /* (room, dim) */
  float *panel;       /* (room / 16, dim, 16), or NULL where no piece is wide */
  size_t room;
  double *position;     /* (room,) of each row */
  bool *turns;          /* (room,) by the trained frequencies */
  float *cos, *sin;     /* (room, pairs) */
  float *raw;           /* (RW_DIRECT_STRETCH, channels) as read */
  rw_arena *tables;     /* for rw_trig_fill */
  rw_direct_work *work; /* (threads,) */
  rw_simd simd;
} rw_direct_pass;

enum
{
  RW_DIRECT_STRETCH = 8192 /* queries, or keys: tables of their angles stay in the cache */
};

/* ---- direct_turn.c ---- */
/* n <= 16 rows of x (n, dim) side by side: out is (dim, 16), zeros beyond n.  */
void rw_direct_pack (const float *x, size_t n, size_t dim, float *out);
/* Takes the pass's memory; its fields up to n_tasks are set.  */
rw_status rw_direct_turn_open (rw_direct_pass *p, rw_error *err);
void rw_direct_turn_close (rw_direct_pass *p);
rw_status rw_direct_turn_keys (rw_direct_pass *p, rw_error *err);
/* Queries from .. from + n - 1 of the sample, n at most RW_DIRECT_STRETCH.  */
rw_status rw_direct_turn_queries (rw_direct_pass *p, size_t from, size_t n, rw_error *err);

/* ---- direct_scores.c ---- */
rw_status rw_direct_scores_open (rw_direct_pass *p, rw_error *err);
/* Adds the scores of the stretch to the pieces of all tasks.  */
rw_status rw_direct_scores (rw_direct_pass *p, rw_error *err);

#endif
