/* golden_trig: cos and sin beside the numbers that transformers' and llama.cpp's own code computed.

   hf_cos_sin: transformers' float32 order on PyTorch, whose powf, cosf and sinf are another
   library's: 3e-7 a + 2^-23 |angle|.  llamacpp_cos_sin: the real ggml CPU op, built with AVX2 and
   FMA: bit for bit with glibc on a CPU with FMA (its powf, logf, cosf and sinf choose by CPU), else
   3e-7 ms + 45 2^-24 |angle| ms, ms being the magnitude.  */
#include "golden_help.h"
#include "rope/trig.h"

enum
{
  PAIRS_MAX = 256
};

/* ---- transformers ---- */

/* The table that the case is of.  */
static void
base_table (const cJSON *cases, const cJSON *c, rw_freqs *f)
{
  rw_error err;
  const cJSON *b;
  cJSON_ArrayForEach (b, cases) if (!strcmp (text_of (b, "id"), text_of (c, "base_case"))) break;
  const cJSON *list = cJSON_GetObjectItem (b, "inv_freq");
  rw_freqs_size (f, (size_t) cJSON_GetArraySize (list), &err);
  for (size_t i = 0; i < f->n; i++)
    f->inv_freq[i] = (double) (float) item_of (b, "inv_freq", i);
  f->attention_factor = number_of (c, "attention_factor");
}

static void
judge_hf (const cJSON *cases, const cJSON *c)
{
  rw_freqs f = { 0 };
  rw_error err = { 0 };
  rw_arena *scratch = rw_arena_new ();
  float cosine[PAIRS_MAX], sine[PAIRS_MAX];
  double worst = 0;
  const cJSON *row;
  base_table (cases, c, &f);
  cJSON_ArrayForEach (row, cJSON_GetObjectItem (c, "rows"))
  {
    const double m = number_of (row, "pos"), a = f.attention_factor;
    const rw_positions p = { .n = 1, .at = &m };
    rw_trig t = {
      .type = RW_FLOAT32, .n = 1, .pairs = f.n, .row = PAIRS_MAX, .cos = cosine, .sin = sine
    };
    if (rw_trig_fill (&f, &p, RW_TRIG_HF, 1, scratch, &t, &err))
      worst = INFINITY;
    for (size_t i = 0; i < f.n; i++)
      {
        const double limit = 3e-7 * a + 0x1p-23 * m * f.inv_freq[i];
        worst = fmax (worst, fabs ((double) cosine[i] - item_of (row, "cos", i)) / limit);
        worst = fmax (worst, fabs ((double) sine[i] - item_of (row, "sin", i)) / limit);
      }
  }
  /* the tolerance of the golden file: PyTorch's library is not libm */
  ok (worst <= 1, "%s: at most %.2f of its tolerance", text_of (c, "id"), worst);
  rw_arena_free (scratch);
  rw_freqs_free (&f);
}

/* ---- llama.cpp ---- */

static rw_trig_llama
params_of (const cJSON *c, float *factors)
{
  const cJSON *p = cJSON_GetObjectItem (c, "params");
  const cJSON *list = cJSON_GetObjectItem (p, "freq_factors");
  for (int i = 0; i < cJSON_GetArraySize (list); i++)
    factors[i] = (float) cJSON_GetArrayItem (list, i)->valuedouble;
  return (rw_trig_llama){ .n_dims = (int64_t) number_of (p, "n_dims"),
                          .n_ctx_orig = (int64_t) number_of (p, "n_ctx_orig"),
                          .freq_base = (float) number_of (p, "freq_base"),
                          .freq_scale = (float) number_of (p, "freq_scale"),
                          .ext_factor = (float) number_of (p, "ext_factor"),
                          .attn_factor = (float) number_of (p, "attn_factor"),
                          .beta_fast = (float) number_of (p, "beta_fast"),
                          .beta_slow = (float) number_of (p, "beta_slow"),
                          .freq_factors = cJSON_IsArray (list) ? factors : NULL };
}

/* Positions [t, h, w, e]: every pair turns by the position that its section names; the kernel
   iterates all four alike, so that a pair is the ordinary one of that position.  */
static double
position_of (const cJSON *c, const cJSON *row, size_t pair)
{
  const cJSON *at = cJSON_GetObjectItem (row, "pos");
  const cJSON *sections = cJSON_GetObjectItem (cJSON_GetObjectItem (c, "params"), "sections");
  size_t all = 0, k = 0;
  if (!cJSON_IsArray (at))
    return at->valuedouble;
  for (int s = 0; s < 4; s++)
    all += (size_t) cJSON_GetArrayItem (sections, s)->valuedouble;
  pair %= all;
  for (size_t end = 0; k < 3; k++)
    if (pair < (end += (size_t) cJSON_GetArrayItem (sections, (int) k)->valuedouble))
      break;
  return cJSON_GetArrayItem (at, (int) k)->valuedouble;
}

static int
is_bit_exact_here (void)
{
#if defined __GLIBC__ && defined __x86_64__
  __builtin_cpu_init ();
  return __builtin_cpu_supports ("fma") && __builtin_cpu_supports ("avx2");
#else
  return 0;
#endif
}

static void
judge_llama (const cJSON *c)
{
  float factors[PAIRS_MAX], cosine[PAIRS_MAX], sine[PAIRS_MAX];
  const rw_trig_llama p = params_of (c, factors);
  double worst = 0;
  int differ = 0;
  const cJSON *row;
  cJSON_ArrayForEach (row, cJSON_GetObjectItem (c, "rows")) for (size_t i = 0;
                                                                 i < (size_t) p.n_dims / 2; i++)
  {
    const double m = position_of (c, row, i);
    rw_trig_llama_fill (&p, (int64_t) m, cosine, sine);
    const double wc = item_of (row, "cos", i), ws = item_of (row, "sin", i);
    const double ms = hypot (wc, ws),
                 g = pow ((double) p.freq_base, -2.0 * (double) i / (double) p.n_dims);
    const double limit = (3e-7 + 45 * 0x1p-24 * m * g) * ms;
    differ += cosine[i] != (float) wc || sine[i] != (float) ws;
    worst = fmax (worst, fabs ((double) cosine[i] - wc) / limit);
    worst = fmax (worst, fabs ((double) sine[i] - ws) / limit);
  }
  if (is_bit_exact_here ())
    ok (differ == 0, "%s: every bit of every value", text_of (c, "id"));
  else /* another libm: its tolerance */
    ok (worst <= 1, "%s: at most %.2f of its tolerance", text_of (c, "id"), worst);
}

int
main (void)
{
  cJSON *file = read_golden ("frequencies.json");
  const cJSON *cases = cJSON_GetObjectItem (file, "cases"), *c;
  int hf = 0, llama = 0;
  cJSON_ArrayForEach (c, cases)
  {
    const char *kind = text_of (c, "kind");
    if (!strcmp (kind, "hf_cos_sin"))
      judge_hf (cases, c), hf++;
    if (!strcmp (kind, "llamacpp_cos_sin"))
      judge_llama (c), llama++;
  }
  ok (hf == 9 && llama == 23, "%d and %d cases judged, of 9 and 23", hf, llama);
  cJSON_Delete (file);
  return tap_end ();
}
