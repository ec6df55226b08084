/* forward_llama2xs: the losses of a trained model, beside those of an independent float64 forward
   pass in numpy (llama2xs-nll-512.json, kept beside the project): windows of 512 tokens of a model
   trained on 256, seven variants.  */
#include "base/text.h"
#include "model/forward.h"
#include "schedule_help.h"

#include <cjson/cJSON.h>

enum
{
  LENGTH = 512,
  TRAINED = 256
};
#define WITHIN 1e-4       /* nats: what is promised of float32 */
#define PLAIN_WITHIN 1e-8 /* nats: two ways in double, the sums in another order */

static const rw_geometry geometry = { .head_dim = 8,
                                      .rotary_dim = 8,
                                      .rope_theta = 10000,
                                      .original_length = TRAINED,
                                      .max_length = LENGTH,
                                      .layout = RW_INTERLEAVED };

static rw_object *
doubled (const char *type, const char *ramp, double attention_factor)
{
  rw_object *o = put (block (type), strcmp (type, "ntk") ? "factor" : "alpha", 2);
  if (attention_factor > 0)
    put (o, "attention_factor", attention_factor);
  return ramp ? put_text (o, "ramp", ramp) : o;
}

static const struct
{
  const char *name, *type, *ramp;
  double attention_factor; /* 0: the schedule's own */
  size_t window;
} variants[] = {
  { "none", NULL, NULL, 0, 0 },
  { "pi", "linear", NULL, 0, 0 },
  { "ntk", "ntk", NULL, 0, 0 },
  { "ntk_by_parts_paper", "yarn", "rotations", 1, 0 },
  { "yarn_paper", "yarn", "rotations", 0, 0 },
  { "yarn_code", "yarn", "index", 0, 0 },
  { "window_L_control", NULL, NULL, 0, TRAINED },
};

static rw_object *
variant_schedule (size_t v)
{
  return variants[v].type
             ? doubled (variants[v].type, variants[v].ramp, variants[v].attention_factor)
             : block ("default");
}

static cJSON *
read_json (const char *path)
{
  rw_text text = { 0 };
  FILE *f = fopen (path, "rb");
  char buf[4096];
  for (size_t n; f && (n = fread (buf, 1, sizeof buf - 1, f)) > 0;)
    {
      buf[n] = 0;
      rw_text_addf (&text, "%s", buf);
    }
  if (f)
    fclose (f);
  cJSON *json = f ? cJSON_Parse (rw_text_get (&text)) : NULL;
  rw_text_free (&text);
  return json;
}

typedef struct
{
  const rw_network *net;
  const cJSON *ref;
  const int32_t *id;
  size_t windows;
} given;

/* A variant's network state and what it needs.  */
typedef struct
{
  rw_rope rope;
  rw_model model;
  rw_forward_tables tables;
  rw_forward_ask ask;
} variant;

static rw_status
variant_begin (const given *g, size_t v, variant *out, rw_error *e)
{
  out->rope = (rw_rope){ .geometry = geometry, .schedule = variant_schedule (v) };
  out->model = (rw_model){ .n_ropes = 1, .rope = &out->rope };
  const rw_status s = rw_forward_tables_make (&out->model, g->net->hyper.layers, RW_NO_ROPE, NULL,
                                              LENGTH, &out->tables, e);
  out->ask = (rw_forward_ask){ .network = g->net,
                               .model = &out->model,
                               .freqs = out->tables.layer,
                               .length = LENGTH,
                               .window = variants[v].window,
                               .threads = 1 };
  return s;
}

static void
variant_end (variant *v)
{
  rw_forward_tables_free (&v->tables);
  rw_object_free (v->rope.schedule);
}

static double
reference (const given *g, const char *what, size_t v, int p)
{
  const cJSON *of = cJSON_GetObjectItem (g->ref, what);
  return cJSON_GetArrayItem (cJSON_GetObjectItem (of, variants[v].name), p)->valuedouble;
}

