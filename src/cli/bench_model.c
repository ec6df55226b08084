/* bench_model: prefill: tokens a second of a model file, logits of the last token only.

   The file is that of ROPEWALK_BENCH_MODEL, else the shipped one.  First the GEMM library's own
   rate, tile by tile in the caches, beside the FMA peak; then the linear layers alone; then whole
   sequences, of 512 tokens and of ROPEWALK_BENCH_LENGTH (2048), whose share is what their linear
   layers make of that rate: everything else is in the time.  */
#include "config.h"

#include "base/mem.h"
#include "cli/bench.h"
#include "cli/bench_linear.h"
#include "model/forward.h"
#include "model/product.h"
#include "stack/stack.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum
{
  TILE_K = 576,
  TILE_COLS = 128,
  TILES = 64, /* a run */
  SHORT = 512,
  LONG = 2048,
  LONG_MAX = 1 << 20
};

/* ---- the library's own rate ---- */

typedef struct
{
  rw_product *p;
  float *x, *w, *y;
  void *panel;
} tile;

static rw_status
run_tiles (void *data, rw_error *err)
{
  const tile *t = data;
  for (int i = 0; i < TILES; i++)
    if (!rw_product_run (t->p, t->x, t->panel, t->y))
      return rw_fail (err, RW_EINVAL, "a product failed");
  return RW_OK;
}

static rw_status
time_tiles (bench *b, tile *t, double *rate, rw_error *err)
{
  static const rw_product_shape shape = { .k = TILE_K, .cols = TILE_COLS };
  bench_row row = { .name = "product tile", .unit = "GFLOP/s", .limit = "FMA 32" };
  rw_status s = rw_product_new (&shape, &t->p, err);
  if (s)
    return s;
  t->x = rw_new (RW_PRODUCT_ROWS * TILE_K, sizeof *t->x);
  t->w = rw_new (TILE_COLS * TILE_K, sizeof *t->w);
  t->y = rw_new (RW_PRODUCT_ROWS * TILE_COLS, sizeof *t->y);
  t->panel = rw_new (rw_product_bytes (t->p), 1);
  if (!t->x || !t->w || !t->y || !t->panel)
    return rw_nomem (err, rw_product_bytes (t->p));
  if (!rw_product_pack (t->p, t->w, t->panel))
    return rw_fail (err, RW_EINVAL, "a panel was not packed");
  s = bench_time (b, run_tiles, t, &row.seconds, err);
  if (s)
    return s;
  *rate = 2.0 * TILES * RW_PRODUCT_ROWS * TILE_COLS * TILE_K / row.seconds;
  row.rate = *rate / 1e9;
  row.share = *rate / b->limits.fma32[0];
  snprintf (row.size, sizeof row.size, "%d x %d x %d", RW_PRODUCT_ROWS, TILE_COLS, TILE_K);
  b->emit (b, &row);
  return RW_OK;
}

static rw_status
library_rate (bench *b, double *rate, rw_error *err)
{
  tile t = { 0 };
  const rw_status s = time_tiles (b, &t, rate, err);
  rw_product_free (t.p);
  rw_free (t.x);
  rw_free (t.w);
  rw_free (t.y);
  rw_free (t.panel);
  return s;
}

/* ---- prefill ---- */

typedef struct
{
  const char *name;
  rw_network *net;
  rw_model model;
  rw_forward_tables tables;
  rw_forward *f;
  rw_batch batch;
  size_t start[2], length; /* of the longer sequence */
  int32_t *id, best;       /* (length,) */
} work;

static rw_status
run_forward (void *data, rw_error *err)
{
  work *w = data;
  return rw_forward_run (w->f, &w->batch, err);
}

/* Operations of the linear layers a token, logits not counted.  */
static double
linear_work (const rw_network *net)
{
  const rw_hyper *h = &net->hyper;
  const size_t rows = h->heads * (h->head_dim + h->value_dim)
                      + h->kv_heads * (h->head_dim + h->value_dim)
                      + h->hidden * (h->arch->gated ? 3 : 2);
  return 2.0 * (double) h->layers * (double) h->dim * (double) rows;
}

