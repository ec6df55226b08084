/* source_model: q, k and v of a network at work are those of a second, naive forward pass; they
   reach the metrics whatever the order of heads and layers; and what does not fit is refused in
   words.  */
#include "model/network.h"
#include "tiny_help.h"
#include "run_help.h"
#include "schedule/schedule.h"

#include <sys/stat.h>

enum
{
  TOKENS = 24 /* of a point, where nothing else is said */
};

static const char text[]
    = "The quick brown fox jumps over the lazy dog.\n\x01\x7f Gr\xc3\xbc\xc3\x9f";

static void
write_bytes (const char *name, const char *from, size_t n)
{
  char path[300];
  snprintf (path, sizeof path, "%s/%s", folder, name);
  FILE *f = fopen (path, "wb");
  if (!f || fwrite (from, 1, n, f) != n || fclose (f))
    ok (0, "%s can be written", path);
}

static void
write_model (const char *name, net_options how)
{
  char path[300];
  snprintf (path, sizeof path, "%s/%s", folder, name);
  net_write (path, how);
}

/* ---- the second way: a token at a time, in double ---- */

typedef struct
{
  double q[NET_LAYERS][TOKENS][NET_DIM];
  double k[NET_LAYERS][TOKENS][NET_KV_DIM];
  double v[NET_LAYERS][TOKENS][NET_KV_DIM];
} record;

static void
product (const rw_weight *w, const double *x, double *y)
{
  const float *m = w->data;
  for (size_t i = 0; i < w->rows; i++)
    {
      y[i] = 0;
      for (size_t j = 0; j < w->cols; j++)
        y[i] += (double) m[i * w->cols + j] * x[j];
    }
}

static void
norm (const rw_weight *w, const double *x, double *y)
{
  const float *m = w->data;
  double sum = 0;
  for (size_t i = 0; i < NET_DIM; i++)
    sum += x[i] * x[i];
  for (size_t i = 0; i < NET_DIM; i++)
    y[i] = x[i] / sqrt (sum / NET_DIM + 1e-5) * (double) m[i];
}

/* Pairs (2i, 2i + 1) at position m, as llama files have them.  */
static void
turn (const double *x, double m, const double *inv_freq, double *y)
{
  for (size_t i = 0; i < NET_HEAD_DIM / 2; i++)
    {
      const double c = cos (m * inv_freq[i]), s = sin (m * inv_freq[i]);
      y[2 * i] = c * x[2 * i] - s * x[2 * i + 1];
      y[2 * i + 1] = s * x[2 * i] + c * x[2 * i + 1];
    }
}

static void
attend (const record *r, size_t l, size_t m, const double *inv_freq, double *out)
{
  for (size_t h = 0; h < NET_HEADS; h++)
    {
      const size_t kv = h / (NET_HEADS / NET_KV_HEADS) * NET_HEAD_DIM;
      double q[NET_HEAD_DIM], k[NET_HEAD_DIM], p[TOKENS], sum = 0;
      turn (&r->q[l][m][h * NET_HEAD_DIM], (double) m, inv_freq, q);
      for (size_t n = 0; n <= m; n++)
        {
          double s = 0;
          turn (&r->k[l][n][kv], (double) n, inv_freq, k);
          for (size_t c = 0; c < NET_HEAD_DIM; c++)
            s += q[c] * k[c];
          sum += p[n] = exp (s / sqrt (NET_HEAD_DIM));
        }
      for (size_t c = 0; c < NET_HEAD_DIM; c++)
        {
          double *o = &out[h * NET_HEAD_DIM + c];
          *o = 0;
          for (size_t n = 0; n <= m; n++)
            *o += p[n] / sum * r->v[l][n][kv + c];
        }
    }
}

