/* expected: what the experiments of the tree claim can be asked: every expected.json reads, its
   configs are sweeps, and every value finds its field and dimensions in them and ends with one
   number.  Nothing is run.  And doc/experiments.md shows a file that reads, and all reductions.  */
#include "claim/judge.h"
#include "claim/reduce.h"
#include "claim/shelf.h"
#include "json/json.h"
#include "tap.h"

#include <string.h>
#include <unistd.h>

/* A model that must be fetched is a name that leads nowhere, or a file that cannot be read.  */
static bool
is_absent (rw_status s, const rw_error *err)
{
  return s == RW_EIO || (s == RW_EINVAL && strstr (err->text, "is no preset, file or folder"));
}

/* Reads a config whose text was not fetched as if it read one that is shipped: what its claims ask
   for is there whatever the words.  */
static rw_status
read_with_shipped (const char *path, const char *folder, rw_plan **plan, rw_error *err)
{
  static const char fetched[] = "models/northanger-abbey.txt", shipped[] = "COPYING";
  rw_text was = { 0 }, is = { 0 };
  rw_status s = rw_json_text (path, &was, err);
  const char *rest = rw_text_get (&was);
  for (const char *at; (at = strstr (rest, fetched)); rest = at + strlen (fetched))
    rw_text_addf (&is, "%.*s%s", (int) (at - rest), rest, shipped);
  rw_text_add (&is, rest);
  if (!s)
    s = rw_plan_parse (path, rw_text_get (&is), is.n, folder, NULL, plan, err);
  rw_text_free (&was);
  rw_text_free (&is);
  return s;
}

/* The outline of a config; NULL where it is optional and its model is not there.  */
static rw_outline *
outline_of (const rw_experiment *e, const char *config, bool optional, rw_plan **plan)
{
  rw_error err = { 0 };
  rw_outline *out = NULL;
  char *path = rw_format ("%s/%s", e->folder, config);
  rw_status s = rw_plan_read (path, NULL, plan, &err);
  if (s == RW_EIO && !optional)
    s = read_with_shipped (path, e->folder, plan, &err);
  if (!ok (s == RW_OK || (optional && access (path, R_OK) == 0 && is_absent (s, &err)),
           "%s: %s is a sweep", e->name, config))
    printf ("# %s\n", err.text);
  if (!s)
    ok (rw_outline_new (*plan, &out, &err) == RW_OK, "%s: and has an outline", config);
  rw_free (path);
  return out;
}

static void
test_experiment (const rw_experiment *e)
{
  rw_error err = { 0 };
  rw_claims *c = NULL;
  char *path = rw_format ("%s/expected.json", e->folder);
  char *readme = rw_format ("%s/README.md", e->folder);
  ok (access (readme, R_OK) == 0, "%s: has a README", e->name);
  if (ok (rw_claims_read (path, &c, &err) == RW_OK, "%s: expected.json reads", e->name))
    {
      rw_plan **plan = rw_new (c->n_configs, sizeof *plan);
      rw_outline **outline = rw_new (c->n_configs, sizeof *outline);
      for (size_t k = 0; k < c->n_configs; k++)
        outline[k] = outline_of (e, c->config[k], c->optional[k], &plan[k]);
      if (!ok (rw_judge_rehearse (c, outline, &err) == RW_OK, "%s: %zu claims can be asked",
               e->name, c->n_claims))
        printf ("# %s\n", err.text);
      for (size_t k = 0; k < c->n_configs; k++)
        {
          rw_outline_free (outline[k]);
          rw_plan_free (plan[k]);
        }
      rw_free (plan);
      rw_free (outline);
    }
  else
    printf ("# %s\n", err.text);
  rw_claims_free (c);
  rw_free (path);
  rw_free (readme);
}

/* ---- what the documentation shows ---- */

static void
test_example (const char *page)
{
  static const char begin[] = "```json\n";
  char name[] = "expected-test-XXXXXX";
  rw_claims *c = NULL;
  rw_error err = { 0 };
  const char *from = strstr (page, begin);
  const char *to = from ? strstr (from + strlen (begin), "```") : NULL;
  const int fd = mkstemp (name);
  const size_t n = to ? (size_t) (to - from) - strlen (begin) : 0;
  if (!ok (n && fd >= 0 && write (fd, from + strlen (begin), n) == (ssize_t) n,
           "the page has an example"))
    return;
  close (fd);
  if (!ok (rw_claims_read (name, &c, &err) == RW_OK && c->n_claims == 3, "which reads"))
    printf ("# %s\n", err.text);
  rw_claims_free (c);
  unlink (name);
}

static void
test_page (void)
{
  const char *top = getenv ("top_srcdir");
  char *path = rw_format ("%s/doc/experiments.md", top ? top : ".");
  rw_text page = { 0 };
  rw_error err = { 0 };
  ok (rw_json_text (path, &page, &err) == RW_OK, "doc/experiments.md is there");
  test_example (rw_text_get (&page));
  for (size_t i = 0; rw_reduce_name (i, NULL); i++)
    {
      char word[32];
      snprintf (word, sizeof word,
                rw_reduce_find (rw_reduce_name (i, NULL))->level ? "{\"%s\":" : "`%s`",
                rw_reduce_name (i, NULL));
      has (rw_text_get (&page), word, word);
    }
  rw_text_free (&page);
  rw_free (path);
}

int
main (void)
{
  rw_shelf shelf;
  rw_error err = { 0 };
  if (!ok (rw_shelf_open (NULL, 0, &shelf, &err) == RW_OK && shelf.n, "there are experiments"))
    printf ("# %s\n", err.text);
  for (size_t i = 0; i < shelf.n; i++)
    if (shelf.item[i].claims)
      test_experiment (&shelf.item[i]);
  rw_shelf_free (&shelf);
  test_page ();
  return tap_end ();
}
