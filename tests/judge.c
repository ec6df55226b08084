/* judge: values out of a result file, and verdicts on them.

   The file is that of store_help.h, whose values are a formula of the place; what a value block
   gives is compared with the formula.  */
#include "judge_help.h"

enum
{
  SIMILARITY = 3,
  LEAST = 4,
  SHIFT = 5,
  TOKENS = 6
};

static rw_result *toy;
static const char *note; /* of the last value */

/* Judges a file of claims on the toy result, and on nothing for its other configs.  */
static rw_judgement *
judged (rw_claims *c, rw_arena *arena)
{
  rw_result *results[64] = { toy };
  rw_judgement *out = rw_arena_take (arena, c->n_claims, sizeof *out);
  if (rw_judge (c, results, arena, out, &err))
    {
      printf ("Bail out! %s\n", err.text);
      exit (1);
    }
  return out;
}

/* What a value block gives, NaN and a note.  */
static double
value (const char *block)
{
  static char text[1024];
  char patch[1024];
  rw_claims *c = NULL;
  rw_arena *arena = rw_arena_new ();
  snprintf (patch, sizeof patch, "{\"value\": %s}", block);
  if (read_patched ((const char *const[]){ patch, NULL }, &c))
    {
      printf ("Bail out! %s\n", err.text);
      exit (1);
    }
  const rw_judgement *j = judged (c, arena);
  const double x = j->measured;
  snprintf (text, sizeof text, "%s", j->note);
  note = text;
  if (isnan (x) && (j->verdict != RW_VERDICT_DIFFERS || !j->worse))
    note = "a value that is not there must differ";
  rw_arena_free (arena);
  rw_claims_free (c);
  return x;
}

static void
gives (const char *block, double want, const char *name)
{
  const double got = value (block);
  near (got, want, 0, name);
  if (*note)
    printf ("# %s\n", note);
}

static void
notes (const char *block, const char *words)
{
  const double x = value (block);
  if (!ok (isnan (x) && strstr (note, words), "%s", words))
    printf ("# gives %g: %s\n", x, note);
}

/* ---- selecting ---- */

static void
test_select (void)
{
  gives ("{\"field\": \"tokens\", \"at\": {\"schedule\": \"yarn\", \"factor\": 2.385, \"length\": "
         "32768}}",
         toy_value (point_of (1, 1, 1), TOKENS, 0), "labels and numbers");
  gives ("{\"field\": \"tokens\", \"at\": {\"schedule\": \"def\", \"factor\": 8, \"length\": "
         "4.096e3}}",
         toy_value (point_of (0, 3, 0), TOKENS, 0), "a prefix, and a number written otherwise");
  gives ("{\"field\": \"similarity\", \"at\": {\"schedule\": \"yarn ramp\", \"factor\": 4, "
         "\"length\": 4096, \"distance\": 19}}",
         toy_value (point_of (2, 2, 0), SIMILARITY, 4), "an own dimension");
  gives ("{\"field\": \"shift_error\", \"at\": {\"schedule\": \"yarn\", \"factor\": 4, "
         "\"length\": 4096, \"dtype\": \"bfloat16\", \"distance\": 2}}",
         toy_value (point_of (1, 2, 0), SHIFT, DISTANCES + 2), "two own dimensions");
  gives ("{\"field\": \"tokens\", \"at\": {\"schedule\": \"yarn\", \"remark\": \"few\", "
         "\"factor\": 2.385, \"length\": 4096}}",
         toy_value (point_of (1, 1, 0), TOKENS, 0),
         "a linked label that two places have, and the number that tells them apart");
  gives ("{\"field\": \"tokens\", \"at\": {\"schedule\": \"yarn\", \"length\": 4096}, \"where\": "
         "{\"factor\": [2, 3]}}",
         toy_value (point_of (1, 1, 0), TOKENS, 0), "a range with one place in it");
  gives (
      "{\"field\": \"tokens\", \"at\": {\"schedule\": \"yarn\", \"remark\": \"few\", \"length\": "
      "4096}, \"reduce\": \"count\"}",
      2, "the label alone leaves both");
  gives ("{\"field\": \"inv_freq\", \"at\": {\"schedule\": \"yarn\", \"factor\": 1, \"length\": "
         "4096, \"pair\": 3}}",
         toy_value (point_of (1, 0, 0), 0, 3), "per-point fields are fields too");
}

