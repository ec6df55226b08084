/* export_table: the frequencies of a model as a safetensors file; see export.h.

   A vector inv_freq, or LAYER_TYPE.inv_freq where the model has several ropes; the factors and the
   geometry are texts of __metadata__, with the same names as in `table --format json`.  */
#include "config.h"

#include "base/mem.h"
#include "cli/export.h"
#include "json/safetensors.h"
#include "schedule/schedule.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct
{
  export_job *job;
  rw_freqs *freqs;               /* (n_ropes,) */
  rw_safetensors_vector *vector; /* (n_ropes,) names owned */
  cJSON *metadata;
  rw_error *err;
} work;

static void
add_text (cJSON *metadata, const char *type, const char *key, const char *text)
{
  char *name = *type ? rw_format ("%s.%s", type, key) : rw_strdup (key);
  if (name)
    cJSON_AddStringToObject (metadata, name, text);
  rw_free (name);
}

static void
describe (const work *w, const rw_rope *rope, const rw_freqs *f)
{
  const rw_geometry g = rw_schedule_geometry (rope->schedule, &rope->geometry);
  const struct
  {
    const char *key;
    double x;
  } rows[] = { { "rope_theta", g.rope_theta },         { "head_dim", (double) g.head_dim },
               { "rotary_dim", (double) (2 * f->n) },  { "original_length", g.original_length },
               { "length", w->job->length },           { "attention_factor", f->attention_factor },
               { "softmax_factor", f->softmax_factor } };
  char text[32];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    add_text (w->metadata, rope->layer_type, rows[i].key, rw_number_text (rows[i].x, text));
  add_text (w->metadata, rope->layer_type, "rope_type", rope->schedule->module->name);
  add_text (w->metadata, rope->layer_type, "layout", rw_layout_text (g.layout));
}

static rw_status
fill (const work *w)
{
  const rw_model *m = &w->job->model;
  rw_status s = RW_OK;
  add_text (w->metadata, "", "format", "pt");
  add_text (w->metadata, "", "model", m->name);
  add_text (w->metadata, "", "ropewalk", PACKAGE_VERSION);
  for (size_t i = 0; i < m->n_ropes && !s; i++)
    {
      const rw_rope *rope = &m->rope[i];
      const char *type = rope->layer_type;
      s = rw_schedule_fill (rope->schedule, &rope->geometry, w->job->length, &w->freqs[i], w->err);
      if (s)
        return *type ? rw_within (w->err, s, "%s", type) : s;
      describe (w, rope, &w->freqs[i]);
      char *name = *type ? rw_format ("%s.inv_freq", type) : rw_strdup ("inv_freq");
      if (!name)
        return rw_nomem (w->err, strlen (type));
      w->vector[i] = (rw_safetensors_vector){
        .name = name, .x = w->freqs[i].inv_freq, .n = w->freqs[i].n, .single = w->job->args->single
      };
    }
  return s;
}

/* Reads what was written, as anyone would.  */
static rw_status
read_back (const work *w)
{
  rw_safetensors *file = NULL;
  const rw_text *text = &w->job->out;
  rw_status s = rw_safetensors_open ("the new file", text->s, text->n, &file, w->err);
  for (size_t i = 0; i < w->job->model.n_ropes && !s; i++)
    {
      const rw_safetensors_vector *v = &w->vector[i];
      rw_tensor t;
      s = rw_safetensors_get (file, v->name, &t, w->err);
      if (!s && (t.rank != 1 || t.shape[0] != v->n))
        s = rw_fail (w->err, RW_EIO, "%s: read back, it has another shape", v->name);
      for (size_t k = 0; k < v->n && !s; k++)
        {
          double x;
          const size_t size = v->single ? sizeof (float) : sizeof (double);
          rw_dtype_read_double (t.type, (const char *) t.data + k * size, 1, 1, &x);
          if (x != (v->single ? (double) (float) v->x[k] : v->x[k]))
            s = rw_fail (w->err, RW_EIO, "%s: read back, value %zu is %g instead of %g", v->name, k,
                         x, v->x[k]);
        }
    }
  rw_safetensors_free (file);
  return s;
}

rw_status
export_safetensors (const export_target *t, export_job *job, rw_error *err)
{
  (void) t;
  const size_t n = job->model.n_ropes;
  work w = { .job = job,
             .freqs = rw_new (n, sizeof *w.freqs),
             .vector = rw_new (n, sizeof *w.vector),
             .metadata = cJSON_CreateObject (),
             .err = err };
  rw_status s = w.freqs && w.vector && w.metadata ? fill (&w) : rw_nomem (err, n);
  if (!s)
    s = rw_safetensors_write (w.vector, n, w.metadata, &job->out, err);
  if (!s && job->out.failed)
    s = rw_nomem (err, job->out.n);
  if (!s)
    s = read_back (&w);
  for (size_t i = 0; i < n; i++)
    {
      if (w.freqs)
        rw_freqs_free (&w.freqs[i]);
      if (w.vector)
        rw_free ((void *) w.vector[i].name);
    }
  cJSON_Delete (w.metadata);
  rw_free (w.vector);
  rw_free (w.freqs);
  return s;
}
