/* rotate_lanes: the steps of the turning kernels for vectors of LANES floats; private, a template.

   Included once a width by the file of each instruction set, which defines LANES (1, 4, 8 or 16),
   TARGET (the functions' attributes) and, for its intrinsics from 8 lanes on, X86.  Every
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

/* A `stream` of whole aligned vectors goes past the caches, where the processor can.  */
TARGET void
LANED (write_float32) (char *p, floats x, bool stream)
{
#if defined X86 && LANES == 16
  if (stream)
    return _mm512_stream_ps ((float *) (void *) p, (__m512) x);
#elif defined X86 && LANES == 8
  if (stream)
    return _mm256_stream_ps ((float *) (void *) p, (__m256) x);
#endif
  (void) stream;
  memcpy (p, &x, sizeof x);
}

TARGET void
LANED (write_shorts) (char *p, shorts h, bool stream)
{
#if defined X86 && LANES == 16
  if (stream)
    return _mm256_stream_si256 ((__m256i *) (void *) p, (__m256i) h);
#elif defined X86 && LANES == 8
  if (stream)
    return _mm_stream_si128 ((__m128i *) (void *) p, (__m128i) h);
#endif
  (void) stream;
  memcpy (p, &h, sizeof h);
}

TARGET floats
LANED (read) (const float *p)
{
  return LANED (read_float32) ((const char *) p);
}

