/* moments: makes and frees a set; see moments.h.  */
#include "score/moments_pass.h"
#include "score/sample.h"

static size_t
panels_of (const rw_moments_ask *ask)
{
  return (ask->pairs + RW_GRAM_PAIRS - 1) / RW_GRAM_PAIRS;
}

static size_t
segments_of (const rw_moments_ask *ask)
{
  return ask->segments ? ask->segments : 1;
}

static size_t
extras_of (const rw_moments_ask *ask)
{
  return ask->n_sink ? ask->n_sink + 1 : 0;
}

size_t
rw_moments_bytes (const rw_moments_ask *ask)
{
  const size_t panels = panels_of (ask), n = panels * RW_GRAM_PANEL + 1;
  const size_t each = sizeof (double) + sizeof (rw_moments_count)
                      + rw_gram_squares (panels) * RW_GRAM_SQUARE * sizeof (float)
                      + (2 + extras_of (ask)) * n * sizeof (double)
                      + segments_of (ask) * n * sizeof (float);
  return sizeof (rw_moments) + ask->n_distances * each;
}

void
rw_moments_free (rw_moments *m)
{
  if (!m)
    return;
  rw_free (m->distance);
  rw_free (m->count);
  rw_free (m->sigma);
  rw_free (m->mu);
  rw_free (m->cross);
  rw_free (m->extra);
  rw_free (m->deviation);
  rw_free (m);
}

static rw_status
check (const rw_moments_ask *ask, rw_error *err)
{
  const rw_rows *q = &ask->qk->q;
  const rw_status s = rw_qk_check (ask->qk, err);
  if (s)
    return s;
  if (!ask->pairs || 2 * ask->pairs > q->dim)
    return rw_fail (err, RW_EINVAL, "%zu pairs: 1 to %zu were expected in %zu channels", ask->pairs,
                    q->dim / 2, q->dim);
  return ask->every ? RW_OK : rw_fail (err, RW_EINVAL, "every 0th query: at least 1 was expected");
}

static rw_moments *
set_new (const rw_moments_ask *ask)
{
  rw_moments *m = rw_new (1, sizeof *m);
  if (!m)
    return NULL;
  m->pairs = ask->pairs;
  m->panels = panels_of (ask);
  m->squares = rw_gram_squares (m->panels);
  m->n = m->panels * RW_GRAM_PANEL;
  m->n_distances = ask->n_distances;
  m->segments = segments_of (ask);
  m->extras = extras_of (ask);
  m->rest = ask->qk->q.dim > 2 * ask->pairs;
  const size_t d = m->n_distances, n = m->n + 1;
  m->distance = rw_new (d, sizeof *m->distance);
  m->count = rw_new (d, sizeof *m->count);
  m->sigma = rw_new (d, m->squares * RW_GRAM_SQUARE * sizeof *m->sigma);
  m->mu = rw_new (d, n * sizeof *m->mu);
  m->cross = rw_new (d, n * sizeof *m->cross);
  m->extra = rw_new (d, m->extras * n * sizeof *m->extra);
  m->deviation = rw_new (d, m->segments * n * sizeof *m->deviation);
  if (m->distance && m->count && m->sigma && m->mu && m->cross && m->extra && m->deviation)
    return m;
  rw_moments_free (m);
  return NULL;
}

/* The sample of queries, the segments, and the rows as the kernels read them.  */
static rw_status
prepare (rw_moments_pass *p, rw_error *err)
{
  const rw_moments_ask *ask = p->ask;
  const size_t tokens = ask->qk->q.n, segments = p->out->segments;
  p->n = rw_sample_size (tokens, ask->every);
  if (!(p->from = rw_new (segments + 1, sizeof *p->from)))
    return rw_nomem (err, segments * sizeof *p->from);
  if (ask->every > 1)
    {
      if (!(p->query = rw_new (p->n, sizeof *p->query)))
        return rw_nomem (err, p->n * sizeof *p->query);
      rw_sample_draw (ask->seed, ask->group, tokens, ask->every, p->query);
    }
  for (size_t s = 0; s < segments; s++)
    p->from[s] = rw_moments_pass_first (p, (int64_t) (s * tokens / segments));
  p->from[segments] = p->n;
  const rw_planar_ask q = { .rows = &ask->qk->q,
                            .layout = ask->layout,
                            .pairs = ask->pairs,
                            .scale = ask->scale,
                            .token = p->query,
                            .n = p->n,
                            .threads = ask->threads };
  const rw_planar_ask k = { .rows = &ask->qk->k,
                            .layout = ask->layout,
                            .pairs = ask->pairs,
                            .n = tokens,
                            .threads = ask->threads };
  const rw_status s = rw_planar_make (&q, &p->q, err);
  return s ? s : rw_planar_make (&k, &p->k, err);
}

rw_status
rw_moments_new (const rw_moments_ask *ask, rw_moments **out, rw_error *err)
{
  rw_status s = check (ask, err);
  if (s)
    return s;
  rw_moments_pass p = { .ask = ask, .out = set_new (ask) };
  if (!p.out)
    return rw_nomem (err, rw_moments_bytes (ask));
  for (size_t d = 0; d < ask->n_distances; d++)
    p.out->distance[d] = (double) ask->distance[d];
  s = prepare (&p, err);
  if (!s)
    s = rw_moments_pass_run (&p, err);
  rw_planar_free (&p.q);
  rw_planar_free (&p.k);
  rw_free (p.query);
  rw_free (p.from);
  if (s)
    rw_moments_free (p.out);
  else
    *out = p.out;
  return s;
}
