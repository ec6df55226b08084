/* form: lists of numbers and their short forms, all inclusive:
     {"linspace": [a, b, n]}   n values, evenly spaced
     {"geom": [a, b, n]}       n values, evenly spaced in the logarithm
     {"range": [a, b, step]}   a, a + step, ... up to b
     {"log2": [p, q]}          2^p, 2^(p+1), ... 2^q; a third number sets values an octave.  */
#include "base/text.h"
#include "plan/parts.h"

#include <math.h>
#include <string.h>

/* Slack of a count: 0.1 added three times must still reach 0.3.  */
static const double COUNT_SLACK = 1e-9;
/* A made value this near to an integer (relative) is that integer: pow is off by an ulp.  */
static const double INTEGER_SLACK = 1e-13;

static double
count_given (const double *p)
{
  return p[2] >= 1 && p[2] == floor (p[2]) ? p[2] : NAN;
}

static double
count_range (const double *p)
{
  return floor ((p[1] - p[0]) / p[2] + COUNT_SLACK) + 1;
}

static double
count_log2 (const double *p)
{
  return floor ((p[1] - p[0]) * p[2] + COUNT_SLACK) + 1;
}

static double
at_linspace (const double *p, double k)
{
  return p[2] == 1 ? p[0] : k == p[2] - 1 ? p[1] : p[0] + (p[1] - p[0]) * (k / (p[2] - 1));
}

static double
at_geom (const double *p, double k)
{
  return p[2] == 1 ? p[0] : k == p[2] - 1 ? p[1] : p[0] * pow (p[1] / p[0], k / (p[2] - 1));
}

static double
at_range (const double *p, double k)
{
  const double x = p[0] + k * p[2];
  return fabs (x - p[1]) < COUNT_SLACK * fabs (p[2]) ? p[1] : x;
}

static double
at_log2 (const double *p, double k)
{
  return exp2 (p[0] + k / p[2]);
}

static bool
holds_any (const double *p)
{
  (void) p;
  return true;
}

static bool
holds_geom (const double *p)
{
  return p[0] != 0 && p[1] / p[0] > 0;
}

static bool
holds_range (const double *p)
{
  return p[2] != 0 && (p[1] - p[0]) / p[2] >= 0;
}

static bool
holds_log2 (const double *p)
{
  return p[0] <= p[1] && p[2] >= 1 && p[2] == floor (p[2]) && fabs (p[0]) < 1000
         && fabs (p[1]) < 1000;
}

typedef struct
{
  const char *name, *shape; /* for errors */
  size_t least;             /* numbers needed; the third of log2 may be left out */
  bool (*holds) (const double *p);
  double (*count) (const double *p);
  double (*at) (const double *p, double k);
} form;

static const form forms[] = {
  { "linspace", "[first, last, count]", 3, holds_any, count_given, at_linspace },
  { "geom", "[first, last, count], both of one sign", 3, holds_geom, count_given, at_geom },
  { "range", "[first, last, step], the step leading from first to last", 3, holds_range,
    count_range, at_range },
  { "log2", "[p, q] or [p, q, values an octave] with p <= q", 2, holds_log2, count_log2, at_log2 },
  { 0 },
};

static const char *
form_name (size_t i, const void *data)
{
  return ((const form *) data)[i].name;
}

static const form *
form_of (const char *name)
{
  for (const form *f = forms; f->name; f++)
    if (name && strcmp (f->name, name) == 0)
      return f;
  return NULL;
}

bool
rw_form_is (const cJSON *value)
{
  return cJSON_IsObject (value) && value->child && !value->child->next
         && form_of (value->child->string);
}

static rw_status
parse (const cJSON *value, const char *path, const form **out, double p[3], size_t *count,
       rw_error *err)
{
  const cJSON *item = value->child;
  char near[96];
  if (!item || item->next || !(*out = form_of (item->string)))
    {
      rw_fail (err, RW_EINVAL, "%s: expected a list or one of linspace, geom, range, log2%s", path,
               item ? rw_did_you_mean (near, sizeof near, item->string, form_name, forms) : "");
      return rw_hint (err, "e.g. [4096, 8192] or {\"log2\": [12, 17]}");
    }
  const form *f = *out;
  size_t n = 0;
  p[2] = 1;
  for (const cJSON *c = item->child; c && cJSON_IsArray (item); c = c->next, n++)
    {
      if (!cJSON_IsNumber (c) || n == 3)
        return rw_fail (err, RW_EINVAL, "%s.%s: expected %s", path, f->name, f->shape);
      p[n] = c->valuedouble;
    }
  if (n < f->least || !f->holds (p))
    return rw_fail (err, RW_EINVAL, "%s.%s: expected %s", path, f->name, f->shape);
  const double many = f->count (p);
  if (isnan (many))
    return rw_fail (err, RW_EINVAL, "%s.%s: the count must be an integer from 1", path, f->name);
  if (many > RW_AXIS_VALUES_MAX)
    return rw_fail (err, RW_EINVAL, "%s.%s: would make %.4g values; at most %d", path, f->name,
                    many, RW_AXIS_VALUES_MAX);
  *count = (size_t) many;
  return RW_OK;
}

rw_status
rw_form_count (const cJSON *value, const char *path, size_t *n, rw_error *err)
{
  const form *f;
  double p[3];
  if (cJSON_IsObject (value))
    return parse (value, path, &f, p, n, err);
  if (!cJSON_IsArray (value))
    return rw_fail (err, RW_EINVAL,
                    "%s: expected a list or a form like {\"log2\": [12, 17]}, got %s", path,
                    rw_json_kind (value));
  *n = 0;
  for (const cJSON *c = value->child; c; c = c->next)
    ++*n;
  return *n ? RW_OK : rw_fail (err, RW_EINVAL, "%s: is empty", path);
}

static double
snap (double x, bool whole)
{
  const double near = nearbyint (x);
  return whole || fabs (x - near) <= INTEGER_SLACK * fabs (x) ? near : x;
}

static rw_status
read_list (const cJSON *list, bool whole, const char *path, double *v, rw_error *err)
{
  size_t k = 0;
  for (const cJSON *c = list->child; c; c = c->next, k++)
    {
      if (!cJSON_IsNumber (c))
        return rw_fail (err, RW_EINVAL, "%s[%zu]: expected a number, got %s", path, k,
                        rw_json_kind (c));
      if (whole && c->valuedouble != floor (c->valuedouble))
        return rw_fail (err, RW_EINVAL, "%s[%zu]: %.17g is not an integer", path, k,
                        c->valuedouble);
      v[k] = c->valuedouble;
    }
  return RW_OK;
}

rw_status
rw_form_read (const cJSON *value, bool whole, const char *path, double **out, size_t *n,
              rw_error *err)
{
  const form *f = NULL;
  double p[3];
  rw_status s = rw_form_count (value, path, n, err);
  if (!s && cJSON_IsObject (value))
    s = parse (value, path, &f, p, n, err);
  if (s)
    return s;
  double *v = rw_new (*n, sizeof *v);
  if (!v)
    return rw_nomem (err, *n * sizeof *v);
  if (!f)
    s = read_list (value, whole, path, v, err);
  for (size_t k = 0; f && k < *n; k++)
    v[k] = snap (f->at (p, (double) k), whole);
  if (s)
    rw_free (v);
  else
    *out = v;
  return s;
}
