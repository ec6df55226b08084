/* run_inputs: what sources and metrics see of a run besides numbers: frequencies where a source
   asks for them, what it keeps from group to group, corpora of ids, and the flag to stop.  */
#include "run_help.h"
#include "source/source.h"

/* ---- a source that sees frequencies and keeps something ---- */

typedef struct
{
  bool blind; /* does not ask for frequencies */
} seer;

static const rw_param seer_params[] = {
  { .name = "blind", .type = RW_BOOL, .at = offsetof (seer, blind), .text = "asks for nothing" },
  { 0 },
};

static int memos, forgotten, fills;

static unsigned
seer_needs (const void *self)
{
  const seer *p = self;
  return p->blind ? 0 : RW_NEEDS_FREQS;
}

static void
seer_forget (void *memo)
{
  __atomic_fetch_add (&forgotten, *(int *) memo, 5);
  rw_free (memo);
}

/* One row for all tokens: what it sees of the schedule, and of the group.  */
static rw_status
seer_fill (const void *self, const rw_input *in, const rw_tensor *tensors, rw_qk *out, rw_error *e)
{
  const seer *p = self;
  float *row = out->owned[0] = rw_new ((size_t) in->geometry->head_dim, sizeof *row);
  (void) tensors;
  if (p->blind != !in->freqs || !in->memo)
    return rw_fail (e, RW_EDOMAIN, "sees too much or too little");
  if (!*in->memo)
    {
      *in->memo = rw_new (1, sizeof (int));
      __atomic_fetch_add (&memos, 1, 5);
    }
  ++*(int *) *in->memo;
  __atomic_fetch_add (&fills, 1, 5);
  row[0] = in->freqs ? (float) in->freqs->inv_freq[1] : -1;
  row[1] = in->freqs && in->freqs->rule ? 1 : 0;
  row[2] = (float) in->group;
  out->q = out->k = (rw_rows){ .data = row,
                               .type = RW_FLOAT32,
                               .n = (size_t) in->length,
                               .dim = (size_t) in->geometry->head_dim };
  return RW_OK;
}

static const rw_source seer_source = { .as = { .name = "seer",
                                               .text = "sees frequencies",
                                               .cite = "this test",
                                               .size = sizeof (seer),
                                               .params = seer_params },
                                       .needs = seer_needs,
                                       .forget = seer_forget,
                                       .fill = seer_fill };

static const rw_field look_fields[] = {
  { .name = "look_row", .dims = { "position" }, .long_name = "row of q", .kind = "exact" },
  { 0 },
};

static rw_status
look_measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f,
              rw_fields *out, rw_error *e)
{
  double x[32];
  (void) self, (void) work, (void) f, (void) e;
  rw_rows_at (&in->qk->q, 0, x);
  for (size_t i = 0; i < out->size[0]; i++)
    out->value[0][i] = x[i];
  return RW_OK;
}

static const rw_metric look_metric
    = { .as = { .name = "look", .text = "looks at q", .cite = "this test" },
        .needs = RW_NEEDS_QK,
        .fields = look_fields,
        .measure = look_measure };

#define MODEL "\"model\": {\"head_dim\": 32, \"rope_theta\": 10000, \"original_length\": 64}"
#define CONFIG(rest)                                                                               \
  "{\"name\": \"t\", \"positions\": [0, 1, 2], \"seed\": 2385, " MODEL ", " rest "}"
#define SWEEP                                                                                      \
  "\"metrics\": [\"look\"], \"axes\": {\"head\": [0, 3, 5], \"schedule\": [\"default\","           \
  " \"linear\"], \"schedule.factor\": [2.385, 8], \"rule\": [null, {\"name\": \"rerope\","         \
  " \"window\": 9}], \"length\": [65, 130]}"

/* Every cell's q was made under the cell's own table, and keyed by the group of all of them.  */
static int
each_sees_its_own (const rw_plan *plan, const char *path)
{
  int good = 1;
  for (size_t i = 0; i < plan->n_points; i++)
    {
      const double seen = value_of (path, "look_row", i, 0);
      const double table = value_of (path, "inv_freq", i, 1);
      const bool rule = i / 2 % 2;
      good &= seen == (float) table && value_of (path, "look_row", i, 1) == rule;
      good &= value_of (path, "look_row", i, 2) == (double) (i / 16 * 2 + i % 2);
    }
  return good;
}

