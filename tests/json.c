/* json: strict parsing with places, the canonical text, blocks both ways, lists from files.  */
#include "base/mem.h"
#include "json/block.h"
#include "json/json.h"
#include "schedule/schedule.h"

#include "tap.h"

#include <stdint.h>
#include <unistd.h>

static rw_error err;

/* ---- syntax ---- */

static rw_status
parse (const char *text, size_t n)
{
  cJSON *tree = NULL;
  rw_status s = rw_json_parse ("f.json", text, n, &tree, &err);
  cJSON_Delete (tree);
  return s;
}

static void
refused (const char *text, const char *message)
{
  char name[256];
  snprintf (name, sizeof name, "%.60s is refused at its place", text);
  for (char *p = name; *p; p++)
    if ((unsigned char) *p < 32)
      *p = ' '; /* a TAP line is one line */
  err.text[0] = 0;
  const int failed = parse (text, strlen (text)) == RW_EINVAL;
  has (failed ? err.text : "(accepted)", message, name);
}

static void
syntax_errors_have_a_place (void)
{
  refused ("", "f.json:1:1: expected a value, got the end of the text");
  refused ("{\"a\": 1,\n \"b\": }", "f.json:2:7: expected a value, got '}'");
  refused ("{\"a\": 1", "f.json:1:8: expected ',' or '}' after a value, got the end");
  refused ("[1, 2", "f.json:1:6: expected ',' or ']'");
  refused ("[1, 2,]", "f.json:1:7: a comma before the closing bracket");
  refused ("{\"a\" 1}", "f.json:1:6: expected ':' after the key");
  refused ("{a: 1}", "f.json:1:2: expected a key in double quotes");
  refused ("{\"a\": \"x}", "f.json:1:7: this text has no closing quote");
  refused ("{} x", "f.json:1:4: expected the end after the value, got 'x'");
  refused ("[01]", "f.json:1:2: a number with a leading zero");
  refused ("[1.]", "f.json:1:4: expected a digit after the point");
  refused ("[1e+]", "f.json:1:5: expected a digit in the exponent");
  refused ("[.5]", "f.json:1:2: expected a value, got '.'");
  refused ("[NaN]", "f.json:1:2: NaN is not a JSON number");
  refused ("[1, -Infinity]", "f.json:1:5: -Infinity is not a JSON number");
  refused ("{\"a\": [1, 2,\n 1e999]}", "f.json:2:2: the number is too large");
  refused ("[\"\xc3\xa9\", -1e999]", "f.json:1:7: the number is too large");
  refused ("[tru]", "f.json:1:2: expected a value, got 't'");
  refused ("[\"\\u0000\"]", "f.json:1:3: \\u0000 in a text");
  refused ("[\"\\ud800x\"]", "f.json:1:3: the first half of a surrogate pair");
  refused ("[\"\\udc00\"]", "f.json:1:3: the second half of a surrogate pair");
  refused ("[\"\\x41\"]", "f.json:1:4: expected one of");
  refused ("[\"a\tb\"]", "f.json:1:4: a control character");
  refused ("[\"\xc0\xaf\"]", "f.json:1:3: not UTF-8");
  refused ("[\"\xed\xa0\x80\"]", "f.json:1:3: not UTF-8");
  refused ("[\"\xf0\x9f\x98", "f.json:1:3: not UTF-8");
  refused ("[// a comment\n1]", "f.json:1:2: expected a value, got '/'");
  ok (parse ("{\"a\": 1}\0{", 10) == RW_EINVAL, "a NUL after the value is refused");
  has (err.text, "f.json:1:9: expected the end after the value, got byte 0x00", "and named");
  refused ("[1000000000000000000000000000000000000000000000000000000000000000000]",
           "f.json:1:2: a number of more than 63");
}

static void
repeated_keys_are_refused (void)
{
  refused ("{\"a\": {\"b\": 1, \"c\": 2,\n\"b\": 3}}",
           "f.json:2:1: the key \"b\" stands here twice (first at 1:8)");
  refused ("{\"x\": 1, \"\\u0078\": 2}", "f.json:1:10: the key \"x\" stands here twice");
  const char *good = "{\"a\": {\"a\": 1}, \"b\": {\"a\": 2}, \"A\": 3}";
  ok (!parse (good, strlen (good)),
      "the same key in another object, or in another case, is another key");
}

