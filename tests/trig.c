/* trig: tables against long double and against integers of 400 bits; one set of bits whatever the
   instructions, threads, rows and cuts.  */
#include "rope/trig.h"
#include "metric_help.h"

#include <stdint.h>

/* trig.h's bound: what double arithmetic adds, times the attention factor.  */
static const double BOUND = 4e-16;

typedef struct
{
  rw_trig t;
  unsigned char *memory[2]; /* of cos and sin, one value longer than they are */
  size_t size;              /* bytes of each */
} table_of;

static void
open_table (table_of *x, rw_dtype type, size_t n, size_t pairs, ptrdiff_t row)
{
  const size_t size = rw_dtype_size (type);
  x->size = n * (size_t) row * size + size;
  for (int k = 0; k < 2; k++)
    {
      x->memory[k] = rw_new (x->size, 1);
      if (!x->memory[k])
        exit (1);
      memset (x->memory[k], 0x5a, x->size);
    }
  x->t = (rw_trig){
    .type = type, .n = n, .pairs = pairs, .row = row, .cos = x->memory[0], .sin = x->memory[1]
  };
}

static void
close_table (table_of *x)
{
  rw_free (x->memory[0]);
  rw_free (x->memory[1]);
}

static double
value (const table_of *x, int which, size_t j, size_t i)
{
  double v;
  const size_t at = (j * (size_t) x->t.row + i) * rw_dtype_size (x->t.type);
  rw_dtype_read_double (x->t.type, x->memory[which] + at, 1, 1, &v);
  return v;
}

/* Everything between the rows and behind the last is as it was.  */
static int
is_clean (const table_of *x)
{
  const size_t size = rw_dtype_size (x->t.type), row = (size_t) x->t.row * size;
  int dirty = 0;
  for (int k = 0; k < 2; k++)
    for (size_t b = 0; b < x->size; b++)
      dirty += (b >= x->t.n * row || b % row >= x->t.pairs * size) && x->memory[k][b] != 0x5a;
  return !dirty;
}

static void
make_freqs (rw_freqs *f, size_t n, double a, uint64_t *state)
{
  rw_error err;
  if (rw_freqs_size (f, n, &err))
    exit (1);
  for (size_t i = 0; i < n; i++)
    f->inv_freq[i] = pow (10, uniform (state, -7, 0.79)); /* up to 2 pi */
  f->attention_factor = a;
}

static void
fill (const rw_freqs *f, const rw_positions *p, rw_trig_arithmetic arithmetic, int threads,
      table_of *x)
{
  rw_error err = { 0 };
  rw_arena *scratch = rw_arena_new ();
  if (rw_trig_fill (f, p, arithmetic, threads, scratch, &x->t, &err))
    ok (0, "fills: %s", err.text);
  rw_arena_free (scratch);
}

static double
at_index (const rw_positions *p, size_t j)
{
  return p->at ? p->at[j] : fma (p->step, (double) j, p->from);
}

/* ---- the reference itself ---- */

/* cos and sin of exact products, by Taylor series in integers of 400 bits (a Python script).  */
static void
reference_agrees_with_integers (void)
{
  static const double want[][4] = {
    { 16777213, 0x1.bb5fad00ab22cp-1, -0.9938779872356777, 0.11048324075785503 },
    { 1048575, 0x1.7ff2224115d9ap-1, 0.09954436671805934, -0.9950331246017393 },
    { 131071.25, 0x1.999999999999ap-4, 0.9208859652476918, 0.38983206513808866 },
    { -8388607, 0x1.ccccccccccccdp-1, -0.9359643748640291, -0.35209471592937513 },
    { 1099511627777, 0x1.3333333333333p-2, -0.41260573973809767, 0.9109097120654589 },
    { 4503599627370495, 0x1.8p+0, -0.04584442232865463, 0.9989485917410125 },
  };
  rw_freqs f = { 0 };
  rw_error err;
  rw_freqs_size (&f, 1, &err);
  for (size_t k = 0; k < sizeof want / sizeof *want; k++)
    {
      long double c, s;
      f.inv_freq[0] = want[k][1];
      rw_trig_one (&f, want[k][0], 0, &c, &s);
      near ((double) c, want[k][2], TOL0, "the reference's cosine is that of integers");
      near ((double) s, want[k][3], TOL0, "and its sine");
    }
  rw_freqs_free (&f);
}

