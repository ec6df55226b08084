/* reproduce_rows: a row a number, as the studies are done; see reproduce.h.  */
#include "config.h"

#include "cli/reproduce.h"

#include <stdio.h>
#include <string.h>

static const char *const heads[] = { "experiment", "claim", "published", "measured" };

enum
{
  COLUMNS = sizeof heads / sizeof *heads,
  MEASURED = 12 /* characters of a number of six digits: its width before it is known */
};

/* The relation that a claim in words comes to: "at least 1".  */
static const char *
bound_text (const rw_bound *b, char buf[48])
{
  char number[32];
  snprintf (buf, 48, "%s %s", rw_holds_name (b->kind), study_number (b->number, number));
  for (char *c = strchr (buf, '_'); c; c = strchr (c, '_'))
    *c = ' ';
  return buf;
}

static void
cells (const study *s, size_t claim, const char *cell[COLUMNS], char bound[48], char measured[32])
{
  const rw_claim *c = &s->claims->claim[claim];
  cell[0] = s->name;
  cell[1] = c->name;
  cell[2] = c->bound.kind == RW_HOLDS_EQUAL ? c->published : bound_text (&c->bound, bound);
  cell[3] = s->judged ? study_number (s->judged[claim].measured, measured) : "";
}

static void
print_row (const reproduce_rows *rows, const char *const cell[COLUMNS], const char *verdict)
{
  for (size_t k = 0; k < COLUMNS; k++)
    {
      const size_t n = rw_characters (cell[k]);
      printf ("%s%*s  ", cell[k], (int) (n < rows->width[k] ? rows->width[k] - n : 0), "");
    }
  puts (verdict);
}

reproduce_rows
reproduce_head (const reproduce *r)
{
  reproduce_rows rows = { .width = { [COLUMNS - 1] = MEASURED } };
  const char *cell[COLUMNS];
  char bound[48], measured[32];
  for (size_t k = 0; k < COLUMNS; k++)
    {
      const size_t n = rw_characters (heads[k]);
      rows.width[k] = n > rows.width[k] ? n : rows.width[k];
    }
  for (size_t i = 0; i < r->n; i++)
    for (size_t c = 0; r->study[i].chosen && r->study[i].claims && c < r->study[i].claims->n_claims;
         c++)
      {
        cells (&r->study[i], c, cell, bound, measured);
        for (size_t k = 0; k < COLUMNS; k++)
          {
            const size_t n = rw_characters (cell[k]);
            rows.width[k] = n > rows.width[k] ? n : rows.width[k];
          }
      }
  print_row (&rows, heads, "verdict");
  return rows;
}

void
reproduce_row (const reproduce_rows *rows, const study *s)
{
  for (size_t c = 0; s->claims && c < s->claims->n_claims; c++)
    {
      const char *cell[COLUMNS];
      char bound[48], number[32], found[64], verdict[512];
      const rw_judgement *j = &s->judged[c];
      cells (s, c, cell, bound, number);
      snprintf (verdict, sizeof verdict, "%s%s%s", study_verdict (&s->claims->claim[c], j, found),
                *j->note ? ": " : "", j->note);
      print_row (rows, cell, verdict);
    }
  fflush (stdout); /* the next study may take long */
}

void
reproduce_count (const reproduce *r)
{
  size_t count[RW_VERDICT_NOT_RUN + 1] = { 0 }, total = 0, worse = 0;
  for (size_t i = 0; i < r->n; i++)
    if (r->study[i].chosen)
      worse += study_count (&r->study[i], count);
  for (size_t k = 0; k <= RW_VERDICT_NOT_RUN; k++)
    total += count[k];
  printf ("%zu claim%s:", total, total == 1 ? "" : "s");
  for (size_t k = 0; k <= RW_VERDICT_NOT_RUN; k++)
    printf ("%s %zu %s", k ? "," : "", count[k], rw_verdict_name ((rw_verdict) k));
  printf ("; %zu worse than expected\n", worse);
}
