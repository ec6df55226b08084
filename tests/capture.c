/* capture: whatever is kept of a network's runs, in whatever little room, what is returned is the
   same; and no more than the room is kept.  */
static double budget;
#define RW_CAPTURE_BYTES budget
#include "../src/source/capture.c"

#include "schedule/schedule.h"
#include "tiny_help.h"

#include <unistd.h>

enum
{
  TOKENS = 20,
  TABLES = 3, /* the model's own, and two of the point's */
  LAYER_BYTES = TOKENS * (NET_DIM + 2 * NET_KV_DIM) * 4
};

static const char path[] = "capture-test.gguf";
static rw_network *network;
static rw_model model;
static rw_rope rope;
static uint16_t rope_of[NET_LAYERS];
static int64_t window_of[NET_LAYERS];
static rw_freqs freqs[TABLES - 1];
static int32_t id[TOKENS + 5];
static const rw_document document = { .name = "ids", .id = id, .n = TOKENS + 5 };
static const rw_corpus corpus = { .n = 1, .document = &document, .tokens = TOKENS + 5 };

static rw_input
input_of (size_t layer)
{
  return (rw_input){ .geometry = &rope.geometry,
                     .model = &model,
                     .network = network,
                     .corpus = &corpus,
                     .length = TOKENS,
                     .layer = layer,
                     .threads = 1 };
}

static void
must (rw_status s, const rw_error *err)
{
  if (!s)
    return;
  printf ("Bail out! %s\n", err->text);
  exit (1);
}

static void
prepare (void)
{
  rw_error err = { 0 };
  const rw_module *linear = NULL, *plain = NULL;
  net_write (path, (net_options){ .seed = 5 });
  must (rw_network_open (path, &network, &err), &err);
  rope.geometry = (rw_geometry){ .head_dim = NET_HEAD_DIM,
                                 .rotary_dim = NET_HEAD_DIM,
                                 .rope_theta = NET_THETA,
                                 .original_length = NET_LENGTH,
                                 .max_length = NET_LENGTH,
                                 .layout = RW_INTERLEAVED };
  must (rw_kind_find (&rw_schedules, "default", &plain, &err), &err);
  must (rw_kind_find (&rw_schedules, "linear", &linear, &err), &err);
  must (rw_object_new (plain, &rope.schedule, &err), &err);
  model = (rw_model){ .n_ropes = 1,
                      .rope = &rope,
                      .n_layers = NET_LAYERS,
                      .rope_of_layer = rope_of,
                      .window_of_layer = window_of };
  for (size_t t = 0; t < TABLES - 1; t++)
    {
      rw_object *o = NULL;
      const rw_value factor = RW_NUMBER_VALUE (2.385 + (double) t);
      must (rw_object_new (linear, &o, &err), &err);
      must (rw_object_set (o, "factor", &factor, NULL, &err), &err);
      must (rw_schedule_fill (o, &rope.geometry, TOKENS, &freqs[t], &err), &err);
      rw_object_free (o);
    }
  for (int i = 0; i < TOKENS + 5; i++)
    id[i] = i * 37 % 256;
}

/* FNV-1a of a layer, all heads.  */
static uint64_t
digest_of (void **memo, size_t layer, size_t table, size_t offset)
{
  const rw_input in = input_of (layer);
  const rw_capture_ask ask = {
    .in = &in, .offset = offset, .tokens = TOKENS, .freqs = table ? &freqs[table - 1] : NULL
  };
  const size_t widths[] = { NET_DIM, NET_KV_DIM, NET_KV_DIM };
  rw_captured got;
  rw_error err = { 0 };
  uint64_t h = 14695981039346656037u;
  must (rw_captures_get (memo, &ask, &got, &err), &err);
  const float *const parts[] = { got.q, got.k, got.v };
  for (size_t a = 0; a < 3; a++)
    for (size_t i = 0; i < TOKENS * widths[a] * sizeof (float); i++)
      h = (h ^ ((const unsigned char *) parts[a])[i]) * 1099511628211u;
  return h;
}

static double
kept_bytes (const void *memo)
{
  const captures *all = memo;
  double sum = 0;
  for (size_t i = 0; all && i < all->n; i++)
    sum += bytes_of (all->item[i]);
  return sum;
}

/* A random walk over layers, tables and offsets.  */
static void
walk (double room, const uint64_t want[NET_LAYERS][TABLES][2], const char *name)
{
  void *memo = NULL;
  uint64_t state = 11;
  bool same = true, small = true;
  budget = room;
  for (int k = 0; k < 60; k++)
    {
      state = state * 6364136223846793005u + 1442695040888963407u;
      const size_t l = (state >> 33) % NET_LAYERS, t = (state >> 40) % TABLES, o = state >> 50 & 1;
      same = same && digest_of (&memo, l, t, 3 * o) == want[l][t][o];
      small = small && kept_bytes (memo) <= fmax (room, LAYER_BYTES);
    }
  ok (same, "%s: nothing that is returned depends on what is kept", name);
  ok (small, "%s: and no more is kept than there is room for", name);
  rw_captures_free (memo);
}

int
main (void)
{
  static uint64_t want[NET_LAYERS][TABLES][2];
  prepare ();
  budget = 1e9;
  for (size_t i = 0; i < NET_LAYERS * TABLES * 2; i++)
    {
      void *memo = NULL;
      const size_t l = i / 2 / TABLES, t = i / 2 % TABLES, o = i % 2;
      want[l][t][o] = digest_of (&memo, l, t, 3 * o);
      rw_captures_free (memo);
    }
  ok (want[0][0][0] == want[0][1][0] && want[2][0][0] != want[2][1][0]
          && want[2][1][0] != want[2][2][0] && want[0][0][0] != want[0][0][1],
      "tables show from layer 1 on, offsets everywhere");
  walk (1e9, want, "room for all");
  walk (7.5 * LAYER_BYTES, want, "for two runs");
  walk (2.5 * LAYER_BYTES, want, "for two layers");
  walk (1, want, "for less than one");
  for (size_t t = 0; t < TABLES - 1; t++)
    rw_freqs_free (&freqs[t]);
  rw_object_free (rope.schedule);
  rw_network_close (network);
  unlink (path);
  return tap_end ();
}
