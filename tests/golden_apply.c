/* golden_apply: vectors that ggml's own CPU operator rotated (tests/golden/frequencies.json, kind
   "apply"): both layouts, and one of which only a part rotates.

   The table is made here by ggml's float32 recipe, so that what is compared is the turning alone:
   the angle starts at the position and is multiplied by base^(-2/d) from pair to pair.  */
#include "golden_help.h"
#include "rope/rotate.h"

enum
{
  MOST = 64, /* channels of a case */
  ULPS = 2   /* ggml's build fuses one of the products */
};

static double
param (const cJSON *c, const char *name)
{
  return cJSON_GetObjectItem (cJSON_GetObjectItem (c, "params"), name)->valuedouble;
}

static size_t
values (const cJSON *c, const char *name, float x[static MOST])
{
  size_t n = 0;
  const cJSON *item;
  cJSON_ArrayForEach (item, cJSON_GetObjectItem (c, name)) if (n < MOST) x[n++]
      = (float) item->valuedouble;
  return n;
}

static void
table (const cJSON *c, size_t pairs, float *cos, float *sin)
{
  const float step = powf ((float) param (c, "freq_base"), -2.0F / (float) (2 * pairs));
  float angle = (float) param (c, "pos");
  for (size_t i = 0; i < pairs; i++, angle *= step)
    {
      cos[i] = cosf (angle);
      sin[i] = sinf (angle);
    }
}

static void
apply (const cJSON *c, rw_simd simd)
{
  const size_t pairs = (size_t) param (c, "n_dims") / 2;
  const char *layout = text_of (c, "layout");
  float x[MOST], y[MOST], want[MOST], cos[MOST], sin[MOST];
  const size_t dim = values (c, "x", x);
  const rw_trig t = {
    .type = RW_FLOAT32, .n = 1, .pairs = pairs, .row = (ptrdiff_t) pairs, .cos = cos, .sin = sin
  };
  const rw_rotation r = { .layout = strncmp (layout, "neox", 4) ? RW_INTERLEAVED : RW_HALF,
                          .tokens = 1,
                          .heads = 1,
                          .dim = dim,
                          .scale = 1,
                          .simd = simd };
  rw_error err = { 0 };
  int good = values (c, "y", want) == dim && dim == (size_t) param (c, "ne0");
  table (c, pairs, cos, sin);
  good &= !rw_rotate (&r, &t, x, y, &err);
  double worst = 0;
  for (size_t i = 0; i < dim; i++)
    {
      const double ulp = (double) (nextafterf (fabsf (want[i]), INFINITY) - fabsf (want[i]));
      worst = fmax (worst, fabs ((double) y[i] - (double) want[i]) / ulp);
    }
  ok (good && worst <= ULPS, "%s, %s", text_of (c, "id"), rw_simd_text (simd));
  printf ("# at most %g ulp\n", worst);
}

int
main (void)
{
  cJSON *golden = read_golden ("frequencies.json");
  int n = 0;
  const cJSON *c;
  cJSON_ArrayForEach (c, cJSON_GetObjectItem (golden, "cases"))
  {
    const bool ours = !strcmp (text_of (c, "kind"), "apply");
    for (rw_simd simd = RW_SIMD_PLAIN; ours && simd <= rw_simd_get (); simd++, n++)
      apply (c, simd);
  }
  ok (n >= 3, "there are three cases");
  cJSON_Delete (golden);
  return tap_end ();
}