static void
test_select_notes (void)
{
  notes ("{\"field\": \"similarty\"}",
         "the result has no field 'similarty'; did you mean 'similarity'?");
  notes ("{\"field\": \"tokens\", \"at\": {\"distance\": 2}}",
         "tokens has no dimension 'distance'; it has: schedule, factor, length, remark");
  notes ("{\"field\": \"tokens\", \"at\": {\"depth\": 2}}", "tokens has no dimension 'depth'");
  notes ("{\"field\": \"tokens\", \"at\": {\"factor\": 3}}",
         "factor: no value '3'; there are: 1, 2.385, 4, 8");
  notes ("{\"field\": \"tokens\", \"at\": {\"schedule\": \"y\"}}", "schedule: no value 'y'");
  notes ("{\"field\": \"tokens\", \"where\": {\"schedule\": [0, 1]}}",
         "schedule has labels: no range can be cut from it");
  notes ("{\"field\": \"tokens\", \"where\": {\"factor\": [5, 6]}}",
         "tokens: no place is left on dimension factor");
  notes ("{\"field\": \"tokens\", \"at\": {\"factor\": 8, \"remark\": \"few\"}}",
         "tokens: no place is left on dimension factor");
  notes ("{\"field\": \"tokens\", \"at\": {\"length\": 4096}}",
         "12 values are left (schedule 3 x factor 4): hold them with \"at\", or \"reduce\"");
  notes ("{\"field\": \"similarity_min\", \"at\": {\"schedule\": \"default\", \"factor\": 1, "
         "\"length\": 32768}}",
         "the value is NaN");
}

/* ---- combining and reducing ---- */

#define YARN "\"at\": {\"schedule\": \"yarn\", \"length\": 4096}"
#define PLAIN "\"at\": {\"schedule\": \"default\", \"length\": 4096}"

static void
test_combine (void)
{
  double least = INFINITY, quotient = 0, shifted = 0;
  for (size_t f = 0; f < 4; f++)
    {
      const double a = toy_value (point_of (1, f, 0), TOKENS, 0);
      const double b = toy_value (point_of (0, f, 0), TOKENS, 0);
      least = fmin (least, a - b);
      quotient = fmax (quotient, a / b);
      shifted = fmax (shifted, a - toy_value (point_of (0, 2, 1), TOKENS, 0));
    }
  gives ("{\"field\": \"tokens\", " YARN ", \"minus\": {\"field\": \"tokens\", " PLAIN
         "}, \"reduce\": \"min\"}",
         least, "minus goes value by value");
  gives ("{\"field\": \"tokens\", " YARN ", \"over\": {\"field\": \"tokens\", " PLAIN
         "}, \"reduce\": \"max\"}",
         quotient, "so does over");
  gives ("{\"field\": \"tokens\", " YARN ", \"minus\": {\"field\": \"tokens\", \"at\": "
         "{\"schedule\": \"default\", \"factor\": 4, \"length\": 32768}}, \"reduce\": \"max\"}",
         shifted, "one number goes with each");
  const double a = toy_value (point_of (1, 0, 0), TOKENS, 0);
  gives ("{\"field\": \"tokens\", \"at\": {\"schedule\": \"yarn\", \"factor\": 1, \"length\": "
         "4096}, \"over\": {\"field\": \"tokens\", " YARN ", \"reduce\": \"count\"}}",
         a / 4, "the second value may be reduced itself");
  gives ("{\"field\": \"tokens\", " YARN ", \"minus\": {\"field\": \"tokens\", " YARN
         ", \"times\": 2}, \"times\": -1, \"reduce\": \"max\"}",
         fmax (fmax (a, toy_value (point_of (1, 1, 0), TOKENS, 0)),
               fmax (toy_value (point_of (1, 2, 0), TOKENS, 0),
                     toy_value (point_of (1, 3, 0), TOKENS, 0))),
         "times comes after combining and before reducing");
  notes ("{\"field\": \"tokens\", " YARN ", \"minus\": {\"field\": \"similarity\", \"at\": "
         "{\"schedule\": \"yarn\", \"factor\": 1, \"length\": 4096}}}",
         "the value is factor 4, that of \"minus\" is distance 6");
  notes ("{\"field\": \"tokens\", \"at\": {\"schedule\": \"yarn\", \"factor\": 1, \"length\": "
         "4096}, \"over\": {\"field\": \"tokens\", " YARN "}}",
         "the value is one number, that of \"over\" is factor 4");
}

