/* rotate_lanes: the steps of the turning kernels for vectors of LANES floats; private, a template.

   Included once a width by the file of each instruction set, which defines LANES (1, 4, 8 or 16),
   TARGET (the functions' attributes) and, where the processor converts binary16, F16C.  Every
   function ends in its width: LANED (turned).  A stepping function works from pair i on while whole
   vectors are left, and returns the first pair that is not done.

   Memory has any alignment and any type: it is read and written through memcpy.  */
#define TURN_JOIN(name, lanes) name##_##lanes
#define TURN_NAME(name, lanes) TURN_JOIN (name, lanes)
#define LANED(name) TURN_NAME (name, LANES)
#define floats LANED (floats)
#define bits LANED (bits)
#define ints LANED (ints)
#define shorts LANED (shorts)
#define couple LANED (couple)

typedef float floats __attribute__ ((vector_size (4 * LANES)));
typedef uint32_t bits __attribute__ ((vector_size (4 * LANES)));
typedef int32_t ints __attribute__ ((vector_size (4 * LANES)));
typedef uint16_t shorts __attribute__ ((vector_size (2 * LANES)));
typedef struct
{
  floats re, im;
} couple;

/* ---- values: to float32 and back, to nearest, ties to even ---- */

TARGET floats
LANED (read_float32) (const char *p)
{
  floats x;
  memcpy (&x, p, sizeof x);
  return x;
}

TARGET void
LANED (write_float32) (char *p, floats x)
{
  memcpy (p, &x, sizeof x);
}

/* Compilers make several narrower steps of the widest.  */
#if LANES == 16
TARGET bits
LANED (read_bits) (const char *p)
{
  return (bits) _mm512_cvtepu16_epi32 (_mm256_loadu_si256 ((const __m256i *) (const void *) p));
}

TARGET void
LANED (write_bits) (char *p, bits u)
{
  _mm256_storeu_si256 ((__m256i *) (void *) p, _mm512_cvtepi32_epi16 ((__m512i) u));
}
#else
TARGET bits
LANED (read_bits) (const char *p)
{
  shorts h;
  memcpy (&h, p, sizeof h);
  return __builtin_convertvector(h, bits);
}

TARGET void
LANED (write_bits) (char *p, bits u)
{
  const shorts h = __builtin_convertvector(u, shorts);
  memcpy (p, &h, sizeof h);
}
#endif

TARGET floats
LANED (read_bfloat16) (const char *p)
{
  return (floats) (LANED (read_bits) (p) << 16);
}

/* The upper half, rounded; the lower half is of no meaning.  */
TARGET bits
LANED (round_bfloat16) (floats x)
{
  const bits u = (bits) x, nan = (bits) (x != x);
  return ((u + 0x7fff + (u >> 16 & 1)) & ~nan) | (0x7fc00000 & nan);
}

TARGET void
LANED (write_bfloat16) (char *p, floats x)
{
  LANED (write_bits) (p, LANED (round_bfloat16) (x) >> 16);
}

#if defined F16C && LANES == 16
TARGET floats
LANED (read_float16) (const char *p)
{
  return (floats) _mm512_cvtph_ps (_mm256_loadu_si256 ((const __m256i *) (const void *) p));
}

TARGET void
LANED (write_float16) (char *p, floats x)
{
  _mm256_storeu_si256 ((__m256i *) (void *) p,
                       _mm512_cvtps_ph ((__m512) x, _MM_FROUND_TO_NEAREST_INT));
}
#elif defined F16C && LANES == 8
TARGET floats
LANED (read_float16) (const char *p)
{
  return (floats) _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i *) (const void *) p));
}

TARGET void
LANED (write_float16) (char *p, floats x)
{
  _mm_storeu_si128 ((__m128i *) (void *) p,
                    _mm256_cvtps_ph ((__m256) x, _MM_FROUND_TO_NEAREST_INT));
}
#else
/* A binary16 in a float32's place is 2^112 too small; infinities and NaNs need the exponent full.
 */
