/* claims: expected.json is read strictly: what does not hold together is refused, with file, place
   and what was expected.  */
#include "claim_help.h"

/* A claim changed by a patch is refused with these words.  */
static void
refused (const char *patch, const char *words)
{
  rw_claims *c = NULL;
  const rw_status s = read_patched ((const char *const[]){ patch, NULL }, &c);
  if (!ok (s == RW_EINVAL && strstr (err.text, words) && strstr (err.text, "/expected.json:1:")
               && strstr (err.text, "claims[0]"),
           "%s", words))
    printf ("# %s gives: %s\n", patch, s ? err.text : "no error");
  rw_claims_free (c);
}

/* So is a whole text.  */
static void
refused_text (const char *text, const char *words)
{
  rw_claims *c = NULL;
  const rw_status s = read_text (text, &c);
  if (!ok (s == RW_EINVAL && strstr (err.text, words), "%s", words))
    printf ("# %s\n", s ? err.text : "no error");
  rw_claims_free (c);
}

static void
accepted (const char *patch, const char *name)
{
  rw_claims *c = NULL;
  const rw_status s = read_patched ((const char *const[]){ patch, NULL }, &c);
  if (!ok (s == RW_OK, "%s", name))
    printf ("# %s\n", err.text);
  rw_claims_free (c);
}

/* ---- what is read ---- */

static const char whole[]
    = "{\n \"title\": \"The base bounds the length\",\n \"paper\": \"Men et al.\",\n"
      " \"optional\": [\"big.json\", \"other.json\"],\n \"claims\": [\n"
      "  {\"name\": \"smallest base\", \"place\": \"Table 2\",\n"
      "   \"value\": {\"field\": \"base_infimum\", \"at\": {\"length\": 1024, \"schedule\": "
      "\"yarn\", \"whole\": true},\n"
      "    \"where\": {\"distance\": [1, 4.5e3]}, \"minus\": {\"config\": \"other.json\", "
      "\"field\": \"b\"},\n"
      "    \"times\": 0.5, \"reduce\": {\"count_below\": -2.5}},\n"
      "   \"published\": 4.30e3, \"within\": {\"relative\": 0.01, \"why\": \"two digits\"},\n"
      "   \"verdict\": \"differs\",\n"
      "   \"readings\": [{\"says\": \"B / K\", \"value\": {\"field\": \"c\", \"config\": "
      "\"third.json\"}}]},\n"
      "  {\"name\": \"least\", \"place\": \"section 3.1\", \"published\": \"at least 1\",\n"
      "   \"value\": {\"field\": \"d\", \"reduce\": \"min\"}, \"at_least\": 1, \"verdict\": "
      "\"slip\",\n"
      "   \"slip\": {\"why\": \"it fails at 2150\", \"value\": {\"field\": \"d\", \"reduce\": "
      "{\"first_below\": 1}},\n"
      "    \"equals\": 2150, \"within\": {\"absolute\": 0.5, \"why\": \"an integer\"}}}\n ]\n}\n";

static void
test_whole (void)
{
  rw_claims *c = NULL;
  if (!ok (read_text (whole, &c) == RW_OK, "a file with everything reads"))
    {
      printf ("Bail out! %s\n", err.text);
      exit (1);
    }
  ok (c->n_configs == 4 && strcmp (c->config[0], "config.json") == 0
          && strcmp (c->config[1], "other.json") == 0 && strcmp (c->config[2], "third.json") == 0
          && strcmp (c->config[3], "big.json") == 0,
      "configs once each, config.json first");
  ok (!c->optional[0] && c->optional[1] && !c->optional[2] && c->optional[3],
      "and which are optional");
  const rw_claim *a = &c->claim[0], *b = &c->claim[1];
  const rw_measure *v = &a->value;
  ok (c->n_claims == 2 && strcmp (a->published, "4.30e3") == 0
          && strcmp (b->published, "at least 1") == 0,
      "what was published stays as it is written");
  ok (v->n_at == 3 && strcmp (v->at[0].text, "1024") == 0 && strcmp (v->at[1].text, "yarn") == 0
          && strcmp (v->at[2].text, "true") == 0 && v->n_where == 1 && v->where[0].from == 1
          && v->where[0].to == 4500,
      "at and where");
  ok (v->combine == RW_COMBINE_MINUS && v->with && v->with->config == 1 && v->times == 0.5
          && strcmp (v->reduce, "count_below") == 0 && v->level == -2.5 && v->with->times == 1
          && strcmp (v->with->reduce, "") == 0,
      "minus, times and reduce, and what they are where they are left out");
  near (a->bound.tolerance, 43, TOL1, "a relative tolerance becomes an absolute one");
  ok (a->expected == RW_VERDICT_DIFFERS && a->n_readings == 1 && a->reading[0].value.config == 2
          && !a->has_slip,
      "readings");
  ok (b->bound.kind == RW_HOLDS_AT_LEAST && b->bound.number == 1 && b->has_slip
          && b->slip.bound.number == 2150 && b->slip.bound.tolerance == 0.5
          && b->expected == RW_VERDICT_SLIP,
      "a relation and a slip");
  rw_claims_free (c);
}