/* The whole sequence, layer by layer; inv_freq is every layer's table.  */
static void
run_naive (const rw_network *net, const int32_t *id, const double *inv_freq, record *r)
{
  static double x[TOKENS][NET_DIM];
  const float *embed = net->embed.data;
  for (size_t m = 0; m < TOKENS; m++)
    for (size_t c = 0; c < NET_DIM; c++)
      x[m][c] = (double) embed[(size_t) id[m] * NET_DIM + c];
  for (size_t l = 0; l < NET_LAYERS; l++)
    for (size_t m = 0; m < TOKENS; m++)
      {
        const rw_layer *w = &net->layer[l];
        double h[NET_DIM], a[NET_DIM], y[NET_DIM], gate[NET_HIDDEN], up[NET_HIDDEN];
        norm (&w->attn_norm, x[m], h);
        product (&w->q, h, r->q[l][m]);
        product (&w->k, h, r->k[l][m]);
        product (&w->v, h, r->v[l][m]);
        attend (r, l, m, inv_freq, a);
        product (&w->out, a, y);
        for (size_t c = 0; c < NET_DIM; c++)
          x[m][c] += y[c];
        norm (&w->ffn_norm, x[m], h);
        product (&w->gate, h, gate);
        product (&w->up, h, up);
        for (size_t i = 0; i < NET_HIDDEN; i++)
          gate[i] *= up[i] / (1 + exp (-gate[i]));
        product (&w->down, gate, y);
        for (size_t c = 0; c < NET_DIM; c++)
          x[m][c] += y[c];
      }
}

/* ---- making points ---- */

static rw_status
open_config (const char *rest, rw_plan **plan, rw_inputs *inputs)
{
  char buf[4096];
  snprintf (buf, sizeof buf, "{\"name\": \"t\", %s}", rest);
  for (char *c = buf; *c; c++)
    if (*c == '\'')
      *c = '"';
  *plan = NULL;
  *inputs = (rw_inputs){ 0 };
  err = (rw_error){ 0 };
  rw_status s = rw_plan_parse ("test", buf, strlen (buf), folder, NULL, plan, &err);
  return s ? s : rw_inputs_open (*plan, inputs, &err);
}

#define NET "'model': '" FOLDER "/net.gguf', 'length': 24"
#define FOLDER "@"

/* FOLDER in a config stands for this test's.  */
static const char *
placed (const char *rest)
{
  static char buf[4096];
  size_t n = 0;
  for (; *rest && n + sizeof folder < sizeof buf; rest++)
    if (*rest == *FOLDER)
      n += (size_t) snprintf (buf + n, sizeof buf - n, "%s", folder);
    else
      buf[n++] = *rest;
  buf[n] = 0;
  return buf;
}

typedef struct
{
  rw_plan *plan;
  rw_inputs inputs;
  rw_point *point;
  rw_freqs freqs;
  void *memo;
} bench;

/* A source that no metric needs would not be opened.  */
static int
begin (bench *b, const char *rest)
{
  char all[2048];
  snprintf (all, sizeof all, "%s%s", rest,
            strstr (rest, "metrics") ? "" : ", 'metrics': ['pair_usage']");
  *b = (bench){ 0 };
  const int good = !open_config (placed (all), &b->plan, &b->inputs)
                   && !rw_point_new (b->plan, &b->point, &err);
  if (!good)
    ok (0, "opens: %s", err.text);
  return good;
}

static void
end (bench *b)
{
  if (b->memo)
    ((const rw_source *) b->point->source->module)->forget (b->memo);
  rw_freqs_free (&b->freqs);
  rw_point_free (b->point);
  rw_inputs_close (&b->inputs);
  rw_plan_free (b->plan);
}

/* Cell i; freqs are handed down as the worker does.  */
static int
fill_cell (bench *b, size_t i, rw_qk *qk)
{
  rw_input in = { .threads = 1, .memo = &b->memo };
  *qk = (rw_qk){ 0 };
  if (rw_plan_point (b->plan, i, b->point, &err))
    return 0;
  rw_inputs_of_source (&b->inputs, b->plan, b->point, &in);
  b->freqs.rule = b->point->rule;
  b->freqs.query_scale = b->point->query_scale;
  if (rw_source_needs (b->point->source) & RW_NEEDS_FREQS)
    {
      if (rw_schedule_fill (b->point->schedule, in.geometry, in.length, &b->freqs, &err))
        return 0;
      in.freqs = &b->freqs;
    }
  const int good = !rw_inputs_fill (b->point, &in, &b->inputs, qk, &err);
  if (!good)
    printf ("# %s\n", err.text);
  return good;
}

