/* check_inputs: what a sweep reads besides its config; see check_inputs.h.  */
#include "config.h"

#include "cli/check_inputs.h"

#include <stdio.h>

const char *
check_size_text (double bytes, char buf[32])
{
  static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB" };
  size_t k = 0;
  for (; bytes >= 1000 && k < 5; k++)
    bytes /= 1000;
  snprintf (buf, 32, "%.3g %s", bytes, units[k]);
  return buf;
}

/* Numbers and bytes of a file's tensors.  */
static void
size_of (const rw_network *network, double *parameters, double *bytes)
{
  *parameters = *bytes = 0;
  for (size_t i = 0; i < rw_gguf_tensors (network->gguf); i++)
    {
      const rw_gguf_tensor *t = rw_gguf_tensor_at (network->gguf, i);
      double n = 1;
      for (size_t d = 0; d < t->rank; d++)
        n *= (double) t->shape[d];
      *parameters += n;
      *bytes += (double) t->bytes;
    }
}

static void
print_network (const rw_model *model, const rw_network *network)
{
  char buf[32];
  double parameters, bytes;
  const rw_hyper *h = &network->hyper;
  size_of (network, &parameters, &bytes);
  printf ("%-9s %s: %s, %zu layers, %zu heads of %zu, %.3g million parameters, %s\n", "weights",
          model->name, h->arch->name, h->layers, h->heads, h->head_dim, parameters / 1e6,
          check_size_text (bytes, buf));
}

/* The network of model i, NULL where it has none or an earlier one runs the same (another stack
   reads its config).  */
static const rw_network *
network_of (const rw_plan *plan, const rw_inputs *inputs, size_t i)
{
  const rw_network *network = rw_networks_get (inputs->networks, &plan->models[i]);
  for (size_t j = 0; j < i; j++)
    if (rw_networks_get (inputs->networks, &plan->models[j]) == network)
      return NULL;
  return network;
}

void
check_inputs_print (const rw_plan *plan, const rw_inputs *inputs)
{
  rw_corpora_item c;
  for (size_t i = 0; i < plan->n_models; i++)
    {
      const rw_network *network = network_of (plan, inputs, i);
      if (network)
        print_network (&plan->models[i], network);
    }
  for (size_t i = 0; rw_corpora_at (inputs->corpora, i, &c); i++)
    printf ("%-9s %s: %zu tokens in %zu document%s (%s)\n", "corpus", c.path, c.corpus->tokens,
            c.corpus->n, c.corpus->n > 1 ? "s" : "", c.model->name);
}

static cJSON *
network_object (const rw_model *model, const rw_network *network)
{
  cJSON *o = cJSON_CreateObject ();
  double parameters, bytes;
  size_of (network, &parameters, &bytes);
  cJSON_AddStringToObject (o, "model", model->name);
  cJSON_AddStringToObject (o, "path", model->weights);
  cJSON_AddStringToObject (o, "architecture", network->hyper.arch->name);
  cJSON_AddNumberToObject (o, "layers", (double) network->hyper.layers);
  cJSON_AddNumberToObject (o, "heads", (double) network->hyper.heads);
  cJSON_AddNumberToObject (o, "head_dim", (double) network->hyper.head_dim);
  cJSON_AddNumberToObject (o, "parameters", parameters);
  cJSON_AddNumberToObject (o, "bytes", bytes);
  return o;
}

void
check_inputs_add (cJSON *o, const rw_plan *plan, const rw_inputs *inputs)
{
  rw_corpora_item c;
  cJSON *weights = cJSON_AddArrayToObject (o, "weights");
  for (size_t i = 0; i < plan->n_models; i++)
    {
      const rw_network *network = network_of (plan, inputs, i);
      if (network)
        cJSON_AddItemToArray (weights, network_object (&plan->models[i], network));
    }
  cJSON *corpora = cJSON_AddArrayToObject (o, "corpora");
  for (size_t i = 0; rw_corpora_at (inputs->corpora, i, &c); i++)
    {
      cJSON *item = cJSON_CreateObject ();
      cJSON_AddStringToObject (item, "path", c.path);
      cJSON_AddStringToObject (item, "model", c.model->name);
      cJSON_AddNumberToObject (item, "documents", (double) c.corpus->n);
      cJSON_AddNumberToObject (item, "tokens", (double) c.corpus->tokens);
      cJSON_AddItemToArray (corpora, item);
    }
}
