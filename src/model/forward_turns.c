/* forward_turns: the tables of cos and sin of all layers, kept between runs; see forward_part.h.

   Layers of one rope under one frequency table share a table.  */
#include "base/mem.h"
#include "model/forward_part.h"

void
rw_forward_turns_free (rw_forward *f)
{
  for (size_t l = 0; f->turns && f->turns_of && l < f->h->layers; l++)
    if (f->turns_of[l] == l)
      {
        rw_attend_turns_free (f->turns[l]);
        f->turns[l] = NULL;
      }
  f->turns_n = 0;
}

/* The first layer that has the same geometry and table.  */
static size_t
first_like (const rw_forward *f, size_t layer)
{
  const rw_model *m = f->ask.model;
  const bool known = m->rope_of_layer && m->n_layers >= f->h->layers;
  size_t l = 0;
  while (f->ask.freqs[l] != f->ask.freqs[layer]
         || (known && m->rope_of_layer[l] != m->rope_of_layer[layer]))
    l++;
  return l;
}

rw_status
rw_forward_turns_need (rw_forward *f, size_t n, rw_error *err)
{
  rw_status s = RW_OK;
  if (n <= f->turns_n)
    return s;
  rw_forward_turns_free (f);
  for (size_t l = 0; !s && l < f->h->layers; l++)
    {
      f->turns_of[l] = first_like (f, l);
      if (f->turns_of[l] == l)
        s = rw_attend_turns_new (&f->geometry[l], f->ask.freqs[l], f->ask.length, n, f->ask.threads,
                                 &f->turns[l], err);
    }
  if (!s)
    f->turns_n = n;
  return s;
}