TARGET floats
LANED (read_float16) (const char *p)
{
  const bits h = LANED (read_bits) (p), m = (h & 0x7fff) << 13;
  const bits special = (bits) ((ints) m >= 31 << 23);
  const floats x = (floats) m * 0x1p112F;
  return (floats) ((bits) x | (special & 0x7f800000) | (h & 0x8000) << 16);
}

/* Adding 1/2, whose last place is binary16's least number, rounds what is below its normal numbers;
   above, the bits that go are rounded by a carry, up to infinity.  */
TARGET void
LANED (write_float16) (char *p, floats x)
{
  const bits a = (bits) x & 0x7fffffff, sign = (bits) x >> 16 & 0x8000;
  const bits nan = (bits) ((ints) a > 0x7f800000), big = (bits) ((ints) a >= 0x47800000);
  const bits small = (bits) ((ints) a < 0x38800000);
  const bits tiny = (bits) ((floats) a + 0.5F) - 0x3f000000;
  const bits normal = (a - 0x38000000 + 0xfff + (a >> 13 & 1)) >> 13;
  LANED (write_bits)
  (p, (tiny & small) | (normal & ~small & ~big) | (big & (0x7c00 | (nan & 0x200))) | sign);
}
#endif

/* ---- pairs: vectors of first and of second channels ---- */

/* A vector's first and second channels apart, the firsts of `a` before those of `b`, and back.  */
#if LANES == 16
#  define EVEN 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30
#  define ODD 1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31
#  define LOW 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23
#  define HIGH 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31
#elif LANES == 8
#  define EVEN 0, 2, 4, 6, 8, 10, 12, 14
#  define ODD 1, 3, 5, 7, 9, 11, 13, 15
#  define LOW 0, 8, 1, 9, 2, 10, 3, 11
#  define HIGH 4, 12, 5, 13, 6, 14, 7, 15
#elif LANES == 4
#  define EVEN 0, 2, 4, 6
#  define ODD 1, 3, 5, 7
#  define LOW 0, 4, 1, 5
#  define HIGH 2, 6, 3, 7
#else
#  define EVEN 0
#  define ODD 1
#  define LOW 0
#  define HIGH 1
#endif
#ifdef __clang__
#  define TURN_SHUFFLE(a, b, ...) __builtin_shufflevector (a, b, __VA_ARGS__)
#else
#  define TURN_SHUFFLE(a, b, ...) __builtin_shuffle (a, b, (ints){ __VA_ARGS__ })
#endif

TARGET couple
LANED (apart) (floats a, floats b)
{
  return (couple){ TURN_SHUFFLE (a, b, EVEN), TURN_SHUFFLE (a, b, ODD) };
}

TARGET couple
LANED (together) (couple z)
{
  return (couple){ TURN_SHUFFLE (z.re, z.im, LOW), TURN_SHUFFLE (z.re, z.im, HIGH) };
}

TARGET couple
LANED (turned) (couple z, const float *cos, const float *sin)
{
  const floats c = LANED (read_float32) ((const char *) cos);
  const floats s = LANED (read_float32) ((const char *) sin);
  return (couple){ z.re * c - z.im * s, z.re * s + z.im * c };
}