static void
fast_is_near (const given *g, size_t v)
{
  rw_error e = { 0 };
  variant at = { 0 };
  rw_forward *f = NULL;
  size_t *start = calloc (g->windows + 1, sizeof *start);
  double *nll = calloc (g->windows * LENGTH, sizeof *nll), worst = 0, square = 0;
  for (size_t w = 0; w <= g->windows; w++)
    start[w] = w * LENGTH;
  const rw_batch batch
      = { .n_sequences = g->windows, .start = start, .id = g->id, .target = g->id + 1, .nll = nll };
  rw_status s = variant_begin (g, v, &at, &e);
  s = s ? s : rw_forward_new (&at.ask, &f, &e);
  s = s ? s : rw_forward_run (f, &batch, &e);
  for (int p = 0; p < LENGTH; p++)
    {
      double sum = 0;
      for (size_t w = 0; w < g->windows; w++)
        sum += nll[w * LENGTH + (size_t) p] / (double) g->windows;
      worst = fmax (worst, fabs (sum - reference (g, "per_position_mean", v, p)));
      square += pow (nll[p] - reference (g, "window0", v, p), 2) / LENGTH;
    }
  ok (!s && worst < WITHIN, "%s: loss at each position, all windows (%.1e) %s", variants[v].name,
      worst, e.text);
  ok (!s && sqrt (square) < WITHIN, "%s: its first window, rms over positions (%.1e)",
      variants[v].name, sqrt (square));
  rw_forward_free (f);
  variant_end (&at);
  free (start);
  free (nll);
}

static double
loss (const double *logit, size_t n, int32_t target)
{
  double max = -HUGE_VAL, sum = 0;
  for (size_t i = 0; i < n; i++)
    max = fmax (max, logit[i]);
  for (size_t i = 0; i < n; i++)
    sum += exp (logit[i] - max);
  return log (sum) + max - logit[target];
}

/* Every position of the first window, in double as the reference is: where float32 may be 3e-4 off
   (a few positions, beyond the trained length), this is not.  */
static void
plain_is_equal (const given *g, size_t v)
{
  rw_error e = { 0 };
  variant at = { 0 };
  const size_t vocab = g->net->hyper.vocab;
  double *logits = calloc (LENGTH * vocab, sizeof *logits), worst = 0;
  rw_status s = variant_begin (g, v, &at, &e);
  s = s ? s : rw_forward_plain (&at.ask, g->id, LENGTH, logits, &e);
  for (int p = 0; p < LENGTH; p++)
    worst = fmax (worst, fabs (loss (logits + (size_t) p * vocab, vocab, g->id[p + 1])
                               - reference (g, "window0", v, p)));
  ok (!s && worst < PLAIN_WITHIN, "%s: the naive pass, each position (%.1e) %s", variants[v].name,
      worst, e.text);
  variant_end (&at);
  free (logits);
}

int
main (void)
{
  char path[4096];
  rw_error e = { 0 };
  rw_network *net = NULL;
  const char *top = getenv ("top_srcdir");
  snprintf (path, sizeof path, "%s/../shared/models/llama2xs-nll-512.json", top ? top : ".");
  cJSON *ref = read_json (path);
  if (!ref)
    {
      printf ("1..0 # SKIP %s is not there\n", path);
      return 0;
    }
  snprintf (path, sizeof path, "%s/../shared/models/llama2xs.gguf", top ? top : ".");
  ok (rw_network_open (path, &net, &e) == RW_OK, "the model opens %s", e.text);
  const cJSON *ids = cJSON_GetObjectItem (ref, "token_ids");
  int32_t *id = calloc ((size_t) cJSON_GetArraySize (ids), sizeof *id);
  const given g = { .net = net,
                    .ref = ref,
                    .id = id,
                    .windows = (size_t) cJSON_GetObjectItem (ref, "n_windows")->valuedouble };
  size_t i = 0;
  for (const cJSON *item = ids->child; item; item = item->next)
    id[i++] = (int32_t) item->valueint;
  for (size_t v = 0; net && v < sizeof variants / sizeof *variants; v++)
    {
      fast_is_near (&g, v);
      plain_is_equal (&g, v);
    }
  free (id);
  rw_network_close (net);
  cJSON_Delete (ref);
  return tap_end ();
}
