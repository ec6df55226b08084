/* lint: the tables of rules, and the run of them over a model; see lint.h.  */
#include "stack/lint.h"
#include "base/mem.h"
#include "stack/lint_part.h"

#include <stdlib.h>
#include <string.h>

static const rw_lint_rule *const tables[] = { rw_lint_keys,
                                              rw_lint_attention,
                                              rw_lint_lengths,
                                              rw_lint_ranges,
                                              rw_lint_shapes,
                                              rw_lint_switches,
                                              rw_lint_layers,
                                              rw_lint_versions,
                                              rw_lint_ggufs,
                                              rw_lint_readings,
                                              NULL };

const rw_lint_rule *
rw_lint_rule_at (size_t i)
{
  for (const rw_lint_rule *const *t = tables; *t; t++)
    for (const rw_lint_rule *rule = *t; rule->id; rule++)
      if (i-- == 0)
        return rule;
  return NULL;
}

const char *
rw_lint_severity_text (rw_lint_severity severity)
{
  static const char *const texts[] = { "info", "warning", "error" };
  return texts[severity];
}

void
rw_findings_free (rw_findings *findings)
{
  if (!findings)
    return;
  for (size_t i = 0; i < findings->n; i++)
    {
      rw_text_free (&findings->at[i].key);
      rw_text_free (&findings->at[i].found);
      rw_text_free (&findings->at[i].effect);
      rw_text_free (&findings->at[i].fix);
    }
  rw_free (findings->at);
  *findings = (rw_findings){ 0 };
}

size_t
rw_findings_count (const rw_findings *findings, rw_lint_severity severity)
{
  size_t n = 0;
  for (size_t i = 0; i < findings->n; i++)
    n += findings->at[i].severity == severity;
  return n;
}

static void
run_rule (rw_lint *l, const rw_lint_rule *rule)
{
  const bool once = rule->scope == RW_LINT_CONFIG || rule->scope == RW_LINT_GGUF;
  const bool of_config = rule->scope == RW_LINT_CONFIG || rule->scope == RW_LINT_BLOCKS;
  if ((of_config && l->gguf) || (rule->scope == RW_LINT_GGUF && !l->gguf))
    return;
  l->rule = rule;
  if (once)
    rule->find (l, l->n_ropes ? &l->ropes[0] : NULL);
  for (size_t i = 0; i < l->n_ropes && !once; i++)
    rule->find (l, &l->ropes[i]);
}

/* Errors first; a stable order otherwise.  */
static void
sort (rw_findings *f, rw_finding *room)
{
  size_t n = 0;
  for (int severity = RW_LINT_ERROR; severity >= RW_LINT_INFO; severity--)
    for (size_t i = 0; i < f->n; i++)
      if ((int) f->at[i].severity == severity)
        room[n++] = f->at[i];
  memcpy (f->at, room, n * sizeof *room);
}

/* Every finding has a fix, and nothing is half written.  */
static bool
complete (rw_findings *f)
{
  bool whole = true;
  for (size_t i = 0; i < f->n; i++)
    {
      rw_finding *x = &f->at[i];
      if (!x->fix.n)
        rw_text_add (&x->fix, x->rule->fix);
      whole = whole && !x->key.failed && !x->found.failed && !x->effect.failed && !x->fix.failed;
    }
  return whole;
}

rw_status
rw_lint_model (const rw_lint_request *ask, rw_findings *out, rw_error *err)
{
  *out = (rw_findings){ 0 };
  rw_lint *l = rw_new (1, sizeof *l);
  if (!l)
    return rw_nomem (err, sizeof *l);
  l->out = out;
  rw_status s = rw_lint_open (l, ask, err);
  const rw_lint_rule *rule;
  for (size_t i = 0; !s && (rule = rw_lint_rule_at (i)); i++)
    run_rule (l, rule);
  if (!s && out->n)
    {
      rw_finding *room = rw_new (out->n, sizeof *room);
      if (room)
        sort (out, room);
      l->failed = l->failed || !room || !complete (out);
      rw_free (room);
    }
  if (!s && l->failed)
    s = rw_nomem (err, 0);
  rw_lint_close (l);
  rw_free (l);
  if (s)
    rw_findings_free (out);
  return s;
}
