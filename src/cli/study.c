/* study: reads an experiment, opens its results, has them judged; see study.h.  */
#include "config.h"

#include "cli/study.h"
#include "cli/sweep.h"
#include "json/json.h"
#include "stack/stack.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WRITTEN_OUT 1e12 /* numbers from here on have an exponent */

/* ---- trials ---- */

rw_status
trial_without (study_trial *t, const char *reason, const char *hint, rw_error *err)
{
  rw_free (t->reason);
  t->reason = rw_format ("%s%s%s%s", reason, *hint ? " (" : "", hint, *hint ? ")" : "");
  return t->reason ? RW_OK : rw_nomem (err, strlen (reason));
}

/* Whether the config names one model, and that is neither a preset nor a file beside it: known
   before the config is read, because it cannot be.  */
static bool
lacks_model (const study_trial *t, const char *folder)
{
  cJSON *config = NULL;
  char **presets = NULL;
  size_t n = 0;
  if (rw_json_read (t->path, &config, NULL))
    return false;
  const cJSON *model = rw_json_get (config, "model");
  bool lacks = cJSON_IsString (model) && rw_stack_presets (&presets, &n, NULL) == RW_OK;
  for (size_t i = 0; lacks && i < n; i++)
    lacks = strcmp (presets[i], model->valuestring) != 0;
  char *beside = lacks ? rw_format ("%s/%s", folder, model->valuestring) : NULL;
  if (beside)
    lacks = access (beside, F_OK) != 0 && access (model->valuestring, F_OK) != 0;
  rw_free (beside);
  rw_stack_presets_free (presets, n);
  cJSON_Delete (config);
  return lacks;
}

static rw_status
read_plan (study_trial *t, const study *s, rw_error *err)
{
  rw_error why = { 0 };
  const rw_status status = rw_plan_read (t->path, NULL, &t->plan, &why);
  if (!status)
    return RW_OK;
  t->model = true;
  if (t->optional && lacks_model (t, s->folder))
    return trial_without (t, "its model is not shipped; scripts/fetch-smollm2 fetches it", "", err);
  if (!s->chosen || status == RW_EIO) /* a text or an array that it reads is on another machine */
    return trial_without (t, why.text, why.hint, err);
  if (err)
    *err = why;
  return status;
}

/* "config.json" is DIR/NAME/config.h5.  */
static char *
result_path (const study *s, const char *config)
{
  const char *dot = strrchr (config, '.');
  const size_t stem = dot && dot > config ? (size_t) (dot - config) : strlen (config);
  return rw_format ("%s/%.*s.h5", s->results, (int) stem, config);
}

static rw_status
open_trial (study_trial *t, const study *s, const char *config, bool optional, rw_error *err)
{
  t->config = config;
  t->optional = optional;
  t->path = rw_format ("%s/%s", s->folder, config);
  t->file = result_path (s, config);
  if (!t->path || !t->file)
    return rw_nomem (err, strlen (config));
  const rw_status status = read_plan (t, s, err);
  if (status || !t->plan)
    return status;
  t->model = t->plan->needs & RW_NEEDS_NETWORK;
  t->points = t->plan->n_points;
  t->current = sweep_current (t->plan, t->file, s->any_build, &t->cached);
  return RW_OK;
}

static void
close_trial (study_trial *t)
{
  for (size_t i = 0; i < t->n_pictures; i++)
    {
      rw_free (t->picture[i].svg);
      rw_free (t->picture[i].pdf);
    }
  rw_free (t->picture);
  rw_result_close (t->result);
  rw_plan_free (t->plan);
  rw_free (t->path);
  rw_free (t->file);
  rw_free (t->reason);
}

/* ---- studies ---- */

static rw_status
read_claims (study *s, const rw_experiment *of, rw_error *err)
{
  rw_error why = { 0 };
  char *path = of->claims ? rw_format ("%s/expected.json", s->folder) : NULL;
  if (of->claims && !path)
    return rw_nomem (err, strlen (s->folder));
  rw_status status = path ? rw_claims_read (path, &s->claims, &why) : RW_OK;
  rw_free (path);
  if (status && !s->chosen)
    {
      s->refused = rw_strdup (why.text);
      status = s->refused ? RW_OK : rw_nomem (err, strlen (why.text));
    }
  else if (status && err)
    *err = why;
  return status;
}

static rw_status
open_trials (study *s, rw_error *err)
{
  rw_status status = RW_OK;
  s->n_trials = s->claims ? s->claims->n_configs : 1;
  s->trial = rw_new (s->n_trials, sizeof *s->trial);
  if (!s->trial)
    return rw_nomem (err, s->n_trials * sizeof *s->trial);
  for (size_t i = 0; !status && i < s->n_trials; i++)
    status = s->claims
                 ? open_trial (&s->trial[i], s, s->claims->config[i], s->claims->optional[i], err)
                 : open_trial (&s->trial[i], s, "config.json", false, err);
  return status;
}

