/* rule_laws: every position rule but `start` with drawn parameters beside its definition, written
   out again with integers; and what must hold for any parameters: spans that cover the keys, values
   at which a rule changes nothing.  */
#include "rule_help.h"

/* Numbers in [0, 1) from a small generator of its own (Knuth's MMIX): the same in every run.  */
static double
uniform (void)
{
  static uint64_t state = 20250711;
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (double) (state >> 11) * 0x1p-53;
}

/* A whole number of lo .. hi.  */
static double
whole (double lo, double hi)
{
  return floor (lo + (hi - lo + 1) * uniform ());
}

enum
{
  NUMBERS = 4 /* a drawn rule */
};

/* A rule with drawn parameters p (NUMBERS,), and its definition for m >= n, written from the
   papers and codes with integers where they have them.  */
typedef struct
{
  const char *name;
  rw_object *(*draw) (double p[static NUMBERS], double length);
  double (*formula) (const double p[static NUMBERS], double length, double m, double n);
} law;

static rw_object *
draw_self_extend (double p[static NUMBERS], double length)
{
  p[0] = whole (1, 12), p[1] = whole (1, length), p[2] = whole (0, 1);
  return put_text (put (put (rule ("self_extend"), "group", p[0]), "window", p[1]), "shift",
                   p[2] > 0 ? "floor" : "exact");
}

static double
self_extend (const double p[static NUMBERS], double length, double m, double n)
{
  const long g = (long) p[0], w = (long) p[1], i = (long) m, j = (long) n;
  (void) length;
  if (i - j < w)
    return (double) (i - j);
  const double shift = p[2] > 0 ? (double) (w - w / g) : p[1] - p[1] / p[0];
  return (double) (i / g - j / g) + shift;
}

static rw_object *
draw_rerope (double p[static NUMBERS], double length)
{
  p[0] = whole (0, length);
  return put (rule ("rerope"), "window", p[0]);
}

static double
rerope (const double p[static NUMBERS], double length, double m, double n)
{
  (void) length;
  return fmin (m - n, p[0]);
}

static rw_object *
draw_leaky_rerope (double p[static NUMBERS], double length)
{
  p[0] = whole (0, length), p[1] = 0.5 + 20 * uniform ();
  return put (put (rule ("leaky_rerope"), "window", p[0]), "factor", p[1]);
}

static double
leaky_rerope (const double p[static NUMBERS], double length, double m, double n)
{
  (void) length;
  return m - n < p[0] ? m - n : p[0] * (1 - 1 / p[1]) + (m - n) / p[1];
}

static rw_object *
draw_string (double p[static NUMBERS], double length)
{
  p[0] = whole (1, length), p[1] = whole (0, p[0]);
  return put (put (rule ("string"), "shift", p[0]), "window", p[1]);
}

static double
string (const double p[static NUMBERS], double length, double m, double n)
{
  (void) length;
  return m - n < p[0] ? m - n : m - n - (p[0] - p[1]);
}

static rw_object *
draw_dual_chunk (double p[static NUMBERS], double length)
{
  p[0] = whole (2, length), p[1] = whole (0, p[0] - 1);
  return put (put (rule ("dual_chunk"), "chunk_size", p[0]), "local_size", p[1]);
}

static double
dual_chunk (const double p[static NUMBERS], double length, double m, double n)
{
  const long size = (long) p[0], c = size - (long) p[1], i = (long) m, j = (long) n;
  const long succ = i % c + c < size ? i % c + c : size,
             inter = 2 * c - 1 < size ? 2 * c - 1 : size;
  (void) length;
  return (double) (i / c == j / c ? i - j : (i / c == j / c + 1 ? succ : inter) - j % c);
}

static rw_object *
draw_jet_long (double p[static NUMBERS], double length)
{
  p[0] = whole (1, 1.5 * length), p[1] = whole (0, length);
  return put (put (rule ("jet_long"), "window", p[0]), "local", p[1]);
}

static double
jet_long (const double p[static NUMBERS], double length, double m, double n)
{
  const long w = (long) p[0], i = (long) m, j = (long) n;
  const long g = length <= p[0] ? 1 : ((long) length + w - 1) / w;
  return (double) (length <= p[0] || m - n <= p[1] ? i - j : i / g - j / g);
}

/* Entries at 0, p[0] and p[0] + p[1] go to 1, p[2] and p[3].  */
static rw_object *
draw_map (double p[static NUMBERS], double length)
{
  p[0] = 0.25 + length / 2 * uniform (), p[1] = 0.25 + length / 2 * uniform ();
  p[2] = length * uniform (), p[3] = length * uniform ();
  const double d[] = { 0, p[0], p[0] + p[1] }, e[] = { 1, p[2], p[3] };
  return put_numbers (put_numbers (rule ("map"), "distances", d, 3), "effective", e, 3);
}