static void
sources_may_see_frequencies (void)
{
  rw_plan *plan = plan_of (CONFIG (SWEEP ", \"source\": \"seer\""));
  rw_run_summary sum;
  const char *first = path_of ("seer1"), *path = first;
  for (int threads = 1; threads <= 16; threads *= 4, path = path_of ("seer"))
    {
      memos = forgotten = fills = 0;
      ok (run_to (plan, path, &(rw_run_options){ .threads = threads }, &sum) == RW_OK,
          "%d threads: runs: %s", threads, err.text);
      ok (plan->n_groups == 6 && fills == 48, "q and k are made once a cell, not once a group");
      ok (each_sees_its_own (plan, path), "under the schedule and rule of the cell");
      ok (memos <= threads && forgotten == fills,
          "what a source keeps is kept from group to group, and freed");
      ok (same (first, path), "the same bits");
    }
  rw_plan_free (plan);
  plan = plan_of (CONFIG (SWEEP ", \"source\": {\"name\": \"seer\", \"blind\": true}"));
  fills = 0;
  ok (run_to (plan, path_of ("blind"), &(rw_run_options){ .threads = 2 }, &sum) == RW_OK
          && fills == 6,
      "a source that does not ask sees none, and is run once a group");
  rw_plan_free (plan);
}

/* Whether it asks depends on a parameter that is swept.  */
static void
where_some_cells_ask (void)
{
  rw_plan *plan = plan_of (CONFIG (
      "\"source\": \"seer\", \"metrics\": [\"look\"], \"axes\": {\"source.blind\": [true, false],"
      " \"schedule\": [\"default\", \"none\"]}"));
  rw_run_summary sum;
  ok (run_to (plan, path_of ("some"), &(rw_run_options){ .threads = 2 }, &sum) == RW_OK,
      "some cells ask: runs: %s", err.text);
  const double seen = value_of (path_of ("some"), "look_row", 2, 0);
  ok (value_of (path_of ("some"), "look_row", 0, 0) == -1
          && seen == (float) value_of (path_of ("some"), "inv_freq", 2, 1),
      "each sees what it asks for");
  rw_plan_free (plan);
}

/* ---- corpora of ids, which need no network ---- */

typedef struct
{
  char *tokens, *text;
  bool weights;
} reader;

static const rw_param reader_params[] = {
  { .name = "tokens", .type = RW_TEXT, .at = offsetof (reader, tokens), .text = "ids" },
  { .name = "text", .type = RW_TEXT, .at = offsetof (reader, text), .text = "a text" },
  { .name = "weights", .type = RW_BOOL, .at = offsetof (reader, weights), .text = "needs them" },
  { 0 },
};

static const rw_field reader_fields[] = {
  { .name = "reader_sum", .long_name = "sum of the ids", .kind = "exact" },
  { .name = "reader_documents", .long_name = "documents", .kind = "exact" },
  { 0 },
};

static unsigned
reader_needs (const void *self)
{
  const reader *p = self;
  return p->weights ? RW_NEEDS_NETWORK : 0;
}

static void
reader_corpus (const void *self, rw_corpus_wish *out)
{
  const reader *p = self;
  *out = (rw_corpus_wish){ .text = p->text, .tokens = p->tokens };
}

static rw_status
reader_check (const void *self, const rw_input *in, rw_error *e)
{
  (void) self;
  if (in->corpus && (double) in->corpus->tokens < in->length)
    return rw_fail (e, RW_EDOMAIN, "%zu tokens for a length of %g", in->corpus->tokens, in->length);
  return RW_OK;
}

static rw_status
reader_measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f,
                rw_fields *out, rw_error *e)
{
  (void) self, (void) work, (void) f, (void) e;
  if (!in->corpus)
    return RW_OK;
  *out->value[0] = 0;
  *out->value[1] = (double) in->corpus->n;
  for (size_t d = 0; d < in->corpus->n; d++)
    for (size_t i = 0; i < in->corpus->document[d].n; i++)
      *out->value[0] += (double) in->corpus->document[d].id[i];
  return RW_OK;
}

static const rw_metric reader_metric = { .as = { .name = "reader",
                                                 .text = "reads ids",
                                                 .cite = "this test",
                                                 .size = sizeof (reader),
                                                 .params = reader_params },
                                         .fields = reader_fields,
                                         .needs_of = reader_needs,
                                         .corpus = reader_corpus,
                                         .check = reader_check,
                                         .measure = reader_measure };

static const char *
write_file (const char *name, const char *text)
{
  static char path[300];
  snprintf (path, sizeof path, "%s/%s", folder, name);
  FILE *f = fopen (path, "wb");
  if (!f || fputs (text, f) < 0 || fclose (f))
    ok (0, "%s can be written", path);
  return path;
}

static rw_status
read_config (const char *rest, rw_plan **plan)
{
  char text[4096];
  snprintf (text, sizeof text, CONFIG ("%s"), rest);
  *plan = NULL;
  err = (rw_error){ 0 };
  return rw_plan_parse ("test", text, strlen (text), folder, NULL, plan, &err);
}

