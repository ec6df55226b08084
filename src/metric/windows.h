/* windows: which tokens of a corpus a protocol feeds together, and which of their losses it counts.

   A window of n tokens feeds n tokens and has n places: place j is the loss of the token that
   follows the j-th fed one.  Without BOS that takes n + 1 tokens of the document; with one the
   first fed token is BOS, and n are enough.  doc/metrics.md, "nll", says which parameters are which
   published protocol.  */
#ifndef RW_METRIC_WINDOWS_H
#define RW_METRIC_WINDOWS_H

#include "base/mem.h"
#include "model/corpus.h"

#include <stdbool.h>

typedef enum
{
  RW_WINDOWS_SLIDE,    /* one every `stride` tokens */
  RW_WINDOWS_TRUNCATE, /* the first of each document */
  RW_WINDOWS_DISJOINT  /* one after the other */
} rw_windows_how;

typedef enum
{
  RW_BOS_NONE,
  RW_BOS_ONCE,  /* in front of each document */
  RW_BOS_WINDOW /* in front of each window */
} rw_windows_bos;

typedef enum
{
  RW_SCORE_ALL,        /* every place whose token no window before has scored */
  RW_SCORE_LAST,       /* the last `stride` places */
  RW_SCORE_SECOND_HALF /* places from ceil (n / 2) */
} rw_windows_score;

/* What becomes of the end of a document that does not fill a window.  Scored is at most what no
   window before reached.  */
typedef enum
{
  RW_TAIL_NONE,  /* left out */
  RW_TAIL_SHORT, /* a shorter window */
  RW_TAIL_FULL   /* a full window that ends with the document */
} rw_windows_tail;

typedef struct
{
  rw_windows_how windows;
  rw_windows_bos bos;
  rw_windows_score score;
  rw_windows_tail tail;
  size_t length; /* tokens fed, at least 1 */
  size_t stride; /* at least 1; 0: the length */
  size_t most;   /* windows in all; 0: no limit.  Documents take turns.  */
  bool spread;   /* a document's windows stand at even steps from its first token to its last, at
                    least `stride` apart, instead of at its beginning; slide without BOS or tail */
} rw_windows_ask;

typedef struct
{
  size_t document;
  size_t first; /* index in the document of the first fed token that is not BOS */
  size_t n;     /* tokens fed, BOS among them */
  size_t from;  /* places from .. n - 1 are scored */
  bool bos;
} rw_window;

typedef struct
{
  size_t n;
  rw_window *window; /* (n,) document after document, rising; from `keep` */
  size_t fed, scored, longest;
} rw_windows;

/* RW_EDOMAIN where no document is long enough: says how long the longest is.  */
rw_status rw_windows_make (const rw_windows_ask *ask, const rw_corpus *corpus, rw_arena *keep,
                           rw_windows *out, rw_error *err);

/* Index in its document of the token that place j of the window predicts.  */
size_t rw_window_target (const rw_window *w, size_t j);
/* Writes what is fed and, where not NULL, what is predicted: -1 where it is not scored.  Both
   (w->n,).  */
void rw_window_fill (const rw_window *w, const rw_corpus *corpus, int32_t bos, int32_t *id,
                     int32_t *target);

/* Which block of the bootstrap a token belongs to: its document, or, where all windows lie in one,
   its twentieth of what they score.  */
typedef struct
{
  size_t n;
  size_t first, end; /* tokens of the one document; end 0: blocks are documents */
} rw_blocks;

rw_blocks rw_windows_blocks (const rw_windows *w, const rw_corpus *corpus);
size_t rw_blocks_at (const rw_blocks *b, size_t document, size_t token);

#endif