static void
test_accepted (void)
{
  accepted ("{}", "the good claim");
  accepted ("{\"within\": null, \"published\": \"small\", \"below\": 1}", "below");
  accepted ("{\"within\": {\"absolute\": 0}}", "a tolerance of 0");
  accepted ("{\"name\": \"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
            "\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
            "\xc3\xa9 0123456789 0123456789 0123456789 012345\"}",
            "60 characters of more bytes");
  ok (strcmp (rw_verdict_name (RW_VERDICT_MATCH), "match") == 0
          && strcmp (rw_verdict_name (RW_VERDICT_SLIP), "paper slip") == 0
          && strcmp (rw_verdict_name (RW_VERDICT_DIFFERS), "differs") == 0
          && strcmp (rw_verdict_name (RW_VERDICT_NOT_RUN), "not run") == 0,
      "verdicts have names");
}

/* ---- what is refused ---- */

static void
test_claim_errors (void)
{
  refused ("{\"plase\": 1}", "unknown key \"plase\"; known: name, place,");
  refused ("{\"plase\": 1}", "did you mean 'place'?");
  refused ("{\"name\": null}", "claims[0]: needs \"name\", a text");
  refused ("{\"name\": 5}", "claims[0].name: expected a text, got a number");
  refused ("{\"name\": \"\"}", "claims[0].name: an empty text");
  refused ("{\"name\": \"0123456789012345678901234567890123456789012345678901234567891\"}",
           "claims[0].name: 61 characters; at most 60");
  refused ("{\"name\": \"red \\u001b[31m\"}", "a control character in a text");
  refused ("{\"name\": \"csi \\u009b31m\"}", "a control character in a text");
  refused ("{\"place\": null}", "claims[0]: needs \"place\", a text");
  refused ("{\"published\": null}", "needs \"published\", the number as printed");
  refused ("{\"published\": [4]}", "claims[0].published: expected a text, got a list");
  refused ("{\"verdict\": null}", "needs \"verdict\", a text");
  refused ("{\"verdict\": \"mach\"}",
           "no verdict 'mach'; expected match, slip or differs; did you mean 'match'?");
  refused ("{\"verdict\": \"not run\"}", "no verdict 'not run'");
  refused ("{\"readings\": {}}", "claims[0].readings: expected a list, got an object");
  refused ("{\"readings\": []}", "claims[0].readings: an empty list");
  refused ("{\"readings\": [{\"says\": \"x\"}]}", "claims[0].readings[0]: needs \"value\"");
  refused ("{\"readings\": [{\"value\": {\"field\": \"x\"}}]}",
           "claims[0].readings[0]: needs \"says\"");
}

