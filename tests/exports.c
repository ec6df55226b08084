/* exports: a schedule fixed at a length keeps its table; the check of an export sees what differs;
   a safetensors file holds what was put in.  */
#include "base/mem.h"
#include "json/safetensors.h"
#include "schedule/schedule.h"
#include "stack/export.h"
#include "tap.h"

static rw_error err;

static void
open_model (const char *name, const char *block, rw_model *out)
{
  if (rw_stack_model (rw_stack_at (0), name, block, out, &err))
    printf ("# %s: %s\n", name, err.text);
}

static void
fixed_is_the_table_of_its_length (const char *block, double length)
{
  rw_model model = { 0 }, fixed = { 0 };
  rw_freqs want = { 0 }, got = { 0 };
  rw_notes lost = { 0 };
  double worst = 0;
  open_model ("llama-2-7b", block, &model);
  open_model ("llama-2-7b", block, &fixed);
  ok (!rw_export_fix (&fixed, length, &lost, &err) && lost.n == 1, "fixed, and said so: %s", block);
  rw_schedule_fill (model.rope->schedule, &model.rope->geometry, length, &want, &err);
  rw_schedule_fill (fixed.rope->schedule, &fixed.rope->geometry, 1, &got, &err);
  for (size_t i = 0; i < want.n && i < got.n; i++)
    worst = fmax (worst, fabs (got.inv_freq[i] - want.inv_freq[i]));
  ok (want.n == got.n && worst == 0, "the table of %g tokens, at every length", length);
  near (got.attention_factor, want.attention_factor, 0, "and its factor");
  near (fixed.rope->geometry.max_length, length, 0, "the longest it is made for");
  rw_freqs_free (&want);
  rw_freqs_free (&got);
  rw_notes_free (&lost);
  rw_model_free (&model);
  rw_model_free (&fixed);
}

static void
what_needs_no_fixing_stays (const char *block)
{
  rw_model model = { 0 };
  rw_notes lost = { 0 };
  open_model ("llama-2-7b", block, &model);
  const rw_module *before = model.rope->schedule->module;
  ok (!rw_export_fix (&model, 9000, &lost, &err) && lost.n == 0
          && model.rope->schedule->module == before,
      "left alone: %s", block);
  rw_notes_free (&lost);
  rw_model_free (&model);
}

/* What the check says of b in place of a; "" where it says nothing.  */
static void
check_says (const char *a, const char *b, double length, const char *text)
{
  rw_model want = { 0 }, got = { 0 };
  rw_notes left = { 0 };
  open_model ("llama-2-7b", a, &want);
  open_model ("llama-2-7b", b, &got);
  ok (!rw_export_check (&want, &got, length, &left, &err), "checked");
  const char *said = left.n ? left.note[0].text : "";
  ok (*text ? strstr (said, text) != NULL : !*said, "%s and %s: '%s'", a, b, said);
  rw_notes_free (&left);
  rw_model_free (&want);
  rw_model_free (&got);
}

static void
safetensors_hold_what_was_put_in (void)
{
  static const double x[] = { 1, 0.1, 2.385e-7 }, bad[] = { 1, INFINITY }, large[] = { 1e300 };
  const rw_safetensors_vector two[] = { { "a.inv_freq", x, 3, false }, { "b", x + 1, 2, true } };
  const rw_safetensors_vector infinite = { "c", bad, 2, false }, huge = { "d", large, 1, true };
  rw_text out = { 0 }, none = { 0 };
  rw_safetensors *file = NULL;
  rw_tensor t;
  cJSON *metadata = cJSON_CreateObject ();
  cJSON_AddStringToObject (metadata, "layout", "half");
  ok (!rw_safetensors_write (two, 2, metadata, &out, &err)
          && !rw_safetensors_open ("t", out.s, out.n, &file, &err),
      "written and opened: %s", err.text);
  ok (!rw_safetensors_get (file, "a.inv_freq", &t, &err) && t.type == RW_FLOAT64 && t.rank == 1
          && t.shape[0] == 3 && memcmp (t.data, x, sizeof x) == 0,
      "doubles, bit for bit");
  has (rw_tensor_says (&t, "layout"), "half", "metadata");
  float single[2] = { 0 };
  if (!rw_safetensors_get (file, "b", &t, &err) && t.type == RW_FLOAT32)
    memcpy (single, t.data, sizeof single);
  ok (single[0] == 0.1F && single[1] == 2.385e-7F, "floats, rounded once");
  ok (rw_safetensors_write (&infinite, 1, NULL, &none, &err) == RW_EDOMAIN, "refused: %s",
      err.text);
  ok (rw_safetensors_write (&huge, 1, NULL, &none, &err) == RW_EDOMAIN, "refused: %s", err.text);
  rw_safetensors_free (file);
  cJSON_Delete (metadata);
  rw_text_free (&out);
  rw_text_free (&none);
}

int
main (void)
{
  fixed_is_the_table_of_its_length ("{\"rope_type\": \"dynamic\", \"factor\": 2.5}", 10007);
  fixed_is_the_table_of_its_length ("{\"rope_type\": \"dynamic_yarn\"}", 10007);
  fixed_is_the_table_of_its_length ("{\"rope_type\": \"ntk_by_parts\", \"dynamic\": true}", 10007);
  what_needs_no_fixing_stays ("{\"rope_type\": \"yarn\", \"factor\": 4}");
  what_needs_no_fixing_stays ("{\"rope_type\": \"ntk_by_parts\", \"factor\": 4}");
  check_says ("{\"rope_type\": \"linear\", \"factor\": 4}",
              "{\"rope_type\": \"linear\", \"factor\": 4.000001}", 4096, "");
  check_says ("{\"rope_type\": \"linear\", \"factor\": 4}",
              "{\"rope_type\": \"linear\", \"factor\": 4.00001}", 4096, "the frequency of pair");
  check_says ("{\"rope_type\": \"yarn\", \"factor\": 4}",
              "{\"rope_type\": \"yarn\", \"factor\": 4, \"attention_factor\": 1}", 4096,
              "attention_factor is 1 instead of 1.13862944");
  check_says ("{\"rope_type\": \"none\"}", "{\"rope_type\": \"default\"}", 4096,
              "pair 0 is 1 instead of 0");
  check_says ("{\"rope_type\": \"dynamic\", \"factor\": 2}", "{\"rope_type\": \"default\"}", 4096,
              "");
  check_says ("{\"rope_type\": \"dynamic\", \"factor\": 2}", "{\"rope_type\": \"default\"}", 4097,
              "the frequency of pair");
  safetensors_hold_what_was_put_in ();
  return tap_end ();
}
