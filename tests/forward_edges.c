/* forward_edges: what is shown of a run, how it is stopped, and what is refused.  */
#include "forward_help.h"

#include "model/gemm.h"

enum
{
  N = 21
};

static const size_t whole[] = { 0, N };

/* ---- the tap ---- */

typedef struct
{
  const small *s;
  size_t calls, last;   /* layers shown; end after this one */
  bool finite, differs; /* k of this layer is not that of the one before */
  float before;
} watcher;

static bool
watch (void *data, const rw_activations *a)
{
  watcher *w = data;
  const rw_hyper *h = &w->s->net.hyper;
  w->finite &= a->layer == w->calls && a->tokens == N;
  for (size_t i = 0; i < N * h->heads * h->head_dim; i++)
    w->finite &= isfinite (a->q[i]) != 0;
  for (size_t i = 0; i < N * h->kv_heads * h->value_dim; i++)
    w->finite &= isfinite (a->v[i]) != 0;
  w->differs &= w->calls == 0 || a->k[0] != w->before;
  w->before = a->k[0];
  return w->calls++ < w->last;
}

/* The first layer's q, by hand: W norm (embedding).  */
typedef struct
{
  double q[HEADS * HEAD_DIM], worst;
} first_query;

static bool
compare_first (void *data, const rw_activations *a)
{
  first_query *f = data;
  const size_t last = (a->tokens - 1) * HEADS * HEAD_DIM;
  f->worst = 0;
  for (size_t i = 0; i < HEADS * HEAD_DIM; i++)
    f->worst = fmax (f->worst, fabs ((double) a->q[last + i] - f->q[i]));
  return false;
}

static double
value_at (const rw_weight *w, size_t i)
{
  float x;
  const size_t size = rw_quant_bytes (w->type);
  rw_quant_reader_of (w->type, RW_SIMD_PLAIN) ((const char *) w->data + i * size, 1, &x);
  return (double) x;
}

static void
query_by_hand (const small *s, int32_t id, double *q)
{
  const rw_layer *l = &s->layer[0];
  double square = 0;
  for (size_t c = 0; c < DIM; c++)
    square += pow (value_at (&s->net.embed, (size_t) id * DIM + c), 2) / DIM;
  for (size_t r = 0; r < HEADS * HEAD_DIM; r++)
    {
      q[r] = 0;
      for (size_t c = 0; c < DIM; c++)
        q[r] += value_at (&l->q, r * DIM + c) * value_at (&s->net.embed, (size_t) id * DIM + c)
                / sqrt (square + s->net.hyper.norm_eps) * value_at (&l->attn_norm, c);
    }
}

static void
taps_see_every_layer (void)
{
  small s;
  rw_error e = { 0 };
  int32_t id[N];
  double nll[N];
  small_begin (&s, 0);
  small_ids (id, N);
  for (int i = 0; i < N; i++)
    nll[i] = 17;
  const rw_forward_ask ask = small_ask (&s);
  watcher w = { .s = &s, .last = LAYERS, .finite = true, .differs = true };
  rw_batch b = {
    .n_sequences = 1, .start = whole, .id = id, .target = id, .nll = nll, .tap = watch, .data = &w
  };
  ok (small_run (&ask, &b, &e) == RW_OK && w.calls == LAYERS && w.finite && w.differs,
      "the tap is shown q, k and v of every layer, in order %s", e.text);
  ok (nll[N - 1] > 0 && nll[N - 1] < 17, "and losses are made at the end");
  w = (watcher){ .s = &s, .last = 1, .finite = true, .differs = true };
  nll[N - 1] = 17;
  ok (small_run (&ask, &b, &e) == RW_OK && w.calls == 2 && nll[N - 1] == 17,
      "a tap that has enough ends the run, without losses");
  first_query f;
  query_by_hand (&s, id[N - 1], f.q);
  b.tap = compare_first;
  b.data = &f;
  ok (small_run (&ask, &b, &e) == RW_OK && f.worst < 1e-5,
      "it is q before rotation: the product by hand, to float32's rounding (%.1e)", f.worst);
  small_end (&s);
}

static bool
third_time (void *data)
{
  int *calls = data;
  return ++*calls == 3;
}

static void
runs_can_be_stopped (void)
{
  small s;
  rw_error e = { 0 };
  int32_t id[N];
  int calls = 0, best;
  rw_forward *f = NULL;
  small_begin (&s, 1);
  small_ids (id, N);
  rw_forward_ask ask = small_ask (&s);
  ask.room = 2 * N;
  const rw_batch b = {
    .n_sequences = 1, .start = whole, .id = id, .best = &best, .stop = third_time, .data = &calls
  };
  rw_status st = rw_forward_new (&ask, &f, &e);
  st = st ? st : rw_forward_run (f, &b, &e);
  ok (st == RW_EINTR && calls == 3 && rw_forward_kept (f) == 0,
      "a stop between layers interrupts, and nothing is kept: %s", e.text);
  rw_forward_free (f);
  small_end (&s);
}

/* ---- what there is no loss of ---- */

static void
places_without_target_are_nan (void)
{
  small s;
  rw_error e = { 0 };
  int32_t id[N], target[N], rank[N], best[2];
  double nll[N], margin[N];
  int fine = 1;
  const size_t start[] = { 0, 8, N };
  small_begin (&s, 2);
  small_ids (id, N);
  for (int i = 0; i < N; i++)
    target[i] = i == 5 || i == 19 ? id[i] : -1;
  const rw_forward_ask ask = small_ask (&s);
  const rw_batch b = { .n_sequences = 2,
                       .start = start,
                       .id = id,
                       .target = target,
                       .nll = nll,
                       .rank = rank,
                       .margin = margin,
                       .best = best };
  const rw_status st = small_run (&ask, &b, &e);
  for (int i = 0; i < N; i++)
    fine &= isnan (nll[i]) == (target[i] < 0) && isnan (margin[i]) == (target[i] < 0)
            && (rank[i] < 0) == (target[i] < 0);
  ok (!st && fine, "losses where there are targets, NaN elsewhere %s", e.text);
  ok (best[0] >= 0 && best[0] < VOCAB && best[1] >= 0 && best[1] < VOCAB,
      "the likeliest token after each sequence");
  small_end (&s);
}

