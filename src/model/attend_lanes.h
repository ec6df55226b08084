/* attend_lanes: the body of one table of kernels; attend_kernel.c reads it once a kind of vector
   and sets
     NAME (x)     the name of x of this kind
     TARGET       attribute of its functions
     BYTES        of a vector
     FETCH (i)    fetches vector i of b some steps ahead
     MADD (a, x, q)   a += x q, of a vector x and a number q
     FUSE (a, b, c)   a b + c
     GREATER (a, b)   the larger; b where one is NaN
     ABOVE (t, least, w)   w where t > least or t is NaN, else 0
     WIDE_1, WIDE_3, WIDE_6   vectors of columns at once of a product of 1, 3 and 6 rows
   Private to attend_kernel.c, hence without a guard.  */

#define W (BYTES / sizeof (float))
#define v NAME (vector)
#define bits NAME (words)
typedef float v __attribute__ ((vector_size (BYTES), aligned (4), may_alias));
typedef uint32_t bits __attribute__ ((vector_size (BYTES), aligned (4), may_alias));

/* ---- products: one function a number of rows and of vectors side by side ---- */

PRODUCT (1, 1)
PRODUCT (1, 2)
PRODUCT (1, 3)
PRODUCT (1, 4)
PRODUCT (3, 1)
PRODUCT (3, 2)
PRODUCT (3, 3)
PRODUCT (3, 4)
PRODUCT (6, 1)
PRODUCT (6, 2)
PRODUCT (6, 3)
PRODUCT (6, 4)

PANELS (1, WIDE_1)
PANELS (3, WIDE_3)
PANELS (6, WIDE_6)

/* ---- rows ---- */

/* Sixteen lanes whatever the vector, added in one order.  */
static inline float
NAME (sum) (const float x[RW_ATTEND_LINE])
{
  float s[RW_ATTEND_LINE / 2];
  for (size_t i = 0; i < 8; i++)
    s[i] = x[i] + x[i + 8];
  for (size_t n = 4; n; n /= 2)
    for (size_t i = 0; i < n; i++)
      s[i] += s[i + n];
  return s[0];
}

static inline float
NAME (most) (const float x[RW_ATTEND_LINE])
{
  float most = x[0];
  for (size_t i = 1; i < RW_ATTEND_LINE; i++)
    most = x[i] > most ? x[i] : most;
  return most;
}

TARGET static float
NAME (top) (const float *s, size_t n)
{
  v top[RW_ATTEND_LINE / W];
  float x[RW_ATTEND_LINE];
  for (size_t k = 0; k < RW_ATTEND_LINE / W; k++)
    top[k] = FROM (s + k * W);
  for (size_t j = RW_ATTEND_LINE; j < n; j += RW_ATTEND_LINE)
    for (size_t k = 0; k < RW_ATTEND_LINE / W; k++)
      top[k] = GREATER (top[k], FROM (s + j + k * W));
  memcpy (x, top, sizeof x);
  return NAME (most) (x);
}

TARGET static float
NAME (power) (const float *s, size_t n, float ref, float *to, float *largest)
{
  v sum[RW_ATTEND_LINE / W] = { { 0 } }, top[RW_ATTEND_LINE / W];
  float x[RW_ATTEND_LINE];
  for (size_t k = 0; k < RW_ATTEND_LINE / W; k++)
    top[k] = FROM (s + k * W);
  for (size_t j = 0; j < n; j += RW_ATTEND_LINE)
    for (size_t k = 0; k < RW_ATTEND_LINE / W; k++)
      {
        const v score = FROM (s + j + k * W), t = score - ref;
        RW_POWER (w, t)
        w = ABOVE (t, (v){ 0 } + LEAST, w); /* below, it is anything */
        top[k] = GREATER (top[k], score);
        sum[k] += w;
        AT (to + j + k * W) = w;
      }
  memcpy (x, top, sizeof x);
  *largest = NAME (most) (x);
  memcpy (x, sum, sizeof x);
  return NAME (sum) (x);
}