TARGET void
LANED (write) (float *p, floats x)
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
LANED (write_bits) (char *p, bits u, bool stream)
{
  LANED (write_shorts) (p, (shorts) _mm512_cvtepi32_epi16 ((__m512i) u), stream);
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
LANED (write_bits) (char *p, bits u, bool stream)
{
  LANED (write_shorts) (p, __builtin_convertvector(u, shorts), stream);
}
#endif

TARGET floats
LANED (read_bfloat16) (const char *p)
{
  return (floats) (LANED (read_bits) (p) << 16);
}

/* The upper half, rounded; the lower half is of no meaning.  */
#if LANES == 16
TARGET bits
LANED (round_bfloat16) (floats x)
{
  const __m512i u = (__m512i) x, up = _mm512_add_epi32 (u, _mm512_set1_epi32 (0x7fff));
  const __mmask16 odd = _mm512_test_epi32_mask (u, _mm512_set1_epi32 (0x10000));
  const __mmask16 nan = _mm512_cmp_ps_mask ((__m512) x, (__m512) x, _CMP_UNORD_Q);
  const __m512i even = _mm512_mask_add_epi32 (up, odd, up, _mm512_set1_epi32 (1));
  return (bits) _mm512_mask_mov_epi32 (even, nan, _mm512_set1_epi32 (0x7fc00000));
}
#else
TARGET bits
LANED (round_bfloat16) (floats x)
{
  const bits u = (bits) x, nan = (bits) (x != x);
  return ((u + 0x7fff + (u >> 16 & 1)) & ~nan) | (0x7fc00000 & nan);
}
#endif

TARGET void
LANED (write_bfloat16) (char *p, floats x, bool stream)
{
  LANED (write_bits) (p, LANED (round_bfloat16) (x) >> 16, stream);
}

#if defined X86 && LANES == 16
TARGET floats
LANED (read_float16) (const char *p)
{
  return (floats) _mm512_cvtph_ps (_mm256_loadu_si256 ((const __m256i *) (const void *) p));
}

TARGET void
LANED (write_float16) (char *p, floats x, bool stream)
{
  LANED (write_shorts)
  (p, (shorts) _mm512_cvtps_ph ((__m512) x, _MM_FROUND_TO_NEAREST_INT), stream);
}
#elif defined X86 && LANES == 8
TARGET floats
LANED (read_float16) (const char *p)
{
  return (floats) _mm256_cvtph_ps (_mm_loadu_si128 ((const __m128i *) (const void *) p));
}

TARGET void
LANED (write_float16) (char *p, floats x, bool stream)
{
  LANED (write_shorts)
  (p, (shorts) _mm256_cvtps_ph ((__m256) x, _MM_FROUND_TO_NEAREST_INT), stream);
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
LANED (write_float16) (char *p, floats x, bool stream)
{
  const bits a = (bits) x & 0x7fffffff, sign = (bits) x >> 16 & 0x8000;
  const bits nan = (bits) ((ints) a > 0x7f800000), big = (bits) ((ints) a >= 0x47800000);
  const bits small = (bits) ((ints) a < 0x38800000);
  const bits tiny = (bits) ((floats) a + 0.5F) - 0x3f000000;
  const bits normal = (a - 0x38000000 + 0xfff + (a >> 13 & 1)) >> 13;
  LANED (write_bits)
  (p, (tiny & small) | (normal & ~small & ~big) | (big & (0x7c00 | (nan & 0x200))) | sign, stream);
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
  const floats c = LANED (read) (cos), s = LANED (read) (sin);
  return (couple){ z.re * c - z.im * s, z.re * s + z.im * c };
}

/* Two neighbours: `together` and `apart` in memory.  */
#define TURN_NEIGHBOURS(type, size)                                                                \
  TARGET couple LANED (read_couple_##type) (const char *p)                                         \
  {                                                                                                \
    return LANED (apart) (LANED (read_##type) (p), LANED (read_##type) (p + LANES * (size)));      \
  }                                                                                                \
  TARGET void LANED (write_couple_##type) (char *p, couple z, bool stream)                         \
  {                                                                                                \
    const couple w = LANED (together) (z);                                                         \
    LANED (write_##type) (p, w.re, stream);                                                        \
    LANED (write_##type) (p + LANES * (size), w.im, stream);                                       \
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
LANED (write_couple_bfloat16) (char *p, couple z, bool stream)
{
  const bits re = LANED (round_bfloat16) (z.re), im = LANED (round_bfloat16) (z.im);
  LANED (write_float32) (p, (floats) (re >> 16 | (im & 0xffff0000)), stream);
}
#else
TURN_NEIGHBOURS (bfloat16, 2)
#endif

#define TURN_STEPS(type, size)                                                                     \
  TARGET size_t LANED (half_##type) (size_t i, size_t n, ptrdiff_t gap, const char *x, char *y,    \
                                     const float *cos, const float *sin, bool stream)              \
  {                                                                                                \
    for (; i + LANES <= n; i += LANES)                                                             \
      {                                                                                            \
        const char *p = x + i * (size);                                                            \
        char *to = y + i * (size);                                                                 \
        const couple z = { LANED (read_##type) (p), LANED (read_##type) (p + gap) };               \
        const couple w = LANED (turned) (z, cos + i, sin + i);                                     \
        LANED (write_##type) (to, w.re, stream);                                                   \
        LANED (write_##type) (to + gap, w.im, stream);                                             \
      }                                                                                            \
    return i;                                                                                      \
  }                                                                                                \
  TARGET size_t LANED (interleaved_##type) (size_t i, size_t n, ptrdiff_t gap, const char *x,      \
                                            char *y, const float *cos, const float *sin,           \
                                            bool stream)                                           \
  {                                                                                                \
    (void) gap;                                                                                    \
    for (; i + LANES <= n; i += LANES)                                                             \
      {                                                                                            \
        const couple z = LANED (read_couple_##type) (x + 2 * i * (size));                          \
        const couple w = LANED (turned) (z, cos + i, sin + i);                                     \
        LANED (write_couple_##type) (y + 2 * i * (size), w, stream);                               \
      }                                                                                            \
    return i;                                                                                      \
  }                                                                                                \
  TARGET size_t LANED (tail_##type) (size_t i, size_t n, const char *x, char *y, float scale)      \
  {                                                                                                \
    for (; i + LANES <= n; i += LANES)                                                             \
      LANED (write_##type) (y + i * (size), LANED (read_##type) (x + i * (size)) * scale, false);  \
    return i;                                                                                      \
  }
TURN_STEPS (float32, 4)
TURN_STEPS (bfloat16, 2)
TURN_STEPS (float16, 2)

/* ---- rows ---- */

TARGET size_t
LANED (row_scale) (size_t i, size_t n, const float *cos, const float *sin, float scale, float *to,
                   size_t room)
{
  for (; i + LANES <= n; i += LANES)
    {
      LANED (write) (to + i, LANED (read) (cos + i) * scale);
      LANED (write) (to + room + i, LANED (read) (sin + i) * scale);
    }
  return i;
}

#if LANES <= 8 /* eight doubles are the widest vector */
#  define doubles LANED (doubles)
typedef double doubles __attribute__ ((vector_size (8 * LANES)));

TARGET size_t
LANED (row_undo) (size_t i, size_t n, const float *cos, const float *sin, float scale, float *to,
                  size_t room)
{
  for (; i + LANES <= n; i += LANES)
    {
      const doubles re = __builtin_convertvector(LANED (read) (cos + i), doubles);
      const doubles im = __builtin_convertvector(LANED (read) (sin + i), doubles);
      const doubles back = 1.0 / ((re * re + im * im) * (double) scale);
      LANED (write) (to + i, __builtin_convertvector(re * back, floats));
      LANED (write) (to + room + i, __builtin_convertvector(im * -back, floats));
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
