/* normals_kernel: the body of one kernel of normals.c, which reads it once a vector width and sets
     KERNEL        its name
     TARGET        attribute of its functions
     LANES         numbers side by side
     REAL, WORDS   vectors of LANES doubles and of as many uint64_t, or these themselves
     MUL32 (a, b)  products of the lower halves of two WORDS
     SQRT (x)      square roots, correctly rounded
   Words hold 32 bits in the lower half of 64.  Private to normals.c, hence without a guard.  */

#define INNER2(a, b) a##_##b
#define INNER1(a, b) INNER2 (a, b)
#define INNER(name) INNER1 (KERNEL, name)

TARGET static inline REAL
INNER (real) (WORDS bits)
{
  REAL x;
  memcpy (&x, &bits, sizeof x);
  return x;
}

TARGET static inline WORDS
INNER (bits) (REAL x)
{
  WORDS bits;
  memcpy (&bits, &x, sizeof bits);
  return bits;
}

/* Integers below 2^52 as doubles: the bits of 2^52 + n hold n.  */
TARGET static inline REAL
INNER (whole) (WORDS n)
{
  return INNER (real) (n | TWO_52_BITS) - 0x1p52;
}

/* ln u of u = (w + 1/2) / 2^32 = (2 w + 1) 2^-33: the odd number as m 2^k, m in [sqrt 1/2, sqrt 2),
   and ln m = 2 artanh s, s = (m - 1) / (m + 1), |s| < 0.1716: the series' terms beyond s^21 are
   below 2^-58.  */
TARGET static inline REAL
INNER (log) (WORDS w)
{
  const WORDS bits = INNER (bits) (INNER (whole) (2 * w + 1));
  const WORDS k = (bits - ROOT_HALF_BITS) >> 52;
  const REAL m = INNER (real) (bits - (k << 52));
  const REAL s = (m - 1) / (m + 1), q = s * s;
  REAL p = q * (1 / 21.) + 1 / 19.;
  p = p * q + 1 / 17.;
  p = p * q + 1 / 15.;
  p = p * q + 1 / 13.;
  p = p * q + 1 / 11.;
  p = p * q + 1 / 9.;
  p = p * q + 1 / 7.;
  p = p * q + 1 / 5.;
  p = p * q + 1 / 3.;
  return (INNER (whole) (k) - 33) * M_LN2 + (s * 2 + s * 2 * q * p);
}

/* Sine and cosine by their Taylor series, |a| <= pi / 4: the first terms left out are below 2^-54
   and 2^-58.  */
TARGET static inline REAL
INNER (sine) (REAL a)
{
  const REAL q = a * a;
  REAL p = q * (-1 / 1307674368000.) + 1 / 6227020800.;
  p = p * q - 1 / 39916800.;
  p = p * q + 1 / 362880.;
  p = p * q - 1 / 5040.;
  p = p * q + 1 / 120.;
  p = p * q - 1 / 6.;
  return a + a * q * p;
}

TARGET static inline REAL
INNER (cosine) (REAL a)
{
  const REAL q = a * a;
  REAL p = q * (1 / 20922789888000.) - 1 / 87178291200.;
  p = p * q + 1 / 479001600.;
  p = p * q - 1 / 3628800.;
  p = p * q + 1 / 40320.;
  p = p * q - 1 / 720.;
  p = p * q + 1 / 24.;
  return 1 - q / 2 + q * q * p;
}

/* Box and Muller: two normals of two words.  The second word is an angle in 2^-32 turns: the
   nearest quarter turn swaps and signs the sine and cosine of the rest.  */
TARGET static inline void
INNER (pair) (WORDS radius, WORDS angle, double *x, double *y)
{
  const WORDS turned = angle + EIGHTH, quarter = turned >> 30;
  const REAL rest = INNER (whole) (turned & (QUARTER - 1)) - EIGHTH;
  const REAL a = rest * (2 * M_PI / 0x1p32), r = SQRT (INNER (log) (radius) * -2);
  const WORDS c = INNER (bits) (INNER (cosine) (a)), s = INNER (bits) (INNER (sine) (a));
  const WORDS swap = 0 - (quarter & 1);
  const REAL re = INNER (real) (((c & ~swap) | (s & swap)) ^ ((quarter + 1) & 2) << 62);
  const REAL im = INNER (real) (((s & ~swap) | (c & swap)) ^ (quarter & 2) << 62);
  const REAL both[] = { r * re, r * im };
  memcpy (x, &both[0], sizeof both[0]);
  memcpy (y, &both[1], sizeof both[1]);
}

/* Ten rounds of Philox4x32; what stands in the upper halves does not matter.  */
TARGET static inline void
INNER (philox) (const rw_stream *stream, WORDS block, WORDS word[4])
{
  const WORDS zero = { 0 };
  const WORDS m0 = zero + PHILOX_M4x32_0, m1 = zero + PHILOX_M4x32_1;
  WORDS a = block, b = zero + stream->purpose;
  WORDS c = zero + (uint32_t) stream->group, d = zero + (stream->group >> 32);
  uint32_t low = (uint32_t) stream->seed, high = (uint32_t) (stream->seed >> 32);
  for (int i = 0; i < 10; i++, low += PHILOX_W32_0, high += PHILOX_W32_1)
    {
      const WORDS p = MUL32 (a, m0), q = MUL32 (c, m1);
      a = q >> 32 ^ b ^ low;
      b = q;
      c = p >> 32 ^ d ^ high;
      d = p;
    }
  word[0] = a & LOWER, word[1] = b & LOWER, word[2] = c & LOWER, word[3] = d & LOWER;
}

TARGET static void
KERNEL (const rw_stream *stream, uint32_t from, size_t n, double *out)
{
  static const uint64_t lanes[BLOCKS] = { 0, 1, 2, 3, 4, 5, 6, 7 };
  for (size_t g = 0; g < n; g++, out += RW_NORMALS)
    for (size_t l = 0; l < BLOCKS; l += LANES)
      {
        WORDS block, word[4];
        memcpy (&block, lanes + l, sizeof block);
        INNER (philox) (stream, block + (uint64_t) (uint32_t) (from + g) * BLOCKS, word);
        INNER (pair) (word[0], word[1], out + l, out + l + BLOCKS);
        INNER (pair) (word[2], word[3], out + l + 2 * BLOCKS, out + l + 3 * BLOCKS);
      }
}

#undef INNER
#undef INNER1
#undef INNER2
#undef KERNEL
#undef TARGET
#undef LANES
#undef REAL
#undef WORDS
#undef MUL32
#undef SQRT