/* ---- accuracy ---- */

static double
worst_of (const rw_freqs *f, const rw_positions *p, const table_of *x)
{
  double worst = 0;
  for (size_t j = 0; j < p->n; j += j % 7 + 1)
    for (size_t i = 0; i < f->n; i++)
      {
        long double c, s;
        rw_trig_one (f, at_index (p, j), i, &c, &s);
        worst = fmax (worst, fabs ((double) (value (x, 0, j, i) - c)));
        worst = fmax (worst, fabs ((double) (value (x, 1, j, i) - s)));
      }
  return worst / f->attention_factor;
}

static void
values_are_within_the_bound (void)
{
  static const double list[] = { 0, 1, 3.75, -2.385, 1048575, 16777215, -16777215, 0x1p40, 1e15 };
  static const struct
  {
    const char *what;
    size_t n;
    double from, step, a;
  } cases[] = {
    { "from 0", 1500, 0, 1, 1 },
    { "up to 2^24", 1200, (1 << 24) - 1200, 1, 1.138629436111989 },
    { "a just above 1", 1100, 70000, 1, 1.0000000001 },
    { "a just above a power of 2", 1100, 900000, 1, 2.0000001 },
    { "small a", 900, 12345, 1, 0.0625001 },
    { "from below 0", 2000, -1000, 1, 1.25 },
    { "backwards", 1000, 999999, -1, 0.73052 },
    { "every 1023rd", 4096, -7, 1023, 1 },
    { "beyond 2^40", 700, 1099511627776.0, 1, 1.3 },
    { "to 2^53", 600, 9007199254740992.0 - 20000, 1, 1 },
    { "fractions", 700, 0.3, 0.7, 1.1 },
    { "few", 37, 1 << 23, 1, 1 },
  };
  uint64_t state = 20210420;
  double worst;
  for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
    {
      rw_freqs f = { 0 };
      table_of x;
      const rw_positions p = { .n = cases[k].n, .from = cases[k].from, .step = cases[k].step };
      make_freqs (&f, 29 + k, cases[k].a, &state);
      open_table (&x, RW_FLOAT64, p.n, f.n, (ptrdiff_t) f.n + 3);
      fill (&f, &p, RW_TRIG_EXACT, 2, &x);
      worst = worst_of (&f, &p, &x);
      ok (worst <= BOUND, "%s: within %g a of the exact values: %.3g", cases[k].what, BOUND, worst);
      ok (is_clean (&x), "%s: and nothing else is written", cases[k].what);
      close_table (&x);
      rw_freqs_free (&f);
    }
  rw_freqs f = { 0 };
  table_of x;
  const rw_positions p = { .n = sizeof list / sizeof *list, .at = list };
  make_freqs (&f, 31, 1.7, &state);
  open_table (&x, RW_FLOAT64, p.n, f.n, (ptrdiff_t) f.n);
  fill (&f, &p, RW_TRIG_EXACT, 1, &x);
  worst = worst_of (&f, &p, &x);
  ok (worst <= BOUND, "a list of positions: within the bound: %.3g", worst);
  close_table (&x);
  rw_freqs_free (&f);
}

/* Every other type is the double rounded once: so float32 is within 1/2 ulp + 4e-16 a.  */
static void
types_are_rounded_once (void)
{
  static const rw_dtype types[] = { RW_FLOAT32, RW_BFLOAT16, RW_FLOAT16 };
  static const rw_positions runs[]
      = { { .n = 3001, .from = 65300, .step = 1 }, { .n = 301, .from = 0.5, .step = 3 } };
  uint64_t state = 5;
  for (size_t r = 0; r < 2; r++)
    for (size_t k = 0; k < 3; k++)
      for (ptrdiff_t pad = 0; pad < 10; pad += 9)
        {
          rw_freqs f = { 0 };
          table_of wide, x;
          int wrong = 0;
          make_freqs (&f, 43, 1.1386, &state);
          open_table (&wide, RW_FLOAT64, runs[r].n, f.n, (ptrdiff_t) f.n);
          open_table (&x, types[k], runs[r].n, f.n, (ptrdiff_t) f.n + pad);
          fill (&f, &runs[r], RW_TRIG_EXACT, 1, &wide);
          fill (&f, &runs[r], RW_TRIG_EXACT, 2, &x);
          for (size_t j = 0; j < runs[r].n; j++)
            for (size_t i = 0; i < f.n; i++)
              for (int which = 0; which < 2; which++)
                wrong += value (&x, which, j, i)
                         != rw_dtype_round (types[k], value (&wide, which, j, i));
          ok (!wrong && is_clean (&x), "%s, %s, rows %td apart: the double, rounded once",
              rw_dtype_text (types[k]), r ? "fractions" : "a run", x.t.row);
          close_table (&x);
          close_table (&wide);
          rw_freqs_free (&f);
        }
}