static void
nesting_and_size_are_limited (void)
{
  char text[2 * RW_JSON_DEPTH + 3];
  memset (text, '[', RW_JSON_DEPTH);
  memset (text + RW_JSON_DEPTH, ']', RW_JSON_DEPTH);
  ok (!parse (text, 2 * RW_JSON_DEPTH), "the largest depth is read");
  memset (text, '[', RW_JSON_DEPTH + 1);
  memset (text + RW_JSON_DEPTH + 1, ']', RW_JSON_DEPTH + 1);
  ok (parse (text, 2 * RW_JSON_DEPTH + 2) == RW_EINVAL, "one more is refused");
  has (err.text, "f.json:1:65: more than 64 lists and objects inside each other", "at its place");
  char *big = rw_new ((size_t) 1 << 24, 1);
  memset (big, '[', (size_t) 1 << 24);
  ok (big && parse (big, (size_t) 1 << 24) == RW_EINVAL, "16 MB of brackets are refused");
  rw_free (big);
}

/* Half a million keys, one of them twice: a quadratic search would take minutes.  */
static void
many_keys_are_sorted (void)
{
  enum
  {
    KEYS = 500000
  };
  rw_text t = { 0 };
  rw_text_add (&t, "{");
  for (int i = 0; i < KEYS; i++)
    rw_text_addf (&t, "\"%d\":0,", i);
  rw_text_add (&t, "\"77\":0}");
  ok (parse (t.s, t.n) == RW_EINVAL, "one repeated key among 500000 is found");
  has (err.text, "the key \"77\" stands here twice", "and named");
  rw_text_free (&t);
}

static char *
temp_file (const char *content, size_t n)
{
  static char path[64];
  strcpy (path, "ropewalk-json-XXXXXX");
  const int fd = mkstemp (path);
  if (fd < 0 || write (fd, content, n) != (ssize_t) n || close (fd))
    return NULL;
  return path;
}

static void
files_are_read_or_refused (void)
{
  cJSON *tree = NULL;
  char *path = temp_file ("{\"a\": [1, true, null, \"x\"]}\n", 28);
  ok (!rw_json_read (path, &tree, &err), "a file is read");
  ok (cJSON_GetArraySize (rw_json_get (tree, "a")) == 4, "with its values");
  cJSON_Delete (tree);
  ok (truncate (path, 100000000) == 0, "100 MB of nothing");
  ok (rw_json_read (path, &tree, &err) == RW_EINVAL, "are refused");
  has (err.text, "the file is larger than 16777216 bytes", "by their size");
  unlink (path);
  ok (rw_json_read ("/nowhere/x.json", &tree, &err) == RW_EIO, "a missing file is an I/O error");
  has (err.text, "/nowhere/x.json: No such file", "that names it");
  ok (rw_json_read ("/", &tree, &err) == RW_EIO, "a folder is not a file");
  path = temp_file ("{\"rope_type\": \"linear\"}", 23);
  char at[80];
  snprintf (at, sizeof at, "@%s", path);
  ok (!rw_json_argument (at, "--rope", &tree, &err), "@FILE is read");
  cJSON_Delete (tree);
  unlink (path);
  ok (rw_json_argument ("{rope", "--rope", &tree, &err) == RW_EINVAL, "broken JSON is refused");
  has (err.text, "--rope:1:2: expected a key", "with the option's name");
  has (err.hint, "--rope takes JSON in quotes", "and a hint");
}

/* ---- canonical text ---- */

static char *
normal_of (const char *text)
{
  static char out[512];
  cJSON *tree = NULL;
  rw_text t = { 0 };
  rw_json_parse ("t", text, strlen (text), &tree, &err);
  rw_json_normal (tree, &t);
  snprintf (out, sizeof out, "%s", rw_text_get (&t));
  rw_text_free (&t);
  cJSON_Delete (tree);
  return out;
}