/* A claim that asks in vain is told before its sweep takes hours.  */
static rw_status
rehearse (const study *s, rw_error *err)
{
  if (!s->chosen || !s->claims)
    return RW_OK;
  rw_outline **outline = rw_arena_take (s->arena, s->n_trials, sizeof (rw_outline *));
  rw_status status = outline ? RW_OK : rw_nomem (err, s->n_trials * sizeof (rw_outline *));
  for (size_t i = 0; !status && i < s->n_trials; i++)
    if (s->trial[i].plan)
      status = rw_outline_new (s->trial[i].plan, &outline[i], err);
  if (!status)
    status = rw_within (err, rw_judge_rehearse (s->claims, outline, err), "%s", s->name);
  for (size_t i = 0; outline && i < s->n_trials; i++)
    rw_outline_free (outline[i]);
  return status;
}

rw_status
study_open (const rw_experiment *of, bool chosen, const char *dir, bool any_build, study *out,
            rw_error *err)
{
  *out
      = (study){ .name = of->name, .folder = of->folder, .chosen = chosen, .any_build = any_build };
  out->results = rw_format ("%s/%s", dir, of->name);
  out->arena = rw_arena_new ();
  rw_status status = out->results && out->arena ? RW_OK : rw_nomem (err, strlen (dir));
  if (!status)
    status = read_claims (out, of, err);
  if (!status)
    status = open_trials (out, err);
  if (!status)
    status = rehearse (out, err);
  if (status)
    study_close (out);
  return status;
}

void
study_close (study *s)
{
  for (size_t i = 0; s->trial && i < s->n_trials; i++)
    close_trial (&s->trial[i]);
  rw_free (s->trial);
  rw_claims_free (s->claims);
  rw_arena_free (s->arena);
  rw_free (s->results);
  rw_free (s->refused);
  *s = (study){ 0 };
}

/* ---- verdicts ---- */

static rw_status
open_result (study_trial *t, rw_error *err)
{
  enum
  {
    STATUS, /* places of the shared variables in every outline */
    SECONDS
  };
  rw_status s = rw_result_open (t->file, &t->result, err);
  if (s)
    return s;
  t->points = t->result->outline->n_points;
  double *value = rw_new (t->points, sizeof *value);
  s = value ? rw_result_read (t->result, STATUS, NULL, value, err) : rw_nomem (err, t->points);
  for (size_t i = 0; !s && i < t->points; i++)
    t->failed += value[i] != RW_DONE;
  if (!s)
    s = rw_result_read (t->result, SECONDS, NULL, value, err);
  for (size_t i = 0; !s && i < t->points; i++)
    t->seconds += isnan (value[i]) ? 0 : value[i];
  rw_free (value);
  return s;
}

rw_status
study_judge (study *s, rw_error *err)
{
  rw_status status = RW_OK;
  for (size_t i = 0; !status && i < s->n_trials; i++)
    if (s->trial[i].current && !s->trial[i].result)
      status = open_result (&s->trial[i], err);
  if (status || !s->claims)
    return status;
  rw_result **result = rw_arena_take (s->arena, s->n_trials, sizeof (rw_result *));
  s->judged = rw_arena_take (s->arena, s->claims->n_claims, sizeof *s->judged);
  if (!result || !s->judged)
    return rw_nomem (err, s->claims->n_claims * sizeof *s->judged);
  for (size_t i = 0; i < s->n_trials; i++)
    result[i] = s->trial[i].result;
  return rw_judge (s->claims, result, s->arena, s->judged, err);
}

size_t
study_count (const study *s, size_t *count)
{
  size_t worse = 0;
  for (size_t i = 0; s->judged && i < s->claims->n_claims; i++)
    {
      count[s->judged[i].verdict]++;
      worse += s->judged[i].worse;
    }
  return worse;
}

const char *
study_title (const study *s)
{
  return s->claims && *s->claims->title ? s->claims->title : s->name;
}

const char *
study_number (double x, char buf[32])
{
  if (isnan (x))
    return "";
  snprintf (buf, 32, "%.6g", x);
  if (fabs (x) < WRITTEN_OUT && strstr (buf, "e+"))
    snprintf (buf, 32, "%.0f",
              strtod (buf, NULL)); /* as papers print it: 2090180, not 2.09018e+06 */
  return buf;
}

const char *
study_verdict (const rw_claim *claim, const rw_judgement *judged, char buf[64])
{
  snprintf (buf, 64, judged->worse ? "%s (expected: %s)" : "%s", rw_verdict_name (judged->verdict),
            rw_verdict_name (claim->expected));
  return buf;
}
