/* llama_write: what llama.cpp is told makes it compute the same: every preset and random schedules
   are written, the patch is merged into the config, and the stack reads it again.  */
#include "json/json.h"
#include "llama_help.h"

#include <stdint.h>

static const double SAME = 1e-9; /* a base and a factor are found from powers, divisors inverted */

typedef struct
{
  int written, refused, lines;
} tally;

/* xorshift64*: the same schedules everywhere.  */
static double
random_between (uint64_t *state, double lo, double hi)
{
  *state ^= *state >> 12, *state ^= *state << 25, *state ^= *state >> 27;
  return lo + (hi - lo) * (double) ((*state * UINT64_C (2685821657736338717)) >> 11) * 0x1p-53;
}

static double
difference (const rw_rope *a, const rw_rope *b, double length, double *factor, double *scores)
{
  rw_freqs want = { 0 }, got = { 0 };
  double worst = INFINITY;
  if (!rw_schedule_fill (a->schedule, &a->geometry, length, &want, NULL)
      && !rw_schedule_fill (b->schedule, &b->geometry, length, &got, NULL) && want.n == got.n)
    worst = 0;
  for (size_t i = 0; i < want.n && worst < 1; i++)
    worst = fmax (worst, want.inv_freq[i] == got.inv_freq[i]
                             ? 0
                             : fabs (got.inv_freq[i] / want.inv_freq[i] - 1));
  *factor = fabs (got.attention_factor / want.attention_factor - 1);
  *scores = fabs (got.softmax_factor / want.softmax_factor - 1);
  rw_freqs_free (&want);
  rw_freqs_free (&got);
  return worst;
}

static bool
is_lost (const rw_words *words, const char *what)
{
  for (size_t i = 0; i < words->lost.n; i++)
    if (strstr (words->lost.note[i].text, what))
      return true;
  return false;
}

static void
compare (const char *name, const rw_model *model, const rw_model *back, const rw_words *words)
{
  ok (back->n_ropes == model->n_ropes, "%s: as many ropes", name);
  for (size_t i = 0; i < model->n_ropes && i < back->n_ropes; i++)
    {
      const char *type = model->rope[i].layer_type;
      double factor, scores;
      const double worst = difference (&model->rope[i], &back->rope[i],
                                       model->rope[i].geometry.max_length, &factor, &scores);
      ok (worst <= SAME || (*type && is_lost (words, type)), "%s %s: the same table (%.2g)", name,
          type, worst);
      ok (factor <= SAME || (*type && is_lost (words, type)), "%s %s: the same magnitude (%.2g)",
          name, type, factor);
      ok (scores <= SAME || is_lost (words, "softmax_factor"), "%s %s: scores (%.2g)", name, type,
          scores);
    }
}

static void
read_again (const char *name, const cJSON *config, const rw_model *model, const rw_words *words)
{
  cJSON *patched = NULL;
  rw_model back = { 0 };
  rw_error err = { 0 };
  const bool read = !rw_json_merge (config, words->patch, &patched, &err)
                    && !rw_stack_llama.read (name, patched, NULL, &back, &err);
  if (ok (read, "%s: read again %s", name, err.text))
    compare (name, model, &back, words);
  rw_model_free (&back);
  cJSON_Delete (patched);
}

/* Read by `exact`, written, read by llama.cpp.  */
static void
go_round (const char *name, const cJSON *config, const cJSON *rope, tally *n)
{
  const rw_stack *exact = NULL;
  rw_model model = { 0 };
  rw_words words = { 0 };
  rw_error err = { 0 };
  rw_stack_find ("exact", &exact, &err);
  if (!ok (!exact->read (name, config, rope, &model, &err), "%s: read %s", name, err.text))
    return;
  if (rw_stack_llama.write (&model, &words, &err))
    {
      ok (strstr (err.text, "llama.cpp") != NULL, "%s: cannot be said: %s", name, err.text);
      n->refused++;
    }
  else
    {
      n->written++;
      n->lines += words.line != NULL;
      read_again (name, config, &model, &words);
    }
  rw_words_free (&words);
  rw_model_free (&model);
}

/* ---- presets ---- */

static void
check_presets (void)
{
  char **names = NULL;
  size_t count = 0;
  tally n = { 0 };
  ok (!rw_stack_presets (&names, &count, NULL), "the presets are listed");
  for (size_t i = 0; i < count; i++)
    {
      char path[4096];
      cJSON *config = NULL;
      snprintf (path, sizeof path, "%s/configs/models/%s.json", rw_datadir (), names[i]);
      if (!rw_json_read (path, &config, NULL))
        go_round (names[i], config, NULL, &n);
      cJSON_Delete (config);
    }
  rw_stack_presets_free (names, count);
  ok (n.written > 60 && n.lines > 40, "%d written, %d of them as a line, %d cannot be said",
      n.written, n.lines, n.refused);
  ok (n.refused < 5, "few cannot be said");
}

/* ---- random schedules ---- */

static void
add (cJSON *block, const char *key, double x)
{
  cJSON_AddNumberToObject (block, key, x);
}

static void
add_list (cJSON *block, const char *key, int n, double hi, uint64_t *r)
{
  cJSON *list = cJSON_AddArrayToObject (block, key);
  for (int i = 0; i < n; i++)
    cJSON_AddItemToArray (list, cJSON_CreateNumber (random_between (r, 1, hi)));
}