static rw_status
time_forward (bench *b, work *w, size_t n, int threads, bool bfloat16, double rate, rw_error *err)
{
  bench_row row = { .name = bfloat16 ? "prefill bf16" : "prefill",
                    .unit = "tokens/s",
                    .limit = "product tile" };
  const rw_forward_ask ask = { .network = w->net,
                               .model = &w->model,
                               .freqs = w->tables.layer,
                               .length = (double) n,
                               .bfloat16 = bfloat16,
                               .threads = threads };
  w->start[1] = n;
  w->batch = (rw_batch){ .n_sequences = 1, .start = w->start, .id = w->id, .best = &w->best };
  rw_status s = rw_forward_new (&ask, &w->f, err);
  s = s ? s : bench_time (b, run_forward, w, &row.seconds, err);
  rw_forward_free (w->f);
  if (s)
    return s;
  row.rate = (double) n / row.seconds;
  row.share = row.rate * linear_work (w->net) / (rate * threads);
  snprintf (row.size, sizeof row.size, "%.20s, %zu tokens, %d thread%s", w->name, n, threads,
            threads == 1 ? "" : "s");
  b->emit (b, &row);
  return RW_OK;
}

static rw_status
work_length (work *w, rw_error *err)
{
  const char *given = getenv ("ROPEWALK_BENCH_LENGTH");
  char *end = NULL;
  const long n = given ? strtol (given, &end, 10) : LONG;
  if (n < SHORT || n > LONG_MAX || (end && *end))
    return rw_fail (err, RW_EINVAL, "ROPEWALK_BENCH_LENGTH: '%.40s' is no length from %d to %d",
                    given, SHORT, LONG_MAX);
  w->length = (size_t) n;
  w->id = rw_new (w->length, sizeof *w->id);
  return w->id ? RW_OK : rw_nomem (err, w->length * sizeof *w->id);
}

static rw_status
work_new (work *w, const char *path, rw_error *err)
{
  const rw_stack *stack = NULL;
  rw_status s = work_length (w, err);
  s = s ? s : rw_stack_find ("exact", &stack, err);
  s = s ? s : rw_stack_model (stack, path, NULL, &w->model, err);
  s = s ? s : rw_network_open (path, &w->net, err);
  s = s ? s
        : rw_forward_tables_make (&w->model, w->net->hyper.layers, RW_NO_ROPE, NULL,
                                  (double) w->length, &w->tables, err);
  for (size_t i = 0; !s && i < w->length; i++)
    w->id[i] = (int32_t) (i * 7919 % w->net->hyper.vocab); /* no text: times do not depend on it */
  w->name = strrchr (path, '/') ? strrchr (path, '/') + 1 : path;
  return s;
}

static rw_status
time_as (bench *b, work *w, int threads, bool bfloat16, double rate, rw_error *err)
{
  rw_status s = bench_linear (b, w->net, w->name, SHORT, threads, bfloat16, rate, err);
  s = s ? s : time_forward (b, w, SHORT, threads, bfloat16, rate, err);
  return s || b->quick ? s : time_forward (b, w, w->length, threads, bfloat16, rate, err);
}

static rw_status
time_all (bench *b, work *w, double rate, rw_error *err)
{
  const bool has_bfloat16 = rw_product_bfloat16 (NULL) == RW_OK;
  rw_status s = time_as (b, w, 1, false, rate, err);
  if (!s && has_bfloat16)
    s = time_as (b, w, 1, true, rate, err);
  if (!s && b->threads > 1 && !b->quick)
    s = time_as (b, w, b->threads, false, rate, err);
  return s;
}

static rw_status
time_model (bench *b, const char *path, rw_error *err)
{
  double rate = 0;
  work *w = rw_new (1, sizeof *w);
  if (!w)
    return rw_nomem (err, sizeof *w);
  rw_status s = work_new (w, path, err);
  s = s ? s : library_rate (b, &rate, err);
  s = s ? s : time_all (b, w, rate, err);
  rw_forward_tables_free (&w->tables);
  rw_network_close (w->net);
  rw_model_free (&w->model);
  rw_free (w->id);
  rw_free (w);
  return s;
}

rw_status
bench_model (bench *b, rw_error *err)
{
  const char *given = getenv ("ROPEWALK_BENCH_MODEL");
  char *path = given ? rw_strdup (given) : rw_format ("%s/models/pocket.gguf", rw_datadir ());
  rw_status s = path ? RW_OK : rw_nomem (err, 1);
  if (!s && !given && access (path, R_OK))
    fprintf (stderr, "ropewalk bench: model: %s is not there; ROPEWALK_BENCH_MODEL names another\n",
             path);
  else if (!s)
    s = time_model (b, path, err);
  rw_free (path);
  return s;
}
