/* lint: every rule on a config that breaks it, and on the same config with the fix applied.

   tests/lint/SUBJECT.json are lists of cases: `id` (the rule), `config`, `fix` (an RFC 7386 merge
   patch), and where there are any `stack`, `length`, `rope`, `also` (other rules that hold before),
   `still` (those that hold after the fix), `only` (other rules may hold) and `says` (numbers by the
   formulas' definitions that the finding must have).  What holds must be
   exactly what is named.  */
#include "base/mem.h"
#include "stack/lint.h"
#include "tap.h"

#include <unistd.h>

static const char *const subjects[] = { "keys",     "attention", "lengths",  "ranges", "shapes",
                                        "switches", "layers",    "versions", NULL };

static bool seen[256]; /* rule i was provoked */

static const char *
text_of (const cJSON *test, const char *key)
{
  const cJSON *item = rw_json_get (test, key);
  return cJSON_IsString (item) ? item->valuestring : NULL;
}

/* RFC 7386.  */
static void
patch (cJSON *target, const cJSON *by)
{
  for (const cJSON *item = by->child; item; item = item->next)
    {
      cJSON *old = cJSON_GetObjectItemCaseSensitive (target, item->string);
      if (cJSON_IsObject (item) && cJSON_IsObject (old))
        {
          patch (old, item);
          continue;
        }
      cJSON_DeleteItemFromObjectCaseSensitive (target, item->string);
      if (!cJSON_IsNull (item))
        cJSON_AddItemToObject (target, item->string, cJSON_Duplicate (item, true));
    }
}

/* Lints a tree by way of a file, as a user does.  */
static rw_status
lint (const cJSON *test, const cJSON *config, rw_findings *out, rw_error *err)
{
  char path[] = "/tmp/ropewalk-lint-XXXXXX";
  const int fd = mkstemp (path);
  rw_text text = { 0 };
  rw_json_print (config, &text);
  const bool written = fd >= 0 && write (fd, text.s, text.n) == (ssize_t) text.n;
  if (fd >= 0)
    close (fd);
  rw_text_free (&text);
  const cJSON *length = rw_json_get (test, "length");
  rw_lint_request ask = { .model = path,
                          .rope = text_of (test, "rope"),
                          .length = length ? length->valuedouble : NAN };
  rw_status s = written ? RW_OK : rw_fail (err, RW_EIO, "no temporary file");
  if (!s && text_of (test, "stack"))
    s = rw_stack_find (text_of (test, "stack"), &ask.stack, err);
  if (!s)
    s = rw_lint_model (&ask, out, err);
  unlink (path);
  return s;
}

static bool
found (const rw_findings *f, const char *id)
{
  for (size_t i = 0; i < f->n; i++)
    if (strcmp (f->at[i].rule->id, id) == 0)
      return true;
  return false;
}

static bool
in_list (const cJSON *list, const char *id)
{
  const cJSON *item;
  cJSON_ArrayForEach (item, list) if (strcmp (item->valuestring, id) == 0) return true;
  return false;
}

/* Every finding is named, and every name was found.  */
static bool
exactly (const rw_findings *f, const char *id, const cJSON *others)
{
  bool good = !id || found (f, id);
  const cJSON *item;
  for (size_t i = 0; i < f->n; i++)
    {
      const char *got = f->at[i].rule->id;
      const bool named = (id && strcmp (got, id) == 0) || in_list (others, got);
      if (!named)
        printf ("# not expected: %s at %s: %s\n", got, rw_text_get (&f->at[i].key),
                rw_text_get (&f->at[i].effect));
      good = good && named;
    }
  cJSON_ArrayForEach (item, others) good = good && found (f, item->valuestring);
  return good;
}

static void
mark (const char *id)
{
  const rw_lint_rule *rule;
  for (size_t i = 0; (rule = rw_lint_rule_at (i)) && i < 256; i++)
    seen[i] = seen[i] || strcmp (rule->id, id) == 0;
}

/* What a finding must say to be of use.  */
static bool
speaks (const rw_findings *f, const char *id)
{
  for (size_t i = 0; i < f->n; i++)
    if (strcmp (f->at[i].rule->id, id) == 0
        && (!f->at[i].effect.n || !f->at[i].fix.n || !f->at[i].stacks))
      return false;
  return true;
}

static bool
in_finding (const rw_finding *f, const char *part)
{
  return strstr (rw_text_get (&f->found), part) || strstr (rw_text_get (&f->effect), part)
         || strstr (rw_text_get (&f->fix), part);
}

