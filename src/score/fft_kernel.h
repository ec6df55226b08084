/* fft_kernel: the passes of fft.c for one vector width; included once for each.

   The includer defines NAME (x), TARGET (a function attribute, or nothing) and BYTES, the width,
   and WIDEN (x), which makes a vector of floats one of doubles.
   An element is the real parts of eight sequences and then their imaginary parts, so vectors of any
   width do the same operations in the same order, without contraction: the same bits.  */

typedef double NAME (vector) __attribute__ ((vector_size (BYTES), aligned (8), may_alias));
#define V NAME (vector)
#define W (BYTES / sizeof (double))
#define AT(p, part) (*(V *) (void *) ((p) + (part) *RW_LANES + h))

/* One decimation-in-frequency pass of radix 4: n elements become four transforms of n / 4.  */
TARGET static void
NAME (split) (double *x, size_t n, const double *turn)
{
  double *x0 = x, *x1 = x + n / 4 * ELEMENT, *x2 = x + n / 2 * ELEMENT, *x3 = x2 + n / 4 * ELEMENT;
  for (size_t j = 0; j < n / 4; j++, turn += TURN)
    {
      for (size_t h = 0; h < RW_LANES; h += W)
        {
          const V ar = AT (x0, 0), ai = AT (x0, 1), br = AT (x1, 0), bi = AT (x1, 1);
          const V cr = AT (x2, 0), ci = AT (x2, 1), dr = AT (x3, 0), di = AT (x3, 1);
          const V t0r = ar + cr, t0i = ai + ci, t1r = ar - cr, t1i = ai - ci;
          const V t2r = br + dr, t2i = bi + di, t3r = bi - di, t3i = dr - br; /* -i (b - d) */
          const V y1r = t1r + t3r, y1i = t1i + t3i, y2r = t0r - t2r, y2i = t0i - t2i;
          const V y3r = t1r - t3r, y3i = t1i - t3i;
          AT (x0, 0) = t0r + t2r, AT (x0, 1) = t0i + t2i;
          AT (x1, 0) = y1r * turn[0] - y1i * turn[1], AT (x1, 1) = y1r * turn[1] + y1i * turn[0];
          AT (x2, 0) = y2r * turn[2] - y2i * turn[3], AT (x2, 1) = y2r * turn[3] + y2i * turn[2];
          AT (x3, 0) = y3r * turn[4] - y3i * turn[5], AT (x3, 1) = y3r * turn[5] + y3i * turn[4];
        }
      x0 += ELEMENT, x1 += ELEMENT, x2 += ELEMENT, x3 += ELEMENT;
    }
}

/* Its inverse, four times: four transforms of n / 4 become one of n.  */
TARGET static void
NAME (join) (double *x, size_t n, const double *turn)
{
  double *x0 = x, *x1 = x + n / 4 * ELEMENT, *x2 = x + n / 2 * ELEMENT, *x3 = x2 + n / 4 * ELEMENT;
  for (size_t j = 0; j < n / 4; j++, turn += TURN)
    {
      for (size_t h = 0; h < RW_LANES; h += W)
        {
          const V y0r = AT (x0, 0), y0i = AT (x0, 1);
          const V u1r = AT (x1, 0) * turn[0] + AT (x1, 1) * turn[1];
          const V u1i = AT (x1, 1) * turn[0] - AT (x1, 0) * turn[1];
          const V u2r = AT (x2, 0) * turn[2] + AT (x2, 1) * turn[3];
          const V u2i = AT (x2, 1) * turn[2] - AT (x2, 0) * turn[3];
          const V u3r = AT (x3, 0) * turn[4] + AT (x3, 1) * turn[5];
          const V u3i = AT (x3, 1) * turn[4] - AT (x3, 0) * turn[5];
          const V s0r = y0r + u2r, s0i = y0i + u2i, s1r = y0r - u2r, s1i = y0i - u2i;
          const V s2r = u1r + u3r, s2i = u1i + u3i, s3r = u3i - u1i,
                  s3i = u1r - u3r; /* i (1 - 3) */
          AT (x0, 0) = s0r + s2r, AT (x0, 1) = s0i + s2i;
          AT (x1, 0) = s1r + s3r, AT (x1, 1) = s1i + s3i;
          AT (x2, 0) = s0r - s2r, AT (x2, 1) = s0i - s2i;
          AT (x3, 0) = s1r - s3r, AT (x3, 1) = s1i - s3i;
        }
      x0 += ELEMENT, x1 += ELEMENT, x2 += ELEMENT, x3 += ELEMENT;
    }
}