/* Largest difference of a head's rows from the naive pass, relative to the rows' largest value.  */
static double
worst (const rw_rows *rows, const double *want, size_t width, size_t head)
{
  double most = 0, size = 0, x[NET_HEAD_DIM];
  if (rows->n != TOKENS || rows->dim != NET_HEAD_DIM)
    return INFINITY;
  for (size_t m = 0; m < TOKENS; m++)
    {
      rw_rows_at (rows, m, x);
      for (size_t c = 0; c < NET_HEAD_DIM; c++)
        {
          const double y = want[m * width + head * NET_HEAD_DIM + c];
          most = fmax (most, fabs (x[c] - y));
          size = fmax (size, fabs (y));
        }
    }
  return most / size;
}

/* Float32 through three layers: a few hundred roundings of 6e-8 that partly cancel.  */
static const double float_layers = 1e-5;

static int
same_as_naive (const rw_qk *qk, const record *r, size_t layer, size_t head)
{
  const size_t kv = head / (NET_HEADS / NET_KV_HEADS);
  const double d[] = { worst (&qk->q, r->q[layer][0], NET_DIM, head),
                       worst (&qk->k, r->k[layer][0], NET_KV_DIM, kv),
                       worst (&qk->v, r->v[layer][0], NET_KV_DIM, kv) };
  for (size_t i = 0; i < 3; i++)
    if (!(d[i] <= float_layers))
      printf ("# layer %zu, head %zu: %c differs by %g\n", layer, head, "qkv"[i], d[i]);
  return d[0] <= float_layers && d[1] <= float_layers && d[2] <= float_layers
         && qk->sink == -INFINITY;
}

/* The trained table over `factor`.  */
static void
table_of (double factor, double *inv_freq)
{
  for (size_t i = 0; i < NET_HEAD_DIM / 2; i++)
    inv_freq[i] = pow (NET_THETA, -2.0 * (double) i / NET_HEAD_DIM) / factor;
}

#define SOURCE(rest) "'source': {'name': 'model', " rest "}"
#define ALL "'layer': [0, 1, 2], 'head': [0, 1, 2, 3]"

/* ---- tests ---- */

/* Every cell of (layer, head) and one table.  */
static void
cells_are (const char *rest, const int32_t *id, double factor, size_t from, const char *name)
{
  static record r;
  double inv_freq[NET_HEAD_DIM / 2];
  bench b;
  table_of (factor, inv_freq);
  if (!begin (&b, rest))
    {
      end (&b);
      return;
    }
  run_naive (rw_networks_get (b.inputs.networks, &b.plan->models[0]), id, inv_freq, &r);
  int good = 1;
  for (size_t i = 0; i < NET_LAYERS * NET_HEADS; i++)
    {
      rw_qk qk;
      good
          &= fill_cell (&b, from + i, &qk) && same_as_naive (&qk, &r, i / NET_HEADS, i % NET_HEADS);
      rw_qk_free (&qk);
    }
  ok (good, "%s", name);
  end (&b);
}

static void
q_k_and_v_are_the_networks (void)
{
  int32_t id[TOKENS];
  for (size_t m = 0; m < TOKENS; m++)
    id[m] = (unsigned char) text[m];
  cells_are (NET ", " SOURCE ("'text': 'a.txt'") ", 'axes': {" ALL "}", id, 1, 0,
             "every layer and head as a naive pass has it");
  cells_are (NET ", " SOURCE ("'tokens': 'a.json'") ", 'axes': {" ALL "}", id, 1, 0,
             "the same from ids");
  cells_are (
      NET ", " SOURCE (
          "'text': 'a.txt'") ", 'schedule': {'rope_type': 'linear',"
                             " 'factor': 4}, 'rule': {'name': 'rerope', 'window': 5}, 'axes': {" ALL
                             "}",
      id, 1, 0, "frozen: under the model's own schedule, whatever the point's");
  cells_are (
      NET ", " SOURCE (
          "'text': 'a.txt', 'activations': 'self'") ", 'axes': {"
                                                    "'schedule': ['default', {'rope_type': 'linear', 'factor': 4}], " ALL
                                                    "}",
      id, 1, 0, "self: under the point's schedule");
  cells_are (
      NET ", " SOURCE (
          "'text': 'a.txt', 'activations': 'self'") ", 'axes': {"
                                                    "'schedule': ['default', {'rope_type': 'linear', 'factor': 4}], " ALL
                                                    "}",
      id, 4, NET_LAYERS * NET_HEADS, "and under the next one");
  for (size_t m = 0; m < TOKENS; m++)
    id[m] = (unsigned char) text[m + 19];
  cells_are (NET ", " SOURCE ("'text': 'a.txt', 'offset': 19") ", 'axes': {" ALL "}", id, 1, 0,
             "from an offset on");
  for (size_t m = 0; m < TOKENS; m++)
    id[m] = m ? (unsigned char) text[m + 1] : NET_BOS;
  cells_are (NET ", " SOURCE ("'text': 'a.txt', 'offset': 2, 'bos': true") ", 'axes': {" ALL "}",
             id, 1, 0, "behind a BOS token");
  for (size_t m = 0; m < TOKENS; m++)
    id[m] = (unsigned char) text[m];
  cells_are (NET ", " SOURCE ("'text': 'parts'") ", 'axes': {" ALL "}", id, 1, 0,
             "the texts of a folder follow each other");
}

