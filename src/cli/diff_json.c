/* diff_json: a comparison of stacks as one JSON object; see diff.h and doc/format.md.

   What has no number is null.  A tree that memory did not suffice for marks the text as failed.  */
#include "config.h"

#include "cli/diff.h"
#include "cli/table_format.h"
#include "json/json.h"
#include "schedule/schedule.h"

#include <math.h>

static void
put_number (cJSON *o, const char *key, double x)
{
  if (isfinite (x))
    cJSON_AddNumberToObject (o, key, x);
  else
    cJSON_AddNullToObject (o, key);
}

static void
put_notes (cJSON *o, const char *key, const rw_notes *notes, rw_note_kind kind)
{
  cJSON *list = cJSON_AddArrayToObject (o, key);
  for (size_t i = 0; i < notes->n; i++)
    if (notes->note[i].kind == kind)
      cJSON_AddItemToArray (list, cJSON_CreateString (notes->note[i].text));
}

static void
put_text (cJSON *o, const char *key, const char *text)
{
  if (text && *text)
    cJSON_AddStringToObject (o, key, text);
  else
    cJSON_AddNullToObject (o, key);
}

/* ---- a rope ---- */

static cJSON *
difference (const rw_difference *d)
{
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddBoolToObject (o, "agrees", d->agrees);
  put_number (o, "frequency", d->frequency);
  if (d->missing)
    cJSON_AddNullToObject (o, "pair");
  else
    cJSON_AddNumberToObject (o, "pair", (double) d->pair);
  put_number (o, "attention_factor", d->attention_factor);
  put_number (o, "softmax_factor", d->softmax_factor);
  put_number (o, "logit_scale", d->logit_scale);
  cJSON_AddBoolToObject (o, "switch", d->rule[0] != d->rule[1]);
  cJSON *phase = cJSON_AddArrayToObject (o, "phase");
  for (size_t k = 0; k < RW_PHASES; k++)
    cJSON_AddItemToArray (phase, isfinite (d->phase[k]) ? cJSON_CreateNumber (d->phase[k])
                                                        : cJSON_CreateNull ());
  if (d->missing)
    cJSON_AddNullToObject (o, "phase_pair");
  else
    cJSON_AddNumberToObject (o, "phase_pair", (double) d->phase_pair);
  return o;
}

static void
put_ramp (cJSON *o, const rw_freqs *f)
{
  if (isnan (f->ramp[0]))
    cJSON_AddNullToObject (o, "ramp");
  else
    cJSON_AddItemToObject (o, "ramp", cJSON_CreateDoubleArray (f->ramp, 2));
}

static cJSON *
layer (const char *type, const rw_view *view, const rw_difference *d)
{
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "layer_type", type);
  if (view)
    {
      const rw_rope *rope = view->rope;
      const rw_freqs *f = &view->freqs;
      const rw_geometry g = rw_schedule_geometry (rope->schedule, &rope->geometry);
      cJSON_AddStringToObject (o, "rope_type", rope->schedule->module->name);
      cJSON_AddNumberToObject (o, "head_dim", (double) g.head_dim);
      cJSON_AddNumberToObject (o, "rotary_dim", (double) g.rotary_dim);
      cJSON_AddStringToObject (o, "layout", rw_layout_text (g.layout));
      cJSON_AddNumberToObject (o, "rope_theta", g.rope_theta);
      cJSON_AddNumberToObject (o, "original_length", g.original_length);
      put_number (o, "factor", table_factor (rope));
      cJSON_AddItemToObject (o, "inv_freq", cJSON_CreateDoubleArray (f->inv_freq, (int) f->n));
      cJSON_AddNumberToObject (o, "attention_factor", f->attention_factor);
      cJSON_AddNumberToObject (o, "softmax_factor", f->softmax_factor);
      put_ramp (o, f);
      cJSON_AddStringToObject (o, "switch", rw_switch_text (view->rule));
    }
  cJSON_AddItemToObject (o, "difference", difference (d));
  return o;
}

/* ---- a stack ---- */

static cJSON *
override (const rw_override *o)
{
  cJSON *out = cJSON_CreateObject ();
  put_text (out, "refused", o->error.text);
  if (o->words.patch)
    cJSON_AddItemToObject (out, "patch", cJSON_Duplicate (o->words.patch, true));
  else
    cJSON_AddNullToObject (out, "patch");
  put_text (out, "line", o->words.line);
  cJSON_AddBoolToObject (out, "tested", o->tried);
  if (o->tried)
    cJSON_AddBoolToObject (out, "agrees", o->agrees);
  else
    cJSON_AddNullToObject (out, "agrees");
  put_notes (out, "left", &o->left, RW_NOTE_WARNING);
  put_notes (out, "lost", &o->words.lost, RW_NOTE_WARNING);
  return out;
}

static cJSON *
one_stack (const rw_comparison *c, size_t i)
{
  const rw_account *a = &c->account[i];
  rw_notes notes = diff_notes (a), findings = diff_findings (c, i);
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "stack", a->stack->name);
  put_text (o, "refused", a->refused ? a->error.text : NULL);
  cJSON_AddBoolToObject (o, "agrees", c->agrees[i]);
  put_notes (o, "findings", &findings, RW_NOTE_WARNING);
  cJSON *layers = cJSON_AddArrayToObject (o, "layers");
  for (size_t t = 0; t < c->n_types && !a->refused; t++)
    cJSON_AddItemToArray (layers, layer (c->type[t], rw_account_view (a, c->type[t]),
                                         &c->difference[i * c->n_types + t]));
  cJSON_AddNumberToObject (o, "layers_otherwise", (double) c->layers[i]);
  put_notes (o, "keys_used", &notes, RW_NOTE_USED);
  put_notes (o, "keys_ignored", &notes, RW_NOTE_IGNORED);
  put_notes (o, "warnings", &notes, RW_NOTE_WARNING);
  if (i && !c->agrees[i])
    cJSON_AddItemToObject (o, "override", override (&c->override[i]));
  else
    cJSON_AddNullToObject (o, "override");
  rw_notes_free (&notes);
  rw_notes_free (&findings);
  return o;
}

void
diff_json (const rw_comparison *c, rw_text *out)
{
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "model", c->name);
  cJSON_AddStringToObject (o, "reference", c->account[0].stack->name);
  cJSON_AddBoolToObject (o, "agree", c->agree);
  put_number (o, "length", c->length > 0 ? c->length : NAN);
  cJSON_AddStringToObject (o, "length_from",
                           c->given        ? "--length"
                           : c->length > 0 ? "max_position_embeddings"
                                           : "before the first token");
  cJSON_AddItemToObject (o, "positions", cJSON_CreateDoubleArray (rw_phase_positions, RW_PHASES));
  cJSON *list = cJSON_AddArrayToObject (o, "stacks");
  for (size_t i = 0; i < c->n; i++)
    cJSON_AddItemToArray (list, one_stack (c, i));
  rw_json_print (o, out);
  cJSON_Delete (o);
}
