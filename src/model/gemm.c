/* gemm: weights unpacked by panels, products by tiles, threads over both; see gemm.h.

   A task is a panel of W and a group of rows of x.  Groups are as few as the threads allow, since
   each unpacks the panel again.  Every tile has the library's fixed shape: the last rows are copied
   into a tile of their own and filled up.  */
#include "model/gemm.h"
#include "base/mem.h"
#include "base/threads.h"
#include "model/place.h"
#include "model/product.h"

#include <stdatomic.h>
#include <string.h>
#ifdef _OPENMP
#  include <omp.h>
#else
#  define omp_get_thread_num() 0
#  define omp_set_num_threads(n) (void) (n)
#endif

enum
{
  PANEL_ROWS = 64,        /* of W, at least: a block of oneDNN's layout */
  PANEL_ROOM = 1 << 17,   /* values of a panel, while it has more rows: half of a second cache */
  PANEL_MOST = 256,       /* rows */
  TASKS_A_THREAD = 4,     /* for an even end */
  GROUP_ROWS = 256,       /* fewer rows a group would unpack more than they multiply */
  ROWS = RW_PRODUCT_ROWS, /* of a tile */
  CONVERT_ROWS = 16       /* rows that a thread turns into bfloat16 at once */
};

/* Grows, never shrinks; what was there is lost.  */
typedef struct
{
  void *data;
  size_t bytes;
} room;

typedef struct shape_node
{
  struct shape_node *next;
  rw_product_shape shape;
  rw_product *product;
} shape_node;

typedef struct
{
  shape_node *first;       /* products by shape */
  room unpacked, panel;    /* float32 row after row; as the library wants it */
  room x, y;               /* a tile without gaps */
  rw_product *full, *rest; /* of this run: whole panels, and the last one */
} worker;

struct rw_gemm
{
  int threads;
  bool bfloat16;
  rw_simd simd;
  worker *worker; /* (threads,) */
  room x;         /* in bfloat16 */
  room bias;      /* in float32 */
};

static rw_status
room_need (room *r, size_t bytes, rw_error *err)
{
  if (bytes <= r->bytes)
    return RW_OK;
  rw_free (r->data);
  r->bytes = 0;
  r->data = rw_new (bytes, 1);
  if (!r->data)
    return rw_nomem (err, bytes);
  r->bytes = bytes;
  return RW_OK;
}

static void
worker_free (worker *w)
{
  for (shape_node *n = w->first, *next; n; n = next)
    {
      next = n->next;
      rw_product_free (n->product);
      rw_free (n);
    }
  rw_free (w->unpacked.data);
  rw_free (w->panel.data);
  rw_free (w->x.data);
  rw_free (w->y.data);
}

void
rw_gemm_free (rw_gemm *g)
{
  for (int t = 0; g && g->worker && t < g->threads; t++)
    worker_free (&g->worker[t]);
  if (g)
    {
      rw_free (g->worker);
      rw_free (g->x.data);
      rw_free (g->bias.data);
    }
  rw_free (g);
}

rw_status
rw_gemm_new (int threads, bool bfloat16, rw_gemm **out, rw_error *err)
{
  *out = NULL;
  const rw_status s = bfloat16 ? rw_product_bfloat16 (err) : RW_OK;
  if (s)
    return s;
  rw_gemm *g = rw_new (1, sizeof *g);
  if (g)
    *g = (rw_gemm){ .threads = threads > 1 ? threads : 1,
                    .bfloat16 = bfloat16,
                    .simd = rw_simd_get () };
  if (!g || !(g->worker = rw_new ((size_t) g->threads, sizeof *g->worker)))
    {
      rw_gemm_free (g);
      return rw_nomem (err, sizeof *g);
    }
  *out = g;
  return RW_OK;
}

/* ---- products by shape ---- */

static bool
same_shape (const rw_product_shape *a, const rw_product_shape *b)
{
  return a->k == b->k && a->cols == b->cols && a->bfloat16 == b->bfloat16;
}

static rw_status
product_of (worker *w, const rw_product_shape *shape, rw_product **out, rw_error *err)
{
  for (const shape_node *n = w->first; n; n = n->next)
    if (same_shape (&n->shape, shape))
      {
        *out = n->product;
        return RW_OK;
      }
  shape_node *n = rw_new (1, sizeof *n);
  if (!n)
    return rw_nomem (err, sizeof *n);
  n->shape = *shape;
  const rw_status s = rw_product_new (shape, &n->product, err);
  if (s)
    {
      rw_free (n);
      return s;
    }
  n->next = w->first;
  w->first = n;
  *out = n->product;
  return RW_OK;
}

