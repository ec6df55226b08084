/* attend_laws: what no input changes: bits do not depend on threads, on how queries are asked for,
   or on where turns come from; NaN goes where it belongs; constants come out; what does not fit is
   refused.  */
#include "attend_help.h"
#include "base/simd.h"

static bool
same_bits (const setting *s, const float *x, const float *y)
{
  bool same = true;
  for (size_t m = 0; m < s->a.n_queries; m++)
    same = same
           && !memcmp (x + m * s->a.out_token, y + m * s->a.out_token,
                       s->a.heads * s->a.value_dim * sizeof *x);
  return same;
}

/* The queries in calls of their own, as a text that goes on: each sees the keys so far.  */
static bool
same_in_calls (setting *s, const float *whole)
{
  setting part = *s;
  bool same = true;
  const size_t first = s->a.n_keys - s->a.n_queries;
  for (size_t at = 0, n; at < s->a.n_queries; at += n)
    {
      n = (size_t) drawn_whole (1, 130);
      n = n < s->a.n_queries - at ? n : s->a.n_queries - at;
      part.a.n_queries = n;
      part.a.n_keys = first + at + n;
      part.q = s->q + at * s->a.q_token;
      part.out = s->out + at * s->a.out_token;
      attend (&part);
    }
  same = same_bits (s, whole, s->out);
  return same;
}

static void
bits (size_t which)
{
  bool threads = true, calls = true, turns = true, alike = true;
  double plain = 0;
  for (int k = 0; k < 4; k++)
    {
      setting s = random_setting ((size_t) drawn_whole (150, 700), which);
      const rw_simd most = rw_simd_get ();
      rw_attend_turns *made = NULL;
      rw_error err = { 0 };
      s.a.threads = 1;
      attend (&s);
      float *x = copy_of_out (&s);
      for (s.a.threads = 2; s.a.threads < 5; s.a.threads++)
        {
          attend (&s);
          threads = threads && same_bits (&s, x, s.out);
        }
      calls = calls && same_in_calls (&s, x);
      aim (&s);
      if (rw_attend_turns_new (&s.geometry, &s.freqs, s.a.length, s.a.n_keys + 333, 2, &made, &err))
        ok (0, "turns: %s", err.text);
      s.a.turns = made;
      attend (&s);
      turns = turns && same_bits (&s, x, s.out);
      rw_attend_turns_free (made);
      s.a.turns = NULL;
      setenv ("ROPEWALK_SIMD", "avx2", 1);
      attend (&s);
      alike = alike && (most < RW_SIMD_AVX2 || same_bits (&s, x, s.out));
      setenv ("ROPEWALK_SIMD", "plain", 1);
      attend (&s);
      plain = fmax (plain, farthest (&s, x, s.out));
      unsetenv ("ROPEWALK_SIMD");
      rw_free (x);
      close_setting (&s);
    }
  ok (threads, "rule %zu: threads change no bit", which);
  ok (calls, "rule %zu: nor does asking for the queries in several calls", which);
  ok (turns, "rule %zu: nor do turns made before, for more positions", which);
  ok (alike, "rule %zu: AVX2 and AVX-512 give the same bits", which);
  ok (plain <= 2e-5, "rule %zu: without fused products nearly so (roundings of the scores)", which);
  printf ("# off by %.2g\n", plain);
}

static setting
small (size_t keys, size_t queries, size_t window)
{
  setting s = { .geometry = shape (20, 12, RW_INTERLEAVED) };
  s.a = (rw_attention){ .heads = 4,
                        .kv_heads = 2,
                        .value_dim = 20,
                        .n_keys = keys,
                        .n_queries = queries,
                        .window = window,
                        .threads = 2 };
  fill_setting (&s, 1);
  return s;
}

static void
into_the_queries (void)
{
  bool same = true;
  for (int k = 0; k < 2; k++) /* tiles, and few queries */
    {
      setting s = small (300, k ? 7 : 300, 0);
      s.a.out_token = s.a.q_token;
      rw_free (s.out);
      s.out = rw_new (s.a.n_queries * s.a.out_token, sizeof *s.out);
      attend (&s);
      float *x = copy_of_out (&s), *own = s.out;
      s.out = s.q;
      attend (&s);
      same = same && same_bits (&s, x, s.q);
      s.out = own;
      rw_free (x);
      close_setting (&s);
    }
  ok (same, "results may take the place of the queries");
}

static void
constants (void)
{
  setting s = small (700, 700, 0);
  double worst = 0;
  for (size_t i = 0; i < s.a.n_keys * s.a.v_token; i++)
    s.v[i] = 2.385F;
  attend (&s);
  for (size_t m = 0; m < s.a.n_queries; m++)
    for (size_t c = 0; c < s.a.heads * s.a.value_dim; c++)
      worst = fmax (worst, fabs ((double) s.out[m * s.a.out_token + c] / 2.385 - 1));
  ok (worst <= 1e-6, "weights sum to 1: a constant comes out (sums of 256 in float32)");
  printf ("# off by %.2g\n", worst);
  close_setting (&s);
}

