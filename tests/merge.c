/* merge: merge patches do what RFC 7386 says, on its own examples (appendix A).  */
#include "base/text.h"
#include "json/json.h"
#include "tap.h"

static rw_error err;

static cJSON *
parse (const char *text)
{
  cJSON *tree = NULL;
  if (rw_json_parse ("t", text, strlen (text), &tree, &err))
    printf ("# %s\n", err.text);
  return tree;
}

/* The canonical text of a tree; the caller frees it.  */
static rw_text
text_of (const cJSON *tree)
{
  rw_text t = { 0 };
  rw_json_normal (tree, &t);
  return t;
}

static void
examples_of_the_rfc (void)
{
  static const char *const rows[][3] = {
    { "{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
    { "{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}" },
    { "{\"a\":\"b\"}", "{\"a\":null}", "{}" },
    { "{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}" },
    { "{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}" },
    { "{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}" },
    { "{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}" },
    { "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}" },
    { "[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]" },
    { "{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]" },
    { "{\"a\":\"foo\"}", "null", "null" },
    { "{\"a\":\"foo\"}", "\"bar\"", "\"bar\"" },
    { "{\"e\":null}", "{\"a\":1}", "{\"a\":1,\"e\":null}" },
    { "[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}" },
    { "{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}" },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      cJSON *target = parse (rows[i][0]), *patch = parse (rows[i][1]), *got = NULL;
      ok (!rw_json_merge (target, patch, &got, &err), "%s with %s", rows[i][0], rows[i][1]);
      rw_text text = text_of (got), left = text_of (target), want = { 0 };
      cJSON *wanted = parse (rows[i][2]), *before = parse (rows[i][0]);
      rw_json_normal (wanted, &want);
      ok (strcmp (rw_text_get (&text), rw_text_get (&want)) == 0, "gives %s", rows[i][2]);
      ok (cJSON_Compare (target, before, true), "and leaves its target alone: %s",
          rw_text_get (&left));
      cJSON_Delete (target);
      cJSON_Delete (patch);
      cJSON_Delete (got);
      cJSON_Delete (wanted);
      cJSON_Delete (before);
      rw_text_free (&text);
      rw_text_free (&left);
      rw_text_free (&want);
    }
}

/* A reduced patch does the same, and says nothing twice.  */
static void
idle_parts_are_left_out (void)
{
  static const char *const rows[][3] = {
    { "{\"a\":1,\"b\":{\"c\":2,\"d\":3}}", "{\"a\":1,\"b\":{\"c\":2,\"d\":4},\"e\":null}",
      "{\"b\":{\"d\":4}}" },
    { "{\"a\":null}", "{\"a\":null}", "{\"a\":null}" },
    { "{\"a\":1}", "{\"b\":{\"c\":null}}", "{\"b\":{}}" },
    { "{\"a\":1}", "{\"a\":{\"c\":null,\"d\":[1,2]}}", "{\"a\":{\"d\":[1,2]}}" },
    { "{\"a\":[1,2]}", "{\"a\":[1,2]}", "{}" },
    { "{\"a\":{\"b\":{\"c\":1}}}", "{\"a\":{\"b\":{\"c\":1}}}", "{}" },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      cJSON *target = parse (rows[i][0]), *patch = parse (rows[i][1]), *less = NULL, *a = NULL,
            *b = NULL;
      rw_text text = { 0 };
      rw_json_change (target, patch, &less, &err);
      rw_json_normal (less, &text);
      ok (strcmp (rw_text_get (&text), rows[i][2]) == 0, "of %s stays %s", rows[i][1],
          rw_text_get (&text));
      rw_json_merge (target, patch, &a, &err);
      rw_json_merge (target, less, &b, &err);
      ok (cJSON_Compare (a, b, true), "which does the same");
      rw_text_free (&text);
      cJSON_Delete (target);
      cJSON_Delete (patch);
      cJSON_Delete (less);
      cJSON_Delete (a);
      cJSON_Delete (b);
    }
}

/* A config keeps the order of its keys, so that it can be read beside the old one.  */
static void
order_is_kept (void)
{
  cJSON *target = parse ("{\"z\":1,\"m\":{\"y\":2,\"b\":3},\"a\":4}");
  cJSON *patch = parse ("{\"m\":{\"c\":5,\"y\":6}}"), *got = NULL;
  ok (!rw_json_merge (target, patch, &got, &err), "a patch inside");
  char *text = cJSON_PrintUnformatted (got);
  ok (text && strcmp (text, "{\"z\":1,\"m\":{\"y\":6,\"b\":3,\"c\":5},\"a\":4}") == 0,
      "keys stay in their places, new ones follow");
  cJSON_free (text);
  cJSON_Delete (target);
  cJSON_Delete (patch);
  cJSON_Delete (got);
}

int
main (void)
{
  examples_of_the_rfc ();
  idle_parts_are_left_out ();
  order_is_kept ();
  return tap_end ();
}
