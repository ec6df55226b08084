/* golden_rules: position rules and query scales beside what the authors' own code computed.

   tests/golden/further.json names, for every case, whose code ran.  A rule's case lists pairs of
   positions [m, n, R]: the original's distances were read out of its scores.  Where a published
   prefill counts one distance twice in the softmax (`double_counted_in_prefill`), the pair holds
   the value that decoding uses alone, and so does the rule here.  */
#include "golden_help.h"
#include "rule_help.h"

/* Distances read from angles of the originals' scores; measured worst 3e-5.  */
static const double DISTANCE = 2e-4;
/* Float32 expressions of the originals beside double.  */
static const double SCALE = 1e-6;

/* Names of the file that are no module here, and why.  */
static const struct
{
  const char *name, *why;
} elsewhere[] = {
  { "dpe", "every group of pairs has a distance of its own, a rule here one for all" },
  { "lampe", "maps by the length of the prompt, with constants fitted to each model" },
  { "dca_length", "a factor by the length of the sequence: no function of the query's position" },
  { "chunkllama_mscale", "a factor on cos and sin by the length: a schedule's attention_factor" },
  { "xpos", "decays by distance beside the rotation: not a rotation" },
  { "gpt_oss_sink", "a source's sink, beside the weights in tests/pair_usage" },
  { "alibi", "a bias on scores without rotation" },
  { "sinusoidal", "positions added to inputs: not a rotation of q and k" },
  { NULL, NULL },
};

static double
item (const cJSON *list, int i)
{
  return cJSON_GetArrayItem (list, i)->valuedouble;
}

/* The object with the case's parameters.  */
static rw_object *
object_of (rw_kind *kind, const char *name, const cJSON *c)
{
  rw_object *o = made_of (kind, name);
  const cJSON *p;
  cJSON_ArrayForEach (p, cJSON_GetObjectItem (c, "params"))
  {
    if (cJSON_IsString (p))
      put_text (o, p->string, p->valuestring);
    else
      put (o, p->string, p->valuedouble);
  }
  return o;
}

static void
judge_rule (const char *id, const char *name, const cJSON *c)
{
  /* Transcriptions hold the numbers themselves, no angles.  */
  const double tol = strncmp (text_of (c, "produced"), "ran transcription", 17) ? DISTANCE : 0;
  const double length = cJSON_GetObjectItem (c, "length")->valuedouble;
  rw_object *o = object_of (&rw_rules, name, c);
  double worst = 0;
  size_t n = 0;
  const cJSON *p;
  cJSON_ArrayForEach (p, cJSON_GetObjectItem (c, "pairs"))
  {
    const double off = fabs (effective (o, length, item (p, 0), item (p, 1)) - item (p, 2));
    const double far
        = fabs (effective_by_spans (o, length, item (p, 0), item (p, 1)) - item (p, 2));
    worst = off <= worst ? worst : off; /* NaN stays */
    worst = far <= worst ? worst : far;
    n++;
  }
  ok (n > 0 && worst <= tol, "%s: %zu pairs, worst %.2g within %.2g", id, n, worst, tol);
  rw_object_free (o);
}

/* vLLM's five tables of query positions and its keys: rows [p, intra, succ, inter, succ critical,
   inter critical, k].  A query three chunks later has the same place in its chunk and all three
   spans.  The critical tables are read by no code path that we know of.  */
static void
judge_tables (const char *id, const cJSON *c)
{
  rw_object *o = object_of (&rw_rules, "dual_chunk", c);
  const cJSON *params = cJSON_GetObjectItem (c, "params"), *row;
  const double chunk = cJSON_GetObjectItem (params, "chunk_size")->valuedouble
                       - cJSON_GetObjectItem (params, "local_size")->valuedouble;
  const rw_freqs f = { .rule = o };
  size_t n = 0, right = 0;
  cJSON_ArrayForEach (row, cJSON_GetObjectItem (c, "rows"))
  {
    rw_span s[SPANS_MAX] = { 0 };
    bool trained;
    const size_t spans = rw_rule_spans (&f, 1000, item (row, 0) + 3 * chunk, s);
    right += spans == 3 && s[2].position == item (row, 1) && s[1].position == item (row, 2)
             && s[0].position == item (row, 3)
             && rw_rule_key (&f, 1000, 0, item (row, 0), &trained) == item (row, 6);
    n++;
  }
  ok (n > 0 && right == n, "%s: %zu rows of positions, the same", id, n);
  rw_object_free (o);
}

static void
judge_scale (const char *id, const char *name, const cJSON *c)
{
  rw_object *o = object_of (&rw_query_scales, name, c);
  rw_freqs f = table_of (block ("none"), &llama2, 0); /* llama4 asks for a layer without RoPE */
  f.query_scale = o;
  const cJSON *at = cJSON_GetObjectItem (c, "positions"), *want = cJSON_GetObjectItem (c, "values");
  const int n = cJSON_GetArraySize (at);
  double worst = 0;
  for (int i = 0; i < n; i++)
    {
      const double off = fabs (rw_query_scale_at (&f, &llama2, item (at, i)) - item (want, i));
      worst = off <= worst ? worst : off;
    }
  ok (n > 0 && worst <= SCALE, "%s: %d positions, worst %.2g within %.2g", id, n, worst, SCALE);
  rw_freqs_free (&f);
  rw_object_free (o);
}

static const char *
why_elsewhere (const char *name)
{
  for (size_t i = 0; elsewhere[i].name; i++)
    if (!strcmp (elsewhere[i].name, name))
      return elsewhere[i].why;
  return NULL;
}

/* True where the case is one of this test.  */
static bool
judge (const cJSON *c)
{
  const char *id = text_of (c, "id"), *rule = text_of (c, "rule"), *method = text_of (c, "method");
  const char *scale = text_of (c, "query_scale");
  const char *name = rule ? rule : scale ? scale : method;
  if (name && why_elsewhere (name))
    skip (why_elsewhere (name), id);
  else if (rule)
    judge_rule (id, rule, c);
  else if (scale)
    judge_scale (id, scale, c);
  else if (method && !strcmp (method, "dual_chunk_tables"))
    judge_tables (id, c);
  else
    return false;
  return true;
}

int
main (void)
{
  cJSON *file = read_golden ("further.json");
  const cJSON *c;
  int n = 0;
  cJSON_ArrayForEach (c, cJSON_GetObjectItem (file, "cases"))
  {
    n += judge (c);
  }
  ok (n == 55, "%d cases judged or named, of 55", n);
  cJSON_Delete (file);
  return tap_end ();
}
