/* lint_say: findings and their texts; see lint_part.h.  */
#include "base/mem.h"
#include "stack/lint_part.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A path in the words of the config: "text_config.rope_scaling.factor".  */
static void
add_path (rw_finding *f, const rw_lint *l, const rw_lint_rope *r, const char *key)
{
  if (r && r->path[0])
    rw_text_addf (&f->key, "%s%s", r->path, key ? "." : "");
  else if (key)
    rw_text_add (&f->key, l->prefix);
  if (key)
    rw_text_add (&f->key, key);
}

/* Layer types that share a block have its findings once.  */
static bool
was_said (const rw_lint *l, const rw_text *key, unsigned stacks)
{
  for (size_t i = 0; i < l->out->n; i++)
    if (l->out->at[i].rule == l->rule && l->out->at[i].stacks == stacks
        && strcmp (rw_text_get (&l->out->at[i].key), rw_text_get (key)) == 0)
      return true;
  return false;
}

rw_finding *
rw_lint_add (rw_lint *l, const rw_lint_rope *r, const char *key, unsigned stacks)
{
  rw_findings *out = l->out;
  rw_finding f = { .rule = l->rule, .severity = l->rule->severity, .stacks = stacks & l->wanted };
  if (!f.stacks)
    return NULL;
  if (!l->ask->stack && !(f.stacks & ~(unsigned) RW_LINT_PAST) && f.severity > RW_LINT_INFO)
    f.severity--;
  snprintf (f.layer_type, sizeof f.layer_type, "%s", r ? r->layer_type : "");
  add_path (&f, l, r, key);
  if (was_said (l, &f.key, f.stacks))
    {
      rw_text_free (&f.key);
      return NULL;
    }
  if (out->n == out->room)
    {
      const size_t more = out->room ? 2 * out->room : 16;
      if (rw_grow ((void **) &out->at, out->n, more, sizeof *out->at, NULL))
        {
          rw_text_free (&f.key);
          l->failed = true;
          return NULL;
        }
      out->room = more;
    }
  out->at[out->n] = f;
  return &out->at[out->n++];
}

/* Longest text of one part; longer ones are cut, which only hostile keys reach.  */
enum
{
  TEXT_MAX = 1024
};

static void
add_text (rw_text *to, const char *format, va_list args)
{
  char text[TEXT_MAX];
  vsnprintf (text, sizeof text, format, args);
  rw_text_add (to, text);
}

void
rw_lint_found (rw_finding *f, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  if (f)
    add_text (&f->found, format, args);
  va_end (args);
}

void
rw_lint_effect (rw_finding *f, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  if (f)
    add_text (&f->effect, format, args);
  va_end (args);
}

void
rw_lint_fix (rw_finding *f, const char *format, ...)
{
  va_list args;
  va_start (args, format);
  if (f)
    add_text (&f->fix, format, args);
  va_end (args);
}

void
rw_lint_found_key (rw_finding *f, const rw_lint_rope *r, const char *key)
{
  enum
  {
    SHOWN = 160
  };
  const cJSON *item = rw_json_get (r->block, key);
  if (!f || !item)
    return;
  rw_text value = { 0 };
  rw_json_normal (item, &value);
  rw_text_addf (&f->found, "%s\"%.64s\": %.*s%s", f->found.n ? ", " : "", key, SHOWN,
                rw_text_get (&value), value.n > SHOWN ? "..." : "");
  rw_text_free (&value);
}