/* ---- one run ---- */

typedef struct
{
  rw_gemm *g;
  const rw_weight *w;
  const float *bias; /* (rows of w,) or NULL */
  size_t m, panel, n_panels, group, n_groups;
  const char *x; /* float32, or bfloat16 whose rows end on a tile */
  size_t x_size; /* bytes of a value */
  size_t xs;     /* values */
  float *y;
  size_t ys;
  bool add;
  rw_quant_reader *unpack;
  bool as_is; /* W is float32 already */
} job;

static size_t
panel_rows (size_t k)
{
  size_t rows = PANEL_MOST;
  while (rows > PANEL_ROWS && rows * k > PANEL_ROOM)
    rows /= 2;
  return rows;
}

static size_t
ceil_of (size_t n, size_t by)
{
  return (n + by - 1) / by;
}

static void
cut (job *j)
{
  j->panel = panel_rows (j->w->cols);
  j->n_panels = ceil_of (j->w->rows, j->panel);
  const size_t tasks = TASKS_A_THREAD * (size_t) j->g->threads;
  size_t groups = j->g->threads > 1 ? ceil_of (tasks, j->n_panels) : 1;
  const size_t most = ceil_of (j->m, GROUP_ROWS);
  groups = groups < most ? groups : most;
  j->group = ceil_of (ceil_of (j->m, groups), ROWS) * ROWS;
  j->n_groups = ceil_of (j->m, j->group);
}

static rw_status
worker_ready (const job *j, worker *w, rw_error *err)
{
  const size_t k = j->w->cols, last = j->w->rows % j->panel;
  rw_product_shape shape = { .k = k, .cols = j->panel, .bfloat16 = j->g->bfloat16 };
  size_t bytes = 0;
  rw_status s = RW_OK;
  w->full = w->rest = NULL;
  if (j->w->rows >= j->panel)
    s = product_of (w, &shape, &w->full, err);
  if (!s && w->full)
    bytes = rw_product_bytes (w->full);
  shape.cols = last;
  if (!s && last)
    s = product_of (w, &shape, &w->rest, err);
  if (!s && w->rest && rw_product_bytes (w->rest) > bytes)
    bytes = rw_product_bytes (w->rest);
  s = s ? s : room_need (&w->panel, bytes, err);
  if (!s && !j->as_is)
    s = room_need (&w->unpacked, j->panel * k * sizeof (float), err);
  if (!s && (j->m % ROWS || j->xs != k))
    s = room_need (&w->x, ROWS * k * j->x_size, err);
  if (!s)
    s = room_need (&w->y, ROWS * j->panel * sizeof (float), err);
  return s;
}

/* Rows first .. first + n of W as float32.  */
static const float *
unpacked (const job *j, worker *w, size_t first, size_t n)
{
  const size_t k = j->w->cols;
  const size_t row = k / rw_quant_block (j->w->type) * rw_quant_bytes (j->w->type);
  const char *from = (const char *) j->w->data + first * row;
  if (j->as_is)
    return (const float *) (const void *) from;
  j->unpack (from, n * k, w->unpacked.data);
  return w->unpacked.data;
}

/* Rows row .. row + rows of x as a whole tile without gaps.  */
static const char *
tile_of_x (const job *j, worker *w, size_t row, size_t rows)
{
  const size_t width = j->w->cols * j->x_size, step = j->xs * j->x_size;
  const char *from = j->x + row * step;
  char *x = w->x.data;
  if (rows == ROWS && step == width)
    return from;
  for (size_t r = 0; r < rows; r++)
    memcpy (x + r * width, from + r * step, width);
  memset (x + rows * width, 0, (ROWS - rows) * width);
  return x;
}

static bool
do_task (const job *j, size_t task, worker *w)
{
  const size_t col = task % j->n_panels * j->panel, from = task / j->n_panels * j->group;
  const size_t cols = j->w->rows - col < j->panel ? j->w->rows - col : j->panel;
  const size_t to = j->m - from < j->group ? j->m : from + j->group;
  rw_product *p = cols == j->panel ? w->full : w->rest;
  bool fine = rw_product_pack (p, unpacked (j, w, col, cols), w->panel.data);
  for (size_t r = from; fine && r < to; r += ROWS)
    {
      const size_t rows = to - r < ROWS ? to - r : ROWS;
      const float *y = w->y.data;
      fine = rw_product_run (p, tile_of_x (j, w, r, rows), w->panel.data, w->y.data);
      for (size_t i = 0; fine && i < rows; i++)
        rw_place_of (j->g->simd) (cols, y + i * cols, j->bias ? j->bias + col : NULL, j->add,
                                  j->y + (r + i) * j->ys + col);
    }
  return fine;
}