static void
test_value_errors (void)
{
  refused ("{\"value\": null}", "claims[0]: needs \"value\", what is measured");
  refused ("{\"value\": [1]}", "claims[0].value: expected an object, got a list");
  refused ("{\"value\": {\"field\": null}}", "claims[0].value: needs \"field\"");
  refused ("{\"value\": {\"feild\": \"x\"}}", "unknown key \"feild\"");
  refused ("{\"value\": {\"at\": [1]}}", "claims[0].value.at: expected an object, got a list");
  refused ("{\"value\": {\"at\": {\"length\": [1]}}}",
           "claims[0].value.at.length: expected a number or a label, got a list");
  refused ("{\"value\": {\"at\": {\"\": 1}}}", "claims[0].value.at: an empty text");
  refused ("{\"value\": {\"at\": {\"a\":1,\"b\":1,\"c\":1,\"d\":1,\"e\":1,\"f\":1,\"g\":1,\"h\":1,"
           "\"i\":1,\"j\":1,\"k\":1,\"l\":1,\"m\":1,\"n\":1,\"o\":1,\"p\":1,\"q\":1}}}",
           "claims[0].value.at: more than 16 dimensions");
  refused ("{\"value\": {\"where\": {\"distance\": 4}}}",
           "claims[0].value.where.distance: expected [from, to], two numbers");
  refused ("{\"value\": {\"where\": {\"distance\": [1]}}}", "expected [from, to], two numbers");
  refused ("{\"value\": {\"where\": {\"distance\": [1, 2, 3]}}}",
           "expected [from, to], two numbers");
  refused ("{\"value\": {\"where\": {\"distance\": [3, 2]}}}", "the range ends before it begins");
  refused ("{\"value\": {\"minus\": {\"field\": \"a\"}, \"over\": {\"field\": \"a\"}}}",
           "both \"minus\" and \"over\"");
  refused ("{\"value\": {\"over\": {\"feild\": \"a\"}}}", "claims[0].value.over: unknown key");
  refused ("{\"value\": {\"over\": {\"field\": \"a\", \"over\": {\"field\": \"a\", \"over\": "
           "{\"field\": \"a\", \"over\": {\"field\": \"a\"}}}}}}",
           "more than 4 values in each other");
  refused ("{\"value\": {\"times\": \"2\"}}",
           "claims[0].value.times: expected a number, got a text");
  refused ("{\"value\": {\"reduce\": \"minn\"}}",
           "no reduction 'minn'; there are: min, max, mean, sum, count, argmin,");
  refused ("{\"value\": {\"reduce\": \"first_belov\"}}", "did you mean 'first_below'?");
  refused ("{\"value\": {\"reduce\": \"count_below\"}}",
           "count_below needs a level: {\"count_below\": 0}");
  refused ("{\"value\": {\"reduce\": {\"min\": 1}}}", "min takes no level: \"reduce\": \"min\"");
  refused ("{\"value\": {\"reduce\": {\"count_below\": \"1\"}}}",
           "claims[0].value.reduce.count_below: expected a number, got a text");
  refused ("{\"value\": {\"reduce\": {\"count_below\": 1, \"min\": 1}}}",
           "expected a name, or an object of one name and its level");
  refused ("{\"value\": {\"reduce\": 4}}", "one name and its level, got a number");
  static const char *const outside[]
      = { "../config.json", "/etc/x.json", "a/b.json", ".hidden.json", "-x.json",
          "config.yaml",    ".json",       "",         "expected.json" };
  for (size_t i = 0; i < sizeof outside / sizeof *outside; i++)
    {
      char patch[96];
      snprintf (patch, sizeof patch, "{\"value\": {\"config\": \"%s\"}}", outside[i]);
      refused (patch, *outside[i] ? "is not the name of a config of this folder" : "an empty text");
    }
}

static void
test_bound_errors (void)
{
  refused ("{\"at_least\": 1}", "both \"within\" and \"at_least\"; a relation has no tolerance");
  refused ("{\"at_least\": 1, \"within\": null}",
           "both the number \"published\" and the relation \"at_least\"");
  refused ("{\"at_least\": 1, \"below\": 3}",
           "both \"at_least\" and \"below\"; one relation a claim");
  refused ("{\"within\": null}", "needs \"within\", the tolerance of \"published\"");
  refused ("{\"published\": \"about 1\"}",
           "needs \"published\" as a number and \"within\", or one of at_least, at_most, above, "
           "below");
  refused ("{\"published\": \"low\", \"within\": null, \"below\": \"1\"}",
           "claims[0].below: expected a number, got a text");
  refused ("{\"within\": 0.5}", "claims[0].within: expected an object, got a number");
  refused ("{\"within\": {\"absolut\": 1}}", "did you mean 'absolute'?");
  refused ("{\"within\": {\"absolute\": null}}",
           "needs \"relative\" or \"absolute\", a number, and not both");
  refused ("{\"within\": {\"relative\": 1}}", "a number, and not both");
  refused ("{\"within\": {\"absolute\": -1}}", "a tolerance below 0");
  refused ("{\"within\": {\"absolute\": \"1\"}}",
           "claims[0].within.absolute: expected a number, got a text");
  refused ("{\"within\": {\"why\": null}}", "needs \"why\", the reason of the tolerance");
  has (err.hint, "printed with two digits", "and the hint has an example");
  refused ("{\"within\": {\"why\": \"\"}}", "claims[0].within.why: an empty text");
}

static void
test_slip_errors (void)
{
  static const char slip[] = "\"slip\": {\"why\": \"w\", \"value\": {\"field\": \"x\"}, "
                             "\"equals\": 1, \"within\": {\"absolute\": 1, \"why\": \"w\"}}";
  char patch[256];
  refused ("{\"verdict\": \"slip\"}", "the verdict \"slip\" needs \"slip\", what is right instead");
  snprintf (patch, sizeof patch, "{%s}", slip);
  refused (patch, "claims[0].slip: stands only with the verdict \"slip\"");
  snprintf (patch, sizeof patch, "{\"verdict\": \"slip\", %s}", slip);
  accepted (patch, "a slip with all it needs");
  refused ("{\"verdict\": \"slip\", \"slip\": 1}", "claims[0].slip: expected an object");
  refused ("{\"verdict\": \"slip\", \"slip\": {\"value\": {\"field\": \"x\"}, \"equals\": 1}}",
           "claims[0].slip: needs \"why\"");
  refused ("{\"verdict\": \"slip\", \"slip\": {\"why\": \"w\", \"equals\": 1}}",
           "claims[0].slip: needs \"value\"");
  refused ("{\"verdict\": \"slip\", \"slip\": {\"why\": \"w\", \"value\": {\"field\": \"x\"}}}",
           "claims[0].slip: needs \"equals\" as a number and \"within\"");
  refused ("{\"verdict\": \"slip\", \"slip\": {\"why\": \"w\", \"value\": {\"field\": \"x\"}, "
           "\"equals\": 1}}",
           "claims[0].slip: needs \"within\", the tolerance of \"equals\"");
  refused ("{\"verdict\": \"slip\", \"slip\": {\"why\": \"w\", \"value\": {\"field\": \"x\"}, "
           "\"equals\": 1, \"above\": 1}}",
           "both the number \"equals\" and the relation \"above\"");
}