/* The words of a config's error, be it found by the plan or by opening its files.  */
static const char *
refused (const char *rest, rw_status want)
{
  rw_plan *plan;
  rw_inputs inputs = { 0 };
  rw_status s = read_config (rest, &plan);
  if (!s)
    s = rw_inputs_open (plan, &inputs, &err);
  ok (s == want, "%s: %s", rest, rw_status_text (s));
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
  return err.text;
}

#define READER(key, file) "\"metrics\": [{\"name\": \"reader\", \"" key "\": \"" file "\"}]"
#define IDS(file) "\"length\": 3, " READER ("tokens", file)

static void
corpora_reach_their_metrics (void)
{
  rw_plan *plan;
  rw_inputs inputs;
  rw_run_summary sum;
  const char *path = path_of ("reader");
  write_file ("one.json", "[3, 1, 4, 1, 5]");
  write_file ("two.json", "[[2, 7], [1, 8, 2]]");
  ok (read_config ("\"length\": 3, \"metrics\": [\"reader\"], \"axes\": {\"reader.tokens\":"
                   " [\"one.json\", \"two.json\"], \"schedule\": [\"default\", \"none\"]}",
                   &plan)
          == RW_OK,
      "corpora may be an axis: %s", err.text);
  ok (rw_inputs_open (plan, &inputs, &err) == RW_OK, "they are opened: %s", err.text);
  ok (run_to (plan, path, &(rw_run_options){ .threads = 2, .inputs = &inputs }, &sum) == RW_OK,
      "and run");
  ok (value_of (path, "reader_sum", 1, 0) == 14 && value_of (path, "reader_documents", 1, 0) == 1
          && value_of (path, "reader_sum", 2, 0) == 20
          && value_of (path, "reader_documents", 2, 0) == 2,
      "each cell sees its own");
  rw_corpora_item item;
  ok (rw_corpora_at (inputs.corpora, 1, &item) && !rw_corpora_at (inputs.corpora, 2, &item)
          && rw_corpora_at (inputs.corpora, 1, &item) && !strcmp (item.path, "two.json")
          && item.corpus->tokens == 5,
      "each is read once, and listed");
  char two[300];
  snprintf (two, sizeof two, "%s/two.json", folder);
  ok (rw_plan_reads (plan, two) && !rw_plan_reads (plan, path), "results may not replace them");
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
}

static void
faults_have_words (void)
{
  write_file ("bad.json", "[3, 1, -4]");
  write_file ("half.json", "[3, 1.5, 4]");
  write_file ("words.json", "[[3, 1], [\"x\"]]");
  write_file ("mixed.json", "[[3, 1], 4]");
  write_file ("hollow.json", "[[3, 1], []]");
  write_file ("none.json", "[]");
  write_file ("object.json", "{\"ids\": [1]}");
  write_file ("empty.json", "");
  write_file ("cut.json", "[1, 2");
  has (refused (IDS ("no.json"), RW_EIO), "test: metrics[0].tokens: ", "a missing file: where");
  has (err.text, "no.json: No such file", "and which");
  has (err.hint, "looked up beside the config, then in ", "and where it was looked for");
  has (refused (IDS ("bad.json"), RW_EINVAL), "bad.json: [2]: -4 is no id", "a negative id");
  has (err.text, "metrics[0] 'reader': tokens: ", "with its place in the config");
  has (refused (IDS ("half.json"), RW_EINVAL), "[1]: 1.5 is no id", "half an id");
  has (refused (IDS ("words.json"), RW_EIO), "[1][0]: expected an id, got", "a word");
  has (refused (IDS ("mixed.json"), RW_EIO), "[1]: expected a list like the first", "a mixture");
  has (refused (IDS ("hollow.json"), RW_EIO), "hollow.json: [1] holds no ids", "an empty list");
  has (refused (IDS ("none.json"), RW_EIO), "none.json: holds no ids", "no list");
  has (refused (IDS ("object.json"), RW_EIO), "expected a list of ids", "an object");
  has (refused (IDS ("empty.json"), RW_EIO), "empty.json: is empty", "an empty file");
  has (refused (IDS ("cut.json"), RW_EIO), "cut.json:1:", "a file that was cut");
  has (refused (IDS ("."), RW_EIO), "expected a file, got a folder", "a folder");
  has (refused ("\"length\": 9, " READER ("tokens", "one.json"), RW_EDOMAIN),
       "metrics[0] 'reader': 5 tokens for a length of 9", "what the metric itself says of it");
  has (refused (READER ("text", "one.json\", \"tokens\": \"one.json"), RW_EINVAL),
       "metrics[0] 'reader': needs the weights of a model, and 'inline' has none",
       "a text needs the model's tokenizer");
  has (refused ("\"metrics\": [{\"name\": \"reader\", \"weights\": true}]", RW_EINVAL),
       "metrics[0] 'reader': needs the weights", "and so does what runs the model");
  has (err.hint, "\"model\": \"pocket\"", "the hint names one");
}

