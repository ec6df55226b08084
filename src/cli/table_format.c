/* table_format: frequency tables in five formats; see table_format.h.  */
#include "config.h"

#include "cli/table_format.h"
#include "json/json.h"
#include "schedule/schedule.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

double
table_factor (const rw_rope *rope)
{
  const rw_param *p = rw_module_find (rope->schedule->module, "factor", NULL);
  const rw_value v = p ? rw_param_get (p, rope->schedule->self) : (rw_value){ 0 };
  if (v.kind == RW_VALUE_NUMBER)
    return v.number;
  const rw_geometry g = rw_schedule_geometry (rope->schedule, &rope->geometry);
  return p && p->nullable ? g.max_length / g.original_length : NAN;
}

/* The trained frequency of pair i over the scheduled one; NaN where there is no trained pair.  */
static double
stretch_of (const rw_rope *rope, const rw_freqs *freqs, size_t i)
{
  const rw_geometry *g = &rope->geometry;
  if (freqs->n != rw_geometry_pairs (g))
    return NAN;
  return pow (g->rope_theta, -2.0 * (double) i / (double) g->rotary_dim) / freqs->inv_freq[i];
}

static double
wavelength_of (const rw_freqs *freqs, size_t i)
{
  return 2 * M_PI / freqs->inv_freq[i];
}

/* ---- text ---- */

static void
text_number (rw_text *out, const char *name, double x)
{
  char number[32];
  if (!isnan (x))
    rw_text_addf (out, "%-17s %s\n", name, rw_number_text (x, number));
}

static void
text_one (const table_set *set, size_t k, rw_text *out)
{
  const rw_rope *rope = set->rope[k];
  const rw_freqs *freqs = &set->freqs[k];
  const rw_geometry g = rw_schedule_geometry (rope->schedule, &rope->geometry);
  rw_text_addf (out, "%-17s %s\n", "model", set->model->name);
  if (rope->layer_type[0])
    rw_text_addf (out, "%-17s %s\n", "layer_type", rope->layer_type);
  rw_text_addf (out, "%-17s %s\n", "stack", set->stack);
  rw_text_addf (out, "%-17s %s\n", "rope_type", rope->schedule->module->name);
  text_number (out, "head_dim", (double) g.head_dim);
  text_number (out, "rotary_dim", (double) g.rotary_dim);
  rw_text_addf (out, "%-17s %s\n", "layout", rw_layout_text (g.layout));
  text_number (out, "rope_theta", g.rope_theta);
  text_number (out, "original_length", g.original_length);
  text_number (out, "factor", table_factor (rope));
  text_number (out, "length", set->length);
  text_number (out, "attention_factor", freqs->attention_factor);
  text_number (out, "softmax_factor", freqs->softmax_factor);
  if (!isnan (freqs->ramp[0]))
    rw_text_addf (out, "%-17s pair %.6g to pair %.6g\n", "ramp", freqs->ramp[0], freqs->ramp[1]);
  rw_text_addf (out, "\n%5s  %-22s  %12s  %10s\n", "pair", "inv_freq", "wavelength", "stretch");
  for (size_t i = 0; i < freqs->n; i++)
    rw_text_addf (out, "%5zu  %-22.16g  %12.6g  %10.6g\n", i, freqs->inv_freq[i],
                  wavelength_of (freqs, i), stretch_of (rope, freqs, i));
}

static void
write_text (const table_set *set, rw_text *out)
{
  for (size_t k = 0; k < set->n; k++)
    {
      rw_text_add (out, k ? "\n" : "");
      text_one (set, k, out);
    }
}

/* ---- JSON ---- */

static void
json_number (cJSON *o, const char *key, double x)
{
  if (isnan (x))
    cJSON_AddNullToObject (o, key);
  else
    cJSON_AddNumberToObject (o, key, x);
}

static void
json_notes (cJSON *o, const char *key, const rw_notes *notes, rw_note_kind kind)
{
  cJSON *list = cJSON_AddArrayToObject (o, key);
  for (size_t i = 0; i < notes->n; i++)
    if (notes->note[i].kind == kind)
      cJSON_AddItemToArray (list, cJSON_CreateString (notes->note[i].text));
}

static cJSON *
json_one (const table_set *set, size_t k)
{
  const rw_rope *rope = set->rope[k];
  const rw_freqs *freqs = &set->freqs[k];
  const rw_geometry g = rw_schedule_geometry (rope->schedule, &rope->geometry);
  cJSON *o = cJSON_CreateObject ();
  cJSON_AddStringToObject (o, "model", set->model->name);
  cJSON_AddStringToObject (o, "stack", set->stack);
  cJSON_AddStringToObject (o, "rope_type", rope->schedule->module->name);
  cJSON_AddNumberToObject (o, "head_dim", (double) g.head_dim);
  cJSON_AddNumberToObject (o, "rotary_dim", (double) g.rotary_dim);
  cJSON_AddStringToObject (o, "layout", rw_layout_text (g.layout));
  cJSON_AddNumberToObject (o, "rope_theta", g.rope_theta);
  cJSON_AddNumberToObject (o, "original_length", g.original_length);
  json_number (o, "factor", table_factor (rope));
  json_number (o, "length", set->length);
  cJSON_AddItemToObject (o, "inv_freq", cJSON_CreateDoubleArray (freqs->inv_freq, (int) freqs->n));
  cJSON_AddNumberToObject (o, "attention_factor", freqs->attention_factor);
  cJSON_AddNumberToObject (o, "softmax_factor", freqs->softmax_factor);
  json_notes (o, "keys_used", &rope->notes, RW_NOTE_USED);
  json_notes (o, "keys_ignored", &rope->notes, RW_NOTE_IGNORED);
  json_notes (o, "warnings", &rope->notes, RW_NOTE_WARNING);
  return o;
}

