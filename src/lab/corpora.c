/* corpora: texts and ids as token ids; see corpora.h.  */
#include "lab/corpora.h"
#include "base/mapping.h"
#include "lab/blame.h"
#include "lab/ids.h"

#include <string.h>

/* One corpus.  Its place does not move: sources keep the pointer as its name.  */
typedef struct
{
  const rw_model *model;
  const rw_network *network;
  char *path; /* as the config has it; owned */
  bool tokens;
  rw_paths paths; /* the files; owned */
  size_t n_ids;
  rw_ids *ids;            /* (n_ids,) of each document; owned */
  rw_document *documents; /* (n_ids,) views; owned */
  rw_corpus corpus;
} text;

struct rw_corpora
{
  const rw_plan *plan;
  const rw_networks *networks;
  size_t n;
  text **text; /* (n,) */
};

/* ---- one corpus ---- */

static const char *
last_part (const char *path)
{
  const char *slash = strrchr (path, '/');
  return slash ? slash + 1 : path;
}

static rw_status
read_text (const rw_tokenizer *tokenizer, const char *path, rw_ids *out, rw_error *err)
{
  rw_mapping m;
  rw_status s = rw_mapping_open (path, &m, err);
  if (s)
    return s;
  if (!m.size)
    s = rw_fail (err, RW_EIO, "%s: the text is empty", path);
  else
    {
      s = rw_tokenizer_encode (tokenizer, m.data, m.size, false, out, err);
      s = rw_within (err, rw_blame_file (s, err), "%s", path);
    }
  if (!s && !out->n)
    s = rw_fail (err, RW_EIO, "%s: the text has no tokens", path);
  rw_mapping_close (&m);
  return s;
}

static rw_status
read_texts (text *t, rw_error *err)
{
  const rw_tokenizer *tokenizer = NULL;
  rw_status s = rw_network_tokenizer (t->network, &tokenizer, err);
  if (s)
    return s;
  if (!(t->ids = rw_new (t->paths.n, sizeof *t->ids)))
    return rw_nomem (err, t->paths.n * sizeof *t->ids);
  t->n_ids = t->paths.n;
  for (size_t i = 0; !s && i < t->n_ids; i++)
    s = read_text (tokenizer, t->paths.path[i], &t->ids[i], err);
  return s;
}

/* Without a network every id that fits is one.  */
static rw_status
read_tokens (text *t, rw_error *err)
{
  const size_t vocabulary = t->network ? t->network->hyper.vocab : (size_t) INT32_MAX;
  return rw_ids_read (t->paths.path[0], vocabulary, &t->ids, &t->n_ids, err);
}

static rw_status
make_documents (text *t, rw_error *err)
{
  if (!(t->documents = rw_new (t->n_ids, sizeof *t->documents)))
    return rw_nomem (err, t->n_ids * sizeof *t->documents);
  for (size_t i = 0; i < t->n_ids; i++)
    {
      t->documents[i] = (rw_document){ .name = last_part (t->paths.path[t->tokens ? 0 : i]),
                                       .id = t->ids[i].id,
                                       .n = t->ids[i].n };
      t->corpus.tokens += t->ids[i].n;
    }
  t->corpus.n = t->n_ids;
  t->corpus.document = t->documents;
  return RW_OK;
}

static void
free_text (text *t)
{
  if (!t)
    return;
  rw_ids_list_free (t->ids, t->n_ids);
  rw_paths_free (&t->paths);
  rw_free (t->documents);
  rw_free (t->path);
  rw_free (t);
}

