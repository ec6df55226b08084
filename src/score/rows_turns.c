/* rows_turns: e^{i p g} of 64 neighbouring keys at a time, for the packing of keys.

   Whole positions come from three tables in double, p = 4096 h + 64 m + l with l below 128, so that
   the 64 share the first product.  Evenly spaced positions that are not whole (leaky_rerope, map)
   come from the first key's and a table of the frame's own steps.  What is neither, and keys of
   which some keep the trained frequencies, are turned one by one.  Entries come from error-free
   angles; a product of three errs by less than 30 ulps of double.  (rw_trig_fill's rows of pairs
   would have to be transposed, and are as large as the keys.)  */
#include "score/rows_part.h"

#include <float.h>

enum
{
  BLOCK = RW_ROWS_BLOCK,
  LOW = 2 * BLOCK,      /* l: a block begins anywhere between two multiples of 64 */
  MIDDLE = 64,          /* m */
  HIGH = MIDDLE * BLOCK /* 4096 */
};

/* Of one set of frequencies: the schedule's, or the trained ones.  */
typedef struct
{
  const double *g;  /* (pairs,) borrowed */
  double amplitude; /* of this side */
  size_t n_high;
  rw_turn *high, *middle; /* (pairs, n_high), with the amplitude in it; (pairs, MIDDLE) */
  double *low;            /* (pairs, 2, LOW): cos, sin */
} set;

struct rw_rows_turns
{
  const rw_rows_keys *keys;
  set of[2];     /* scheduled, trained */
  double *step;  /* (frames,) 0 where positions are whole */
  double **even; /* (frames,) (pairs, 2, BLOCK), NULL where positions are whole */
};

static double
position (const rw_rows_keys *keys, size_t frame, size_t n, bool *trained)
{
  const rw_rows_ask *ask = keys->ask;
  return rw_rule_key (ask->freqs, ask->length, frame, (double) n, trained);
}

static double
last_position (const rw_rows_keys *keys)
{
  double last = (double) keys->n;
  bool trained;
  for (size_t f = 0; keys->ask->freqs->rule && f < keys->frames; f++)
    for (size_t n = 0; n < keys->n; n++)
      {
        const double p = position (keys, f, n, &trained);
        last = p > last ? p : last;
      }
  return last;
}

static rw_status
set_make (set *s, size_t pairs, double last, rw_error *err)
{
  s->n_high = (size_t) last / HIGH + 1;
  s->high = rw_new (pairs * s->n_high, sizeof *s->high);
  s->middle = rw_new (pairs * MIDDLE, sizeof *s->middle);
  s->low = rw_new (pairs * 2 * LOW, sizeof *s->low);
  if (!s->high || !s->middle || !s->low)
    return rw_nomem (err, pairs * s->n_high * sizeof *s->high);
  for (size_t i = 0; i < pairs; i++)
    {
      for (size_t k = 0; k < s->n_high; k++)
        {
          const rw_turn x = rw_turn_of ((double) k * HIGH, s->g[i]);
          s->high[i * s->n_high + k] = (rw_turn){ s->amplitude * x.c, s->amplitude * x.s };
        }
      for (size_t k = 0; k < MIDDLE; k++)
        s->middle[i * MIDDLE + k] = rw_turn_of ((double) (k * BLOCK), s->g[i]);
      for (size_t k = 0; k < LOW; k++)
        {
          const rw_turn x = rw_turn_of ((double) k, s->g[i]);
          s->low[i * 2 * LOW + k] = x.c, s->low[(i * 2 + 1) * LOW + k] = x.s;
        }
    }
  return RW_OK;
}

/* The steps of a frame whose second key does not stand at a whole position.  */
static rw_status
even_make (rw_rows_turns *t, size_t frame, rw_error *err)
{
  const rw_rows_keys *keys = t->keys;
  bool trained;
  if (keys->n < 2)
    return RW_OK;
  const double step = position (keys, frame, 1, &trained) - position (keys, frame, 0, &trained);
  if (step == floor (step))
    return RW_OK;
  double *even = t->even[frame] = rw_new (keys->pairs * 2 * BLOCK, sizeof *even);
  if (!even)
    return rw_nomem (err, keys->pairs * 2 * BLOCK * sizeof *even);
  t->step[frame] = step;
  for (size_t i = 0; i < keys->pairs; i++)
    for (size_t j = 0; j < BLOCK; j++)
      {
        const rw_turn x = rw_turn_of ((double) j * step, t->of[0].g[i]);
        even[i * 2 * BLOCK + j] = x.c, even[(i * 2 + 1) * BLOCK + j] = x.s;
      }
  return RW_OK;
}

