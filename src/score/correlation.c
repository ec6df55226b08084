/* correlation: every distance's sums, divided and kept; see correlation.h.  */
#include "score/correlation.h"
#include "base/mem.h"
#include "score/correlation_kept.h"
#include "score/lags.h"

#ifdef _OPENMP
#  include <omp.h>
#else
#  define omp_get_thread_num() 0
#endif

enum
{
  PIECE = 64,    /* distances kept at once */
  SHARE = 64,    /* pieces a thread takes at once */
  SHARED = 32768 /* from so many threads pay */
};

/* One set is being made: of an eight of pairs, or of the unrotated channels together.  */
typedef struct
{
  const rw_correlation_ask *ask;
  rw_correlation *c;
  rw_lags *lags;
  int threads;
  rw_lanes *q, *k; /* (eights,) */
  size_t eights;
  bool rest;
  size_t group; /* where not rest */
  double *room; /* (threads, room_size) of the first keys' products */
  size_t room_size;
} making;

/* The products with the first n_sink keys, which are not to count, at distances from .. from + n -
   1, taken off x (n, ELEMENT).  Room for (n + 2 n_sink) elements.  */
static void
leave_out (const making *w, size_t eight, size_t from, size_t n, double *x, double *room)
{
  const size_t tokens = w->c->n, sinks = w->c->n_sink < tokens ? w->c->n_sink : tokens;
  const size_t most = n + sinks, left = tokens - from, rows = most < left ? most : left;
  double *key = room, *query = key + sinks * ELEMENT;
  rw_lanes_read (&w->k[eight], NULL, 0, sinks, key);
  rw_lanes_read (&w->q[eight], w->ask->scale, from, rows, query);
  for (size_t j = 0; j < n; j++)
    for (size_t s = 0; s < sinks && j + s < rows; s++)
      {
        const rw_two *a = (const rw_two *) (query + (j + s) * ELEMENT);
        const rw_two *b = (const rw_two *) (key + s * ELEMENT);
        rw_two *y = (rw_two *) (x + j * ELEMENT);
        for (size_t re = 0, im = RW_LANES / RW_TWO; re < RW_LANES / RW_TWO; re++, im++)
          {
            y[re] -= a[re] * b[re] + a[im] * b[im];
            y[im] -= a[im] * b[re] - a[re] * b[im];
          }
      }
}

static void
keep_pairs (const making *w, size_t set, size_t k, double by, const double *x)
{
  const rw_correlation *c = w->c;
  const size_t at = (k * c->groups + w->group) * ELEMENT;
  if (c->keep == RW_FLOAT32)
    for (size_t i = 0; i < ELEMENT; i++)
      ((float *) c->value[set])[at + i] = (float) (x[i] * by);
  else
    for (size_t i = 0; i < ELEMENT; i++)
      ((double *) c->value[set])[at + i] = x[i] * by;
}

static void
keep_rest (const making *w, size_t set, size_t k, double by, const double *x)
{
  double sum = 0;
  for (size_t i = 0; i < RW_LANES; i++)
    sum += x[i];
  w->c->rest[set][k] = sum * by;
}

/* Entries k .. k + n - 1, whose distances follow each other.  */
static void
keep_some (const making *w, size_t k, size_t n)
{
  const rw_correlation *c = w->c;
  const size_t from = rw_correlation_at (c, k);
  double x[PIECE * ELEMENT];
  rw_lags_read (w->lags, from, n, x);
  for (size_t set = 0; set < rw_correlation_sets (c); set++)
    {
      const size_t sinks = set ? c->n_sink : 0;
      double *room = w->room + (size_t) omp_get_thread_num () * w->room_size;
      for (size_t eight = 0; set && eight < w->eights; eight++)
        leave_out (w, eight, from, n, x, room);
      for (size_t j = 0; j < n; j++)
        {
          const size_t lost = from + j + sinks;
          const double by = lost < c->n ? 1 / (double) (c->n - lost) : 0;
          (w->rest ? keep_rest : keep_pairs) (w, set, k + j, by, x + j * ELEMENT);
        }
    }
}

static void
make (making *w)
{
  const size_t kept = w->c->kept, step = w->c->distance ? 1 : PIECE;
  rw_lags_run (w->lags, w->q, w->k, w->eights, w->ask->scale);
#pragma omp parallel for schedule(dynamic, SHARE) num_threads(w->threads) if (kept >= SHARED)
  for (size_t k = 0; k < kept; k += step)
    keep_some (w, k, kept - k < step ? kept - k : step);
}

