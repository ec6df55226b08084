/* claim: the reader of expected.json; see claim.h, and doc/experiments.md for the format.  */
#include "claim/claim.h"
#include "claim/claim_part.h"

#include <stdio.h>
#include <string.h>

static const char *const verdicts[] = { "match", "slip", "differs", NULL }; /* in a file */

const char *
rw_verdict_name (rw_verdict verdict)
{
  static const char *const names[] = { "match", "paper slip", "differs", "not run" };
  return names[verdict];
}

static const char *
verdict_word (size_t i, const void *data)
{
  (void) data;
  return verdicts[i];
}

/* ---- a claim ---- */

static rw_status
read_verdict (const rw_sheet *sheet, const cJSON *item, const char *path, rw_verdict *out)
{
  const cJSON *verdict = rw_json_get (item, "verdict");
  const char *word;
  char near[96];
  rw_status s = rw_sheet_text (sheet, item, path, "verdict", RW_SHEET_TEXT, true, &word);
  if (s)
    return s;
  for (size_t i = 0; verdicts[i]; i++)
    if (strcmp (verdicts[i], word) == 0)
      {
        *out = (rw_verdict) i;
        return RW_OK;
      }
  return rw_sheet_fail (sheet, verdict, path,
                        "no verdict '%.80s'; expected match, slip or differs%s", word,
                        rw_did_you_mean (near, sizeof near, word, verdict_word, NULL));
}

static rw_status
read_published (const rw_sheet *sheet, const cJSON *item, const char *path, const char **out)
{
  char where[RW_SHEET_PATH];
  const cJSON *published = rw_json_get (item, "published");
  if (!published)
    return rw_sheet_fail (sheet, item, path,
                          "needs \"published\", the number as printed or the claim in words");
  if (cJSON_IsNumber (published))
    return rw_sheet_digits (sheet, published, out);
  return rw_sheet_word (sheet, published, rw_sheet_path (where, path, "published"), RW_SHEET_TEXT,
                        out);
}

static rw_status
read_slip (const rw_sheet *sheet, const cJSON *item, const char *path, rw_claim *out)
{
  static const char *const known[]
      = { "why", "value", "equals", "within", "at_least", "at_most", "above", "below", NULL };
  char where[RW_SHEET_PATH];
  const cJSON *slip = rw_json_get (item, "slip");
  out->has_slip = slip;
  if (!slip && out->expected != RW_VERDICT_SLIP)
    return RW_OK;
  if (!slip)
    {
      rw_sheet_fail (sheet, item, path,
                     "the verdict \"slip\" needs \"slip\", what is right instead");
      return rw_hint (sheet->err, "e.g. \"slip\": {\"why\": \"...\", \"value\": {...}, \"equals\": "
                                  "2150, \"within\": {...}}");
    }
  rw_sheet_path (where, path, "slip");
  if (out->expected != RW_VERDICT_SLIP)
    return rw_sheet_fail (sheet, slip, where, "stands only with the verdict \"slip\"");
  rw_status s = rw_sheet_keys (sheet, slip, where, known);
  if (!s)
    s = rw_sheet_text (sheet, slip, where, "why", RW_SHEET_TEXT, true, &out->slip.why);
  if (!s)
    s = rw_claim_measure (sheet, slip, where, "value", &out->slip.value);
  return s ? s : rw_claim_bound (sheet, slip, where, "equals", &out->slip.bound);
}

/* A list of 1 to `most` items; *n is 0 where the list is missing.  */
static rw_status
open_list (const rw_sheet *sheet, const cJSON *list, const char *path, size_t most, size_t *n)
{
  *n = 0;
  if (!list)
    return RW_OK;
  if (!cJSON_IsArray (list))
    return rw_sheet_fail (sheet, list, path, "expected a list, got %s", rw_json_kind (list));
  *n = (size_t) cJSON_GetArraySize (list);
  if (!*n)
    return rw_sheet_fail (sheet, list, path, "an empty list");
  if (*n > most)
    return rw_sheet_fail (sheet, list, path, "%zu items; at most %zu", *n, most);
  return RW_OK;
}

static rw_status
read_readings (const rw_sheet *sheet, const cJSON *item, const char *path, rw_claim *out)
{
  static const char *const known[] = { "says", "value", NULL };
  char where[RW_SHEET_PATH];
  const cJSON *list = rw_json_get (item, "readings");
  size_t n;
  rw_status s
      = open_list (sheet, list, rw_sheet_path (where, path, "readings"), RW_SHEET_READINGS, &n);
  if (s || !n)
    return s;
  out->reading = rw_arena_take (sheet->claims->arena, n, sizeof *out->reading);
  if (!out->reading)
    return rw_nomem (sheet->err, n * sizeof *out->reading);
  for (const cJSON *c = list->child; c && !s; c = c->next, out->n_readings++)
    {
      rw_reading *r = &out->reading[out->n_readings];
      snprintf (where, sizeof where, "%.200s.readings[%zu]", path, out->n_readings);
      s = rw_sheet_keys (sheet, c, where, known);
      if (!s)
        s = rw_sheet_text (sheet, c, where, "says", RW_SHEET_TEXT, true, &r->says);
      if (!s)
        s = rw_claim_measure (sheet, c, where, "value", &r->value);
    }
  return s;
}

