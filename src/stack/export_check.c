/* export_check: what was written, held against what was asked for; see export.h.

   A pair that turns less than STILL over the whole length does not rotate: formats that cannot say
   a frequency of 0 say one as slow as this.  */
#include "schedule/schedule.h"
#include "stack/compare.h"
#include "stack/export.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double STILL = 1e-9; /* radians: float32 cosines are 1 up to 3e-4 */

static const rw_rope *
rope_of_type (const rw_model *m, const char *type)
{
  for (size_t i = 0; i < m->n_ropes; i++)
    if (strcmp (m->rope[i].layer_type, type) == 0)
      return &m->rope[i];
  return m->n_ropes == 1 ? &m->rope[0] : NULL;
}

static bool
same (double a, double b)
{
  return fabs (a - b) <= RW_COMPARE_TOLERANCE * fabs (b);
}

static void
check_factors (const rw_freqs *want, const rw_freqs *got, const char *where, rw_notes *left)
{
  const struct
  {
    const char *name;
    double want, got;
  } rows[] = { { "attention_factor", want->attention_factor, got->attention_factor },
               { "softmax_factor", want->softmax_factor, got->softmax_factor } };
  for (size_t i = 0; i < 2; i++)
    if (!same (rows[i].got, rows[i].want))
      rw_note_add (left, RW_NOTE_WARNING, "read back, %s%s is %.9g instead of %.9g", where,
                   rows[i].name, rows[i].got, rows[i].want);
}

static void
check_frequencies (const rw_freqs *want, const rw_freqs *got, double length, const char *where,
                   rw_notes *left)
{
  size_t worst = want->n;
  double most = 0;
  if (want->n != got->n)
    {
      rw_note_add (left, RW_NOTE_WARNING, "read back, %sit has %zu pairs instead of %zu", where,
                   got->n, want->n);
      return;
    }
  for (size_t i = 0; i < want->n; i++)
    {
      const double off = fabs (got->inv_freq[i] - want->inv_freq[i]);
      const double relative = off * length < STILL ? 0 : off / fmax (want->inv_freq[i], 1e-300);
      if (!(relative <= RW_COMPARE_TOLERANCE) && !(relative <= most))
        {
          worst = i;
          most = relative;
        }
    }
  if (worst < want->n)
    rw_note_add (left, RW_NOTE_WARNING,
                 "read back, %sthe frequency of pair %zu is %.9g instead of %.9g", where, worst,
                 got->inv_freq[worst], want->inv_freq[worst]);
}

rw_status
rw_export_check (const rw_model *want, const rw_model *got, double length, rw_notes *left,
                 rw_error *err)
{
  rw_freqs a = { 0 }, b = { 0 };
  rw_status s = RW_OK;
  for (size_t i = 0; i < want->n_ropes && !s; i++)
    {
      const rw_rope *w = &want->rope[i], *g = rope_of_type (got, w->layer_type);
      char where[64] = "";
      if (w->layer_type[0])
        snprintf (where, sizeof where, "%s: ", w->layer_type);
      if (!g)
        {
          rw_note_add (left, RW_NOTE_WARNING, "read back, %sit has no rope", where);
          continue;
        }
      s = rw_schedule_fill (w->schedule, &w->geometry, length, &a, err);
      if (!s)
        s = rw_schedule_fill (g->schedule, &g->geometry, length, &b, err);
      if (!s)
        {
          check_frequencies (&a, &b, length, where, left);
          check_factors (&a, &b, where, left);
        }
    }
  rw_freqs_free (&a);
  rw_freqs_free (&b);
  return s;
}
