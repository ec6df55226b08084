/* bench_table: tables of cos and sin, beside scaling in place; bytes are those of the table.

   Writing alone can be faster than scaling, which reads as well: a share above 100 % is no error.
   `table naive` is what plain C does: one libm cosine and sine of a rounded product a value.  */
#include "config.h"

#include "cli/bench.h"
#include "rope/trig.h"

#include <math.h>
#include <stdio.h>

enum
{
  PAIRS = 64,
  FEW = 1 << 14, /* positions of the slow rows */
  QUICK = 600    /* enough for the fast path */
};
static const size_t many = (size_t) 1 << 20;
static const double base = 10000;

typedef struct
{
  const char *name;
  rw_trig_arithmetic arithmetic;
  rw_dtype type;
  size_t n;
  bool list; /* positions one by one, in an order of their own */
} work;

static const work works[] = {
  { "table", RW_TRIG_EXACT, RW_FLOAT32, (size_t) 1 << 20, false },
  { "table", RW_TRIG_EXACT, RW_FLOAT32, 4096, false },
  { "table", RW_TRIG_EXACT, RW_BFLOAT16, (size_t) 1 << 20, false },
  { "table list", RW_TRIG_EXACT, RW_FLOAT32, FEW, true },
  { "table hf", RW_TRIG_HF, RW_FLOAT32, FEW, false },
};

typedef struct
{
  rw_freqs freqs;
  rw_positions positions;
  rw_trig table;
  rw_trig_arithmetic arithmetic;
  rw_arena *scratch;
  double *at; /* (FEW,) */
  int threads;
} load;

static rw_status
run_fill (void *data, rw_error *err)
{
  load *l = data;
  rw_arena_reset (l->scratch);
  return rw_trig_fill (&l->freqs, &l->positions, l->arithmetic, l->threads, l->scratch, &l->table,
                       err);
}

static rw_status
run_naive (void *data, rw_error *err)
{
  const load *l = data;
  float *c = l->table.cos, *s = l->table.sin;
  (void) err;
  for (size_t j = 0; j < l->table.n; j++)
    for (size_t i = 0; i < PAIRS; i++)
      {
        const double angle = (double) j * l->freqs.inv_freq[i];
        c[j * PAIRS + i] = (float) cos (angle);
        s[j * PAIRS + i] = (float) sin (angle);
      }
  return RW_OK;
}

static rw_status
time_load (bench *b, load *l, const char *name, rw_status (*run) (void *, rw_error *),
           rw_error *err)
{
  bench_row row = { .name = name, .unit = "GB/s", .limit = "scale" };
  const rw_status s = bench_time (b, run, l, &row.seconds, err);
  if (s)
    return s;
  const size_t bytes = 2 * l->table.n * PAIRS * rw_dtype_size (l->table.type);
  row.rate = (double) bytes / row.seconds * 1e-9;
  row.share = (double) bytes / row.seconds / b->limits.scale[l->threads > 1];
  snprintf (row.size, sizeof row.size, "%zu x %d %s, %d thread%s", l->table.n, PAIRS,
            rw_dtype_text (l->table.type), l->threads, l->threads == 1 ? "" : "s");
  b->emit (b, &row);
  return RW_OK;
}

static rw_status
time_work (bench *b, load *l, const work *w, rw_error *err)
{
  const size_t n = b->quick ? QUICK : w->n;
  l->arithmetic = w->arithmetic;
  l->positions = (rw_positions){ .n = n, .step = 1, .at = w->list ? l->at : NULL };
  l->table.type = w->type;
  l->table.n = n;
  l->threads = 1;
  const rw_status s = time_load (b, l, w->name, run_fill, err);
  l->threads = b->threads;
  return s || b->threads == 1 ? s : time_load (b, l, w->name, run_fill, err);
}

static rw_status
open_load (const bench *b, load *l, rw_error *err)
{
  const size_t n = (b->quick ? QUICK : many) * PAIRS;
  rw_status s = rw_freqs_size (&l->freqs, PAIRS, err);
  for (size_t i = 0; !s && i < PAIRS; i++)
    l->freqs.inv_freq[i] = pow (base, -(double) i / PAIRS);
  l->scratch = rw_arena_new ();
  l->at = rw_new (FEW, sizeof *l->at);
  l->table = (rw_trig){ .pairs = PAIRS,
                        .row = PAIRS,
                        .cos = rw_new (n, sizeof (float)),
                        .sin = rw_new (n, sizeof (float)) };
  if (!s && !(l->scratch && l->at && l->table.cos && l->table.sin))
    s = rw_nomem (err, 2 * n * sizeof (float));
  for (size_t j = 0; !s && j < FEW; j++)
    l->at[j] = (double) (j * 40503 % many); /* Knuth's multiplier: no two neighbours follow */
  return s;
}

rw_status
bench_table (bench *b, rw_error *err)
{
  load l = { 0 };
  rw_status s = open_load (b, &l, err);
  for (size_t k = 0; !s && k < sizeof works / sizeof *works; k++)
    s = time_work (b, &l, &works[k], err);
  if (!s)
    {
      l.table.type = RW_FLOAT32;
      l.table.n = b->quick ? QUICK : FEW;
      l.threads = 1;
      s = time_load (b, &l, "table naive", run_naive, err);
    }
  rw_free (l.table.cos);
  rw_free (l.table.sin);
  rw_free (l.at);
  rw_arena_free (l.scratch);
  rw_freqs_free (&l.freqs);
  return s;
}
