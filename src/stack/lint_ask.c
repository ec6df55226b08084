/* lint_ask: what stands in a block, and how much a table changes; see lint_part.h.  */
#include "base/mem.h"
#include "stack/lint_part.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

bool
rw_lint_is (const rw_lint_rope *r, const char *type)
{
  return strcmp (r->type, type) == 0;
}

double
rw_lint_stretch (const rw_lint_rope *r)
{
  return isnan (r->factor) ? r->m.max_length / r->m.original_length : r->factor;
}

const char *
rw_lint_family (const rw_lint *l)
{
  return l->c.family ? l->c.family->model_type : "";
}

const rw_llama_arch *
rw_lint_arch (const rw_lint *l)
{
  const cJSON *type = rw_json_get (l->c.text, "model_type");
  if (!cJSON_IsString (type))
    type = rw_json_get (l->c.root, "model_type");
  return rw_llama_arch_of_family (cJSON_IsString (type) ? type->valuestring : NULL);
}

/* ---- how a number was written ---- */

/* Counts the numbers before `wanted`, in the order of the text.  */
static bool
count_to (const cJSON *tree, const cJSON *wanted, size_t *n)
{
  if (tree == wanted)
    return true;
  *n += cJSON_IsNumber (tree);
  for (const cJSON *item = tree->child; item; item = item->next)
    if (count_to (item, wanted, n))
      return true;
  return false;
}

/* The n-th number of a text that was parsed: outside of strings, whatever begins with a sign or a
   digit.  */
static bool
is_whole_at (const char *s, size_t n)
{
  static const char *const digits = "-+.0123456789eE";
  for (; *s; s++)
    if (*s == '"')
      {
        while (*++s && *s != '"')
          s += *s == '\\';
        if (!*s)
          return false;
      }
    else if (*s == '-' || (*s >= '0' && *s <= '9'))
      {
        const size_t length = strspn (s, digits);
        if (n-- == 0)
          return strcspn (s, ".eE") >= length;
        s += length - 1;
      }
  return false;
}

bool
rw_lint_is_integer (const rw_lint *l, const cJSON *number)
{
  size_t n = 0;
  if (!cJSON_IsNumber (number))
    return false;
  if (l->tree && count_to (l->tree, number, &n))
    return is_whole_at (rw_text_get (&l->text), n);
  n = 0;
  if (l->rope && count_to (l->rope, number, &n))
    return is_whole_at (rw_text_get (&l->override), n);
  return false;
}

/* ---- tables beside each other ---- */

/* Double evaluations of one formula differ by less.  */
static const double SAME = 1e-6;

static void
measure (const rw_freqs *a, const rw_freqs *b, double position, rw_lint_change *out)
{
  position = fmax (0, position);
  *out = (rw_lint_change){ .n = a->n > b->n ? a->n : b->n,
                           .worst = 1,
                           .factor = { a->attention_factor, b->attention_factor },
                           .softmax = { a->softmax_factor, b->softmax_factor } };
  for (size_t i = 0; i < out->n; i++)
    {
      const double x = i < a->n ? a->inv_freq[i] : 0, y = i < b->n ? b->inv_freq[i] : 0;
      const double most = fmax (x, y), least = fmin (x, y);
      if (most - least <= SAME * most)
        continue;
      out->changed++;
      out->worst = fmax (out->worst, most / least); /* infinite where one does not rotate */
      out->phase = fmax (out->phase, (most - least) * position);
    }
  snprintf (out->text, sizeof out->text,
            "%zu of %zu frequencies change, by up to %.4g times, %.3g rad at position %.0f",
            out->changed, out->n, out->worst, out->phase, position);
}

bool
rw_lint_compare (const rw_object *a, const rw_geometry *ma, const rw_object *b,
                 const rw_geometry *mb, double length, rw_lint_change *out)
{
  rw_freqs fa = { 0 }, fb = { 0 };
  const bool good = a && b && !rw_schedule_fill (a, ma, length, &fa, NULL)
                    && !rw_schedule_fill (b, mb, length, &fb, NULL);
  *out = (rw_lint_change){ .worst = 1, .factor = { 1, 1 } };
  if (good)
    measure (&fa, &fb, length - 1, out);
  rw_freqs_free (&fa);
  rw_freqs_free (&fb);
  return good;
}

bool
rw_lint_compare_lengths (const rw_lint_rope *r, double before, double after, double position,
                         rw_lint_change *out)
{
  rw_freqs fa = { 0 }, fb = { 0 };
  const bool good = r->exact && !rw_schedule_fill (r->exact, &r->m, before, &fa, NULL)
                    && !rw_schedule_fill (r->exact, &r->m, after, &fb, NULL);
  *out = (rw_lint_change){ .worst = 1, .factor = { 1, 1 } };
  if (good)
    measure (&fa, &fb, position, out);
  rw_freqs_free (&fa);
  rw_freqs_free (&fb);
  return good;
}

bool
rw_lint_compare_set (const rw_lint *l, const rw_lint_rope *r, const char *key, double value,
                     rw_lint_change *out)
{
  rw_object *other = NULL;
  *out = (rw_lint_change){ .worst = 1, .factor = { 1, 1 } };
  if (!r->exact || rw_object_copy (r->exact, &other, NULL))
    return false;
  const rw_param *p = rw_module_find (other->module, key, NULL);
  const rw_value v
      = { .kind = p && p->type == RW_BOOL ? RW_VALUE_BOOL : RW_VALUE_NUMBER, .number = value };
  const bool good = p && !rw_object_set (other, key, &v, NULL, NULL)
                    && rw_lint_compare (r->exact, &r->m, other, &r->m, l->length, out);
  rw_object_free (other);
  return good;
}

void
rw_lint_factors (rw_lint *l, const rw_lint_rope *r, unsigned stacks, rw_text *out)
{
  for (size_t k = 0; k < RW_LINT_STACKS; k++)
    {
      const rw_rope *rope = stacks >> k & 1 ? rw_lint_rope_as (l, 1U << k, r) : NULL;
      rw_freqs f = { 0 };
      if (rope && !rw_schedule_fill (rope->schedule, &rope->geometry, l->length, &f, NULL))
        rw_text_addf (out, "%s%s %.6g", out->n ? ", " : "", rw_lint_stack_name (k),
                      f.attention_factor);
      rw_freqs_free (&f);
    }
}
