/* dtype: every 16-bit number both ways, every tie between neighbours, and random doubles, against
   integer arithmetic by hand; every kernel against the plain one.  */
#include "base/dtype.h"
#include "tap.h"

#include <stdint.h>

enum
{
  HALVES = 1 << 16,
  RANDOM = 200003 /* not a multiple of any vector */
};

typedef struct
{
  rw_dtype type;
  int bits, low; /* significant bits; exponent of the least normal number */
} format;

static const format bfloat16 = { RW_BFLOAT16, 8, -126 }, float16 = { RW_FLOAT16, 11, -14 };

static uint64_t
next (uint64_t *state)
{
  *state = *state * 6364136223846793005u + 1442695040888963407u; /* Knuth's MMIX */
  return *state ^ *state >> 29;
}

static unsigned
infinity_of (const format *f)
{
  return 0x7fff >> (f->bits - 1) << (f->bits - 1);
}

/* The value of a half, by its fields.  */
static double
value_of (const format *f, unsigned h)
{
  const unsigned size = h & 0x7fff, inf = infinity_of (f), one = 1u << (f->bits - 1);
  const double sign = h & 0x8000 ? -1 : 1;
  if (size >= inf)
    return size > inf ? NAN : sign * INFINITY;
  const unsigned e = size / one, m = size % one;
  return sign
         * (e ? ldexp (one + m, (int) e - 1 + f->low - f->bits + 1)
              : ldexp (m, f->low - f->bits + 1));
}

/* The half nearest to x, ties to even, in integers: |x| = m 2^e; q units of 2^unit.  */
static unsigned
half_of (const format *f, double x)
{
  uint64_t all;
  memcpy (&all, &x, sizeof all);
  const unsigned sign = all >> 63 ? 0x8000 : 0, inf = infinity_of (f);
  const int field = (int) (all >> 52 & 2047);
  const uint64_t fraction = all & ((1ull << 52) - 1);
  if (field == 2047)
    return fraction ? inf | 1u << (f->bits - 2) : sign | inf;
  const uint64_t m = field ? fraction | 1ull << 52 : fraction;
  const int e = (field ? field : 1) - 1075, least = f->low - f->bits + 1;
  int width = 0;
  while (m >> width)
    width++;
  const int unit = e + width - f->bits < least ? least : e + width - f->bits, shift = unit - e;
  if (shift > 63)
    return sign;
  uint64_t q = shift > 0 ? m >> shift : m << -shift;
  const uint64_t rest = shift > 0 ? m - (q << shift) : 0,
                 half = shift > 0 ? 1ull << (shift - 1) : 1;
  q += rest > half || (rest == half && q % 2);
  const int64_t h = ((int64_t) (unit - least) << (f->bits - 1)) + (int64_t) q;
  return h >= inf ? sign | inf : sign | (unsigned) h;
}

static int
same_number (double a, double b)
{
  return (isnan (a) && isnan (b)) || (a == b && signbit (a) == signbit (b));
}

static void
halves_are_read (const format *f)
{
  static uint16_t all[HALVES];
  static float plain[HALVES], other[HALVES];
  const char *name = rw_dtype_text (f->type);
  int wrong = 0;
  for (unsigned h = 0; h < HALVES; h++)
    all[h] = (uint16_t) h;
  rw_dtype_reader_of (f->type, RW_SIMD_PLAIN) (all, HALVES, plain);
  for (unsigned h = 0; h < HALVES; h++)
    wrong += !same_number ((double) plain[h], value_of (f, h));
  ok (!wrong, "%s: all 65536 are read as their fields say", name);
  for (rw_simd simd = RW_SIMD_PLAIN; simd <= rw_simd_get (); simd++)
    {
      rw_dtype_reader_of (f->type, simd) (all, HALVES, other);
      wrong = memcmp (plain, other, sizeof plain) != 0;
      for (size_t n = 0; n < 40; n++) /* odd numbers of odd halves, up to a NaN */
        {
          other[n] = 7.25F;
          rw_dtype_reader_of (f->type, simd) (all + 31733 + n, n, other);
          wrong += memcmp (plain + 31733 + n, other, n * sizeof *other) || other[n] != 7.25F;
        }
      ok (!wrong, "%s: %s reads the same bits and no more", name, rw_simd_text (simd));
    }
}