static cJSON *
random_block (int kind, int pairs, uint64_t *r)
{
  static const char *const types[]
      = { "default", "linear", "yarn",     "ntk",   "ntk_fixed", "llama3",
          "power",   "yarn",   "longrope", "table", "truncated", "proportional" };
  const char *type = types[kind % 12];
  cJSON *block = cJSON_CreateObject ();
  cJSON_AddStringToObject (block, "rope_type", type);
  if (kind % 3 == 0)
    add (block, "rope_theta", random_between (r, 1e4, 1e6));
  if (strcmp (type, "default") && strcmp (type, "table") && strcmp (type, "longrope"))
    add (block, "factor", random_between (r, 0.8, 40));
  if (strcmp (type, "yarn") == 0)
    {
      add (block, "original_max_position_embeddings", floor (random_between (r, 2, 40000)));
      add (block, "beta_fast", random_between (r, 8, 64));
      add (block, "beta_slow", random_between (r, 0.5, 4));
      add (block, "attention_factor", random_between (r, 0.7, 1.4));
      if (kind % 2)
        cJSON_AddBoolToObject (block, "truncate", false);
    }
  if (strcmp (type, "llama3") == 0)
    {
      add (block, "low_freq_factor", random_between (r, 1, 2));
      add (block, "high_freq_factor", random_between (r, 3, 6));
    }
  if (strcmp (type, "power") == 0)
    add (block, "power", random_between (r, 0.2, 2));
  if (strcmp (type, "truncated") == 0)
    add (block, "truncate", 12);
  if (strcmp (type, "proportional") == 0)
    add (block, "partial_rotary_factor", 0.5);
  if (strcmp (type, "table") == 0)
    add_list (block, "factors", pairs, 30, r);
  if (strcmp (type, "longrope") == 0)
    {
      add_list (block, "short_factor", pairs, 2, r);
      add_list (block, "long_factor", pairs, 30, r);
      add (block, "original_max_position_embeddings", 4096);
    }
  return block;
}

/* Architectures that load divisors, lists of them, none, and MLA.  */
static void
check_random (const char *family, int refused_most)
{
  uint64_t state = 0x9e3779b97f4a7c15;
  tally n = { 0 };
  char text[512], name[96];
  cJSON *config = NULL;
  snprintf (text, sizeof text,
            "{\"model_type\": \"%s\", \"head_dim\": 64, \"max_position_embeddings\": 32768, "
            "\"rope_theta\": 10000, \"rope_scaling\": {\"rope_type\": \"yarn\", \"factor\": 3.5, "
            "\"original_max_position_embeddings\": 4096, \"mscale_all_dim\": 1}}",
            family);
  ok (!rw_json_parse ("config", text, strlen (text), &config, NULL), "%s: a config", family);
  for (int i = 0; i < 36; i++)
    {
      cJSON *block = random_block (i, 32, &state);
      snprintf (name, sizeof name, "%s, %s %d", family,
                rw_json_get (block, "rope_type")->valuestring, i);
      go_round (name, config, block, &n);
      cJSON_Delete (block);
    }
  ok (n.refused <= refused_most, "%s: %d of 36 cannot be said", family, n.refused);
  cJSON_Delete (config);
}

/* ---- lines ---- */

static void
check_line (const char *config, const char *rope, const char *want)
{
  cJSON *tree = NULL, *block = NULL;
  const rw_stack *exact = NULL;
  rw_model model = { 0 };
  rw_words words = { 0 };
  rw_stack_find ("exact", &exact, NULL);
  const bool good = !rw_json_parse ("c", config, strlen (config), &tree, NULL)
                    && !rw_json_parse ("r", rope, strlen (rope), &block, NULL)
                    && !exact->read ("c", tree, block, &model, NULL)
                    && !rw_stack_llama.write (&model, &words, NULL);
  ok (good && (want ? words.line && strcmp (words.line, want) == 0 : !words.line),
      "%s is the line %s", words.line ? words.line : "nothing", want ? want : "nothing");
  rw_words_free (&words);
  rw_model_free (&model);
  cJSON_Delete (tree);
  cJSON_Delete (block);
}

int
main (void)
{
  static const char qwen[] = "{\"model_type\": \"qwen2\", \"head_dim\": 64, \"rope_theta\": 50000, "
                             "\"max_position_embeddings\": 32768}";
  static const char llama[] = "{\"model_type\": \"llama\", \"head_dim\": 64, "
                              "\"max_position_embeddings\": 32768}";
  check_presets ();
  check_random ("llama", 0);  /* divisors for everything */
  check_random ("phi3", 0);   /* lists for everything */
  check_random ("qwen2", 21); /* no tensors: 7 of 12 kinds need them */
  check_random ("deepseek_v3", 21);
  check_random ("", 0);
  check_line (qwen, "{\"rope_type\": \"default\"}", "--rope-scaling none --rope-freq-base 50000");
  check_line (qwen, "{\"rope_type\": \"linear\", \"factor\": 2.5}",
              "--rope-scaling linear --rope-freq-base 50000 --rope-scale 2.5");
  check_line (qwen,
              "{\"rope_type\": \"yarn\", \"factor\": 4, \"beta_fast\": 20, "
              "\"original_max_position_embeddings\": 8192}",
              "--rope-scaling yarn --rope-freq-base 50000 --rope-scale 4 --yarn-orig-ctx 8192 "
              "--yarn-beta-fast 20");
  check_line (llama,
              "{\"rope_type\": \"yarn\", \"factor\": 4, \"truncate\": false, "
              "\"original_max_position_embeddings\": 8192}",
              NULL); /* divisors stand in a file only */
  return tap_end ();
}
