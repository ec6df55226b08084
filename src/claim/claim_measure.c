/* claim_measure: the value block of a claim: which number of which result file.  */
#include "claim/claim_part.h"
#include "claim/reduce.h"

#include <stdio.h>
#include <string.h>

static const char *const keys[]
    = { "config", "field", "at", "where", "minus", "over", "times", "reduce", NULL };

/* ---- at: {"length": 1024, "schedule": "yarn"} ---- */

/* A coordinate's value as rw_coord_find takes it.  */
static rw_status
read_place (const rw_sheet *sheet, const cJSON *c, const char *path, const char **out)
{
  if (cJSON_IsNumber (c))
    return rw_sheet_digits (sheet, c, out);
  if (cJSON_IsBool (c))
    {
      *out = cJSON_IsTrue (c) ? "true" : "false";
      return RW_OK;
    }
  if (!cJSON_IsString (c))
    return rw_sheet_fail (sheet, c, path, "expected a number or a label, got %s", rw_json_kind (c));
  return rw_sheet_word (sheet, c, path, RW_SHEET_TEXT, out);
}

/* The members of "at" or "where", NULL where it is missing.  */
static rw_status
open_dims (const rw_sheet *sheet, const cJSON *object, const char *path, const cJSON **first)
{
  *first = NULL;
  if (object && !cJSON_IsObject (object))
    return rw_sheet_fail (sheet, object, path, "expected an object, got %s", rw_json_kind (object));
  if (object && cJSON_GetArraySize (object) > RW_CLAIM_HELD)
    return rw_sheet_fail (sheet, object, path, "more than %d dimensions", RW_CLAIM_HELD);
  *first = object ? object->child : NULL;
  return RW_OK;
}

static rw_status
read_at (const rw_sheet *sheet, const cJSON *object, const char *path, rw_measure *out)
{
  char where[RW_SHEET_PATH], place[RW_SHEET_PATH];
  const cJSON *c;
  rw_status s = open_dims (sheet, object, rw_sheet_path (where, path, "at"), &c);
  for (; c && !s; c = c->next, out->n_at++)
    {
      s = rw_sheet_key (sheet, c, where, &out->at[out->n_at].dim);
      if (!s)
        s = read_place (sheet, c, rw_sheet_path (place, where, c->string),
                        &out->at[out->n_at].text);
    }
  return s;
}

/* ---- where: {"distance": [1, 4096]} ---- */

static rw_status
read_where (const rw_sheet *sheet, const cJSON *object, const char *path, rw_measure *out)
{
  char where[RW_SHEET_PATH], place[RW_SHEET_PATH];
  const cJSON *c;
  rw_status s = open_dims (sheet, object, rw_sheet_path (where, path, "where"), &c);
  for (; c && !s; c = c->next, out->n_where++)
    {
      const cJSON *from = cJSON_IsArray (c) ? c->child : NULL, *to = from ? from->next : NULL;
      rw_sheet_path (place, where, c->string);
      s = rw_sheet_key (sheet, c, where, &out->where[out->n_where].dim);
      if (s)
        return s;
      if (!cJSON_IsNumber (from) || !cJSON_IsNumber (to) || to->next)
        return rw_sheet_fail (sheet, c, place, "expected [from, to], two numbers");
      if (from->valuedouble > to->valuedouble)
        return rw_sheet_fail (sheet, c, place, "the range ends before it begins");
      out->where[out->n_where].from = from->valuedouble;
      out->where[out->n_where].to = to->valuedouble;
    }
  return s;
}

/* ---- reduce: "min" or {"count_below": 0} ---- */

static rw_status
unknown_reduction (const rw_sheet *sheet, const cJSON *item, const char *path, const char *word)
{
  char near[96], list[256] = "";
  for (size_t i = 0; rw_reduce_name (i, NULL); i++)
    snprintf (list + strlen (list), sizeof list - strlen (list), "%s%s", i ? ", " : "",
              rw_reduce_name (i, NULL));
  return rw_sheet_fail (sheet, item, path, "no reduction '%.80s'; there are: %s%s", word, list,
                        rw_did_you_mean (near, sizeof near, word, rw_reduce_name, NULL));
}

