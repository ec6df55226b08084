/* reproduce_json: everything that was asked for as one object; see reproduce.h.  */
#include "config.h"

#include "cli/machine.h"
#include "cli/reproduce.h"
#include "json/json.h"
#include "lab/provenance.h"

#include <math.h>
#include <stdio.h>

static void
add_number (cJSON *o, const char *key, double x)
{
  if (isnan (x))
    cJSON_AddNullToObject (o, key);
  else
    cJSON_AddNumberToObject (o, key, x);
}

static void
add_bound (cJSON *o, const rw_bound *bound)
{
  cJSON_AddStringToObject (o, "relation", rw_holds_name (bound->kind));
  cJSON_AddNumberToObject (o, "number", bound->number);
  if (bound->kind == RW_HOLDS_EQUAL)
    {
      cJSON_AddNumberToObject (o, "tolerance", bound->tolerance);
      cJSON_AddStringToObject (o, "why", bound->why);
    }
}

static void
add_slip (cJSON *o, const rw_claim *claim, const rw_judgement *judged)
{
  cJSON *slip = cJSON_AddObjectToObject (o, "slip");
  cJSON_AddStringToObject (slip, "why", claim->slip.why);
  add_number (slip, "measured", judged->right);
  add_bound (slip, &claim->slip.bound);
}

static cJSON *
claim_object (const rw_claim *claim, const rw_judgement *judged)
{
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "name", claim->name);
  cJSON_AddStringToObject (o, "place", claim->place);
  cJSON_AddStringToObject (o, "published", claim->published);
  add_bound (o, &claim->bound);
  add_number (o, "measured", judged->measured);
  cJSON_AddStringToObject (o, "verdict", rw_verdict_name (judged->verdict));
  cJSON_AddStringToObject (o, "expected", rw_verdict_name (claim->expected));
  cJSON_AddBoolToObject (o, "worse", judged->worse);
  if (*judged->note)
    cJSON_AddStringToObject (o, "note", judged->note);
  if (claim->has_slip)
    add_slip (o, claim, judged);
  cJSON *readings = cJSON_AddArrayToObject (o, "readings");
  for (size_t i = 0; i < claim->n_readings; i++)
    {
      cJSON *reading = cJSON_CreateObject ();
      cJSON_AddStringToObject (reading, "says", claim->reading[i].says);
      add_number (reading, "measured", judged->reading ? judged->reading[i] : NAN);
      cJSON_AddItemToArray (readings, reading);
    }
  return o;
}

static cJSON *
trial_object (const study_trial *t)
{
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "config", t->config);
  cJSON_AddStringToObject (o, "part", t->model ? "model" : "closed");
  cJSON_AddBoolToObject (o, "cached", t->cached);
  if (t->plan)
    cJSON_AddStringToObject (o, "config_sha256", t->plan->sha256);
  if (t->reason || !t->result)
    cJSON_AddStringToObject (o, "not_run", t->reason ? t->reason : "not asked for");
  if (!t->result)
    return o;
  cJSON_AddStringToObject (o, "file", t->file);
  cJSON_AddStringToObject (o, "build_id", rw_outline_get (t->result->outline, "build_id"));
  cJSON_AddNumberToObject (o, "points", (double) t->points);
  cJSON_AddNumberToObject (o, "failed", (double) t->failed);
  cJSON_AddNumberToObject (o, "seconds", t->seconds);
  return o;
}

static cJSON *
study_object (const study *s)
{
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "name", s->name);
  cJSON_AddStringToObject (o, "title", study_title (s));
  if (s->claims)
    cJSON_AddStringToObject (o, "paper", s->claims->paper);
  cJSON *sweeps = cJSON_AddArrayToObject (o, "sweeps");
  for (size_t i = 0; i < s->n_trials; i++)
    cJSON_AddItemToArray (sweeps, trial_object (&s->trial[i]));
  cJSON *claims = cJSON_AddArrayToObject (o, "claims");
  for (size_t i = 0; s->claims && i < s->claims->n_claims; i++)
    cJSON_AddItemToArray (claims, claim_object (&s->claims->claim[i], &s->judged[i]));
  return o;
}

rw_status
reproduce_json (const reproduce *r, rw_error *err)
{
  rw_fact facts[RW_FACTS];
  size_t count[RW_VERDICT_NOT_RUN + 1] = { 0 }, worse = 0;
  cJSON *o = cJSON_CreateObject ();
  rw_provenance (facts);
  for (size_t i = 0; i < RW_FACTS; i++)
    cJSON_AddStringToObject (o, facts[i].key, facts[i].value);
  rw_text machine = { 0 };
  machine_add (&machine);
  cJSON_AddStringToObject (o, "machine", rw_text_get (&machine));
  rw_text_free (&machine);
  cJSON_AddStringToObject (o, "folder", r->dir);
  cJSON *list = cJSON_AddArrayToObject (o, "experiments");
  for (size_t i = 0; i < r->n; i++)
    if (r->study[i].chosen)
      {
        worse += study_count (&r->study[i], count);
        cJSON_AddItemToArray (list, study_object (&r->study[i]));
      }
  cJSON *verdicts = cJSON_AddObjectToObject (o, "verdicts");
  for (size_t k = 0; k <= RW_VERDICT_NOT_RUN; k++)
    cJSON_AddNumberToObject (verdicts, rw_verdict_name ((rw_verdict) k), (double) count[k]);
  cJSON_AddNumberToObject (o, "worse", (double) worse);
  rw_text text = { 0 };
  rw_json_print (o, &text);
  cJSON_Delete (o);
  const rw_status s = text.failed ? rw_nomem (err, text.n) : RW_OK;
  if (!s)
    fputs (rw_text_get (&text), stdout);
  rw_text_free (&text);
  return s;
}
