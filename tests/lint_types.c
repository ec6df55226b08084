/* lint_types: values of every wrong type in every place of every case, and no memory: each is one
   clear error or findings.  */
#include "base/mem.h"
#include "memory_help.h"
#include "stack/lint.h"

static const char *const subjects[] = { "keys",     "attention", "lengths",  "ranges", "shapes",
                                        "switches", "layers",    "versions", NULL };

/* What stands in the place of a value.  */
static const char *const values[]
    = { "null",       "true", "-1",         "0",       "1e300", "0.5",        "\"4\"", "\"\"",
        "\"llama3\"", "[]",   "[1, \"a\"]", "[[[1]]]", "{}",    "{\"a\": 1}", NULL };

static rw_status
lint (const char *text, size_t n, rw_findings *out, rw_error *err)
{
  char path[] = "/tmp/ropewalk-lint-XXXXXX";
  const int fd = mkstemp (path);
  const bool written = fd >= 0 && write (fd, text, n) == (ssize_t) n;
  if (fd >= 0)
    close (fd);
  const rw_lint_request ask = { .model = path, .length = 5000 };
  const rw_status s
      = written ? rw_lint_model (&ask, out, err) : rw_fail (err, RW_EIO, "no temporary file");
  unlink (path);
  return s;
}

static size_t
count (const cJSON *tree)
{
  size_t n = 0;
  for (const cJSON *item = tree->child; item; item = item->next)
    n += 1 + count (item);
  return n;
}

/* Puts a copy of `by` in the place of the i-th value below the tree.  */
static bool
replace_at (cJSON *tree, size_t *i, const cJSON *by)
{
  for (cJSON *item = tree->child; item; item = item->next)
    {
      if ((*i)-- == 0)
        {
          cJSON *copy = cJSON_Duplicate (by, true);
          return cJSON_IsObject (tree)
                     ? cJSON_ReplaceItemInObjectCaseSensitive (tree, item->string, copy)
                     : cJSON_ReplaceItemViaPointer (tree, item, copy);
        }
      if (replace_at (item, i, by))
        return true;
    }
  return false;
}

static bool
says_something (const rw_findings *f)
{
  for (size_t i = 0; i < f->n; i++)
    if (!f->at[i].effect.n || !f->at[i].fix.n || !f->at[i].stacks)
      return false;
  return true;
}

static bool
is_answered (const cJSON *config, size_t place, const cJSON *by)
{
  cJSON *copy = cJSON_Duplicate (config, true);
  rw_findings f = { 0 };
  rw_error err = { 0 };
  rw_text text = { 0 };
  bool good = replace_at (copy, &place, by);
  rw_json_print (copy, &text);
  const rw_status s = lint (rw_text_get (&text), text.n, &f, &err);
  good = good && (s ? s == RW_EINVAL && err.text[0] : says_something (&f));
  if (!good)
    printf ("# %s: %s\n", rw_text_get (&text), err.text);
  rw_text_free (&text);
  rw_findings_free (&f);
  cJSON_Delete (copy);
  return good;
}

static void
mutate_subject (const char *subject)
{
  char path[4096];
  cJSON *tree = NULL;
  rw_error err = { 0 };
  size_t n = 0, odd = 0;
  const char *top = getenv ("top_srcdir");
  snprintf (path, sizeof path, "%s/tests/lint/%s.json", top ? top : ".", subject);
  if (!ok (!rw_json_read (path, &tree, &err), "%s: the cases are read %s", subject, err.text))
    return;
  const cJSON *test;
  cJSON_ArrayForEach (test, tree)
  {
    const cJSON *config = rw_json_get (test, "config");
    const size_t places = count (config);
    for (const char *const *v = values; *v; v++)
      {
        cJSON *by = cJSON_Parse (*v);
        for (size_t i = 0; i < places; i++, n++)
          odd += !is_answered (config, i, by);
        cJSON_Delete (by);
      }
  }
  ok (n > 100 && odd == 0, "%s: %zu wrong configs get an error or findings", subject, n);
  cJSON_Delete (tree);
}

static int
lint_starved (const void *data)
{
  rw_findings f = { 0 };
  rw_error err = { 0 };
  const int code = outcome (rw_lint_model (data, &f, &err), &err);
  rw_findings_free (&f);
  return code;
}

int
main (void)
{
  const rw_lint_request kimi = { .model = "kimi-k2-instruct", .length = 5000 };
  const rw_lint_request yarn
      = { .model = "qwen3-8b",
          .length = 5000,
          .rope = "{\"rope_type\": \"yarn\", \"factor\": 4, \"attn_factor\": "
                  "0.8, \"beta_fst\": 2}" };
  /* First, because the hook is read at a process's first allocation.  */
  starve_until ("kimi-k2", lint_starved, &kimi, 10);
  starve_until ("qwen3 with a block", lint_starved, &yarn, 10);
  for (const char *const *s = subjects; *s; s++)
    mutate_subject (*s);
  return tap_end ();
}
