/* GGUF files while every allocation in turn fails: as a network, in parts, as a MODEL.  */
#include "memory_help.h"
#include "model/network.h"
#include "network_help.h"
#include "stack/stack.h"

static rw_error err;

static int
open_network (const void *data)
{
  rw_network *n = NULL;
  const rw_status s = rw_network_open (data, &n, &err);
  rw_network_close (n);
  return outcome (s, &err);
}

static int
open_parts (const void *data)
{
  rw_gguf *g = NULL;
  const rw_status s = rw_gguf_open (data, &g, &err);
  rw_gguf_close (g);
  return outcome (s, &err);
}

static int
read_model (const void *data)
{
  rw_model model;
  const rw_status s = rw_stack_model (rw_stack_at (0), data, NULL, &model, &err);
  rw_model_free (&model);
  return outcome (s, &err);
}

/* Two parts of a file with texts; the names are returned.  */
static void
write_parts (char path[2][64])
{
  for (uint16_t i = 0; i < 2; i++)
    {
      gguf_file f = { 0 };
      bytes b;
      snprintf (path[i], 64, "starved-%ld-%05d-of-00002.gguf", (long) getpid (), i + 1);
      add_text (&f, "general.architecture", "llama");
      add_u16 (&f, "split.no", i);
      add_u16 (&f, "split.count", 2);
      add_counted (&f, NULL, i ? "b" : "a", 3, 4);
      finish_file (&f, &b);
      if (!write_file (path[i], &b))
        ok (0, "%s could not be written", path[i]);
      free (b.s);
    }
}

int
main (void)
{
  static const float divisors[HEAD_DIM / 2] = { 1, 2.5F, 8 };
  char path[2][64];
  gguf_file f = { 0 };
  add_shape (&f, &small_archs[0]);
  add_weights (&f, &small_archs[0], NULL);
  add_tensor (&f, "rope_freqs.weight", 0, HEAD_DIM / 2, 1, divisors, sizeof divisors);
  const char *whole = write_gguf (&f);
  write_parts (path);
  starve ("a network", open_network, whole, 1, 80, 10);
  starve ("a model", read_model, whole, 1, 160, 10);
  starve ("a split model", open_parts, path[1], 1, 60, 10);
  unlink (whole);
  unlink (path[0]);
  unlink (path[1]);
  return tap_end ();
}