static rw_status
read_claim (const rw_sheet *sheet, const cJSON *item, const char *path, rw_claim *out)
{
  static const char *const known[]
      = { "name",  "place", "value",   "published", "within",   "at_least", "at_most",
          "above", "below", "verdict", "slip",      "readings", NULL };
  rw_status s = rw_sheet_keys (sheet, item, path, known);
  if (!s)
    s = rw_sheet_text (sheet, item, path, "name", RW_CLAIM_NAME, true, &out->name);
  if (!s)
    s = rw_sheet_text (sheet, item, path, "place", RW_SHEET_TEXT, true, &out->place);
  if (!s)
    s = rw_claim_measure (sheet, item, path, "value", &out->value);
  if (!s)
    s = read_published (sheet, item, path, &out->published);
  if (!s)
    s = rw_claim_bound (sheet, item, path, "published", &out->bound);
  if (!s)
    s = read_verdict (sheet, item, path, &out->expected);
  if (!s)
    s = read_slip (sheet, item, path, out);
  return s ? s : read_readings (sheet, item, path, out);
}

/* ---- the file ---- */

static rw_status
read_claims (const rw_sheet *sheet)
{
  rw_claims *claims = sheet->claims;
  const cJSON *list = rw_json_get (sheet->root, "claims");
  size_t n;
  if (!list)
    return rw_sheet_fail (sheet, sheet->root, "", "needs \"claims\", a list");
  rw_status s = open_list (sheet, list, "claims", RW_SHEET_CLAIMS, &n);
  if (s)
    return s;
  claims->claim = rw_arena_take (claims->arena, n, sizeof *claims->claim);
  if (!claims->claim)
    return rw_nomem (sheet->err, n * sizeof *claims->claim);
  for (const cJSON *c = list->child; c && !s; c = c->next, claims->n_claims++)
    {
      rw_claim *claim = &claims->claim[claims->n_claims];
      char path[RW_SHEET_PATH];
      snprintf (path, sizeof path, "claims[%zu]", claims->n_claims);
      s = read_claim (sheet, c, path, claim);
      for (size_t i = 0; i < claims->n_claims && !s; i++)
        if (strcmp (claims->claim[i].name, claim->name) == 0)
          s = rw_sheet_fail (sheet, rw_json_get (c, "name"), path,
                             "the name '%s' is that of claims[%zu]", claim->name, i);
    }
  return s;
}

static rw_status
read_optional (const rw_sheet *sheet)
{
  const cJSON *list = rw_json_get (sheet->root, "optional");
  size_t n, k;
  rw_status s = open_list (sheet, list, "optional", RW_SHEET_CONFIGS, &n);
  for (const cJSON *c = list && !s ? list->child : NULL; c && !s; c = c->next)
    {
      s = rw_sheet_config (sheet, c, "optional", &k);
      if (!s)
        sheet->claims->optional[k] = true;
    }
  return s;
}

static rw_status
read_all (const rw_sheet *sheet)
{
  static const char *const known[] = { "title", "paper", "optional", "claims", NULL };
  rw_claims *c = sheet->claims;
  c->config = rw_arena_take (c->arena, RW_SHEET_CONFIGS, sizeof *c->config);
  c->optional = rw_arena_take (c->arena, RW_SHEET_CONFIGS, sizeof *c->optional);
  if (!c->config || !c->optional)
    return rw_nomem (sheet->err, RW_SHEET_CONFIGS * sizeof *c->config);
  c->config[c->n_configs++] = "config.json";
  rw_status s = rw_sheet_keys (sheet, sheet->root, "", known);
  if (!s)
    s = rw_sheet_text (sheet, sheet->root, "", "title", RW_SHEET_TEXT, true, &c->title);
  if (!s)
    s = rw_sheet_text (sheet, sheet->root, "", "paper", RW_SHEET_TEXT, true, &c->paper);
  if (!s)
    s = read_claims (sheet);
  return s ? s : read_optional (sheet);
}

rw_status
rw_claims_read (const char *path, rw_claims **out, rw_error *err)
{
  rw_sheet sheet = { .file = path, .err = err };
  rw_arena *arena = rw_arena_new ();
  *out = NULL;
  sheet.claims = arena ? rw_arena_take (arena, 1, sizeof *sheet.claims) : NULL;
  rw_status s = RW_OK;
  if (sheet.claims)
    sheet.claims->arena = arena;
  else
    s = rw_nomem (err, sizeof *sheet.claims);
  if (!s)
    s = rw_json_text (path, &sheet.text, err);
  if (!s && sheet.text.n > RW_SHEET_BYTES)
    s = rw_fail (err, RW_EINVAL, "%s: %zu bytes; an expected.json has at most %d", path,
                 sheet.text.n, RW_SHEET_BYTES);
  if (!s)
    s = rw_json_parse (path, rw_text_get (&sheet.text), sheet.text.n, &sheet.root, err);
  if (!s)
    s = read_all (&sheet);
  cJSON_Delete (sheet.root);
  rw_text_free (&sheet.text);
  if (s)
    rw_arena_free (arena);
  else
    *out = sheet.claims;
  return s;
}

void
rw_claims_free (rw_claims *claims)
{
  if (claims)
    rw_arena_free (claims->arena);
}