/* FNV-1a of a head's q, k and v and of its place.  */
static uint64_t
digest (const rw_qk *qk, const rw_point *p)
{
  const rw_rows *const rows[] = { &qk->q, &qk->k, &qk->v };
  uint64_t h = 14695981039346656037u ^ (p->layer << 8 | p->head);
  for (size_t a = 0; a < 3; a++)
    for (size_t i = 0; i < rows[a]->n * rows[a]->dim * sizeof (float); i++)
      h = (h ^ ((const unsigned char *) rows[a]->data)[i]) * 1099511628211u;
  return h;
}

/* Of all cells, in the order of `axes`; `forget`: what is kept is let go before every cell.  The
   sum does not depend on the order.  */
static uint64_t
sum_of_cells (const char *axes, int forget)
{
  char rest[1024];
  uint64_t sum = 0;
  bench b;
  snprintf (rest, sizeof rest,
            NET ", " SOURCE ("'text': 'a.txt', 'activations': 'self'") ", 'axes': {%s}", axes);
  int good = begin (&b, rest);
  for (size_t i = 0; good && i < b.plan->n_points; i++)
    {
      rw_qk qk;
      if (forget && b.memo)
        {
          ((const rw_source *) b.point->source->module)->forget (b.memo);
          b.memo = NULL;
        }
      good = fill_cell (&b, i, &qk);
      sum += good ? digest (&qk, b.point) : 0;
      rw_qk_free (&qk);
    }
  end (&b);
  return good ? sum : 0;
}

#define HEADS "'head': [3, 0, 2, 1]"
#define LAYERS "'layer': [2, 0, 1]"
#define SCHEDULES "'schedule': ['default', 'none']"

static void
what_is_kept_changes_nothing (void)
{
  const uint64_t want = sum_of_cells (LAYERS ", " HEADS ", " SCHEDULES, 1);
  ok (want != 0, "with nothing kept");
  ok (sum_of_cells (LAYERS ", " HEADS ", " SCHEDULES, 0) == want
          && sum_of_cells (HEADS ", " SCHEDULES ", " LAYERS, 0) == want
          && sum_of_cells (SCHEDULES ", " LAYERS ", " HEADS, 0) == want,
      "what is kept from cell to cell changes no bit, in any order");
}

#define METRICS                                                                                    \
  "'metrics': ['score_profile', 'attention', 'pair_usage'], 'positions': [3, 23], "                \
  "'distances': [0, 1, 9]"

static void
metrics_see_it (void)
{
  for (int self = 0; self < 2; self++)
    {
      char rest[1024];
      rw_plan *plan;
      rw_inputs inputs;
      rw_run_summary sum;
      snprintf (
          rest, sizeof rest,
          NET ", " METRICS ", " SOURCE (
              "'text': 'a.txt', 'activations': '%s'") ", 'axes': {'layer': [0, 2], 'head': [1, 3], 'schedule': ['default',"
                                                      " {'rope_type': 'linear', 'factor': 4}]}",
          self ? "self" : "frozen");
      const rw_status s = open_config (placed (rest), &plan, &inputs);
      ok (s == RW_OK, "opens: %s", err.text);
      const char *one = path_of ("one"), *three = path_of ("three");
      if (!s)
        ok (!run_to (plan, one, &(rw_run_options){ .threads = 1, .inputs = &inputs }, &sum)
                && !run_to (plan, three, &(rw_run_options){ .threads = 3, .inputs = &inputs }, &sum)
                && same (one, three) && sum.failed == 0,
            "%s: score_profile, attention and pair_usage run on it; threads change no bit",
            self ? "self" : "frozen");
      ok (value_of (one, "entropy", 0, 1) > 0 && value_of (one, "pair_norm_v", 0, 1) > 0,
          "and give numbers");
      /* points: layer, head, schedule */
      ok (value_of (one, "pair_norm_q", 0, 1) == value_of (one, "pair_norm_q", 1, 1),
          "q of layer 0 is the same under every schedule");
      ok ((value_of (one, "pair_norm_q", 4, 1) == value_of (one, "pair_norm_q", 5, 1)) == !self,
          "q of layer 2 is %s", self ? "not" : "the same too");
      rw_inputs_close (&inputs);
      rw_plan_free (plan);
    }
}

