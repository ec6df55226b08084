/* networks: the weights that a sweep runs; see networks.h.  */
#include "lab/networks.h"

#include <string.h>

struct rw_networks
{
  const rw_plan *plan;
  rw_network **of; /* (n_models,) NULL where a model has none */
  size_t *same;    /* (n_models,) the first model of the same file, who owns the network */
};

static size_t
first_of_file (const rw_plan *plan, size_t i)
{
  size_t k = 0;
  while (k < i
         && !(plan->models[k].weights
              && strcmp (plan->models[k].weights, plan->models[i].weights) == 0))
    k++;
  return k;
}

static rw_status
open_model (rw_networks *n, size_t i, rw_error *err)
{
  const rw_model *m = &n->plan->models[i];
  n->same[i] = i;
  if (!m->weights)
    return RW_OK;
  n->same[i] = first_of_file (n->plan, i);
  if (n->same[i] == i)
    return rw_network_open (m->weights, &n->of[i], err);
  n->of[i] = n->of[n->same[i]];
  return RW_OK;
}

rw_status
rw_networks_new (const rw_plan *plan, rw_networks **out, rw_error *err)
{
  rw_networks *n = rw_new (1, sizeof *n);
  *out = NULL;
  if (!n)
    return rw_nomem (err, sizeof *n);
  n->plan = plan;
  n->of = rw_new (plan->n_models, sizeof (rw_network *));
  n->same = rw_new (plan->n_models, sizeof *n->same);
  rw_status s = n->of && n->same ? RW_OK : rw_nomem (err, plan->n_models * sizeof *n->same);
  for (size_t i = 0; !s && plan->needs & RW_NEEDS_NETWORK && i < plan->n_models; i++)
    s = open_model (n, i, err);
  if (s)
    rw_networks_free (n);
  else
    *out = n;
  return s;
}

const rw_network *
rw_networks_get (const rw_networks *networks, const rw_model *model)
{
  return networks ? networks->of[model - networks->plan->models] : NULL;
}

void
rw_networks_free (rw_networks *n)
{
  if (!n)
    return;
  for (size_t i = 0; n->of && n->same && i < n->plan->n_models; i++)
    if (n->same[i] == i)
      rw_network_close (n->of[i]);
  rw_free (n->of);
  rw_free (n->same);
  rw_free (n);
}