static rw_status
new_text (const rw_corpora *c, const rw_model *model, const rw_corpus_wish *wish, text **out,
          rw_error *err)
{
  text *t = *out = rw_new (1, sizeof *t);
  if (!t || !(t->path = rw_strdup (wish->text ? wish->text : wish->tokens)))
    return rw_nomem (err, sizeof *t);
  t->model = model;
  t->network = rw_networks_get (c->networks, model);
  t->tokens = !wish->text;
  rw_status s = rw_plan_corpus (c->plan, wish, &t->paths, err);
  if (!s)
    s = t->tokens ? read_tokens (t, err) : read_texts (t, err);
  if (!s)
    s = make_documents (t, err);
  return rw_within (err, s, "%s", t->tokens ? "tokens" : "text");
}

/* ---- all of them ---- */

static const text *
find (const rw_corpora *c, const rw_model *model, const rw_corpus_wish *wish)
{
  const rw_network *network = rw_networks_get (c->networks, model);
  const char *path = wish->text ? wish->text : wish->tokens;
  for (size_t i = 0; path && i < c->n; i++)
    if (c->text[i]->network == network && c->text[i]->tokens == !wish->text
        && strcmp (c->text[i]->path, path) == 0)
      return c->text[i];
  return NULL;
}

static rw_status
need (rw_corpora *c, const rw_model *model, const rw_corpus_wish *wish, rw_error *err)
{
  text *t = NULL;
  if ((!wish->text && !wish->tokens) || find (c, model, wish))
    return RW_OK;
  rw_status s = new_text (c, model, wish, &t, err);
  if (!s)
    s = rw_grow ((void **) &c->text, c->n, c->n + 1, sizeof (text *), err);
  if (s)
    free_text (t);
  else
    c->text[c->n++] = t;
  return s;
}

static rw_status
need_source (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  (void) plan;
  const rw_corpus_wish wish = rw_source_corpus (point->source);
  return rw_within (err, need (data, point->model, &wish, err), "source '%s'",
                    point->source->module->name);
}

typedef struct
{
  rw_corpora *corpora;
  size_t metric;
} walk;

static rw_status
need_metric (const rw_plan *plan, rw_point *point, void *data, rw_error *err)
{
  const walk *w = data;
  const rw_object *metric = point->metrics[w->metric];
  const rw_corpus_wish wish = rw_metric_corpus (metric);
  (void) plan;
  return rw_within (err, need (w->corpora, point->model, &wish, err), "metrics[%zu] '%s'",
                    w->metric, metric->module->name);
}

rw_status
rw_corpora_new (const rw_plan *plan, const rw_networks *networks, rw_corpora **out, rw_error *err)
{
  rw_corpora *c = rw_new (1, sizeof *c);
  *out = NULL;
  if (!c)
    return rw_nomem (err, sizeof *c);
  c->plan = plan;
  c->networks = networks;
  rw_status s = plan->needs & RW_NEEDS_QK ? rw_plan_walk_inputs (plan, need_source, c, err) : RW_OK;
  walk w = { .corpora = c };
  for (; !s && w.metric < plan->n_metrics; w.metric++)
    if (((const rw_metric *) plan->metrics[w.metric]->module)->corpus)
      s = rw_plan_walk_metric (plan, w.metric, need_metric, &w, err);
  if (s)
    rw_corpora_free (c);
  else
    *out = c;
  return s;
}

const rw_corpus *
rw_corpora_get (const rw_corpora *corpora, const rw_model *model, const rw_corpus_wish *wish)
{
  const text *t = corpora ? find (corpora, model, wish) : NULL;
  return t ? &t->corpus : NULL;
}

bool
rw_corpora_at (const rw_corpora *corpora, size_t i, rw_corpora_item *out)
{
  if (!corpora || i >= corpora->n)
    return false;
  const text *t = corpora->text[i];
  *out = (rw_corpora_item){ .model = t->model, .path = t->path, .corpus = &t->corpus };
  return true;
}

void
rw_corpora_free (rw_corpora *corpora)
{
  if (!corpora)
    return;
  for (size_t i = 0; i < corpora->n; i++)
    free_text (corpora->text[i]);
  rw_free (corpora->text);
  rw_free (corpora);
}