static volatile sig_atomic_t stop = 1;

static void
a_run_can_be_stopped (void)
{
  bench b;
  rw_qk qk = { 0 };
  if (begin (&b, NET ", " SOURCE ("'text': 'a.txt'")) && !rw_plan_point (b.plan, 0, b.point, &err))
    {
      rw_input in = { .threads = 1, .memo = &b.memo, .stop = &stop };
      rw_inputs_of_source (&b.inputs, b.plan, b.point, &in);
      ok (rw_inputs_fill (b.point, &in, &b.inputs, &qk, &err) == RW_EINTR,
          "the network stops where it is asked to");
      rw_qk_free (&qk);
      ok (fill_cell (&b, 0, &qk), "and starts again");
    }
  rw_qk_free (&qk);
  end (&b);
}

static void
results_do_not_replace_what_is_read (void)
{
  bench b;
  char model[300], book[300], part[300];
  snprintf (model, sizeof model, "%s/net.gguf", folder);
  snprintf (book, sizeof book, "%s/a.txt", folder);
  snprintf (part, sizeof part, "%s/parts/2.txt", folder);
  if (begin (&b, NET ", " SOURCE ("'text': 'a.txt'")))
    ok (rw_plan_reads (b.plan, model) && rw_plan_reads (b.plan, book)
            && !rw_plan_reads (b.plan, part),
        "weights and text are among the files that a plan reads");
  end (&b);
  if (begin (&b, NET ", " SOURCE ("'text': 'parts'")))
    ok (rw_plan_reads (b.plan, part), "and so are the texts of a folder");
  end (&b);
}

static void
hash_of (const char *rest, char hex[65])
{
  bench b;
  hex[0] = 0;
  if (begin (&b, rest))
    snprintf (hex, 65, "%s", b.plan->sha256);
  end (&b);
}

static void
hashes_are_of_content (void)
{
  char a[65], other[65];
  const char *config = NET ", " METRICS ", " SOURCE ("'text': 'a.txt'");
  hash_of (config, a);
  write_model ("net.gguf", (net_options){ .seed = 7 });
  hash_of (config, other);
  ok (a[0] && strcmp (a, other) != 0, "other weights under the same name: another hash");
  write_model ("net.gguf", (net_options){ .seed = 1 });
  hash_of (config, other);
  ok (strcmp (a, other) == 0, "the same again: the same");
  hash_of (NET ", " METRICS ", " SOURCE ("'text': 'parts'"), other);
  ok (strcmp (a, other) != 0, "the text in two parts: another hash");
}

/* ---- refusals ---- */

static void
refuses (const char *rest, rw_status want, const char *says)
{
  rw_plan *plan;
  rw_inputs inputs;
  const rw_status s = open_config (placed (rest), &plan, &inputs);
  has (err.text, says, says);
  if (s != want)
    ok (0, "status %d: got %d", want, s);
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
}

#define USED ", " METRICS ", "