/* The pass of radix 2 over neighbours, its own inverse but for a factor 2.  */
TARGET static void
NAME (twos) (double *x, size_t n)
{
  for (size_t j = 0; j < n; j += 2, x += 2 * ELEMENT)
    for (size_t h = 0; h < ELEMENT; h += W)
      {
        V *a = (V *) (x + h), *b = (V *) (x + ELEMENT + h);
        const V sum = *a + *b, difference = *a - *b;
        *a = sum, *b = difference;
      }
}

/* Element j times half[j], or, with a negative sign, times its conjugate.  */
TARGET static void
NAME (spin) (double *x, size_t n, const double *half, double sign)
{
  for (size_t j = 0; j < n; j++, x += ELEMENT, half += 2)
    for (size_t h = 0; h < RW_LANES; h += W)
      {
        const double c = half[0], s = sign * half[1];
        const V re = AT (x, 0), im = AT (x, 1);
        AT (x, 0) = re * c - im * s, AT (x, 1) = re * s + im * c;
      }
}

/* Tokens of float32 channels, eight from re and eight from im on, `stride` values apart.  */
typedef float NAME (floats) __attribute__ ((vector_size (BYTES / 2), aligned (1), may_alias));
TARGET static void
NAME (widen) (const unsigned char *re, const unsigned char *im, ptrdiff_t stride, size_t n,
              double *x)
{
  const ptrdiff_t step = stride * (ptrdiff_t) sizeof (float);
  for (size_t j = 0; j < n; j++, x += ELEMENT, re += step, im += step)
    for (size_t h = 0; h < RW_LANES; h += W)
      {
        const size_t at = h * sizeof (float);
        AT (x, 0) = __builtin_convertvector(*(const NAME (floats) *) (re + at), V);
        AT (x, 1) = __builtin_convertvector(*(const NAME (floats) *) (im + at), V);
      }
}

/* At one frequency: out_l = sum_b q_{b+l} conj (k_b) for l < n.  q is followed by SHIFTS - 1 zero
   elements.  Four l at a time, spelled out to keep the sums in registers at -O2.  */
#define LOAD(i) r##i = AT (x + (i) *ELEMENT, 0), m##i = AT (x + (i) *ELEMENT, 1)
#define ADD(i) re##i += r##i * kr + m##i * ki, im##i += m##i * kr - r##i * ki
#define STORE(i) AT (out + (i) *ELEMENT, 0) = re##i, AT (out + (i) *ELEMENT, 1) = im##i
TARGET static void
NAME (shifts) (const double *q, const double *k, size_t n, double *out)
{
  for (size_t l = 0; l < n; l += SHIFTS, out += SHIFTS * ELEMENT)
    for (size_t h = 0; h < RW_LANES; h += W)
      {
        V re0 = { 0 }, im0 = { 0 }, re1 = { 0 }, im1 = { 0 };
        V re2 = { 0 }, im2 = { 0 }, re3 = { 0 }, im3 = { 0 };
        const double *x = q + l * ELEMENT, *y = k;
        for (size_t b = l; b < n; b++, x += ELEMENT, y += ELEMENT)
          {
            const V kr = AT (y, 0), ki = AT (y, 1);
            V r0, m0, r1, m1, r2, m2, r3, m3;
            LOAD (0), LOAD (1), LOAD (2), LOAD (3);
            ADD (0), ADD (1), ADD (2), ADD (3);
          }
        STORE (0), STORE (1), STORE (2), STORE (3);
      }
}
#undef LOAD
#undef ADD
#undef STORE

#undef AT
#undef W
#undef V