/* Over all of it, with NaN in every third point.  */
static void
test_reduce (void)
{
  double least = INFINITY, sum = 0, cut = INFINITY;
  size_t n = 0;
  for (size_t p = 0; p < 24; p++)
    for (size_t j = 0; j < DISTANCES; j++)
      {
        const double y = toy_value (p, SIMILARITY, j);
        least = fmin (least, y);
        if (j >= 2 && j <= 4) /* distances 2, 7, 19 */
          cut = fmin (cut, y);
      }
  for (size_t p = 0; p < 24; p++)
    if (!isnan (toy_value (p, LEAST, 0)))
      {
        sum += toy_value (p, LEAST, 0);
        n++;
      }
  gives ("{\"field\": \"similarity\", \"reduce\": \"min\"}", least, "over four dimensions");
  gives ("{\"field\": \"similarity\", \"where\": {\"distance\": [2, 19]}, \"reduce\": \"min\"}",
         cut, "and over a part of one, both ends included");
  gives ("{\"field\": \"similarity_min\", \"reduce\": \"count\"}", (double) n,
         "what is NaN is not counted");
  near (value ("{\"field\": \"similarity_min\", \"reduce\": \"mean\"}"), sum / (double) n, TOL1,
        "nor does it enter a mean");
#define ROW "\"at\": {\"schedule\": \"yarn\", \"factor\": 4, \"length\": 4096}"
  const double mid = toy_value (point_of (1, 2, 0), SIMILARITY, 3);
  char block[256];
  snprintf (block, sizeof block,
            "{\"field\": \"similarity\", " ROW ", \"reduce\": {\"last_below\": %.17g}}",
            mid + 0.01);
  gives (block, 7, "coordinates are those of the file");
  gives ("{\"field\": \"similarity\", " ROW
         ", \"where\": {\"distance\": [7, 300]}, \"reduce\": \"argmin\"}",
         7, "also after a cut");
  gives ("{\"field\": \"similarity\", " ROW
         ", \"where\": {\"distance\": [6, 8]}, \"reduce\": \"argmax\"}",
         7, "also where the cut leaves one place");
  notes ("{\"field\": \"similarity\", " YARN ", \"reduce\": \"argmin\"}",
         "argmin runs along one dimension, and factor 4 x distance 6 is left");
  notes ("{\"field\": \"tokens\", \"at\": {\"factor\": 1, \"length\": 4096}, \"reduce\": "
         "\"argmax\"}",
         "argmax needs a coordinate of numbers, and schedule has labels");
  notes ("{\"field\": \"tokens\", \"at\": {\"schedule\": \"yarn\", \"factor\": 1, \"length\": "
         "4096}, \"reduce\": \"minima\"}",
         "minima runs along one dimension, and one number is left");
  notes ("{\"field\": \"similarity\", " ROW ", \"reduce\": {\"first_below\": -99}}",
         "first_below: no value is below the level");
  notes ("{\"field\": \"similarity\", " ROW ", \"reduce\": \"log_slope\"}",
         "log_slope: a power law needs two places, and positive values and coordinates");
}

/* ---- verdicts ---- */

#define COUNT "\"value\": {\"field\": \"tokens\", \"reduce\": \"count\"}" /* 24 */
#define NO_VALUE "\"value\": {\"field\": \"tokens\", \"reduce\": {\"first_below\": 0}}"