/* tanh: below TANH_SMALL x + x^3 P (x^2) (Cephes' tanhf, 1.3e-7), else 1 - 2 / (e^2x + 1).  */
TARGET static void
NAME (cap) (float *s, size_t n, float by)
{
  for (size_t j = 0; j < n; j += W)
    {
      const v x = FROM (s + j);
      const bits sign = (bits) x & SIGN;
      const v a = (v) ((bits) x ^ sign), z = x * x;
      const v t = -GREATER ((v){ 0 } - TANH_MOST, -a) * (float) (2 * M_LOG2E);
      RW_POWER (w, t)
      const v large = 1 - 2 / (w + 1);
      v p = (v){ 0 } + TANH_5;
      p = FUSE (p, z, (v){ 0 } + TANH_4);
      p = FUSE (p, z, (v){ 0 } + TANH_3);
      p = FUSE (p, z, (v){ 0 } + TANH_2);
      p = FUSE (p, z, (v){ 0 } + TANH_1);
      const v small = FUSE (p * z, x, x);
      const bits is_small = (bits) (a < TANH_SMALL);
      const bits y = ((bits) small & is_small) | (((bits) large | sign) & ~is_small);
      AT (s + j) = (v) y * by;
    }
}

TARGET static void
NAME (scale) (float *o, size_t n, float by)
{
  for (size_t j = 0; j < n; j += W)
    AT (o + j) *= by;
}

TARGET static void
NAME (add) (float *o, const float *x, size_t n)
{
  for (size_t j = 0; j < n; j += W)
    AT (o + j) += FROM (x + j);
}

TARGET static void
NAME (fold) (double *o, const float *x, size_t n, double keep, double by)
{
  typedef double wide __attribute__ ((vector_size (BYTES), aligned (8), may_alias));
  typedef float half __attribute__ ((vector_size (BYTES / 2), aligned (4), may_alias));
  for (size_t j = 0; j < n; j += W / 2)
    {
      const wide y = __builtin_convertvector(*(const half *) (const void *) (x + j), wide);
      wide *to = (wide *) (void *) (o + j);
      *to = *to * keep + y * by;
    }
}

TARGET static void
NAME (write) (float *out, const double *o, size_t n, double by)
{
  typedef double wide __attribute__ ((vector_size (BYTES), aligned (8), may_alias));
  typedef float half __attribute__ ((vector_size (BYTES / 2), aligned (4), may_alias));
  size_t j = 0;
  for (; j + W / 2 <= n; j += W / 2)
    {
      const wide y = *(const wide *) (const void *) (o + j) * by;
      *(half *) (void *) (out + j) = __builtin_convertvector(y, half);
    }
  for (; j < n; j++)
    out[j] = (float) (o[j] * by);
}

TARGET static void
NAME (write_only) (float *out, const float *o, size_t n, double by)
{
  typedef double wide __attribute__ ((vector_size (BYTES), aligned (8), may_alias));
  typedef float half __attribute__ ((vector_size (BYTES / 2), aligned (4), may_alias));
  size_t j = 0;
  for (; j + W / 2 <= n; j += W / 2)
    {
      const half x = *(const half *) (const void *) (o + j);
      const wide y = __builtin_convertvector(x, wide) * by;
      *(half *) (void *) (out + j) = __builtin_convertvector(y, half);
    }
  for (; j < n; j++)
    out[j] = (float) ((double) o[j] * by);
}

static const rw_attend_kernels NAME (kernels) = {
  .rows6 = NAME (rows6),
  .rows3 = NAME (rows3),
  .rows1 = NAME (rows1),
  .top = NAME (top),
  .power = NAME (power),
  .cap = NAME (cap),
  .scale = NAME (scale),
  .add = NAME (add),
  .fold = NAME (fold),
  .write = NAME (write),
  .write_only = NAME (write_only),
};

#undef W
#undef v
#undef bits
#undef NAME
#undef TARGET
#undef BYTES
#undef FETCH
#undef MADD
#undef FUSE
#undef GREATER
#undef ABOVE
#undef WIDE_1
#undef WIDE_3
#undef WIDE_6