rw_status
rw_rows_turns_new (const rw_rows_keys *keys, rw_rows_turns **out, rw_error *err)
{
  const rw_freqs *f = keys->ask->freqs;
  rw_rows_turns *t = *out = rw_new (1, sizeof *t);
  if (!t)
    return rw_nomem (err, sizeof *t);
  t->keys = keys;
  t->of[0] = (set){ .g = f->inv_freq, .amplitude = f->attention_factor };
  t->of[1] = (set){ .g = keys->trained, .amplitude = 1 };
  t->step = rw_new (keys->frames, sizeof *t->step);
  t->even = rw_new (keys->frames, sizeof *t->even);
  if (!t->step || !t->even)
    return rw_nomem (err, keys->frames * sizeof *t->even);
  const double last = last_position (keys);
  rw_status s = set_make (&t->of[0], keys->pairs, last, err);
  if (!s && f->rule)
    s = set_make (&t->of[1], keys->pairs, last, err);
  for (size_t frame = 0; !s && f->rule && frame < keys->frames; frame++)
    s = even_make (t, frame, err);
  return s;
}

void
rw_rows_turns_free (rw_rows_turns *t)
{
  if (!t)
    return;
  for (int k = 0; k < 2; k++)
    {
      rw_free (t->of[k].high);
      rw_free (t->of[k].middle);
      rw_free (t->of[k].low);
    }
  for (size_t f = 0; t->even && f < t->keys->frames; f++)
    rw_free (t->even[f]);
  rw_free (t->even);
  rw_free (t->step);
  rw_free (t);
}

/* ---- one block of keys ---- */

void
rw_rows_turns_place (const rw_rows_turns *t, size_t frame, size_t first, rw_rows_places *at)
{
  const rw_rows_keys *keys = t->keys;
  const double step = t->step[frame];
  double least = INFINITY, most = -INFINITY;
  bool whole = true, even = t->even[frame] != NULL;
  at->in_order = true;
  if (!keys->ask->freqs->rule)
    {
      at->kind = RW_ROWS_WHOLE;
      at->trained[0] = false;
      at->base = at->position[0] = (double) first;
      return;
    }
  for (size_t j = 0; j < BLOCK; j++)
    {
      const size_t n = first + j < keys->n ? first + j : keys->n - 1;
      const double p = at->position[j] = position (keys, frame, n, &at->trained[j]);
      const double off = p - (at->position[0] + (double) j * step);
      least = p < least ? p : least, most = p > most ? p : most;
      whole = whole && p == floor (p) && at->trained[j] == at->trained[0];
      even = even && !at->trained[j]
             && (first + j >= keys->n || fabs (off) <= 4 * DBL_EPSILON * (fabs (p) + 1));
      at->in_order = at->in_order && p == at->position[0] + (double) j;
    }
  at->base = floor (least / BLOCK) * BLOCK;
  whole = whole && least >= 0 && most - at->base < LOW;
  at->kind = whole ? RW_ROWS_WHOLE : even ? RW_ROWS_EVEN : RW_ROWS_ANY;
  at->in_order = at->in_order && whole;
}

/* c and s of every key by hand.  */
static void
any (const rw_rows_turns *t, const rw_rows_places *at, size_t i, double *room)
{
  for (size_t j = 0; j < BLOCK; j++)
    {
      const set *of = &t->of[at->trained[j]];
      const rw_turn x = rw_turn_of (at->position[j], of->g[i]);
      room[j] = of->amplitude * x.c, room[BLOCK + j] = of->amplitude * x.s;
    }
}

rw_turn
rw_rows_turns_get (const rw_rows_turns *t, size_t frame, const rw_rows_places *at, size_t i,
                   double *room, const double **c, const double **s)
{
  const set *of = &t->of[at->trained[0]];
  *c = room, *s = room + BLOCK;
  if (at->kind == RW_ROWS_EVEN)
    {
      const rw_turn x = rw_turn_of (at->position[0], of->g[i]);
      *c = t->even[frame] + i * 2 * BLOCK, *s = *c + BLOCK;
      return (rw_turn){ of->amplitude * x.c, of->amplitude * x.s };
    }
  if (at->kind == RW_ROWS_ANY)
    {
      any (t, at, i, room);
      return (rw_turn){ 1, 0 };
    }
  const double *low = of->low + i * 2 * LOW;
  const size_t base = (size_t) at->base;
  if (at->in_order)
    *c = low + (size_t) (at->position[0] - at->base), *s = *c + LOW;
  else
    for (size_t j = 0; j < BLOCK; j++)
      {
        const size_t l = (size_t) (at->position[j] - at->base);
        room[j] = low[l], room[BLOCK + j] = low[LOW + l];
      }
  return rw_turn_both (of->high[i * of->n_high + base / HIGH],
                       of->middle[i * MIDDLE + base % HIGH / BLOCK]);
}
