/* quirks_help: a config read by a stack, and its table made a second way: the papers' formulas with
   the stack's own L, s and a put in by hand.  */
#ifndef RW_TESTS_QUIRKS_HELP_H
#define RW_TESTS_QUIRKS_HELP_H

#include "base/mem.h"
#include "schedule/schedule.h"
#include "stack/stack.h"
#include "tap.h"

#define SIZE "\"head_dim\": 64, \"max_position_embeddings\": 40960, \"rope_theta\": 77000"
#define TRAINED "\"original_max_position_embeddings\": 8192"

enum
{
  D = 64,
  PAIRS = D / 2
};

static const double BASE = 77000, MAX = 40960, L = 8192;
static rw_model model;
static rw_freqs freqs;
static rw_error err;

/* The stack's table of a config at a length; 0 where it refuses.  */
static int
made (const char *name, const char *config, double length)
{
  const rw_stack *stack = NULL;
  cJSON *tree = NULL;
  err = (rw_error){ 0 };
  rw_model_free (&model);
  rw_freqs_free (&freqs);
  rw_status s = rw_stack_find (name, &stack, &err);
  if (!s)
    s = rw_json_parse ("c.json", config, strlen (config), &tree, &err);
  if (!s)
    s = stack->read ("c.json", tree, NULL, &model, &err);
  if (!s)
    s = rw_schedule_fill (model.rope[0].schedule, &model.rope[0].geometry, length, &freqs, &err);
  cJSON_Delete (tree);
  if (s)
    printf ("# %s: %s\n", name, err.text);
  return !s;
}

static int
noted (rw_note_kind kind, const char *text)
{
  for (size_t r = 0; r < model.n_ropes; r++)
    for (size_t i = 0; i < model.rope[r].notes.n; i++)
      if (model.rope[r].notes.note[i].kind == kind
          && strstr (model.rope[r].notes.note[i].text, text))
        return 1;
  return 0;
}

static void
refused (const char *stack, const char *config, const char *text)
{
  ok (!made (stack, config, 0), "%s refuses %.60s", stack, config);
  has (err.text, text, "and says why");
}

/* ---- the second ways ---- */

static double
plain (double base, int i)
{
  return exp (-2.0 * i / D * log (base));
}

/* YaRN's pair i: whole ends of the ramp unless `loose`.  */
static double
yarn (int i, double length, double s, int loose)
{
  double lo = D * log (length / (2 * M_PI * 32)) / (2 * log (BASE));
  double hi = D * log (length / (2 * M_PI)) / (2 * log (BASE));
  lo = fmax (loose ? lo : floor (lo), 0);
  hi = fmin (loose ? hi : ceil (hi), D - 1);
  const double t = i <= lo ? 0 : i >= hi ? 1 : (i - lo) / (hi - lo);
  return plain (BASE, i) * (1 - t + t / s);
}

static double
worst_yarn (double length, double s, int loose)
{
  double worst = freqs.n == PAIRS ? 0 : INFINITY;
  for (int i = 0; i < PAIRS && isfinite (worst); i++)
    worst = fmax (worst, fabs (freqs.inv_freq[i] / yarn (i, length, s, loose) - 1));
  return worst;
}

/* A plain table of another base, each pair times `share`.  */
static double
worst_plain (double base, double share)
{
  double worst = freqs.n == PAIRS ? 0 : INFINITY;
  for (int i = 0; i < PAIRS && isfinite (worst); i++)
    worst = fmax (worst, fabs (freqs.inv_freq[i] / (plain (base, i) * share) - 1));
  return worst;
}

#define TIMES_8(x) x ", " x ", " x ", " x ", " x ", " x ", " x ", " x
#define TIMES_32(x) TIMES_8 (x) ", " TIMES_8 (x) ", " TIMES_8 (x) ", " TIMES_8 (x)
#define LONGROPE                                                                                   \
  "\"rope_type\": \"longrope\", \"short_factor\": [" TIMES_32 (                                    \
      "1.25") "], \"long_factor\": [" TIMES_32 ("3.5") "]"

#endif