/* Halves there and back, and what lies between two of them: the middle goes to the even one, its
   neighbours to the nearer one.  */
static int
wrong_near (const format *f, unsigned h)
{
  const double x = value_of (f, h);
  const double above = (h & 0x7fff) + 1 < infinity_of (f)
                           ? value_of (f, h + 1)
                           : copysign (ldexp (1, f->low == -14 ? 16 : 128), x);
  const double middle = x / 2 + above / 2; /* exact: one bit more */
  const unsigned even = h % 2 ? h + 1 : h;
  const struct
  {
    double x;
    unsigned h;
  } want[] = {
    { x, h },
    { middle, even },
    { nextafter (middle, x), h },
    { nextafter (middle, above), h + 1 },
  };
  int wrong = 0;
  for (size_t k = 0; k < 4; k++)
    {
      uint16_t got;
      rw_dtype_write (f->type, &want[k].x, 1, &got);
      wrong += got != want[k].h || half_of (f, want[k].x) != want[k].h;
      wrong += !same_number (rw_dtype_round (f->type, want[k].x), value_of (f, want[k].h));
    }
  return wrong;
}

static void
halves_are_written (const format *f)
{
  const char *name = rw_dtype_text (f->type);
  int wrong = 0, nan = 0;
  for (unsigned h = 0; h < HALVES; h++)
    if ((h & 0x7fff) < infinity_of (f))
      wrong += wrong_near (f, h);
  ok (!wrong, "%s: all numbers come back, all ties go to even, all neighbours to the nearer", name);
  for (unsigned h = 0; h < HALVES; h++)
    if ((h & 0x7fff) >= infinity_of (f))
      {
        const double x = value_of (f, h);
        uint16_t got;
        rw_dtype_write (f->type, &x, 1, &got);
        nan += got != (isnan (x) ? half_of (f, NAN) : h);
        nan += !same_number (rw_dtype_round (f->type, x), x);
      }
  ok (!nan, "%s: infinities stay, and a NaN is written without sign and payload", name);
}

/* Doubles of all sizes: half of them near the format's own range.  */
static void
random_doubles (const format *f, double *x)
{
  uint64_t state = 2385;
  for (size_t i = 0; i < RANDOM; i++)
    {
      const uint64_t a = next (&state), b = next (&state);
      memcpy (&x[i], &a, sizeof a);
      if (b % 2)
        x[i] = ldexp ((double) (a >> 11) - 0x1p52,
                      (int) (b >> 33) % (6 * f->bits) - 66 + f->low / 2);
      if (b % 8 == 3) /* long runs of zeros: ties and exact values */
        x[i] = ldexp ((double) (int64_t) (a >> 50) - 8192, (int) (b >> 40) % 40 - 33);
    }
  x[17] = NAN, x[18] = -NAN, x[19] = INFINITY, x[20] = -INFINITY, x[21] = -0.0, x[22] = 0;
  x[23] = DBL_MAX, x[24] = -DBL_MAX, x[25] = 0x1p-1074, x[26] = -0x1p-1074, x[27] = FLT_MAX;
}

static void
doubles_are_rounded_once (const format *f)
{
  static double x[RANDOM + 1];
  static uint16_t plain[RANDOM + 1], other[RANDOM + 1];
  const char *name = rw_dtype_text (f->type);
  int wrong = 0;
  random_doubles (f, x);
  rw_dtype_writer_of (f->type, RW_SIMD_PLAIN) (x, RANDOM, plain);
  for (size_t i = 0; i < RANDOM; i++)
    wrong += plain[i] != half_of (f, x[i]);
  ok (!wrong, "%s: %d doubles are rounded as integers say", name, RANDOM);
  for (rw_simd simd = RW_SIMD_PLAIN; simd <= rw_simd_get (); simd++)
    {
      rw_dtype_writer_of (f->type, simd) (x, RANDOM, other);
      wrong = memcmp (plain, other, RANDOM * sizeof *plain) != 0;
      for (size_t n = 0; n < 40; n++)
        {
          other[n] = 4711;
          rw_dtype_writer_of (f->type, simd) (x + n, n, other);
          wrong += memcmp (plain + n, other, n * sizeof *other) || other[n] != 4711;
        }
      ok (!wrong, "%s: %s writes the same bits and no more", name, rw_simd_text (simd));
    }
}