static void
test_relations (void)
{
  static const struct
  {
    const char *bound;
    rw_verdict want;
  } rows[] = {
    { "\"published\": \"p\", \"within\": null, \"at_least\": 24", RW_VERDICT_MATCH },
    { "\"published\": \"p\", \"within\": null, \"at_least\": 24.001", RW_VERDICT_DIFFERS },
    { "\"published\": \"p\", \"within\": null, \"at_most\": 24", RW_VERDICT_MATCH },
    { "\"published\": \"p\", \"within\": null, \"at_most\": 23.999", RW_VERDICT_DIFFERS },
    { "\"published\": \"p\", \"within\": null, \"above\": 23.999", RW_VERDICT_MATCH },
    { "\"published\": \"p\", \"within\": null, \"above\": 24", RW_VERDICT_DIFFERS },
    { "\"published\": \"p\", \"within\": null, \"below\": 24.001", RW_VERDICT_MATCH },
    { "\"published\": \"p\", \"within\": null, \"below\": 24", RW_VERDICT_DIFFERS },
    { "\"published\": 24, \"within\": {\"absolute\": 0}", RW_VERDICT_MATCH },
    { "\"published\": 24.5, \"within\": {\"absolute\": 0.5}", RW_VERDICT_MATCH },
    { "\"published\": 23.5, \"within\": {\"absolute\": 0.5}", RW_VERDICT_MATCH },
    { "\"published\": 24.501, \"within\": {\"absolute\": 0.5}", RW_VERDICT_DIFFERS },
    { "\"published\": 23.499, \"within\": {\"absolute\": 0.5}", RW_VERDICT_DIFFERS },
    { "\"published\": 25, \"within\": {\"absolute\": null, \"relative\": 0.04}", RW_VERDICT_MATCH },
    { "\"published\": 25, \"within\": {\"absolute\": null, \"relative\": 0.039}",
      RW_VERDICT_DIFFERS },
    { "\"published\": -25, \"within\": {\"absolute\": null, \"relative\": 1.96}",
      RW_VERDICT_MATCH },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      rw_claims *c = NULL;
      rw_arena *arena = rw_arena_new ();
      char patch[256];
      snprintf (patch, sizeof patch, "{" COUNT ", %s}", rows[i].bound);
      if (ok (read_patched ((const char *const[]){ patch, NULL }, &c) == RW_OK, "%s", patch))
        {
          const rw_judgement *j = judged (c, arena);
          ok (j->measured == 24 && j->verdict == rows[i].want
                  && j->worse == (rows[i].want != RW_VERDICT_MATCH),
              "24 against %s: %s", rows[i].bound, rw_verdict_name (j->verdict));
        }
      rw_arena_free (arena);
      rw_claims_free (c);
    }
}

#define BOUND(n) "\"published\": " #n ", \"within\": {\"absolute\": 0.5}"
#define PROOF(v, n)                                                                                \
  "\"slip\": {\"why\": \"w\", " v ", \"equals\": " #n                                              \
  ", \"within\": {\"absolute\": 0.5, \"why\": \"w\"}}"