/* ---- the same bits ---- */

static int
same_table (const table_of *a, const table_of *b)
{
  return a->size == b->size && !memcmp (a->memory[0], b->memory[0], a->size)
         && !memcmp (a->memory[1], b->memory[1], a->size);
}

static void
bits_do_not_depend_on_machines (void)
{
  static const size_t pairs[] = { 1, 16, 35, 64 };
  static const rw_positions lists[]
      = { { .n = 13777, .from = 16000, .step = 1 }, { .n = 933, .from = 0.25, .step = 1.5 } };
  uint64_t state = 11;
  for (rw_dtype type = RW_FLOAT32; type <= RW_FLOAT64; type++)
    {
      int wrong = 0, dirty = 0;
      for (size_t k = 0; k < 4; k++)
        for (size_t l = 0; l < 2; l++)
          {
            rw_freqs f = { 0 };
            table_of one, x;
            make_freqs (&f, pairs[k], 1.2, &state);
            open_table (&one, type, lists[l].n, f.n, (ptrdiff_t) f.n + (ptrdiff_t) l);
            setenv ("ROPEWALK_SIMD", "plain", 1);
            fill (&f, &lists[l], RW_TRIG_EXACT, 1, &one);
            for (int simd = 0; simd < 3; simd++)
              for (int threads = 1; threads < 4; threads++)
                {
                  setenv ("ROPEWALK_SIMD", rw_simd_text ((rw_simd) simd), 1);
                  open_table (&x, type, lists[l].n, f.n, one.t.row);
                  fill (&f, &lists[l], RW_TRIG_EXACT, threads, &x);
                  wrong += !same_table (&one, &x);
                  dirty += !is_clean (&x);
                  close_table (&x);
                }
            close_table (&one);
            rw_freqs_free (&f);
          }
      unsetenv ("ROPEWALK_SIMD");
      ok (!wrong && !dirty, "%s: any instructions, any threads: the same bits",
          rw_dtype_text (type));
    }
}

/* A table of 48 MB goes past the caches; with rows of another width it does not.  */
static void
streaming_changes_nothing (void)
{
  uint64_t state = 3;
  rw_freqs f = { 0 };
  table_of past, through;
  const rw_positions p = { .n = 99999, .from = 100, .step = 1 };
  make_freqs (&f, 64, 1, &state);
  open_table (&past, RW_FLOAT32, p.n, f.n, 64);
  open_table (&through, RW_FLOAT32, p.n, f.n, 65);
  fill (&f, &p, RW_TRIG_EXACT, 2, &past);
  fill (&f, &p, RW_TRIG_EXACT, 1, &through);
  int wrong = 0;
  for (size_t j = 0; j < p.n; j++)
    for (int which = 0; which < 2; which++)
      wrong
          += memcmp (past.memory[which] + j * 64 * 4, through.memory[which] + j * 65 * 4, 256) != 0;
  ok (!wrong && is_clean (&past) && is_clean (&through), "streamed tables have the same bits");
  close_table (&past);
  close_table (&through);
  rw_freqs_free (&f);
}

static void
values_depend_on_m_alone (void)
{
  uint64_t state = 17;
  rw_freqs f = { 0 };
  table_of whole, part;
  int wrong = 0;
  make_freqs (&f, 20, 1.5, &state);
  open_table (&whole, RW_FLOAT64, 40000, f.n, 20);
  fill (&f, &(rw_positions){ .n = 40000, .from = -9000, .step = 1 }, RW_TRIG_EXACT, 2, &whole);
  for (size_t from = 0; from < 40000 - 700; from += 1237)
    {
      open_table (&part, RW_FLOAT64, 700, f.n, 20);
      fill (&f, &(rw_positions){ .n = 700, .from = (double) from - 9000, .step = 1 }, RW_TRIG_EXACT,
            1, &part);
      for (int which = 0; which < 2; which++)
        wrong
            += memcmp (part.memory[which], whole.memory[which] + from * 20 * 8, 700 * 20 * 8) != 0;
      close_table (&part);
    }
  ok (!wrong, "a run of 256 and more in pieces has the same bits");
  close_table (&whole);
  rw_freqs_free (&f);
}