/* The numbers that the case names, worked out by hand, stand in the finding.  */
static void
check_words (const rw_findings *f, const char *id, const cJSON *words, const char *name)
{
  const cJSON *item;
  cJSON_ArrayForEach (item, words)
  {
    bool there = false;
    for (size_t i = 0; i < f->n; i++)
      there = there
              || (strcmp (f->at[i].rule->id, id) == 0 && in_finding (&f->at[i], item->valuestring));
    ok (there, "%s: %s says %s", name, id, item->valuestring);
    for (size_t i = 0; i < f->n && !there; i++)
      printf ("# %s: %s\n", f->at[i].rule->id, rw_text_get (&f->at[i].effect));
  }
}

static void
run_case (const cJSON *test, const char *subject, size_t n)
{
  const char *id = text_of (test, "id");
  const bool only = rw_json_get (test, "only") != NULL;
  cJSON *config = cJSON_Duplicate (rw_json_get (test, "config"), true);
  rw_findings before = { 0 }, after = { 0 };
  rw_error err = { 0 };
  ok (!lint (test, config, &before, &err), "%s %zu: %s: is linted %s", subject, n, id, err.text);
  ok (only ? found (&before, id) : exactly (&before, id, rw_json_get (test, "also")),
      "%s %zu: %s is found", subject, n, id);
  ok (speaks (&before, id), "%s %zu: %s says what it does and what to do", subject, n, id);
  check_words (&before, id, rw_json_get (test, "says"), subject);
  patch (config, rw_json_get (test, "fix"));
  ok (!lint (test, config, &after, &err), "%s %zu: %s: the fix is linted %s", subject, n, id,
      err.text);
  ok (only ? !found (&after, id) : exactly (&after, NULL, rw_json_get (test, "still")),
      "%s %zu: %s is gone with the fix", subject, n, id);
  mark (id);
  rw_findings_free (&before);
  rw_findings_free (&after);
  cJSON_Delete (config);
}

static void
run_subject (const char *subject)
{
  char path[4096];
  cJSON *tree = NULL;
  rw_error err = { 0 };
  size_t n = 0;
  const char *top = getenv ("top_srcdir");
  snprintf (path, sizeof path, "%s/tests/lint/%s.json", top ? top : ".", subject);
  if (!ok (!rw_json_read (path, &tree, &err), "%s: the cases are read %s", subject, err.text))
    return;
  const cJSON *test;
  cJSON_ArrayForEach (test, tree)
  {
    run_case (test, subject, n);
    n++;
  }
  ok (n > 0, "%s: there were cases", subject);
  cJSON_Delete (tree);
}

/* ---- the table ---- */

static bool
is_kebab (const char *id)
{
  return id[0] >= 'a' && id[0] <= 'z'
         && id[strspn (id, "abcdefghijklmnopqrstuvwxyz0123456789-")] == '\0' && !strstr (id, "--");
}

static void
check_table (void)
{
  const rw_lint_rule *a, *b;
  for (size_t i = 0; (a = rw_lint_rule_at (i)); i++)
    {
      bool once = true;
      for (size_t k = 0; k < i && (b = rw_lint_rule_at (k)); k++)
        once = once && strcmp (a->id, b->id) != 0;
      ok (once && is_kebab (a->id) && a->stacks && a->text[0] && a->fix[0] && a->source[0]
              && a->find,
          "%s: a whole row, once", a->id);
      ok (seen[i] || a->scope == RW_LINT_GGUF || strcmp (a->id, "stacks-disagree") == 0,
          "%s: a case breaks it", a->id);
    }
}

/* ---- presets ---- */

/* Every model for every stack; `stack` NULL: for all of them.  */
static void
lint_presets (char *const *names, size_t n, const rw_stack *stack)
{
  size_t failed = 0;
  for (size_t i = 0; i < n; i++)
    {
      rw_findings f = { 0 };
      rw_error err = { 0 };
      const rw_lint_request ask = { .model = names[i], .stack = stack, .length = NAN };
      if (rw_lint_model (&ask, &f, &err))
        printf ("# %s: %s\n", names[i], err.text), failed++;
      rw_findings_free (&f);
    }
  ok (n > 100 && failed == 0, "all %zu presets are linted for %s", n,
      stack ? stack->name : "all stacks");
}

int
main (void)
{
  char **names = NULL;
  size_t n = 0;
  rw_error err = { 0 };
  for (const char *const *s = subjects; *s; s++)
    run_subject (*s);
  check_table ();
  ok (!rw_stack_presets (&names, &n, &err), "presets are listed %s", err.text);
  lint_presets (names, n, NULL);
  for (size_t i = 0; rw_stack_at (i); i++)
    lint_presets (names, n, rw_stack_at (i));
  rw_stack_presets_free (names, n);
  return tap_end ();
}