static void
equal_values_have_equal_texts (void)
{
  const char *want
      = "{\"B\":[1,0.1,true,null,\"\\\\\\\"\\u000a\xc3\xa9\"],\"a\":{\"x\":1e+22,\"y\":0}}";
  has (normal_of ("{\"a\": {\"y\": -0.0, \"x\": 10000000000000000000000}, "
                  "\"B\": [1.0, 0.10, true, null, \"\\\\\\\"\\n\\u00e9\"]}"),
       want, "keys sorted, shortest numbers, minimal escapes");
  ok (strcmp (normal_of (want), want) == 0, "the canonical text is its own");
  cJSON *tree = NULL;
  rw_text text = { 0 };
  const char *pretty = "{\n  \"a\": [1, 0.30000000000000004],\n  \"b\": {\n    \"c\": []\n  }\n}\n";
  rw_json_parse ("t", pretty, strlen (pretty), &tree, &err);
  rw_json_print (tree, &text);
  ok (strcmp (rw_text_get (&text), pretty) == 0, "printing for people keeps every bit");
  rw_text_free (&text);
  cJSON_Delete (tree);
  char hex[65];
  rw_json_sha256 ("abc", 3, hex);
  ok (strcmp (hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad") == 0,
      "SHA-256 of abc is FIPS 180-2's");
}

/* ---- blocks: a kind of this test with a parameter of every type ---- */

typedef struct
{
  double factor;
  int64_t count;
  bool truncate;
  int ramp;
  char *note;
  rw_reals inv_freq;
  rw_object *base_schedule;
} thing;

extern rw_kind things;
static const char *const ramps[] = { "index", "rotations", NULL };
static const char *const thing_aliases[] = { "thingy", NULL };
static const rw_param thing_params[] = {
  { .name = "factor",
    .alias = "alpha",
    .type = RW_REAL,
    .at = offsetof (thing, factor),
    .required = true,
    .defined = RW_ABOVE (0),
    .sensible = RW_FROM (1),
    .text = "stretch" },
  { .name = "count", .type = RW_INT, .at = offsetof (thing, count), .value = 3, .text = "count" },
  { .name = "truncate",
    .type = RW_BOOL,
    .at = offsetof (thing, truncate),
    .value = 1,
    .text = "round" },
  { .name = "ramp",
    .type = RW_CHOICE,
    .at = offsetof (thing, ramp),
    .choices = ramps,
    .text = "ramp" },
  { .name = "note", .type = RW_TEXT, .at = offsetof (thing, note), .text = "a note" },
  { .name = "inv_freq",
    .type = RW_REALS,
    .at = offsetof (thing, inv_freq),
    .defined = RW_FROM (0),
    .text = "frequencies" },
  { .name = "base_schedule",
    .type = RW_BLOCK,
    .at = offsetof (thing, base_schedule),
    .kind = &things,
    .text = "nested" },
  { 0 },
};
static const rw_module thing_module = { .name = "thing",
                                        .aliases = thing_aliases,
                                        .text = "a thing",
                                        .cite = "none",
                                        .size = sizeof (thing),
                                        .params = thing_params };
static const rw_module other_module = { .name = "other", .text = "another", .cite = "none" };
static const rw_module *const thing_list[] = { &thing_module, &other_module, NULL };
rw_kind things = { .noun = "schedule", .key = "rope_type", .builtin = thing_list };

static rw_notes notes;

static rw_object *
block (const char *text, rw_reading reading, const char *folder)
{
  cJSON *tree = NULL;
  rw_object *object = NULL;
  rw_notes_free (&notes);
  err = (rw_error){ 0 };
  if (!rw_json_parse ("t", text, strlen (text), &tree, &err))
    rw_block_read (tree, &things, reading, "axes.schedule[2]", folder, &notes, &object, &err);
  cJSON_Delete (tree);
  return object;
}

static int
noted (rw_note_kind kind, const char *part)
{
  for (size_t i = 0; i < notes.n; i++)
    if (notes.note[i].kind == kind && strstr (notes.note[i].text, part))
      return 1;
  return 0;
}

static void
a_block_becomes_an_object (void)
{
  rw_object *o
      = block ("{\"rope_type\": \"thingy\", \"alpha\": 2.385, \"count\": 7, \"truncate\": false,"
               " \"ramp\": \"rotations\", \"note\": \"n\", \"inv_freq\": [1, 0.25],"
               " \"label\": \"mine\", \"base_schedule\": {\"type\": \"other\"}}",
               RW_STRICT, NULL);
  if (!ok (o != NULL, "a block of every type is read"))
    {
      printf ("# %s\n", err.text);
      return;
    }
  const thing *t = o->self;
  near (t->factor, 2.385, 0, "a number, under its alias");
  ok (t->count == 7 && !t->truncate && t->ramp == 1 && strcmp (t->note, "n") == 0,
      "an integer, a bool, a choice, a text");
  ok (t->inv_freq.n == 2 && t->inv_freq.v[1] == 0.25, "a list");
  ok (t->base_schedule && t->base_schedule->module == &other_module,
      "a nested block in the old spelling");
  ok (o->label && strcmp (o->label, "mine") == 0, "a label");
  ok (strcmp (o->module->name, "thing") == 0, "an alias gives the module's own name");
  ok (noted (RW_NOTE_USED, "axes.schedule[2].alpha")
          && noted (RW_NOTE_USED, "axes.schedule[2].base_schedule.type"),
      "used keys are noted with their paths");
  cJSON *written = rw_block_write (o, &things, false);
  rw_text text = { 0 };
  rw_json_normal (written, &text);
  rw_object *again = block (rw_text_get (&text), RW_STRICT, NULL);
  ok (again && ((const thing *) again->self)->factor == 2.385
          && ((const thing *) again->self)->inv_freq.n == 2
          && ((const thing *) again->self)->base_schedule && again->label,
      "what is written reads back");
  has (rw_text_get (&text), "\"rope_type\":\"thing\"", "aliases are written as the name");
  rw_text_free (&text);
  cJSON_Delete (written);
  rw_object_free (again);
  rw_object_free (o);
}

static void
given_only_leaves_defaults_out (void)
{
  rw_object *o = block ("{\"rope_type\": \"thing\", \"factor\": 4}", RW_STRICT, NULL);
  cJSON *all = rw_block_write (o, &things, false), *given = rw_block_write (o, &things, true);
  ok (rw_json_get (all, "count") && !rw_json_get (given, "count"), "defaults are left out");
  ok (rw_json_get (given, "factor") != NULL, "what was given is not");
  cJSON_Delete (all);
  cJSON_Delete (given);
  rw_object_free (o);
  o = block ("\"thing\"", RW_STRICT, NULL);
  ok (o && !rw_object_given (o, "factor"), "a bare name is a block without parameters");
  rw_object_free (o);
}

static void
block_refused (const char *text, const char *message)
{
  rw_object *o = block (text, RW_STRICT, NULL);
  char name[160];
  snprintf (name, sizeof name, "%.90s is refused with its path", text);
  has (o ? "(accepted)" : err.text, message, name);
  rw_object_free (o);
}

static void
strict_blocks_refuse (void)
{
  block_refused ("3", "axes.schedule[2]: expected the name of a schedule or a block, got a number");
  block_refused ("{\"factor\": 2}", "axes.schedule[2]: needs the key \"rope_type\"");
  block_refused ("{\"rope_type\": 2}", "axes.schedule[2].rope_type: expected a text, got a number");
  block_refused ("{\"rope_type\": \"thnig\"}",
                 "axes.schedule[2].rope_type: unknown schedule 'thnig'; known: thing, other");
  block_refused ("{\"rope_type\": \"thing\", \"facter\": 2}",
                 "axes.schedule[2].facter: not a parameter of 'thing'; known: factor");
  has (err.text, "did you mean 'factor'?", "a slip is told");
  block_refused ("{\"rope_type\": \"thing\", \"factor\": \"8\"}",
                 "axes.schedule[2].factor: expected number");
  has (err.hint, "factor is number: stretch", "with the parameter's sentence as a hint");
  block_refused ("{\"rope_type\": \"thing\", \"factor\": 0}",
                 "axes.schedule[2].factor: 0 is outside its range (above 0)");
  block_refused ("{\"rope_type\": \"thing\", \"count\": 1.5}", "count: 1.5 is not an integer");
  block_refused ("{\"rope_type\": \"thing\", \"factor\": {}}", "axes.schedule[2].factor: expected");
  block_refused ("{\"rope_type\": \"thing\", \"inv_freq\": [1, \"x\"]}",
                 "axes.schedule[2].inv_freq[1]: expected a number, got a text");
  block_refused ("{\"rope_type\": \"thing\", \"inv_freq\": [1, -1]}", "inv_freq[1]: -1 is outside");
  block_refused ("{\"rope_type\": \"thing\", \"ramp\": \"indx\"}", "did you mean 'index'?");
  block_refused (
      "{\"rope_type\": \"thing\", \"base_schedule\": {\"rope_type\": \"thing\", \"x\": 1}}",
      "axes.schedule[2].base_schedule.x: not a parameter");
  block_refused ("{\"rope_type\": \"thing\", \"label\": 1}",
                 "axes.schedule[2].label: expected a text");
  block_refused ("{\"rope_type\": \"thing\", \"file\": 1}",
                 "axes.schedule[2].file: expected a file");
}

static void
unused_keys_of_hugging_face_are_warnings (void)
{
  rw_object *o
      = block ("{\"rope_type\": \"thing\", \"factor\": 2, \"beta_fast\": 32}", RW_STRICT, NULL);
  ok (o != NULL, "a strict block may hold a key of another rope type");
  ok (noted (RW_NOTE_IGNORED, "axes.schedule[2].beta_fast")
          && noted (RW_NOTE_WARNING, "'thing' does not have this key"),
      "which is noted as ignored, with a warning");
  rw_object_free (o);
  o = block ("{\"rope_type\": \"thing\", \"type\": \"other\", \"factor\": 0.5, \"attn_factor\": 1, "
             "\"_note\": 1}",
             RW_LENIENT, NULL);
  ok (o && o->module == &thing_module, "rope_type wins over type");
  ok (noted (RW_NOTE_WARNING, "\"rope_type\" and the older \"type\" differ"), "with a warning");
  ok (noted (RW_NOTE_IGNORED, ".attn_factor") && !noted (RW_NOTE_IGNORED, "_note"),
      "a lenient block notes unknown keys as ignored, but not notes");
  ok (noted (RW_NOTE_WARNING, "axes.schedule[2].factor: 0.5 is unusual"),
      "a value out of the sensible range is a warning");
  rw_object_free (o);
  ok (rw_block_is_hf_key ("mscale_all_dim") && !rw_block_is_hf_key ("attn_factor"),
      "the keys are those of transformers");
}

/* ---- files of the table schedule ---- */

static size_t
list_from (const char *content, size_t n, double *v)
{
  char *path = temp_file (content, n), text[160];
  snprintf (text, sizeof text, "{\"rope_type\": \"thing\", \"file\": \"%s\"}", path);
  rw_object *o = block (text, RW_STRICT, ".");
  unlink (path);
  if (!o)
    return 0;
  const rw_reals list = ((const thing *) o->self)->inv_freq;
  for (size_t i = 0; i < list.n && i < 4; i++)
    v[i] = list.v[i];
  rw_object_free (o);
  return list.n;
}

/* A NPY file of version 1: magic, length, the dict, then the numbers.  */
static size_t
npy (char *out, const char *dict, const void *data, size_t bytes)
{
  const size_t n = strlen (dict);
  memcpy (out, "\x93NUMPY\x01\x00", 8);
  out[8] = (char) n;
  out[9] = 0;
  memcpy (out + 10, dict, n);
  memcpy (out + 10 + n, data, bytes);
  return 10 + n + bytes;
}

static void
lists_come_from_files (void)
{
  double v[4] = { 0 };
  char file[512];
  ok (list_from (" [1, 0.5, 0.25]", 15, v) == 3 && v[2] == 0.25, "a JSON list");
  ok (list_from ("# made by hand\n1\n0.5\n1e-3\n", 26, v) == 3 && v[2] == 1e-3, "one a line");
  ok (list_from ("1, 0.5;0.125", 12, v) == 3 && v[2] == 0.125, "separated numbers");
  ok (list_from ("pair,inv_freq,x\n0,1,9\n1,0.75,9\n", 31, v) == 2 && v[1] == 0.75,
      "the column inv_freq under a header");
  const double f8[] = { 1, 0.3, 0.09 };
  const float f4[] = { 1, 0.5f };
  size_t n = npy (file, "{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }\n", f8, 24);
  ok (list_from (file, n, v) == 3 && v[1] == 0.3, "NPY of float64");
  ok (list_from (file, n - 1, v) == 0, "a cut NPY file is refused");
  has (err.text, "float64 (3) has 24 bytes, the file has 23", "with both counts");
  n = npy (file, "{'descr': '<f4', 'fortran_order': True, 'shape': (2,), }\n", f4, 8);
  ok (list_from (file, n, v) == 2 && v[1] == 0.5, "NPY of float32");
  n = npy (file, "{'descr': '<f8', 'fortran_order': False, 'shape': (1, 3), }\n", f8, 24);
  ok (list_from (file, n, v) == 0, "two dimensions are refused");
  n = npy (file, "{'descr': '>f8', 'fortran_order': False, 'shape': (3,), }\n", f8, 24);
  ok (list_from (file, n, v) == 0, "big-endian numbers are refused");
  has (err.text, "axes.schedule[2].file: ./ropewalk-json-", "with the key and the file");
  ok (list_from ("\x93NUMPY\x01", 7, v) == 0, "a header of seven bytes is refused");
  ok (list_from ("1\n0.5x\n", 7, v) == 0, "a word among numbers is refused");
  has (err.text, ":2: expected a number, got '0.5x", "with its line");
  ok (list_from ("1 nan", 5, v) == 0, "NaN is refused");
  ok (list_from ("", 0, v) == 0, "an empty file is refused");
  has (err.text, "no numbers", "in so many words");
}

int
main (void)
{
  syntax_errors_have_a_place ();
  repeated_keys_are_refused ();
  nesting_and_size_are_limited ();
  many_keys_are_sorted ();
  files_are_read_or_refused ();
  equal_values_have_equal_texts ();
  a_block_becomes_an_object ();
  given_only_leaves_defaults_out ();
  strict_blocks_refuse ();
  unused_keys_of_hugging_face_are_warnings ();
  lists_come_from_files ();
  rw_notes_free (&notes);
  return tap_end ();
}