static void
refusals (void)
{
  refuses ("'model': 'llama-2-7b', 'length': 9" USED SOURCE ("'text': 'a.txt'"), RW_EINVAL,
           "source 'model': needs the weights of a model, and 'llama-2-7b' has none");
  refuses (NET USED "'source': 'model'", RW_EINVAL, "text: expected one, or tokens");
  refuses (NET USED SOURCE ("'text': 'a.txt', 'tokens': 'a.json'"), RW_EINVAL,
           "source 'model': tokens: text is given too; expected one of them");
  refuses (NET USED SOURCE ("'text': 'no.txt'"), RW_EIO, "source.text: ");
  refuses (NET USED SOURCE ("'text': 'no.txt'"), RW_EIO, "no.txt: No such file");
  refuses (NET USED SOURCE ("'text': 'empty.txt'"), RW_EIO, "empty.txt: the text is empty");
  refuses (NET USED SOURCE ("'text': 'hollow'"), RW_EIO, "hollow: the folder holds no *.txt file");
  refuses (NET USED SOURCE ("'tokens': 'out.json'"), RW_EINVAL,
           "out.json: [1]: 257 is no id of a vocabulary of 257");
  refuses ("'model': '@/net.gguf'" USED SOURCE ("'text': 'a.txt'") ", 'axes': {'length': [54, 99]}",
           RW_EINVAL, "source 'model': a.txt: has 54 tokens, the point's length is 99");
  refuses (NET USED SOURCE ("'text': 'a.txt', 'offset': 40"), RW_EINVAL,
           "a.txt: has 54 tokens, 14 of them from offset 40 on; the point's length is 24");
  refuses (NET USED SOURCE ("'text': 'a.txt', 'offset': 400"), RW_EINVAL,
           "0 of them from offset 400 on");
  refuses (NET USED SOURCE ("'text': 'a.txt'") ", 'axes': {'head': [0, 4]}", RW_EINVAL,
           "head 4: the model has 4, counted from 0");
  refuses (NET USED SOURCE ("'text': 'a.txt'") ", 'axes': {'layer': [0, 3]}", RW_EINVAL,
           "so no layer 3");
  refuses ("'model': '@/mute.gguf', 'length': 9" USED SOURCE ("'text': 'a.txt'"), RW_EINVAL,
           "source 'model': text: ");
  refuses ("'model': '@/mute.gguf', 'length': 9" USED SOURCE ("'tokens': 'a.json', 'bos': true"),
           RW_EINVAL, "source 'model': bos: ");
  refuses ("'model': '@/torn.gguf', 'length': 9" USED SOURCE ("'text': 'a.txt'"), RW_EINVAL,
           "blk.1.attn_k.weight");
}

static void
make_files (void)
{
  char path[300], ids[512] = "[";
  write_model ("net.gguf", (net_options){ .seed = 1 });
  write_model ("mute.gguf", (net_options){ .seed = 1, .no_tokenizer = 1 });
  write_model ("torn.gguf", (net_options){ .seed = 1, .cut = "blk.1.attn_k.weight" });
  write_bytes ("a.txt", text, sizeof text - 1);
  write_bytes ("empty.txt", "", 0);
  write_bytes ("out.json", "[3, 257]", 8);
  for (size_t i = 0; i < 40; i++)
    snprintf (ids + strlen (ids), sizeof ids - strlen (ids), "%s%d", i ? ", " : "",
              (unsigned char) text[i]);
  strcat (ids, "]");
  write_bytes ("a.json", ids, strlen (ids));
  snprintf (path, sizeof path, "%s/parts", folder);
  mkdir (path, 0777);
  snprintf (path, sizeof path, "%s/hollow", folder);
  mkdir (path, 0777);
  write_bytes ("parts/2.txt", text + 11, sizeof text - 12);
  write_bytes ("parts/1.txt", text, 11);
  write_bytes ("parts/0.md", "no text", 7);
}

static void
remove_files (void)
{
  static const char *const names[] = { "parts/0.md", "parts/1.txt", "parts/2.txt" };
  char path[300];
  for (size_t i = 0; i < 3; i++)
    {
      snprintf (path, sizeof path, "%s/%s", folder, names[i]);
      unlink (path);
    }
  snprintf (path, sizeof path, "%s/parts", folder);
  rmdir (path);
  snprintf (path, sizeof path, "%s/hollow", folder);
  rmdir (path);
  remove_folder ();
}

int
main (void)
{
  if (!make_folder ())
    return 1;
  make_files ();
  q_k_and_v_are_the_networks ();
  what_is_kept_changes_nothing ();
  metrics_see_it ();
  a_run_can_be_stopped ();
  results_do_not_replace_what_is_read ();
  hashes_are_of_content ();
  refusals ();
  remove_files ();
  return tap_end ();
}