/* ---- NaN ---- */

enum
{
  KEYS = 300,
  BAD = 131, /* token; its kv head is 1: heads 2 and 3 */
  WINDOW = 90,
  CHANNEL = 7
};

typedef enum
{
  IN_Q, /* of head 2 */
  IN_K,
  IN_V,
  KINDS
} kind;

static bool
is_reached (kind where, size_t position, size_t head, size_t channel)
{
  const bool sees = position >= BAD && position - BAD < WINDOW;
  if (where == IN_Q)
    return position == BAD && head == 2;
  return head >= 2 && sees && (where == IN_K || channel == CHANNEL);
}

/* NaN exactly where it is reached, everything else to the bit as without it.  */
static bool
nan_belongs (kind where, uint32_t payload, size_t queries)
{
  setting s = small (KEYS, queries, WINDOW);
  const size_t dim = 20, first = KEYS - queries;
  float *bad = where == IN_Q
                   ? s.q + (BAD - first) * s.a.q_token + 2 * dim
                   : (where == IN_K ? s.k + BAD * s.a.k_token : s.v + BAD * s.a.v_token) + dim;
  bool right = true;
  attend (&s);
  float *x = copy_of_out (&s);
  memcpy (bad + CHANNEL, &payload, sizeof payload);
  attend (&s);
  for (size_t m = 0; m < queries; m++)
    for (size_t c = 0; c < 4 * dim; c++)
      {
        const size_t at = m * s.a.out_token + c;
        const bool reached = is_reached (where, first + m, c / dim, c % dim);
        right = right && (reached ? isnan (s.out[at]) : s.out[at] == x[at]);
      }
  rw_free (x);
  close_setting (&s);
  return right;
}

static void
nans (void)
{
  static const char *const names[KINDS] = { "query", "key", "value" };
  static const char *const simd[] = { "avx512", "avx2", "plain" };
  for (kind where = IN_Q; where < KINDS; where++)
    for (size_t k = 0; k < 3; k++)
      {
        setenv ("ROPEWALK_SIMD", simd[k], 1);
        ok (nan_belongs (where, 0x7fc00000, KEYS) && nan_belongs (where, 0xffc00001, KEYS)
                && nan_belongs (where, 0x7fc12345, KEYS - BAD),
            "NaN in a %s reaches what sees it and nothing else (%s)", names[where], simd[k]);
      }
  unsetenv ("ROPEWALK_SIMD");
}

/* ---- refusals ---- */

static void
refuses (setting *s, const char *part, const char *name)
{
  rw_error err = { 0 };
  aim (s);
  ok (rw_attend (&s->a, &err) == RW_EINVAL, "%s is refused", name);
  has (err.text, part, "and says why");
  close_setting (s);
}

static void
refusals (void)
{
  setting s = small (10, 10, 0);
  s.a.kv_heads = 3;
  refuses (&s, "multiple", "a head without a kv head");
  s = small (10, 10, 0);
  s.a.n_queries = 11;
  refuses (&s, "11 queries", "a query beyond the keys");
  s = small (10, 10, 0);
  s.a.cap = -1;
  refuses (&s, "cap is -1", "a negative cap");
  s = small (10, 10, 0);
  s.a.k_token = 39;
  refuses (&s, "tokens of k", "a token in another's place");
  s = small (10, 10, 0);
  s.a.value_dim = 0;
  refuses (&s, "value_dim", "a value without channels");
  s = small (10, 10, 0);
  s.geometry.head_dim = 8;
  refuses (&s, "6 pairs", "more pairs than channels");
  s = small (10, 10, 0);
  rw_free (s.out);
  s.out = s.q;
  aim (&s);
  s.out = NULL;
  rw_error err = { 0 };
  ok (rw_attend (&s.a, &err) == RW_EINVAL, "queries as the place of wider results are refused");
  rw_attend_turns *turns = NULL;
  if (rw_attend_turns_new (&s.geometry, &s.freqs, 10, 9, 1, &turns, &err))
    ok (0, "turns: %s", err.text);
  close_setting (&s);
  s = small (10, 10, 0);
  s.a.turns = turns;
  refuses (&s, "turns of 9", "turns for fewer keys");
  rw_attend_turns_free (turns);
}

int
main (void)
{
  for (size_t which = 0; which < RULES; which++)
    bits (which);
  into_the_queries ();
  constants ();
  nans ();
  refusals ();
  return tap_end ();
}
