/* compare_account: what one stack makes of a config against the first; see compare.h.  */
#include "stack/override.h"

#include <string.h>

/* The layer type of a layer's rope; NULL where the layer does not rotate.  */
static const char *
type_of_layer (const rw_model *m, size_t layer)
{
  const size_t r = m->rope_of_layer[layer];
  return r == RW_NO_ROPE ? NULL : m->rope[r].layer_type;
}

/* Layers that rotate in one model only, or whose ropes have other names where both name them.  */
static size_t
other_layers (const rw_model *a, const rw_model *b)
{
  size_t n = 0;
  if (a->n_layers != b->n_layers)
    return 0; /* one of them does not know its layers */
  for (size_t l = 0; l < a->n_layers; l++)
    {
      const char *ta = type_of_layer (a, l), *tb = type_of_layer (b, l);
      n += !ta != !tb || (ta && *ta && *tb && strcmp (ta, tb) != 0);
    }
  return n;
}

bool
rw_compare_account (const rw_comparison *c, const rw_account *account, rw_difference *difference,
                    size_t *layers)
{
  const rw_account *first = &c->account[0];
  *layers = account->refused ? 0 : other_layers (&first->model, &account->model);
  bool agrees = !account->refused && !*layers;
  for (size_t t = 0; t < c->n_types; t++)
    {
      difference[t] = rw_view_compare (rw_account_view (first, c->type[t]),
                                       rw_account_view (account, c->type[t]));
      agrees = agrees && difference[t].agrees;
    }
  return agrees;
}