/* Two neighbours: `together` and `apart` in memory.  */
#define TURN_NEIGHBOURS(type, size)                                                                \
  TARGET couple LANED (read_couple_##type) (const char *p)                                         \
  {                                                                                                \
    return LANED (apart) (LANED (read_##type) (p), LANED (read_##type) (p + LANES * (size)));      \
  }                                                                                                \
  TARGET void LANED (write_couple_##type) (char *p, couple z)                                      \
  {                                                                                                \
    const couple w = LANED (together) (z);                                                         \
    LANED (write_##type) (p, w.re);                                                                \
    LANED (write_##type) (p + LANES * (size), w.im);                                               \
  }
TURN_NEIGHBOURS (float32, 4)
TURN_NEIGHBOURS (float16, 2)

/* Two bfloat16 are the halves of a word.  */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
TARGET couple
LANED (read_couple_bfloat16) (const char *p)
{
  bits u;
  memcpy (&u, p, sizeof u);
  return (couple){ (floats) (u << 16), (floats) (u & 0xffff0000) };
}

TARGET void
LANED (write_couple_bfloat16) (char *p, couple z)
{
  const bits re = LANED (round_bfloat16) (z.re), im = LANED (round_bfloat16) (z.im);
  const bits u = re >> 16 | (im & 0xffff0000);
  memcpy (p, &u, sizeof u);
}
#else
TURN_NEIGHBOURS (bfloat16, 2)
#endif

#define TURN_STEPS(type, size)                                                                     \
  TARGET size_t LANED (half_##type) (const rw_rotate_heads *t, const char *x, char *y, size_t i)   \
  {                                                                                                \
    for (; i + LANES <= t->n; i += LANES)                                                          \
      {                                                                                            \
        const char *p = x + i * (size);                                                            \
        char *to = y + i * (size);                                                                 \
        const couple z = { LANED (read_##type) (p), LANED (read_##type) (p + t->gap) };            \
        const couple w = LANED (turned) (z, t->cos + i, t->sin + i);                               \
        LANED (write_##type) (to, w.re);                                                           \
        LANED (write_##type) (to + t->gap, w.im);                                                  \
      }                                                                                            \
    return i;                                                                                      \
  }                                                                                                \
  TARGET size_t LANED (interleaved_##type) (const rw_rotate_heads *t, const char *x, char *y,      \
                                            size_t i)                                              \
  {                                                                                                \
    for (; i + LANES <= t->n; i += LANES)                                                          \
      {                                                                                            \
        const couple z = LANED (read_couple_##type) (x + 2 * i * (size));                          \
        const couple w = LANED (turned) (z, t->cos + i, t->sin + i);                               \
        LANED (write_couple_##type) (y + 2 * i * (size), w);                                       \
      }                                                                                            \
    return i;                                                                                      \
  }                                                                                                \
  TARGET size_t LANED (tail_##type) (const rw_rotate_heads *t, const char *x, char *y, size_t i)   \
  {                                                                                                \
    for (; i + LANES <= t->n; i += LANES)                                                          \
      LANED (write_##type) (y + i * (size), LANED (read_##type) (x + i * (size)) * t->scale);      \
    return i;                                                                                      \
  }
TURN_STEPS (float32, 4)
TURN_STEPS (bfloat16, 2)
TURN_STEPS (float16, 2)

/* ---- rows ---- */

TARGET size_t
LANED (row_scale) (const rw_rotate_heads *t, float *cos, float *sin, size_t i)
{
  for (; i + LANES <= t->n; i += LANES)
    {
      LANED (write_float32)
      ((char *) (cos + i), LANED (read_float32) ((const char *) (t->cos + i)) * t->scale);
      LANED (write_float32)
      ((char *) (sin + i), LANED (read_float32) ((const char *) (t->sin + i)) * t->scale);
    }
  return i;
}

#if LANES <= 8 /* eight doubles are the widest vector */
#  define doubles LANED (doubles)
typedef double doubles __attribute__ ((vector_size (8 * LANES)));

TARGET size_t
LANED (row_undo) (const rw_rotate_heads *t, float *cos, float *sin, size_t i)
{
  for (; i + LANES <= t->n; i += LANES)
    {
      const floats c = LANED (read_float32) ((const char *) (t->cos + i));
      const floats s = LANED (read_float32) ((const char *) (t->sin + i));
      const doubles re = __builtin_convertvector(c, doubles);
      const doubles im = __builtin_convertvector(s, doubles);
      const doubles back = 1.0 / ((re * re + im * im) * (double) t->scale);
      LANED (write_float32) ((char *) (cos + i), __builtin_convertvector(re * back, floats));
      LANED (write_float32) ((char *) (sin + i), __builtin_convertvector(im * -back, floats));
    }
  return i;
}
#  undef doubles
#endif

#undef TURN_STEPS
#undef TURN_NEIGHBOURS
#undef TURN_SHUFFLE
#undef EVEN
#undef ODD
#undef LOW
#undef HIGH
#undef floats
#undef bits
#undef ints
#undef shorts
#undef couple
#undef LANED
#undef TURN_NAME
#undef TURN_JOIN