static void
make_all (making *w, size_t rest_eights)
{
  const rw_qk *qk = w->ask->qk;
  const size_t pairs = w->c->pairs;
  for (w->group = 0; w->group < w->c->groups; w->group++)
    {
      w->eights = 1;
      w->q[0] = rw_lanes_pairs (&qk->q, w->ask->layout, pairs, w->group);
      w->k[0] = rw_lanes_pairs (&qk->k, w->ask->layout, pairs, w->group);
      make (w);
    }
  w->eights = rest_eights;
  w->rest = true;
  for (size_t g = 0; g < rest_eights; g++)
    {
      w->q[g] = rw_lanes_rest (&qk->q, 2 * pairs, g);
      w->k[g] = rw_lanes_rest (&qk->k, 2 * pairs, g);
    }
  if (rest_eights)
    make (w);
}

static rw_status
run (const rw_correlation_ask *ask, rw_correlation *c, rw_error *err)
{
  const size_t rest = (ask->qk->q.dim - 2 * ask->pairs + ELEMENT - 1) / ELEMENT;
  making w = { .ask = ask, .c = c, .threads = ask->threads > 1 ? ask->threads : 1 };
  w.room_size = (PIECE + 2 * c->n_sink) * ELEMENT;
  w.q = rw_new (rest + 1, sizeof *w.q);
  w.k = rw_new (rest + 1, sizeof *w.k);
  w.room = rw_new (w.room_size * (size_t) w.threads, sizeof *w.room);
  rw_status s = w.q && w.k && w.room ? RW_OK : rw_nomem (err, w.room_size * sizeof *w.room);
  if (!s)
    s = rw_lags_new (c->n, ask->block, rest > 1, w.threads, &w.lags, err);
  if (!s)
    make_all (&w, rest);
  rw_lags_free (w.lags);
  rw_free (w.room);
  rw_free (w.k);
  rw_free (w.q);
  return s;
}

static rw_status
refuse (const rw_correlation_ask *ask, rw_error *err)
{
  const rw_rows *q = &ask->qk->q;
  const rw_status s = rw_qk_check (ask->qk, err);
  if (s)
    return s;
  if (!q->n)
    return rw_fail (err, RW_EINVAL, "q and k have no tokens: at least one was expected");
  if (2 * ask->pairs > q->dim)
    return rw_fail (err, RW_EDOMAIN, "%zu pairs rotate, but q and k have %zu channels", ask->pairs,
                    q->dim);
  for (size_t i = 0; i < ask->n_distances; i++)
    if (ask->distance[i] < 0 || ask->distance[i] >= (int64_t) q->n)
      return rw_fail (err, RW_EINVAL,
                      "distance %lld: below the number of tokens, %zu, was expected",
                      (long long) ask->distance[i], q->n);
  return RW_OK;
}

static rw_status
room_new (const rw_correlation_ask *ask, rw_correlation *c, rw_error *err)
{
  const size_t size = c->keep == RW_FLOAT32 ? sizeof (float) : sizeof (double);
  const size_t values = c->kept * c->groups * ELEMENT;
  bool had = true;
  for (size_t set = 0; set < rw_correlation_sets (c); set++)
    {
      had = had && (c->value[set] = rw_new (values, size));
      if (2 * c->pairs < ask->qk->q.dim)
        had = had && (c->rest[set] = rw_new (c->kept, sizeof (double)));
    }
  if (had && ask->n_distances)
    had = (c->distance = rw_new (c->kept, sizeof *c->distance));
  for (size_t i = 0; had && i < ask->n_distances; i++)
    c->distance[i] = ask->distance[i];
  return had ? RW_OK : rw_nomem (err, values * size);
}

rw_status
rw_correlation_new (const rw_correlation_ask *ask, rw_correlation **out, rw_error *err)
{
  *out = NULL;
  rw_status s = refuse (ask, err);
  if (s)
    return s;
  rw_correlation *c = rw_new (1, sizeof *c);
  if (!c)
    return rw_nomem (err, sizeof *c);
  *c = (rw_correlation){ .n = ask->qk->q.n,
                         .pairs = ask->pairs,
                         .groups = (ask->pairs + RW_LANES - 1) / RW_LANES,
                         .n_sink = ask->n_sink,
                         .kept = ask->n_distances ? ask->n_distances : ask->qk->q.n,
                         .keep = ask->keep };
  s = room_new (ask, c, err);
  if (!s)
    s = run (ask, c, err);
  if (s)
    rw_correlation_free (c);
  else
    *out = c;
  return s;
}

void
rw_correlation_free (rw_correlation *c)
{
  for (size_t set = 0; c && set < 2; set++)
    {
      rw_free (c->value[set]);
      rw_free (c->rest[set]);
    }
  if (c)
    rw_free (c->distance);
  rw_free (c);
}

size_t
rw_correlation_size (const rw_correlation *c)
{
  return c->kept;
}