static rw_status
do_tasks (const job *j, rw_error *err)
{
  atomic_bool broken = false;
  const size_t tasks = j->n_panels * j->n_groups;
  /* Products near 50 GFLOP/s, and each value of W unpacked once.  */
  const double values = (double) j->w->rows * (double) j->w->cols;
  const double seconds = values * (double) (ceil_of (j->m, ROWS) * ROWS) / 25e9 + values * 1e-9;
  const int threads = rw_threads_for (seconds, j->g->threads);
  (void) threads; /* of no use without OpenMP */
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
    worker *w = &j->g->worker[omp_get_thread_num ()];
    omp_set_num_threads (1); /* of this region's tasks: the library's own threads stay out */
#pragma omp for schedule(dynamic, 1)
    for (size_t t = 0; t < tasks; t++)
      if (!do_task (j, t, w))
        atomic_store (&broken, true);
  }
  return atomic_load (&broken)
             ? rw_fail (err, RW_EINVAL, "%s: %s failed to multiply", j->w->name, rw_gemm_library ())
             : RW_OK;
}

/* To nearest, ties to even; NaN stays NaN.  */
static void
to_bfloat16 (const float *from, size_t n, uint16_t *to)
{
  for (size_t i = 0; i < n; i++)
    {
      uint32_t b;
      memcpy (&b, &from[i], sizeof b);
      const uint32_t up = b + 0x7fff + (b >> 16 & 1);
      to[i] = (uint16_t) ((b & 0x7fffffff) > 0x7f800000 ? (b >> 16 | 64) : up >> 16);
    }
}

static rw_status
convert (job *j, const float *x, size_t xs, rw_error *err)
{
  const size_t k = j->w->cols, rows = ceil_of (j->m, ROWS) * ROWS;
  const rw_status s = room_need (&j->g->x, rows * k * sizeof (uint16_t), err);
  if (s)
    return s;
  uint16_t *to = j->g->x.data;
  const int threads = rw_threads_for (1e-9 * (double) (j->m * k), j->g->threads);
  (void) threads; /* of no use without OpenMP */
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
  for (size_t r = 0; r < j->m; r += CONVERT_ROWS)
    for (size_t i = r; i < j->m && i < r + CONVERT_ROWS; i++)
      to_bfloat16 (x + i * xs, k, to + i * k);
  j->x = (const char *) to;
  j->xs = k;
  j->x_size = sizeof *to;
  return RW_OK;
}

static rw_status
read_bias (job *j, const rw_weight *bias, rw_error *err)
{
  if (!bias || !bias->data)
    return RW_OK;
  const rw_status s = room_need (&j->g->bias, j->w->rows * sizeof (float), err);
  if (s)
    return s;
  rw_quant_reader_of (bias->type, j->g->simd) (bias->data, j->w->rows, j->g->bias.data);
  j->bias = j->g->bias.data;
  return RW_OK;
}

rw_status
rw_gemm_run (rw_gemm *g, const rw_weight *w, const rw_weight *bias, size_t m, const float *x,
             size_t xs, float *y, size_t ys, bool add, rw_error *err)
{
  if (bias && bias->data && bias->rows * bias->cols != w->rows)
    return rw_fail (err, RW_EINVAL, "%s: %zu values for %zu rows", bias->name,
                    bias->rows * bias->cols, w->rows);
  job j = { .g = g,
            .w = w,
            .m = m,
            .x = (const char *) x,
            .x_size = sizeof *x,
            .xs = xs,
            .y = y,
            .ys = ys,
            .add = add,
            .unpack = rw_quant_reader_of (w->type, g->simd),
            .as_is = w->type == RW_QUANT_F32 && (uintptr_t) w->data % sizeof (float) == 0 };
  if (m == 0)
    return RW_OK;
  rw_status s = read_bias (&j, bias, err);
  if (!s && g->bfloat16)
    s = convert (&j, x, xs, err);
  cut (&j);
  for (int t = 0; !s && t < g->threads; t++)
    s = worker_ready (&j, &g->worker[t], err);
  return s ? s : do_tasks (&j, err);
}