static void
write_json (const table_set *set, rw_text *out)
{
  cJSON *o = set->n == 1 ? json_one (set, 0) : cJSON_CreateObject ();
  cJSON *layers = set->n == 1 ? NULL : cJSON_AddObjectToObject (o, "layers");
  for (size_t k = 0; layers && k < set->n; k++)
    cJSON_AddItemToObject (layers, set->rope[k]->layer_type, json_one (set, k));
  rw_json_print (o, out);
  cJSON_Delete (o);
}

/* ---- CSV, NPY, C ---- */

/* A field of a CSV row; empty where there is no number.  */
static void
csv_number (rw_text *out, double x)
{
  char number[32];
  rw_text_addf (out, ",%s", isfinite (x) ? rw_number_text (x, number) : "");
}

static void
write_csv (const table_set *set, rw_text *out)
{
  const bool several = set->n > 1;
  rw_text_addf (out, "%spair,inv_freq,wavelength,stretch\n", several ? "layer_type," : "");
  for (size_t k = 0; k < set->n; k++)
    for (size_t i = 0; i < set->freqs[k].n; i++)
      {
        rw_text_addf (out, "%s%s%zu", several ? set->rope[k]->layer_type : "", several ? "," : "",
                      i);
        csv_number (out, set->freqs[k].inv_freq[i]);
        csv_number (out, wavelength_of (&set->freqs[k], i));
        csv_number (out, stretch_of (set->rope[k], &set->freqs[k], i));
        rw_text_add (out, "\n");
      }
}

/* NPY version 1.0 (NEP 1): the header is padded so that the data begins at a multiple of 64.  */
static void
write_npy (const table_set *set, rw_text *out)
{
  enum
  {
    ALIGN = 64,
    FIXED = 10 /* magic, version, length */
  };
  char dict[128], length[2];
  const rw_freqs *freqs = &set->freqs[0];
  const int n = snprintf (dict, sizeof dict,
                          "{'descr': '<f8', 'fortran_order': False, 'shape': (%zu,), }", freqs->n);
  const size_t total = (FIXED + (size_t) n + 1 + ALIGN - 1) / ALIGN * ALIGN, pad = total - FIXED;
  length[0] = (char) (pad & 0xff);
  length[1] = (char) (pad >> 8);
  rw_text_addn (out, "\x93NUMPY\x01\x00", 8);
  rw_text_addn (out, length, 2);
  rw_text_addf (out, "%-*s\n", (int) pad - 1, dict);
  for (size_t i = 0; i < freqs->n; i++)
    {
      uint64_t bits;
      char bytes[8];
      memcpy (&bits, &freqs->inv_freq[i], 8);
      for (int b = 0; b < 8; b++) /* little-endian wherever this runs */
        bytes[b] = (char) (bits >> 8 * b & 0xff);
      rw_text_addn (out, bytes, 8);
    }
}

/* A layer type as part of a C name.  */
static void
c_name (rw_text *out, const char *type)
{
  rw_text_add (out, *type ? "_" : "");
  for (; *type; type++)
    rw_text_addf (out, "%c", isalnum ((unsigned char) *type) ? *type : '_');
}

static void
write_c (const table_set *set, rw_text *out)
{
  char number[32];
  rw_text_addf (out, "/* Rotary frequencies of %s, made by ropewalk %s.  Radians per token. */\n",
                set->model->name, PACKAGE_VERSION);
  for (size_t k = 0; k < set->n; k++)
    {
      const rw_freqs *freqs = &set->freqs[k];
      const char *type = set->rope[k]->layer_type;
      rw_text_addf (out, "/* %s, theta %s */\n", set->rope[k]->schedule->module->name,
                    rw_number_text (set->rope[k]->geometry.rope_theta, number));
      rw_text_add (out, "static const double rope_attention_factor");
      c_name (out, type);
      rw_text_addf (out, " = %s;\n", rw_number_text (freqs->attention_factor, number));
      rw_text_add (out, "static const double rope_inv_freq");
      c_name (out, type);
      rw_text_addf (out, "[%zu] = {\n", freqs->n);
      for (size_t i = 0; i < freqs->n; i++)
        rw_text_addf (out, "  %s,\n", rw_number_text (freqs->inv_freq[i], number));
      rw_text_add (out, "};\n");
    }
}

const table_format table_formats[] = {
  { "text", false, write_text }, { "json", false, write_json }, { "csv", false, write_csv },
  { "npy", true, write_npy },    { "c", false, write_c },       { NULL, false, NULL },
};