/* A claim, and what is found: the expected verdict stands in the claim.  */
static void
test_verdicts (void)
{
  static const struct
  {
    const char *claim;
    rw_verdict want;
    bool worse;
    double right;
    const char *note, *name;
  } rows[] = {
    { "{" COUNT ", " BOUND (24) "}", RW_VERDICT_MATCH, false, NAN, "", "expected and found" },
    { "{" COUNT ", " BOUND (30) "}", RW_VERDICT_DIFFERS, true, NAN, "", "a match was expected" },
    { "{" COUNT ", " BOUND (30) ", \"verdict\": \"differs\"}", RW_VERDICT_DIFFERS, false, NAN, "",
      "that it differs was expected" },
    { "{" COUNT ", " BOUND (24) ", \"verdict\": \"differs\"}", RW_VERDICT_MATCH, false, NAN, "",
      "better than expected" },
    { "{" COUNT ", " BOUND (30) ", \"verdict\": \"slip\", " PROOF (COUNT, 24) "}", RW_VERDICT_SLIP,
      false, 24, "", "a slip with its proof" },
    { "{" COUNT ", " BOUND (30) ", \"verdict\": \"slip\", " PROOF (COUNT, 25) "}",
      RW_VERDICT_DIFFERS, true, 24, "", "a proof that fails proves nothing" },
    { "{" COUNT ", " BOUND (30) ", \"verdict\": \"slip\", " PROOF (NO_VALUE, 25) "}",
      RW_VERDICT_DIFFERS, true, NAN, "runs along one dimension", "nor does one without a value" },
    { "{" COUNT ", " BOUND (24) ", \"verdict\": \"slip\", " PROOF (COUNT, 24) "}", RW_VERDICT_MATCH,
      false, NAN, "", "the proof is not asked for where the claim holds" },
    { "{" NO_VALUE ", " BOUND (30) ", \"verdict\": \"slip\", " PROOF (COUNT, 24) "}",
      RW_VERDICT_DIFFERS, true, NAN, "runs along one dimension",
      "what has no value is no slip of the paper" },
    { "{" NO_VALUE ", " BOUND (30) ", \"verdict\": \"differs\"}", RW_VERDICT_DIFFERS, false, NAN,
      "runs along one dimension", "and may be expected to differ" },
    { "{\"value\": {\"config\": \"far.json\"}}", RW_VERDICT_NOT_RUN, false, NAN,
      "far.json was not run", "a config that was not run" },
    { "{\"value\": {\"over\": {\"field\": \"x\", \"config\": \"big.json\"}}}", RW_VERDICT_NOT_RUN,
      false, NAN, "big.json was not run", "an optional one, inside a value" },
    { "{" COUNT ", " BOUND (30) ", \"verdict\": \"slip\", " PROOF (
          "\"value\": {\"field\": \"x\", \"config\": \"big.json\"}", 25) "}",
      RW_VERDICT_NOT_RUN, false, NAN, "big.json was not run", "and inside a proof" },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      rw_claims *c = NULL;
      rw_arena *arena = rw_arena_new ();
      rw_text text = { 0 };
      char *claim = patched (rows[i].claim);
      rw_text_addf (&text,
                    "{\"title\": \"t\", \"paper\": \"p\", \"optional\": [\"big.json\"], "
                    "\"claims\": [%s]}",
                    claim);
      ok (read_text (rw_text_get (&text), &c) == RW_OK, "reads: %s", err.text);
      const rw_judgement *j = judged (c, arena);
      if (!ok (j->verdict == rows[i].want && j->worse == rows[i].worse
                   && (*rows[i].note ? strstr (j->note, rows[i].note) != NULL : !*j->note),
               "%s", rows[i].name))
        printf ("# %s, worse %d: %s\n", rw_verdict_name (j->verdict), j->worse, j->note);
      near (j->right, rows[i].right, 0, "with what is right");
      rw_free (claim);
      rw_text_free (&text);
      rw_arena_free (arena);
      rw_claims_free (c);
    }
}

static void
test_readings (void)
{
  rw_claims *c = NULL;
  rw_arena *arena = rw_arena_new ();
  const rw_status s = read_patched (
      (const char *const[]){ "{" COUNT ", \"readings\": [{\"says\": \"a\", " COUNT
                             "}, {\"says\": \"b\", " NO_VALUE
                             "}, {\"says\": \"c\", \"value\": {\"field\": \"x\", \"config\": "
                             "\"far.json\"}}]}",
                             "{\"name\": \"two\"}", NULL },
      &c);
  ok (s == RW_OK, "two claims: %s", err.text);
  const rw_judgement *j = judged (c, arena);
  ok (j[0].reading[0] == 24 && isnan (j[0].reading[1]) && isnan (j[0].reading[2]),
      "each reading has its value, or NaN");
  ok (c->claim[1].n_readings == 0 && j[1].verdict == RW_VERDICT_DIFFERS, "and none is asked for");
  rw_arena_free (arena);
  rw_claims_free (c);
}