static void
hash_of (const char *rest, char hex[65])
{
  rw_plan *plan;
  if (read_config (rest, &plan))
    ok (0, "reads: %s", err.text);
  snprintf (hex, 65, "%s", plan ? plan->sha256 : "");
  rw_plan_free (plan);
}

static void
hashes_are_of_content (void)
{
  char a[65], b[65];
  hash_of (IDS ("one.json"), a);
  write_file ("same.json", "[3, 1, 4, 1, 5]");
  hash_of (IDS ("same.json"), b);
  ok (!strcmp (a, b), "the same ids under another name: the same hash");
  hash_of (IDS ("two.json"), b);
  ok (strcmp (a, b) != 0, "other ids: another hash");
  hash_of ("\"length\": 3, \"metrics\": [\"reader\"]", b);
  ok (strcmp (a, b) != 0, "none: another hash");
  write_file ("same.json", "[3, 1, 4, 1, 6]");
  hash_of (IDS ("same.json"), b);
  ok (strcmp (a, b) != 0, "other content under the same name: another hash");
}

static void
what_is_shipped_is_found (void)
{
  rw_plan *plan;
  char *before = getenv ("ROPEWALK_DATADIR"), *kept = before ? strdup (before) : NULL;
  write_file ("shipped.json", "[6]");
  setenv ("ROPEWALK_DATADIR", folder, 1);
  const char *text = CONFIG ("\"length\": 1, " READER ("tokens", "shipped.json"));
  ok (rw_plan_parse ("test", text, strlen (text), "/", NULL, &plan, &err) == RW_OK,
      "what is not beside the config is found in the data folder: %s", err.text);
  rw_plan_free (plan);
  if (kept)
    setenv ("ROPEWALK_DATADIR", kept, 1);
  else
    unsetenv ("ROPEWALK_DATADIR");
  free (kept);
}

/* ---- the flag to stop ---- */

static volatile sig_atomic_t stop;
static int waits;

static const rw_field waiter_fields[] = {
  { .name = "waiter", .long_name = "nothing", .kind = "exact" },
  { 0 },
};

/* The third point sees the flag while it works.  */
static rw_status
waiter_measure (const void *self, const rw_input *in, const void *work, const rw_freqs *f,
                rw_fields *out, rw_error *e)
{
  (void) self, (void) work, (void) f;
  if (++waits == 3)
    stop = 1;
  if (in->stop && *in->stop)
    return rw_fail (e, RW_EINTR, "stopped in the middle");
  *out->value[0] = 1;
  return RW_OK;
}

static const rw_metric waiter_metric
    = { .as = { .name = "waiter", .text = "waits", .cite = "this test" },
        .fields = waiter_fields,
        .measure = waiter_measure };

static void
a_point_that_stops_is_still_to_do (void)
{
  rw_plan *plan
      = plan_of (CONFIG ("\"metrics\": [\"waiter\"], \"axes\": {\"length\": [1, 2, 3, 4, 5]}"));
  const char *path = path_of ("waiter");
  rw_store *store = NULL;
  rw_run_summary sum;
  const rw_run_options options = { .threads = 1, .stop = &stop };
  ok (rw_store_create (path, plan, true, &store, &err) == RW_OK, "a store");
  ok (rw_run (plan, store, &options, &sum, &err) == RW_EINTR, "the run is interrupted");
  ok (sum.done == 2 && sum.failed == 0 && rw_store_status (store)[2] == RW_TODO,
      "the point that stopped is neither done nor failed");
  has (err.text, "interrupted after 2 of 5 points", "and says how far it came");
  stop = 0;
  ok (rw_run (plan, store, &options, &sum, &err) == RW_OK && sum.done == 3 && sum.kept == 2,
      "it goes on from there");
  rw_store_finish (store, "test", &err);
  rw_plan_free (plan);
}

int
main (void)
{
  if (!make_folder () || rw_kind_add (&rw_metrics, &look_metric.as, &err)
      || rw_kind_add (&rw_metrics, &reader_metric.as, &err)
      || rw_kind_add (&rw_metrics, &waiter_metric.as, &err)
      || rw_kind_add (&rw_sources, &seer_source.as, &err))
    {
      printf ("Bail out! %s\n", err.text);
      return 1;
    }
  sources_may_see_frequencies ();
  where_some_cells_ask ();
  corpora_reach_their_metrics ();
  faults_have_words ();
  hashes_are_of_content ();
  what_is_shipped_is_found ();
  a_point_that_stops_is_still_to_do ();
  remove_folder ();
  return tap_end ();
}