static void
test_file_errors (void)
{
  rw_claims *c = NULL;
  const char *const twice[] = { "{}", "{}", NULL };
  ok (read_patched (twice, &c) == RW_EINVAL
          && strstr (err.text, "claims[1]: the name 'one' is that of claims[0]"),
      "a name twice");
  refused_text ("", "expected a value, got the end of the text");
  refused_text ("[]", "/expected.json:1:1: expected an object, got a list");
  refused_text ("{\"paper\": \"p\"}", "needs \"title\", a text");
  refused_text ("{\"title\": \"p\"}", "needs \"paper\", a text");
  refused_text ("{\"title\": \"t\", \"paper\": \"p\"}", "needs \"claims\", a list");
  refused_text ("{\"title\": \"t\", \"paper\": \"p\", \"claims\": []}", "claims: an empty list");
  refused_text ("{\"title\": \"t\", \"paper\": \"p\", \"claims\": [7]}",
                "claims[0]: expected an object, got a number");
  refused_text ("{\"title\": \"t\", \"title\": \"p\"}", "the key \"title\" stands here twice");
  refused_text ("{\"title\": \"t\",\n \"paper\": \"p\",\n  \"claim\": []}",
                "/expected.json:3:12: unknown key \"claim\"; known: title, paper, optional, "
                "claims; did you mean 'claims'?");
  char text[1024];
  snprintf (text, sizeof text,
            "{\"title\": \"t\", \"paper\": \"p\", \"claims\": [%s], \"optional\": [\"../x\"]}",
            good_claim);
  refused_text (text, "optional: '../x' is not the name of a config");
  rw_text many = { 0 };
  rw_text_add (&many, "{\"title\": \"t\", \"paper\": \"p\", \"claims\": [0");
  for (size_t i = 0; i < 1024; i++)
    rw_text_add (&many, ",0");
  rw_text_add (&many, "]}");
  refused_text (rw_text_get (&many), "claims: 1025 items; at most 1024");
  for (size_t i = 0; i < 1 << 20; i++)
    rw_text_add (&many, " ");
  refused_text (rw_text_get (&many), "an expected.json has at most 1048576");
  rw_text_free (&many);
  ok (rw_claims_read ("run-test-none/expected.json", &c, &err) == RW_EIO && !c
          && strstr (err.text, "run-test-none/expected.json: No such file"),
      "a file that is not there");
  rw_claims_free (NULL);
}

/* Of every line the place of an error is that of the item.  */
static void
test_places (void)
{
  static const char text[] = "\xef\xbb\xbf{\"a\": [1, \"\xc3\xa9\\\"\", {}, [], true],\n"
                             " \"b\": {\"c\" : null, \"d\":-2.5e1}}";
  cJSON *root = NULL;
  char buf[64];
  const size_t n = strlen (text);
  ok (rw_json_parse ("t", text, n, &root, &err) == RW_OK, "a text of every kind reads");
  const cJSON *a = rw_json_get (root, "a"), *b = rw_json_get (root, "b");
  static const size_t first[] = { 10, 13, 21, 25, 29 };
  for (int i = 0; i < 5; i++)
    ok (rw_json_offset (text, n, root, cJSON_GetArrayItem (a, i)) == first[i], "item %d of a list",
        i);
  ok (strcmp (rw_json_place ("t", text, n, root, rw_json_get (b, "d"), buf, sizeof buf), "t:2:24")
          == 0,
      "a member of a member");
  ok (strncmp (text + rw_json_offset (text, n, root, rw_json_get (b, "c")), "null", 4) == 0,
      "null is where it is");
  ok (rw_json_offset (text, n, root, root) == 3, "the whole begins after the byte order mark");
  cJSON other = { 0 };
  ok (rw_json_offset (text, n, root, &other) == n, "what is none of the tree's is nowhere");
  cJSON_Delete (root);
}

int
main (void)
{
  if (!make_folder ())
    return 99;
  test_whole ();
  test_accepted ();
  test_claim_errors ();
  test_value_errors ();
  test_bound_errors ();
  test_slip_errors ();
  test_file_errors ();
  test_places ();
  remove_folder ();
  return tap_end ();
}
