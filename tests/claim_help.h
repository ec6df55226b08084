/* claim_help: claims made from a text, or from one good claim and a merge patch on it.  */
#ifndef RW_TESTS_CLAIM_HELP_H
#define RW_TESTS_CLAIM_HELP_H

#include "claim/judge.h"
#include "json/json.h"
#include "run_help.h"

/* One claim that reads well.  */
static const char good_claim[]
    = "{\"name\": \"one\", \"place\": \"Table 2\", \"value\": {\"field\": \"similarity_min\"}, "
      "\"published\": 0.0424, \"within\": {\"absolute\": 0.00005, \"why\": \"four digits\"}, "
      "\"verdict\": \"match\"}";

/* Writes folder/expected.json; its path.  */
__attribute__ ((unused)) static const char *
write_expected (const char *text, size_t n)
{
  static char path[64];
  snprintf (path, sizeof path, "%s/expected.json", folder);
  FILE *f = fopen (path, "w");
  if (!f || fwrite (text, 1, n, f) != n || fclose (f))
    {
      printf ("Bail out! %s cannot be written\n", path);
      exit (1);
    }
  return path;
}

__attribute__ ((unused)) static rw_status
read_text (const char *text, rw_claims **out)
{
  err = (rw_error){ 0 };
  return rw_claims_read (write_expected (text, strlen (text)), out, &err);
}

/* The good claim changed by a merge patch; the caller frees.  */
__attribute__ ((unused)) static char *
patched (const char *patch)
{
  cJSON *claim = NULL, *change = NULL, *out = NULL;
  rw_text text = { 0 };
  if (rw_json_parse ("good", good_claim, strlen (good_claim), &claim, &err)
      || rw_json_parse (patch, patch, strlen (patch), &change, &err)
      || rw_json_merge (claim, change, &out, &err))
    {
      printf ("Bail out! %s\n", err.text);
      exit (1);
    }
  rw_json_normal (out, &text);
  cJSON_Delete (claim);
  cJSON_Delete (change);
  cJSON_Delete (out);
  return text.s;
}

/* An expected.json with the claims of several patches, NULL at the end.  */
__attribute__ ((unused)) static rw_status
read_patched (const char *const *patch, rw_claims **out)
{
  rw_text text = { 0 };
  rw_text_add (&text, "{\"title\": \"t\", \"paper\": \"p\", \"claims\": [");
  for (size_t i = 0; patch[i]; i++)
    {
      char *claim = patched (patch[i]);
      rw_text_addf (&text, "%s%s", i ? ",\n" : "", claim);
      rw_free (claim);
    }
  rw_text_add (&text, "]}");
  const rw_status s = read_text (rw_text_get (&text), out);
  rw_text_free (&text);
  return s;
}

#endif
