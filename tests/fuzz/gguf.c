/* gguf: a fuzz target (libFuzzer): any bytes as a GGUF file; every value, tensor and weight that is
   read of it lies inside.  */
#include "fuzz.h"
#include "model/gguf.h"
#include "model/network_part.h"

/* The first and the last block of a weight.  */
static void
touch_weight (const rw_weight *w)
{
  float x[256];
  const size_t block = w->data ? rw_quant_block (w->type) : 0;
  if (!block)
    return;
  const size_t bytes = rw_quant_bytes (w->type), blocks = w->rows * (w->cols / block);
  rw_quant_reader *read = rw_quant_reader_of (w->type, rw_simd_get ());
  read (w->data, block, x);
  read ((const unsigned char *) w->data + (blocks - 1) * bytes, block, x);
}

static void
touch_layers (const rw_network *n)
{
  for (size_t l = 0; l < n->hyper.layers; l++)
    {
      const rw_weight *w = &n->layer[l].attn_norm;
      for (size_t i = 0; i < sizeof (rw_layer) / sizeof *w; i++) /* a layer is weights alone */
        touch_weight (&w[i]);
      rw_hyper_window (&n->hyper, l);
    }
  touch_weight (&n->embed);
  touch_weight (&n->out);
  touch_weight (&n->out_norm);
}

static void
touch_file (const rw_gguf *g)
{
  volatile unsigned char sum = 0;
  double x;
  for (size_t i = 0; i < rw_gguf_values (g); i++)
    {
      const rw_gguf_value *v = rw_gguf_value_at (g, i);
      for (size_t k = 0; k < v->n; k++)
        if (!rw_gguf_number (v, k, &x) && v->text[k].n)
          sum ^= (unsigned char) (v->text[k].s[0] ^ v->text[k].s[v->text[k].n - 1]);
    }
  for (size_t i = 0; i < rw_gguf_tensors (g); i++)
    {
      const rw_gguf_tensor *t = rw_gguf_tensor_at (g, i);
      const unsigned char *data = t->data;
      sum ^= data[0] ^ data[t->bytes - 1];
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  rw_network n = { 0 };
  rw_error err;
  char hex[65];
  if (rw_gguf_parse ("fuzz.gguf", data, size, &n.gguf, &err))
    return 0;
  touch_file (n.gguf);
  rw_gguf_digest (n.gguf, hex);
  if (!rw_hyper_read (n.gguf, &n.hyper, &err) && !rw_weights_read (&n, &err))
    touch_layers (&n);
  rw_arena_free (n.names);
  rw_free (n.layer);
  rw_gguf_close (n.gguf);
  return 0;
}
