/* lint_gguf: the rules about GGUF files, each on a file that breaks it and on one that does not. */
#include "gguf_help.h"
#include "stack/lint.h"

#include <unistd.h>

enum
{
  F32 = 0,
  MOST = 256
};

/* A file; what is 0 (or NULL) is not written.  */
typedef struct
{
  const char *arch, *type;
  uint32_t layers, width, heads, kv_heads, context, original;
  float base, factor, attention, beta_fast, yarn_attention;
  double llama3; /* rope_freqs of llama3 over this length, factor 8 */
  bool longrope; /* rope_factors_short and _long */
} shape;

static void
add_key_f32 (gguf_file *f, const char *arch, const char *tail, float x)
{
  char key[96];
  snprintf (key, sizeof key, "%s.%s", arch, tail);
  if (x != 0)
    add_f32 (f, key, x);
}

static void
add_key_u32 (gguf_file *f, const char *arch, const char *tail, uint32_t x)
{
  char key[96];
  snprintf (key, sizeof key, "%s.%s", arch, tail);
  if (x)
    add_u32 (f, key, x);
}

/* Meta's rule (methods of Llama 3.1): divisors of 1, of 8, and between them.  */
static void
add_llama3 (gguf_file *f, const shape *s)
{
  const size_t n = s->width / s->heads / 2;
  float x[MOST];
  for (size_t i = 0; i < n; i++)
    {
      const double turns
          = s->llama3 * pow (s->base, -(double) i / (double) n) / (2 * 3.14159265358979323846);
      const double kept = fmin (1, fmax (0, (turns - 1) / 3));
      x[i] = (float) (1 / ((1 - kept) / 8 + kept));
    }
  add_tensor (f, "rope_freqs.weight", F32, n, 1, x, n * sizeof *x);
}

static void
add_longrope (gguf_file *f, const shape *s)
{
  const size_t n = s->width / s->heads / 2;
  float x[MOST];
  for (size_t i = 0; i < n; i++)
    x[i] = 1;
  add_tensor (f, "rope_factors_short.weight", F32, n, 1, x, n * sizeof *x);
  add_tensor (f, "rope_factors_long.weight", F32, n, 1, x, n * sizeof *x);
}

static bool
write_shape (const shape *s, const char *path)
{
  gguf_file f = { 0 };
  bytes b;
  char key[96];
  add_text (&f, "general.architecture", s->arch);
  add_key_u32 (&f, s->arch, "block_count", s->layers);
  add_key_u32 (&f, s->arch, "embedding_length", s->width);
  add_key_u32 (&f, s->arch, "feed_forward_length", 64);
  add_key_u32 (&f, s->arch, "attention.head_count", s->heads);
  add_key_u32 (&f, s->arch, "attention.head_count_kv", s->kv_heads);
  add_key_u32 (&f, s->arch, "context_length", s->context);
  add_key_f32 (&f, s->arch, "attention.layer_norm_rms_epsilon", 1e-5F);
  add_key_f32 (&f, s->arch, "rope.freq_base", s->base);
  snprintf (key, sizeof key, "%s.rope.scaling.type", s->arch);
  if (s->type)
    add_text (&f, key, s->type);
  add_key_f32 (&f, s->arch, "rope.scaling.factor", s->factor);
  add_key_f32 (&f, s->arch, "rope.scaling.attn_factor", s->attention);
  add_key_u32 (&f, s->arch, "rope.scaling.original_context_length", s->original);
  add_key_f32 (&f, s->arch, "rope.scaling.yarn_beta_fast", s->beta_fast);
  add_key_f32 (&f, s->arch, "rope.scaling.yarn_attn_factor", s->yarn_attention);
  if (s->llama3 > 0)
    add_llama3 (&f, s);
  if (s->longrope)
    add_longrope (&f, s);
  finish_file (&f, &b);
  const bool good = write_file (path, &b);
  free (b.s);
  return good;
}

#define LLAMA31                                                                                    \
  .arch = "llama", .layers = 32, .width = 4096, .heads = 32, .context = 131072, .base = 500000
#define YARN .arch = "qwen2", .layers = 2, .width = 256, .heads = 4, .base = 10000, .type = "yarn"