static void
nan_weights_give_nan_losses (void)
{
  small s;
  rw_error e = { 0 };
  int32_t id[N + 1], best = 0, rank[N];
  double nll[N];
  small_begin (&s, 0);
  small_ids (id, N + 1);
  float *norm = s.block[s.n_blocks - 1];
  for (size_t i = 0; i < s.n_blocks; i++)
    if (s.block[i] == s.layer[1].attn_norm.data)
      norm = s.block[i];
  norm[3] = NAN;
  const rw_forward_ask ask = small_ask (&s);
  const rw_batch b = { .n_sequences = 1,
                       .start = whole,
                       .id = id,
                       .target = id + 1,
                       .nll = nll,
                       .rank = rank,
                       .best = &best };
  ok (small_run (&ask, &b, &e) == RW_OK && isnan (nll[0]) && isnan (nll[N - 1]) && best == -1
          && rank[0] == VOCAB,
      "a weight that is NaN makes losses that are NaN %s", e.text);
  small_end (&s);
}

/* ---- refusals ---- */

static void
refuse (const char *name, const rw_forward_ask *ask, const rw_batch *b, rw_status want,
        const char *part)
{
  rw_error e = { 0 };
  const rw_status s = small_run (ask, b, &e);
  ok (s == want && strstr (e.text, part), "%s: %s", name, e.text);
}

static void
wrong_batches_are_refused (void)
{
  small s;
  int32_t id[N], target[N];
  double nll[N];
  small_begin (&s, 0);
  small_ids (id, N);
  small_ids (target, N);
  rw_forward_ask ask = small_ask (&s);
  rw_batch b = { .n_sequences = 1, .start = whole, .id = id, .target = target, .nll = nll };
  id[7] = VOCAB;
  refuse ("an id beyond the vocabulary", &ask, &b, RW_EINVAL, "token 7: id 139");
  id[7] = -1;
  refuse ("a negative id", &ask, &b, RW_EINVAL, "token 7: id -1");
  id[7] = 1;
  target[9] = VOCAB + 1;
  refuse ("a target beyond it", &ask, &b, RW_EINVAL, "target 9: id 140");
  target[9] = 1;
  b.start = (const size_t[]){ 0, 4, 4, N };
  b.n_sequences = 3;
  refuse ("an empty sequence", &ask, &b, RW_EINVAL, "sequence 1 has no tokens");
  ask.room = N;
  refuse ("three sequences where one is kept", &ask, &b, RW_EINVAL, "3 sequences");
  ask.room = (size_t) 1 << 40;
  refuse ("room beyond this machine", &ask, &b, RW_ENOMEM, "bytes");
  ask.room = 0;
  s.rope[0].geometry.head_dim = 2 * HEAD_DIM;
  refuse ("a rope for other heads", &ask, &b, RW_EINVAL, "layer 0");
  small_end (&s);
}

static void
bytes_grow_with_tokens (void)
{
  small s;
  small_begin (&s, 0);
  rw_forward_ask ask = small_ask (&s);
  const double one = rw_forward_bytes (&ask, 1, 1), many = rw_forward_bytes (&ask, 1 << 20, 512),
               far = rw_forward_bytes (&ask, 1 << 20, 1 << 20);
  ok (one > 0 && many > one && far > 10 * many, "batches are bounded, sequences are not");
  ask.room = 1 << 20;
  ok (rw_forward_bytes (&ask, 1, 1)
          > LAYERS * (double) (1 << 20) * 4 * KV_HEADS * (HEAD_DIM + VALUE_DIM),
      "what is kept counts");
  small_end (&s);
}

/* ---- bfloat16 ---- */

static void
bfloat16_is_near_or_refused (void)
{
  small s;
  rw_error e = { 0 };
  int32_t id[N + 1];
  double nll[N], half[N], worst = 0;
  small_begin (&s, 0);
  small_ids (id, N + 1);
  rw_forward_ask ask = small_ask (&s);
  rw_batch b = { .n_sequences = 1, .start = whole, .id = id, .target = id + 1, .nll = nll };
  rw_status st = small_run (&ask, &b, &e);
  ask.bfloat16 = true;
  b.nll = half;
  st = st ? st : small_run (&ask, &b, &e);
  for (int i = 0; i < N; i++)
    worst = fmax (worst, fabs (nll[i] - half[i]));
  if (st)
    has (e.text, "bfloat16", "products in bfloat16 are refused where the machine has none");
  else
    ok (worst > 1e-5 && worst < 0.2, /* 2^-9 a product, logits of some nats */
        "products in bfloat16 change losses a little (%.1e nat)", worst);
  small_end (&s);
}

int
main (void)
{
  taps_see_every_layer ();
  runs_can_be_stopped ();
  places_without_target_are_nan ();
  nan_weights_give_nan_losses ();
  wrong_batches_are_refused ();
  bytes_grow_with_tokens ();
  bfloat16_is_near_or_refused ();
  ok (strlen (rw_gemm_library ()) > 0, "products are by %s", rw_gemm_library ());
  return tap_end ();
}