static void
wide_formats_agree (void)
{
  static double x[RANDOM], wide[RANDOM];
  static float want[RANDOM], got[RANDOM];
  random_doubles (&bfloat16, x);
  for (size_t i = 0; i < RANDOM; i++)
    want[i] = (float) x[i];
  for (rw_simd simd = RW_SIMD_PLAIN; simd <= rw_simd_get (); simd++)
    {
      int wrong = 0;
      rw_dtype_reader_of (RW_FLOAT64, simd) (x, RANDOM, got);
      for (size_t i = 0; i < RANDOM; i++)
        wrong += !same_number ((double) got[i], (double) want[i]);
      rw_dtype_writer_of (RW_FLOAT32, simd) (x, RANDOM, got);
      for (size_t i = 0; i < RANDOM; i++)
        wrong += !same_number ((double) got[i], (double) want[i]);
      rw_dtype_writer_of (RW_FLOAT64, simd) (x, RANDOM, wide);
      wrong += memcmp (x, wide, sizeof x) != 0;
      rw_dtype_reader_of (RW_FLOAT32, simd) (want, RANDOM, got);
      wrong += memcmp (want, got, sizeof got) != 0;
      ok (!wrong, "float64 and float32, read and written by %s", rw_simd_text (simd));
    }
}

/* Any stride and alignment, through the two doors.  */
static void
strides_and_alignments (void)
{
  static const rw_dtype types[] = { RW_FLOAT32, RW_BFLOAT16, RW_FLOAT16, RW_FLOAT64 };
  static double x[900], back[900];
  static unsigned char memory[900 * 8 + 1];
  static float some[900];
  uint64_t state = 7;
  for (size_t t = 0; t < 4; t++)
    {
      int wrong = 0;
      for (size_t i = 0; i < 900; i++)
        x[i] = (double) (float) rw_dtype_round (types[t], (double) (next (&state) >> 40) * 0x1p-22);
      rw_dtype_write (types[t], x, 900, memory + 1);
      for (ptrdiff_t stride = 1; stride < 4; stride++)
        {
          const size_t n = 900 / (size_t) stride;
          rw_dtype_read (types[t], memory + 1, stride, n, some);
          rw_dtype_read_double (types[t], memory + 1, stride, n, back);
          for (size_t i = 0; i < n; i++)
            wrong
                += (double) some[i] != x[i * (size_t) stride] || back[i] != x[i * (size_t) stride];
        }
      ok (!wrong, "%s at an odd address and strides of 1 to 3", rw_dtype_text (types[t]));
    }
}

static void
names (void)
{
  rw_dtype type;
  int wrong = 0;
  for (rw_dtype t = RW_FLOAT32; t <= RW_FLOAT64; t++)
    wrong += !rw_dtype_find (rw_dtype_text (t), &type) || type != t;
  ok (!wrong, "every format is found by its name");
  ok (rw_dtype_find ("BF16", &type) && type == RW_BFLOAT16, "and by that of safetensors");
  ok (!rw_dtype_find ("F8_E4M3", &type), "one that there is not is not found");
  ok (rw_dtype_size (RW_FLOAT16) == 2 && rw_dtype_size (RW_FLOAT64) == 8, "sizes in bytes");
  near (rw_dtype_round (RW_FLOAT16, 65519.99), 65504, 0, "float16 holds what is below 65520");
  near (rw_dtype_round (RW_FLOAT16, 65520), INFINITY, 0, "and no more");
  near (rw_dtype_round (RW_FLOAT32, 16777217), 16777216, 0, "float32 has 24 bits");
}

int
main (void)
{
  names ();
  halves_are_read (&bfloat16);
  halves_are_read (&float16);
  halves_are_written (&bfloat16);
  halves_are_written (&float16);
  doubles_are_rounded_once (&bfloat16);
  doubles_are_rounded_once (&float16);
  wide_formats_agree ();
  strides_and_alignments ();
  return tap_end ();
}