static double
map (const double p[static NUMBERS], double length, double m, double n)
{
  const double d = m - n;
  (void) length;
  if (d >= p[0] + p[1])
    return p[3];
  return d < p[0] ? 1 + (p[2] - 1) * (d / p[0]) : p[2] + (p[3] - p[2]) * ((d - p[0]) / p[1]);
}

static const law laws[] = {
  { "self_extend", draw_self_extend, self_extend },
  { "rerope", draw_rerope, rerope },
  { "leaky_rerope", draw_leaky_rerope, leaky_rerope },
  { "string", draw_string, string },
  { "dual_chunk", draw_dual_chunk, dual_chunk },
  { "jet_long", draw_jet_long, jet_long },
  { "map", draw_map, map },
  { NULL, NULL, NULL },
};

/* The spans of query m follow each other from 0 to m + 1, none is empty, and they keep to what the
   rule says of itself.  */
static bool
well_made (const rw_object *o, double length, double m)
{
  const rw_freqs f = { .rule = o };
  rw_span s[SPANS_MAX] = { 0 };
  size_t most;
  const size_t frames = rw_rule_frames (&f, &most), n = rw_rule_spans (&f, length, m, s);
  double delta = 0, at = 0;
  bool good
      = n >= 1 && n <= most && (most <= RW_SPANS_FEW || rw_rule_distance (&f, length, &delta));
  for (size_t i = 0; i < n; i++)
    {
      good = good && s[i].from == at && s[i].to > at && s[i].frame < frames && !s[i].trained
             && isfinite (s[i].position);
      at = s[i].to;
    }
  return good && at == m + 1;
}

/* Positions of a few thousand carry 2^-40 of rounding each.  */
static const double ROUNDING = 1e-11;

static void
laws_hold (const law *l)
{
  double worst = 0, p[NUMBERS] = { 0 };
  bool made = true;
  for (int k = 0; k < 200; k++)
    {
      const double length = whole (1, k % 2 ? 3000 : 40);
      rw_object *o = l->draw (p, length);
      for (int j = 0; j < 60; j++)
        {
          const double m = whole (0, length - 1), n = whole (0, m);
          const double want = l->formula (p, length, m, n);
          worst = fmax (worst, fabs (effective (o, length, m, n) - want));
          const double got = effective_by_spans (o, length, m, n);
          worst = isnan (got) ? INFINITY : fmax (worst, fabs (got - want));
          made = made && well_made (o, length, m);
        }
      rw_object_free (o);
    }
  ok (worst <= ROUNDING, "%s: 12000 drawn pairs follow the definition, worst %.2g", l->name, worst);
  ok (made, "%s: its spans cover all keys once", l->name);
}

/* Frees o.  */
static void
is_plain (rw_object *o, double length, const char *why)
{
  double worst = 0;
  for (double m = 0; m < length; m++)
    for (double n = 0; n <= m; n++)
      {
        worst = fmax (worst, fabs (effective (o, length, m, n) - (m - n)));
        worst = fmax (worst, fabs (effective_by_spans (o, length, m, n) - (m - n)));
      }
  ok (worst == 0, "%s: %s is plain", o->module->name, why);
  rw_object_free (o);
}

static void
parameters_that_change_nothing (void)
{
  const double d[] = { 0, 7, 50 }, e[] = { 0, 7, 50 };
  is_plain (put (put (rule ("self_extend"), "group", 1), "window", 9), 50, "a group of 1");
  is_plain (put (rule ("self_extend"), "window", 50), 50, "a window beyond the sequence");
  is_plain (put (rule ("rerope"), "window", 50), 50, "a window beyond the sequence");
  is_plain (put (put (rule ("leaky_rerope"), "factor", 1), "window", 9), 50, "a factor of 1");
  is_plain (put (rule ("leaky_rerope"), "window", 50), 50, "a window beyond the sequence");
  is_plain (put (put (rule ("string"), "shift", 9), "window", 9), 50, "shift = window");
  is_plain (put (rule ("string"), "shift", 50), 50, "a shift beyond the sequence");
  is_plain (put (put (rule ("dual_chunk"), "chunk_size", 60), "local_size", 10), 50,
            "a chunk beyond the sequence");
  is_plain (put (put (rule ("jet_long"), "window", 50), "local", 3), 50, "length = window");
  is_plain (put (put (rule ("jet_long"), "window", 5), "local", 50), 50,
            "a local window beyond the sequence");
  is_plain (put_numbers (put_numbers (rule ("map"), "distances", d, 3), "effective", e, 3), 50,
            "the identity");
}

int
main (void)
{
  for (const law *l = laws; l->name; l++)
    laws_hold (l);
  parameters_that_change_nothing ();
  return tap_end ();
}