/* What an outline tells is told before anything is run.  */
static void
test_rehearse (void)
{
  static const struct
  {
    const char *claim, *words;
  } rows[] = {
    { "{" COUNT ", " BOUND (30) ", \"verdict\": \"slip\", " PROOF (COUNT, 24) "}", NULL },
    { "{\"value\": {\"field\": \"similarity\", \"at\": {\"schedule\": \"yarn\", \"factor\": 4, "
      "\"length\": 4096}, \"where\": {\"distance\": [7, 8]}, \"reduce\": \"argmin\"}}",
      NULL },
    { "{\"value\": {\"config\": \"far.json\", \"field\": \"none\"}}", NULL },
    { "{\"value\": {\"field\": \"none\"}}", "'one': value: the result has no field 'none'" },
    { "{\"value\": {\"field\": \"tokens\"}}",
      "'one': value: 24 values are left (schedule 3 x factor 4 x length 2)" },
    { "{" NO_VALUE "}", "'one': value: first_below runs along one dimension" },
    { "{\"value\": {\"field\": \"tokens\", \"at\": {\"schedule\": \"yarn\", \"length\": 4096}, "
      "\"over\": {\"field\": \"tokens\", \"at\": {\"schedule\": \"yarn\"}}, \"reduce\": \"min\"}}",
      "that of \"over\" is factor 4 x length 2" },
    { "{" COUNT ", " BOUND (30) ", \"verdict\": \"slip\", " PROOF (NO_VALUE, 24) "}",
      "'one': slip.value: first_below runs along one dimension" },
    { "{" COUNT ", \"readings\": [{\"says\": \"a\", " COUNT "}, {\"says\": \"b\", " NO_VALUE "}]}",
      "'one': readings[1].value: first_below runs along one dimension" },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      rw_claims *c = NULL;
      rw_outline *outline[64] = { toy->outline };
      rw_status s = read_patched ((const char *const[]){ rows[i].claim, NULL }, &c);
      ok (s == RW_OK, "claim %zu reads: %s", i, err.text);
      s = rw_judge_rehearse (c, outline, &err);
      ok (rows[i].words ? s == RW_EINVAL && strstr (err.text, rows[i].words) : s == RW_OK,
          "rehearsed: %s", rows[i].words ? rows[i].words : "nothing is wrong");
      if (s)
        printf ("# %s\n", err.text);
      rw_claims_free (c);
    }
}

/* ---- a sweep's own file ---- */

/* Llama-2's frequencies are 10000^(-2i/128): a geometric row, known without us.  */
static void
test_sweep (void)
{
  rw_plan *plan
      = plan_of ("{\"name\": \"s\", \"axes\": {\"model\": [\"llama-2-7b\"], \"schedule\": "
                 "[{\"rope_type\": \"default\"}, {\"rope_type\": \"linear\", \"factor\": "
                 "4}]}, \"metrics\": [\"wavelength\"]}");
  rw_run_summary sum;
  rw_result *old = toy;
  ok (run_to (plan, path_of ("sweep"), &(rw_run_options){ .threads = 1 }, &sum) == RW_OK,
      "a sweep runs: %s", err.text);
  ok (rw_result_open (path_of ("sweep"), &toy, &err) == RW_OK, "and opens");
  near (value ("{\"field\": \"inv_freq\", \"at\": {\"schedule\": \"default\", \"pair\": 32}}"),
        0.01, TOL1,
        "the pair in the middle turns by 1 / 100, the model's axis of one value unsaid");
  near (
      value ("{\"field\": \"inv_freq\", \"at\": {\"schedule\": \"linear\"}, \"over\": {\"field\": "
             "\"inv_freq\", \"at\": {\"schedule\": \"default\"}}, \"reduce\": \"max\"}"),
      0.25, TOL0, "position interpolation divides every frequency");
  near (value ("{\"field\": \"inv_freq\", \"at\": {\"schedule\": \"default\"}, \"reduce\": "
               "{\"count_below\": 0.001533}}"),
        18, 0, "pairs that never turn fully in 4096 tokens: i > 45.03 of 64");
  rw_result_close (toy);
  toy = old;
  rw_plan_free (plan);
}

int
main (void)
{
  if (!make_folder ())
    return 99;
  toy = toy_result (path_of ("toy"));
  test_select ();
  test_select_notes ();
  test_combine ();
  test_reduce ();
  test_relations ();
  test_verdicts ();
  test_readings ();
  test_rehearse ();
  test_sweep ();
  rw_result_close (toy);
  remove_folder ();
  return tap_end ();
}
