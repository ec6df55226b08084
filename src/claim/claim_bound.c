/* claim_bound: what a value is held against: a number with a tolerance and its reason, or one of
   four relations; never both, never neither.  */
#include "claim/claim_part.h"

#include <math.h>

static const struct
{
  const char *key;
  rw_holds kind;
} relations[] = { { "at_least", RW_HOLDS_AT_LEAST },
                  { "at_most", RW_HOLDS_AT_MOST },
                  { "above", RW_HOLDS_ABOVE },
                  { "below", RW_HOLDS_BELOW },
                  { NULL, RW_HOLDS_EQUAL } };

static const char listed[] = "at_least, at_most, above, below";

/* The one relation of the object, the end of the table where there is none.  */
static rw_status
find_relation (const rw_sheet *sheet, const cJSON *object, const char *path, size_t *found)
{
  size_t i = 0;
  while (relations[i].key && !rw_json_get (object, relations[i].key))
    i++;
  *found = i;
  for (i += relations[i].key != NULL; relations[i].key; i++)
    if (rw_json_get (object, relations[i].key))
      return rw_sheet_fail (sheet, rw_json_get (object, relations[i].key), path,
                            "both \"%s\" and \"%s\"; one relation a claim", relations[*found].key,
                            relations[i].key);
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
  size_t i;
  *out = (rw_bound){ .kind = RW_HOLDS_EQUAL, .why = "" };
  rw_status s = find_relation (sheet, object, path, &i);
  if (s)
    return s;
  if (!relations[i].key)
    return read_equal (sheet, object, path, key, out);
  const cJSON *within = rw_json_get (object, "within"), *number = rw_json_get (object, key);
  if (within)
    return rw_sheet_fail (sheet, within, path,
                          "both \"within\" and \"%s\"; a relation has no tolerance",
                          relations[i].key);
  if (cJSON_IsNumber (number))
    {
      rw_sheet_fail (sheet, number, path, "both the number \"%s\" and the relation \"%s\"", key,
                     relations[i].key);
      return rw_hint (sheet->err, "write what is claimed as a text, or give \"within\" instead");
    }
  out->kind = relations[i].kind;
  return rw_sheet_number (sheet, object, path, relations[i].key, &out->number);
}
