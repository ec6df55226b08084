/* attend_memory: every allocation of an attention fails once; see memory_help.h.  */
#include "memory_help.h"
#include "model/attend.h"
#include "rule_help.h"

enum
{
  KEYS = 300,
  DIM = 8,
  ALLOCATIONS = 40 /* more than any of these runs makes */
};

static float q[KEYS * DIM], k[KEYS * DIM], v[KEYS * DIM], out[KEYS * DIM];

static int
attended (const void *data)
{
  const size_t *queries = data;
  rw_error err = { 0 };
  double inv_freq[] = { 1, 0.1, 0.01, 0.001 };
  const rw_geometry g = { .head_dim = DIM, .rotary_dim = DIM, .rope_theta = 10000 };
  rw_object *by = rule ("rerope");
  rw_arena *arena = rw_arena_new ();
  const rw_freqs f
      = { .n = 4, .inv_freq = inv_freq, .attention_factor = 1, .softmax_factor = 1, .rule = by };
  const rw_attention a = { .geometry = &g,
                           .freqs = &f,
                           .length = KEYS,
                           .heads = 1,
                           .kv_heads = 1,
                           .value_dim = DIM,
                           .n_keys = KEYS,
                           .n_queries = *queries,
                           .q = q,
                           .k = k,
                           .v = v,
                           .out = out,
                           .q_token = DIM,
                           .k_token = DIM,
                           .v_token = DIM,
                           .out_token = DIM,
                           .threads = 2,
                           .scratch = arena };
  const int code = by && arena ? outcome (rw_attend (&a, &err), &err) : BAILED;
  rw_arena_free (arena);
  rw_object_free (by);
  return code;
}

int
main (void)
{
  const size_t all = KEYS, one = 1;
  starve ("all queries", attended, &all, 1, ALLOCATIONS, 8);
  starve ("one query", attended, &one, 1, ALLOCATIONS, 8);
  return tap_end ();
}
