/* claim_bound: what a value is held against: a number with a tolerance and its reason, or one of
   four relations; never both, never neither.  */
#include "claim/claim_part.h"

#include <math.h>

static const char *const names[] = { [RW_HOLDS_EQUAL] = "within",
                                     [RW_HOLDS_AT_LEAST] = "at_least",
                                     [RW_HOLDS_AT_MOST] = "at_most",
                                     [RW_HOLDS_ABOVE] = "above",
                                     [RW_HOLDS_BELOW] = "below" };

const char *
rw_holds_name (rw_holds kind)
{
  return names[kind];
}

static const char listed[] = "at_least, at_most, above, below";

/* The one relation of the object, RW_HOLDS_EQUAL where there is none.  */
static rw_status
find_relation (const rw_sheet *sheet, const cJSON *object, const char *path, rw_holds *found)
{
  *found = RW_HOLDS_EQUAL;
  for (rw_holds kind = RW_HOLDS_AT_LEAST; kind <= RW_HOLDS_BELOW; kind++)
    {
      const cJSON *item = rw_json_get (object, names[kind]);
      if (item && *found)
        return rw_sheet_fail (sheet, item, path, "both \"%s\" and \"%s\"; one relation a claim",
                              names[*found], names[kind]);
      *found = item ? kind : *found;
    }
  return RW_OK;
}

static rw_status
read_within (const rw_sheet *sheet, const cJSON *within, const char *path, rw_bound *out)
{
  static const char *const known[] = { "relative", "absolute", "why", NULL };
  char where[RW_SHEET_PATH];
  rw_sheet_path (where, path, "within");
  rw_status s = rw_sheet_keys (sheet, within, where, known);
  if (s)
    return s;
  const bool relative = rw_json_get (within, "relative");
  if (relative == (rw_json_get (within, "absolute") != NULL))
    return rw_sheet_fail (sheet, within, where,
                          "needs \"relative\" or \"absolute\", a number, and not both");
  const char *key = relative ? "relative" : "absolute";
  s = rw_sheet_number (sheet, within, where, key, &out->tolerance);
  if (!s && out->tolerance < 0)
    s = rw_sheet_fail (sheet, rw_json_get (within, key), where, "a tolerance below 0");
  if (!s && !rw_json_get (within, "why"))
    {
      rw_sheet_fail (sheet, within, where, "needs \"why\", the reason of the tolerance");
      return rw_hint (sheet->err, "e.g. \"why\": \"printed with two digits\"");
    }
  out->tolerance *= relative ? fabs (out->number) : 1;
  return s ? s : rw_sheet_text (sheet, within, where, "why", RW_SHEET_TEXT, true, &out->why);
}

static rw_status
read_equal (const rw_sheet *sheet, const cJSON *object, const char *path, const char *key,
            rw_bound *out)
{
  const cJSON *number = rw_json_get (object, key), *within = rw_json_get (object, "within");
  if (!cJSON_IsNumber (number))
    {
      rw_sheet_fail (sheet, number ? number : object, path,
                     "needs \"%s\" as a number and \"within\", or one of %s", key, listed);
      if (number)
        return rw_hint (sheet->err, "a claim in words is held by a relation, e.g. \"at_least\": 1");
      return rw_hint (sheet->err,
                      "e.g. \"%s\": 4300, \"within\": {\"absolute\": 50, \"why\": \"...\"}", key);
    }
  if (!within)
    {
      rw_sheet_fail (sheet, object, path, "needs \"within\", the tolerance of \"%s\"", key);
      return rw_hint (sheet->err, "e.g. \"within\": {\"absolute\": 0.5, \"why\": \"printed with no "
                                  "digit after the point\"}");
    }
  out->number = number->valuedouble;
  return read_within (sheet, within, path, out);
}

rw_status
rw_claim_bound (const rw_sheet *sheet, const cJSON *object, const char *path, const char *key,
                rw_bound *out)
{
  *out = (rw_bound){ .why = "" };
  const rw_status s = find_relation (sheet, object, path, &out->kind);
  if (s)
    return s;
  if (out->kind == RW_HOLDS_EQUAL)
    return read_equal (sheet, object, path, key, out);
  const cJSON *within = rw_json_get (object, "within"), *number = rw_json_get (object, key);
  if (within)
    return rw_sheet_fail (sheet, within, path,
                          "both \"within\" and \"%s\"; a relation has no tolerance",
                          names[out->kind]);
  if (cJSON_IsNumber (number))
    {
      rw_sheet_fail (sheet, number, path, "both the number \"%s\" and the relation \"%s\"", key,
                     names[out->kind]);
      return rw_hint (sheet->err, "write what is claimed as a text, or give \"within\" instead");
    }
  return rw_sheet_number (sheet, object, path, names[out->kind], &out->number);
}
