/* bench_linear: see bench_linear.h.  */
#include "config.h"

#include "base/mem.h"
#include "cli/bench_linear.h"
#include "model/gemm.h"

#include <stdio.h>
#include <string.h>

enum
{
  MATRICES = 7 /* of a layer, at most */
};

typedef struct
{
  const rw_network *net;
  rw_gemm *gemm;
  size_t n;
  float *x, *y; /* (n, wide) both */
  size_t wide;
} work;

static size_t
matrices_of (const rw_layer *l, const rw_weight *list[MATRICES])
{
  const rw_weight *all[MATRICES] = { &l->q, &l->k, &l->v, &l->out, &l->gate, &l->up, &l->down };
  size_t n = 0;
  for (size_t i = 0; i < MATRICES; i++)
    if (all[i]->data)
      list[n++] = all[i];
  return n;
}

static rw_status
run_layers (void *data, rw_error *err)
{
  const work *w = data;
  const rw_weight *list[MATRICES];
  rw_status s = RW_OK;
  for (size_t i = 0; i < w->net->hyper.layers; i++)
    for (size_t j = 0, n = matrices_of (&w->net->layer[i], list); j < n && !s; j++)
      s = rw_gemm_run (w->gemm, list[j], &(rw_weight){ 0 }, w->n, w->x, w->wide, w->y, w->wide,
                       false, err);
  return s;
}

/* Multiplications and additions; and the widest row on either side.  */
static double
operations (work *w)
{
  double sum = 0;
  const rw_weight *list[MATRICES];
  for (size_t i = 0; i < w->net->hyper.layers; i++)
    for (size_t j = 0, n = matrices_of (&w->net->layer[i], list); j < n; j++)
      {
        const rw_weight *m = list[j];
        sum += 2.0 * (double) m->rows * (double) m->cols * (double) w->n;
        w->wide = m->rows > w->wide ? m->rows : w->wide;
        w->wide = m->cols > w->wide ? m->cols : w->wide;
      }
  return sum;
}

rw_status
bench_linear (bench *b, const rw_network *net, const char *name, size_t n, int threads,
              bool bfloat16, double rate, rw_error *err)
{
  work w = { .net = net, .n = n };
  bench_row row = { .name = bfloat16 ? "linear layers bf16" : "linear layers",
                    .unit = "GFLOP/s",
                    .limit = "product tile" };
  const double sum = operations (&w);
  w.x = rw_new (n * w.wide, sizeof *w.x);
  w.y = rw_new (n * w.wide, sizeof *w.y);
  rw_status s = w.x && w.y ? RW_OK : rw_nomem (err, n * w.wide * sizeof *w.x);
  for (size_t i = 0; !s && i < n * w.wide; i++)
    w.x[i] = (float) (i % 7) - 3; /* no zeros: times do not depend on the rest */
  s = s ? s : rw_gemm_new (threads, bfloat16, &w.gemm, err);
  s = s ? s : bench_time (b, run_layers, &w, &row.seconds, err);
  if (!s)
    {
      row.rate = sum / row.seconds / 1e9;
      row.share = sum / row.seconds / (rate * threads);
      snprintf (row.size, sizeof row.size, "%.20s, %zu rows, %d thread%s", name, n, threads,
                threads == 1 ? "" : "s");
      b->emit (b, &row);
    }
  rw_gemm_free (w.gemm);
  rw_free (w.x);
  rw_free (w.y);
  return s;
}
