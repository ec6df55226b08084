/* attend_turns: cos and sin of every position, as a key of each frame and as a query of each span.

   Positions that rise by one for 256 or more, which is nearly all there are, are made by
   rw_trig_fill's fast way, the others one by one; tables are made for 255 positions more than are
   asked for, so that a position is always made in the same way.  */
#include "model/attend_part.h"
#include "rope/trained.h"

#include <math.h>

enum
{
  RUN = 256 /* positions from which rw_trig_fill has a fast way, whatever begins where */
};

/* Where the positions of one table stand.  */
typedef struct
{
  double *at;    /* (n,) NaN where there is none */
  bool *trained; /* (n,) */
} places;

typedef struct
{
  rw_freqs of[2]; /* scheduled, trained; inv_freq borrowed, or `values` */
  double *values; /* (pairs,) */
  double length;
  size_t n; /* with the 255 */
  int threads;
  places p;
  rw_arena *arena;
} maker;

static rw_status
fill (const maker *m, rw_trig *table, size_t from, size_t to, bool run, rw_error *err)
{
  if (from == to)
    return RW_OK;
  const rw_positions p
      = { .n = to - from, .from = m->p.at[from], .step = 1, .at = run ? NULL : m->p.at + from };
  rw_trig part = *table;
  const ptrdiff_t skip = (ptrdiff_t) from * table->row;
  part.n = to - from;
  part.cos = (float *) table->cos + skip;
  part.sin = (float *) table->sin + skip;
  rw_arena_reset (m->arena);
  return rw_trig_fill (&m->of[m->p.trained[from]], &p, RW_TRIG_EXACT, m->threads, m->arena, &part,
                       err);
}

/* The end of the run that begins at j.  */
static size_t
run_end (const maker *m, size_t j)
{
  const double *at = m->p.at;
  size_t k = j + 1;
  while (k < m->n && m->p.trained[k] == m->p.trained[j] && at[k] == at[k - 1] + 1)
    k++;
  return at[j] == floor (at[j]) ? k : j + 1;
}

/* Runs, and what lies between them: m->p is filled in.  */
static rw_status
fill_all (const maker *m, rw_trig *table, rw_error *err)
{
  rw_status s = RW_OK;
  size_t from = 0; /* of what is put off */
  for (size_t j = 0, end; !s && j < m->n; j = end)
    {
      end = run_end (m, j);
      const bool none = isnan (m->p.at[j]), run = end - j >= RUN;
      if (none || run || m->p.trained[j] != m->p.trained[from])
        {
          s = fill (m, table, from, j, false, err);
          from = j;
        }
      if (!s && run)
        s = fill (m, table, j, end, true, err);
      if (none || run)
        from = end;
    }
  return s ? s : fill (m, table, from, m->n, false, err);
}

static rw_status
table_new (const maker *m, size_t pairs, float **owned, rw_trig *table, rw_error *err)
{
  float *x = *owned = rw_new (2 * m->n * pairs, sizeof *x);
  *table = (rw_trig){ .type = RW_FLOAT32, .n = m->n, .pairs = pairs, .row = (ptrdiff_t) pairs };
  if (!x)
    return rw_nomem (err, 2 * m->n * pairs * sizeof *x);
  table->cos = x;
  table->sin = x + m->n * pairs;
  return RW_OK;
}

static void
place_keys (maker *m, const rw_freqs *f, size_t frame, bool by_distance)
{
  for (size_t n = 0; n < m->n; n++)
    {
      m->p.trained[n] = false;
      m->p.at[n] = (double) n;
      if (by_distance)
        {
          rw_rule_distance (f, m->length, &m->p.at[n]);
          m->p.at[n] = -m->p.at[n]; /* the key turns, not the query */
        }
      else
        m->p.at[n] = rw_rule_key (f, m->length, frame, (double) n, &m->p.trained[n]);
    }
}

static void
place_queries (maker *m, const rw_freqs *f, size_t span)
{
  for (size_t n = 0; n < m->n; n++)
    {
      rw_span spans[RW_SPANS_FEW] = { 0 };
      const size_t count = rw_rule_spans (f, m->length, (double) n, spans);
      m->p.at[n] = span < count ? spans[span].position : NAN;
      m->p.trained[n] = span < count && spans[span].trained;
    }
}

static rw_status
make (maker *m, const rw_freqs *f, rw_attend_turns *t, rw_error *err)
{
  rw_status s = RW_OK;
  for (size_t k = 0; !s && k < t->frames; k++)
    {
      s = table_new (m, t->pairs, &t->owned[k], &t->key[k], err);
      if (s)
        break;
      place_keys (m, f, k, t->by_distance);
      s = fill_all (m, &t->key[k], err);
    }
  for (size_t k = 0; !s && k < t->spans; k++)
    if (t->by_distance)
      t->query[k] = (rw_trig){ .type = RW_FLOAT32, .n = m->n };
    else if (!f->rule)
      t->query[k] = t->key[k];
    else
      {
        s = table_new (m, t->pairs, &t->owned[RW_SPANS_FEW + k], &t->query[k], err);
        if (s)
          break;
        place_queries (m, f, k);
        s = fill_all (m, &t->query[k], err);
      }
  return s;
}

static rw_status
shape (const rw_freqs *f, double length, rw_attend_turns *t, rw_error *err)
{
  double delta = 0;
  t->frames = rw_rule_frames (f, &t->spans);
  if (t->spans <= RW_SPANS_FEW && t->frames <= RW_SPANS_FEW)
    return RW_OK;
  if (!rw_rule_distance (f, length, &delta))
    return rw_fail (err, RW_EINVAL,
                    "attend: a rule of %zu frames and %zu spans needs a distance: above %d",
                    t->frames, t->spans, RW_SPANS_FEW);
  t->by_distance = true;
  t->frames = t->spans = 1;
  return RW_OK;
}

rw_status
rw_attend_turns_new (const rw_geometry *g, const rw_freqs *f, double length, size_t n, int threads,
                     rw_attend_turns **out, rw_error *err)
{
  rw_attend_turns *t = *out = rw_new (1, sizeof *t);
  if (!t)
    return rw_nomem (err, sizeof *t);
  maker m = { .length = length, .n = n + RUN - 1, .threads = threads };
  t->n = n;
  t->pairs = f->n;
  rw_status s = shape (f, length, t, err);
  m.values = rw_new (f->n, sizeof *m.values);
  m.p.at = rw_new (m.n, sizeof *m.p.at);
  m.p.trained = rw_new (m.n, sizeof *m.p.trained);
  m.arena = rw_arena_new ();
  if (!s && (!m.values || !m.p.at || !m.p.trained || !m.arena))
    s = rw_nomem (err, m.n * sizeof *m.p.at);
  if (!s)
    {
      rw_trained_fill (g, f->n, m.values);
      m.of[0] = m.of[1] = *f;
      m.of[0].attention_factor *= t->by_distance ? f->attention_factor : 1;
      m.of[1].inv_freq = m.values;
      m.of[1].attention_factor = 1;
      s = make (&m, f, t, err);
    }
  rw_free (m.values);
  rw_free (m.p.at);
  rw_free (m.p.trained);
  rw_arena_free (m.arena);
  return s;
}

void
rw_attend_turns_free (rw_attend_turns *t)
{
  for (size_t k = 0; t && k < sizeof t->owned / sizeof *t->owned; k++)
    rw_free (t->owned[k]);
  rw_free (t);
}