static const struct
{
  const char *id;
  shape broken, mended;
} cases[] = {
  { "gguf-rope-freqs-missing", { LLAMA31 }, { LLAMA31, .llama3 = 8192 } },
  { "gguf-layout",
    { LLAMA31, .llama3 = 8192, .kv_heads = 8 },
    { LLAMA31, .llama3 = 8192, .kv_heads = 32 } },
  { "gguf-rope-freqs-unlike", { LLAMA31, .llama3 = 4096 }, { LLAMA31, .llama3 = 8192 } },
  { "gguf-factor-missing",
    { YARN, .context = 8192, .original = 2048 },
    { YARN, .context = 8192, .original = 2048, .factor = 4 } },
  { "gguf-original-length-missing",
    { YARN, .context = 8192, .factor = 4 },
    { YARN, .context = 8192, .factor = 4, .original = 2048 } },
  { "gguf-context-capped",
    { YARN, .context = 2048, .factor = 4, .original = 2048 },
    { YARN, .context = 8192, .factor = 4, .original = 2048 } },
  { "gguf-yarn-key-unread",
    { YARN, .context = 8192, .factor = 4, .original = 2048, .beta_fast = 16 },
    { YARN, .context = 8192, .factor = 4, .original = 2048, .beta_fast = 32 } },
  { "gguf-yarn-key-unread",
    { YARN, .context = 8192, .factor = 4, .original = 2048, .yarn_attention = 1.25F },
    { YARN, .context = 8192, .factor = 4, .original = 2048, .attention = 1.25F } },
  { "gguf-longrope-magnitude",
    { .arch = "phi3",
      .layers = 2,
      .width = 256,
      .heads = 4,
      .base = 10000,
      .type = "longrope",
      .context = 8192,
      .original = 2048,
      .longrope = true },
    { .arch = "phi3",
      .layers = 2,
      .width = 256,
      .heads = 4,
      .base = 10000,
      .type = "longrope",
      .context = 8192,
      .original = 2048,
      .attention = 1.0874F,
      .longrope = true } },
};

/* Findings of the file with this id; what else is found of rules about GGUF files goes to *others.
 */
static size_t
count (const shape *s, const char *id, size_t *others)
{
  char path[] = "/tmp/ropewalk-lint-XXXXXX";
  const int fd = mkstemp (path);
  rw_findings f = { 0 };
  rw_error err = { 0 };
  const rw_lint_request ask = { .model = path, .length = NAN };
  size_t n = 0;
  *others = 0;
  if (fd >= 0)
    close (fd);
  ok (write_shape (s, path) && !rw_lint_model (&ask, &f, &err), "%s: the file is linted %s", id,
      err.text);
  for (size_t i = 0; i < f.n; i++)
    if (strcmp (f.at[i].rule->id, id) == 0)
      n++;
    else if (f.at[i].rule->scope == RW_LINT_GGUF)
      ++*others, printf ("# %s: %s\n", f.at[i].rule->id, rw_text_get (&f.at[i].effect));
  rw_findings_free (&f);
  unlink (path);
  return n;
}

static void
every_rule (void)
{
  const rw_lint_rule *rule;
  for (size_t i = 0; (rule = rw_lint_rule_at (i)); i++)
    {
      bool seen = rule->scope != RW_LINT_GGUF;
      for (size_t k = 0; k < sizeof cases / sizeof *cases; k++)
        seen = seen || strcmp (cases[k].id, rule->id) == 0;
      if (rule->scope == RW_LINT_GGUF)
        ok (seen, "%s: a file breaks it", rule->id);
    }
}

/* Rules about ropes hold for GGUF files too.  */
static void
finds_ranges (void)
{
  size_t others;
  const shape s = { YARN, .context = 8192, .original = 4, .factor = 2048 };
  ok (count (&s, "degenerate-range", &others) == 1 && others == 0,
      "an upside-down range is found in a file");
}

int
main (void)
{
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
    {
      size_t others;
      ok (count (&cases[i].broken, cases[i].id, &others) == 1 && others == 0,
          "%s is found, and nothing else", cases[i].id);
      ok (count (&cases[i].mended, cases[i].id, &others) == 0 && others == 0,
          "%s is gone where the file is right", cases[i].id);
    }
  every_rule ();
  finds_ranges ();
  return tap_end ();
}
