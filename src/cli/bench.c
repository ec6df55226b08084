/* bench: the door and the table; see bench.h.  */
#include "config.h"

#include "base/text.h"
#include "cli/bench.h"
#include "cli/door.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef _OPENMP
#  include <omp.h>
#else
#  define omp_get_max_threads() 1
#endif

/* Those of the table, for people.  */
#define NAMES                                                                                      \
  "schedule, similarity, base_bound, table, rotate, source, attention, attend, model, profile, "   \
  "moments, direct, store, sweep"

static const struct
{
  const char *name;
  rw_status (*run) (bench *b, rw_error *err);
} benches[] = {
  { "schedule", bench_schedule },
  { "similarity", bench_similarity },
  { "base_bound", bench_base_bound },
  { "table", bench_table },
  { "rotate", bench_rotate },
  { "source", bench_source },
  { "attention", bench_attention },
  { "attend", bench_attend },
  { "model", bench_model },
  { "profile", bench_profile },
  { "moments", bench_moments },
  { "direct", bench_direct },
  { "store", bench_store },
  { "sweep", bench_sweep },
  { 0 },
};

/* ---- rows: a table as they come, or one JSON list ---- */

static void
print_time (double seconds)
{
  static const struct
  {
    double unit;
    const char *name;
  } units[] = { { 1, "s" }, { 1e-3, "ms" }, { 1e-6, "us" }, { 1e-9, "ns" } };
  size_t k = 0;
  while (k < 3 && seconds < units[k].unit)
    k++;
  printf ("%8.3g %-2s", seconds / units[k].unit, units[k].name);
}

/* "k tables/s" */
static const char *
unit_text (double k, const char *unit, char buf[32])
{
  snprintf (buf, 32, "%s%s", k >= 1e6 ? "M " : k >= 1e3 ? "k " : "", unit);
  return buf;
}

static void
print_row (bench *b, const bench_row *row)
{
  char unit[32];
  (void) b;
  printf ("%-18s %-38s ", row->name, row->size);
  print_time (row->seconds);
  const double k = row->rate >= 1e6 ? 1e6 : row->rate >= 1e3 ? 1e3 : 1;
  printf ("  %8.4g %-12s", row->rate / k, unit_text (k, row->unit, unit));
  if (row->limit)
    printf ("%5.1f %% of %s", 100 * row->share, row->limit);
  putchar ('\n');
  fflush (stdout);
}

static void
collect_row (bench *b, const bench_row *row)
{
  cJSON *item = cJSON_CreateObject ();
  cJSON_AddStringToObject (item, "name", row->name);
  cJSON_AddStringToObject (item, "size", row->size);
  cJSON_AddNumberToObject (item, "seconds", row->seconds);
  cJSON_AddNumberToObject (item, "rate", row->rate);
  cJSON_AddStringToObject (item, "unit", row->unit);
  if (row->limit)
    {
      cJSON_AddStringToObject (item, "limit", row->limit);
      cJSON_AddNumberToObject (item, "share", row->share);
    }
  cJSON_AddItemToArray (b->data, item);
}

/* ---- the door ---- */

typedef struct
{
  door_common common;
  bench b;
  char **names; /* (n_names,) */
  size_t n_names;
} asked;

enum
{
  KEY_QUICK = 256
};

static const struct argp_option options[] = {
  { "threads", 'j', "N", 0, "threads of the rows that use all (default: what OpenMP says)", 1 },
  { "quick", KEY_QUICK, NULL, 0, "smallest sizes, one run: only to see that it works", 1 },
  { 0 },
};

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  asked *a = state->input;
  switch (key)
    {
    case ARGP_KEY_INIT:
      state->child_inputs[0] = &a->common;
      return 0;
    case KEY_QUICK:
      a->b.quick = true;
      return 0;
    case 'j':
      a->b.threads = door_threads (state->name, arg);
      return 0;
    case ARGP_KEY_ARGS:
      a->names = state->argv + state->next;
      a->n_names = (size_t) (state->argc - state->next);
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp argp = {
  .options = options,
  .parser = parse,
  .children = door_children,
  .args_doc = "[NAME...]",
  .doc = "Measures the machine's limits, then the kernels beside them: " NAMES
         ", all or those named.\vExample:\n  ropewalk bench schedule --quick",
};

static const char *
bench_name (size_t i, const void *data)
{
  (void) data;
  return benches[i].name;
}

static bool
wanted (const asked *a, const char *name)
{
  for (size_t k = 0; k < a->n_names; k++)
    if (strcmp (a->names[k], name) == 0)
      return true;
  return a->n_names == 0;
}

static int
unknown_name (const asked *a, const char *verb)
{
  for (size_t k = 0; k < a->n_names; k++)
    {
      size_t i = 0;
      while (benches[i].name && strcmp (benches[i].name, a->names[k]) != 0)
        i++;
      char near[96];
      if (!benches[i].name)
        return door_usage (verb, "unknown benchmark '%s'; known: " NAMES "%s", a->names[k],
                           rw_did_you_mean (near, sizeof near, a->names[k], bench_name, NULL));
    }
  return 0;
}

int
door_bench (int argc, char **argv)
{
  asked a = { .b = { .threads = omp_get_max_threads () } };
  argp_parse (&argp, argc, argv, 0, NULL, &a);
  const int usage = unknown_name (&a, argv[0]);
  if (usage)
    return usage;
  rw_error err = { 0 };
  cJSON *rows = cJSON_CreateArray ();
  a.b.emit = a.common.json ? collect_row : print_row;
  a.b.data = rows;
  if (!a.common.json)
    printf ("%-18s %-38s %11s  %8s %-12s %s\n", "name", "size", "time", "rate", "",
            "share of the limit");
  rw_status s = bench_machine (&a.b, &err);
  for (size_t i = 0; !s && benches[i].name; i++)
    if (wanted (&a, benches[i].name))
      s = benches[i].run (&a.b, &err);
  char *text = a.common.json && !s ? cJSON_Print (rows) : NULL;
  if (text)
    puts (text);
  free (text);
  cJSON_Delete (rows);
  return s ? door_fail (argv[0], &err) : door_close (argv[0], 0);
}