static rw_status
read_reduce (const rw_sheet *sheet, const cJSON *item, const char *path, rw_measure *out)
{
  char where[RW_SHEET_PATH];
  const cJSON *level = cJSON_IsObject (item) ? item->child : NULL;
  out->reduce = "";
  rw_sheet_path (where, path, "reduce");
  if (!item)
    return RW_OK;
  if (!cJSON_IsString (item) && (!level || level->next))
    return rw_sheet_fail (sheet, item, where,
                          "expected a name, or an object of one name and its level, got %s",
                          rw_json_kind (item));
  const char *word = level ? level->string : item->valuestring;
  const rw_reduction *r = rw_reduce_find (word);
  if (!r)
    return unknown_reduction (sheet, item, where, word);
  out->reduce = r->name;
  if (r->level && !level)
    return rw_sheet_fail (sheet, item, where, "%s needs a level: {\"%s\": 0}", word, word);
  if (!r->level && level)
    return rw_sheet_fail (sheet, item, where, "%s takes no level: \"reduce\": \"%s\"", word, word);
  return level ? rw_sheet_number (sheet, item, where, word, &out->level) : RW_OK;
}

/* ---- the block ---- */

static rw_status read_block (const rw_sheet *sheet, const cJSON *item, const char *path, int depth,
                             rw_measure *out);

static rw_status
read_with (const rw_sheet *sheet, const cJSON *item, const char *path, int depth, rw_measure *out)
{
  char where[RW_SHEET_PATH];
  const cJSON *minus = rw_json_get (item, "minus"), *over = rw_json_get (item, "over");
  if (minus && over)
    return rw_sheet_fail (sheet, over, path, "both \"minus\" and \"over\"; one of the two");
  if (!minus && !over)
    return RW_OK;
  if (depth == RW_SHEET_DEPTH)
    return rw_sheet_fail (sheet, minus ? minus : over, path, "more than %d values in each other",
                          RW_SHEET_DEPTH);
  rw_measure *with = rw_arena_take (sheet->claims->arena, 1, sizeof *with);
  if (!with)
    return rw_nomem (sheet->err, sizeof *with);
  out->combine = minus ? RW_COMBINE_MINUS : RW_COMBINE_OVER;
  out->with = with;
  return read_block (sheet, minus ? minus : over,
                     rw_sheet_path (where, path, minus ? "minus" : "over"), depth + 1, with);
}

static rw_status
read_block (const rw_sheet *sheet, const cJSON *item, const char *path, int depth, rw_measure *out)
{
  char where[RW_SHEET_PATH];
  const cJSON *config = rw_json_get (item, "config");
  *out = (rw_measure){ .times = 1 };
  rw_status s = rw_sheet_keys (sheet, item, path, keys);
  if (!s && config)
    s = rw_sheet_config (sheet, config, rw_sheet_path (where, path, "config"), &out->config);
  if (!s)
    s = rw_sheet_text (sheet, item, path, "field", RW_SHEET_TEXT, true, &out->field);
  if (!s)
    s = read_at (sheet, rw_json_get (item, "at"), path, out);
  if (!s)
    s = read_where (sheet, rw_json_get (item, "where"), path, out);
  if (!s)
    s = read_with (sheet, item, path, depth, out);
  if (!s && rw_json_get (item, "times"))
    s = rw_sheet_number (sheet, item, path, "times", &out->times);
  return s ? s : read_reduce (sheet, rw_json_get (item, "reduce"), path, out);
}

rw_status
rw_claim_measure (const rw_sheet *sheet, const cJSON *object, const char *path, const char *key,
                  rw_measure *out)
{
  char where[RW_SHEET_PATH];
  const cJSON *item = rw_json_get (object, key);
  if (!item)
    return rw_sheet_fail (sheet, object, path, "needs \"%s\", what is measured", key);
  return read_block (sheet, item, rw_sheet_path (where, path, key), 1, out);
}