/* ---- hf ---- */

static void
hf_is_float32_throughout (void)
{
  static const double list[] = { 0, 1, 17, 4095, 131071, 16777217, 2.385, -5 };
  uint64_t state = 23;
  rw_freqs f = { 0 };
  table_of x, h;
  const rw_positions p = { .n = 8, .at = list };
  int wrong = 0;
  make_freqs (&f, 33, 1.19, &state);
  open_table (&x, RW_FLOAT32, 8, f.n, 33);
  open_table (&h, RW_BFLOAT16, 8, f.n, 33);
  fill (&f, &p, RW_TRIG_HF, 2, &x);
  fill (&f, &p, RW_TRIG_HF, 1, &h);
  for (size_t j = 0; j < 8; j++)
    for (size_t i = 0; i < f.n; i++)
      {
        const float g = (float) f.inv_freq[i], m = (float) list[j], angle = m * g;
        const float c = cosf (angle) * 1.19F, s = sinf (angle) * 1.19F;
        wrong += value (&x, 0, j, i) != (double) c || value (&x, 1, j, i) != (double) s;
        wrong += value (&h, 0, j, i) != rw_dtype_round (RW_BFLOAT16, (double) c);
      }
  ok (!wrong, "hf: product, cosine and factor in float32, then the type");
  close_table (&x);
  close_table (&h);
  /* a run of whole positions must not take the exact path */
  open_table (&x, RW_FLOAT32, 2000, f.n, 33);
  fill (&f, &(rw_positions){ .n = 2000, .from = 131072, .step = 1 }, RW_TRIG_HF, 1, &x);
  const float angle = 133071.0F * (float) f.inv_freq[4];
  near (value (&x, 0, 1999, 4), (double) (cosf (angle) * 1.19F), 0, "hf: also in a long run");
  close_table (&x);
  rw_freqs_free (&f);
}

/* ---- what is refused ---- */

static void
errors (void)
{
  static const double list[] = { 0, NAN };
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  rw_arena *scratch = rw_arena_new ();
  float room[64];
  rw_trig t = { .type = RW_FLOAT32, .n = 2, .pairs = 4, .row = 4, .cos = room, .sin = room + 32 };
  rw_positions p = { .n = 2, .step = 1 };
  rw_freqs_size (&f, 5, &err);
  ok (rw_trig_fill (&f, &p, RW_TRIG_EXACT, 1, scratch, &t, &err) == RW_EINVAL, "pairs that differ");
  has (err.text, "4 pairs, but there are 5", "and the error says by what");
  t.pairs = 5;
  ok (rw_trig_fill (&f, &p, RW_TRIG_EXACT, 1, scratch, &t, &err) == RW_EINVAL, "rows that overlap");
  t.row = 8, t.n = 3;
  ok (rw_trig_fill (&f, &p, RW_TRIG_EXACT, 1, scratch, &t, &err) == RW_EINVAL, "rows too many");
  t.n = 2, p.at = list;
  ok (rw_trig_fill (&f, &p, RW_TRIG_EXACT, 1, scratch, &t, &err) == RW_EINVAL, "no number");
  has (err.text, "positions[1]", "and the error says where");
  p.at = NULL, p.from = INFINITY;
  ok (rw_trig_fill (&f, &p, RW_TRIG_EXACT, 1, scratch, &t, &err) == RW_EINVAL, "infinity");
  p.from = 0, p.n = t.n = 0;
  ok (!rw_trig_fill (&f, &p, RW_TRIG_EXACT, 3, scratch, &t, &err), "no positions: nothing to do");
  rw_freqs_free (&f);
  rw_arena_free (scratch);
}

int
main (void)
{
  reference_agrees_with_integers ();
  values_are_within_the_bound ();
  types_are_rounded_once ();
  bits_do_not_depend_on_machines ();
  streaming_changes_nothing ();
  values_depend_on_m_alone ();
  hf_is_float32_throughout ();
  errors ();
  return tap_end ();
}
