/* diff_text: a comparison of stacks for people, within 100 columns; see diff.h.

   What is there to be pasted stands on one line, however long.  */
#include "config.h"

#include "cli/diff.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum
{
  WIDTH = 96,
  NAME = 15 /* columns of a stack's name */
};

/* Words from column `indent` on, which the caller has reached, broken before WIDTH.  */
static void
wrap (rw_text *out, int indent, const char *words)
{
  int column = indent;
  while (*words)
    {
      const int n = (int) strcspn (words, " ");
      if (column > indent && column + 1 + n > WIDTH)
        {
          rw_text_addf (out, "\n%*s", indent, "");
          column = indent;
        }
      rw_text_addf (out, "%s%.*s", column > indent ? " " : "", n, words);
      column += n + (column > indent);
      words += n;
      words += strspn (words, " ");
    }
  rw_text_add (out, "\n");
}

/* "8.093 to 17.4" */
static const char *
ramp_text (const rw_freqs *f, char buf[32])
{
  if (isnan (f->ramp[0]))
    return "-";
  snprintf (buf, 32, "%.4g to %.4g", f->ramp[0], f->ramp[1]);
  return buf;
}

static void
write_views (const rw_comparison *c, const char *type, rw_text *out)
{
  char ramp[32];
  rw_text_addf (out, "  %-*s %-13s %-17s %-15s %-16s %s\n", NAME, "stack", "rope_type",
                "attention_factor", "softmax_factor", "ramp, pairs", "switch");
  for (size_t i = 0; i < c->n; i++)
    {
      const rw_account *a = &c->account[i];
      const rw_view *v = rw_account_view (a, type);
      rw_text_addf (out, "  %-*s ", NAME, a->stack->name);
      if (v)
        rw_text_addf (out, "%-13s %-17.9g %-15.9g %-16s %s\n", v->rope->schedule->module->name,
                      v->freqs.attention_factor, v->freqs.softmax_factor,
                      ramp_text (&v->freqs, ramp), rw_switch_text (v->rule));
      else
        rw_text_add (out, a->refused ? "refuses the config\n" : "has no rope here\n");
    }
}

static void
write_difference (const char *name, const rw_difference *d, rw_text *out)
{
  char frequency[48] = "the same";
  if (d->frequency > 0)
    snprintf (frequency, sizeof frequency, "%.*g %% at pair %zu", d->frequency < 10 ? 3 : 6,
              100 * d->frequency, d->pair);
  rw_text_addf (out, "  %-*s %-21s %-10.6g", NAME, name, frequency, d->logit_scale);
  for (size_t k = 0; k < RW_PHASES; k++)
    rw_text_addf (out, k + 1 < RW_PHASES ? " %-10.3g" : " %.3g\n", d->phase[k]);
}

static bool
is_measured (const rw_comparison *c, size_t i, size_t t)
{
  return !c->account[i].refused && !c->difference[i * c->n_types + t].missing;
}

static void
write_differences (const rw_comparison *c, size_t t, rw_text *out)
{
  char head[32];
  size_t n = 0;
  for (size_t i = 1; i < c->n; i++)
    n += is_measured (c, i, t);
  if (!n)
    return;
  snprintf (head, sizeof head, "from %s", c->account[0].stack->name);
  rw_text_addf (out, "\n  %-*s %-21s %-10s phase error in radians at position\n", NAME + 4, head,
                "", "");
  rw_text_addf (out, "  %-*s %-21s %-10s", NAME, "", "largest of frequency", "logits x");
  for (size_t k = 0; k < RW_PHASES; k++)
    rw_text_addf (out, k + 1 < RW_PHASES ? " %-10.0f" : " %.0f\n", rw_phase_positions[k]);
  for (size_t i = 1; i < c->n; i++)
    if (is_measured (c, i, t))
      write_difference (c->account[i].stack->name, &c->difference[i * c->n_types + t], out);
}

static void
write_type (const rw_comparison *c, size_t t, rw_text *out)
{
  if (*c->type[t])
    rw_text_addf (out, "\nlayer type %s\n", c->type[t]);
  else
    rw_text_add (out, "\n");
  write_views (c, c->type[t], out);
  write_differences (c, t, out);
}

/* ---- what differs, and what makes it agree ---- */

static void
write_notes (const rw_notes *notes, const char *label, rw_text *out)
{
  for (size_t i = 0; i < notes->n; i++)
    {
      rw_text_addf (out, "  %-*s ", NAME, i ? "" : label);
      wrap (out, NAME + 3, notes->note[i].text);
    }
}

/* llama.cpp is told by keys and tensors of its file where no flag can say it.  */
static void
write_words (const rw_words *words, const char *stack, rw_text *out)
{
  const cJSON *keys = rw_json_get (words->patch, stack);
  rw_text_addf (out, "  tell it%s\n",
                words->line ? ""
                : keys      ? " in the file, as `ropewalk export MODEL --to gguf` writes it"
                            : " in its config.json (a merge patch: null takes a key out)");
  rw_text_add (out, "    ");
  if (words->line)
    rw_text_add (out, words->line);
  else
    rw_words_print (keys ? keys : words->patch, false, out);
  rw_text_add (out, "\n");
}

static void
write_override (const rw_comparison *c, size_t i, rw_text *out)
{
  const rw_override *o = &c->override[i];
  const char *name = c->account[i].stack->name, *first = c->account[0].stack->name;
  if (o->error.text[0])
    {
      rw_text_addf (out, "  %-*s ", NAME, "no override");
      wrap (out, NAME + 3, o->error.text);
      return;
    }
  write_words (&o->words, name, out);
  if (!o->tried)
    rw_text_addf (out, "  %-*s not tested: a GGUF file is not patched\n", NAME, "result");
  else if (o->agrees)
    rw_text_addf (out, "  %-*s tested: read again with it, %s agrees with %s\n", NAME, "result",
                  name, first);
  else
    write_notes (&o->left, "still differs", out);
  write_notes (&o->words.lost, o->agrees ? "note" : "it cannot say", out);
}

static void
write_verdict (const rw_comparison *c, size_t i, rw_text *out)
{
  const char *name = c->account[i].stack->name, *first = c->account[0].stack->name;
  rw_notes findings = diff_findings (c, i);
  rw_text_addf (out, "\n%s differs from %s\n", name, first);
  write_notes (&findings, "because", out);
  write_override (c, i, out);
  rw_notes_free (&findings);
}

/* Those that agree first, in one line.  */
static void
write_verdicts (const rw_comparison *c, rw_text *out)
{
  rw_text same = { 0 };
  for (size_t i = 1; i < c->n; i++)
    if (c->agrees[i])
      rw_text_addf (&same, "%s%s", same.n ? ", " : "", c->account[i].stack->name);
  if (same.n)
    rw_text_addf (out, "\n%s agree%s with %s\n", rw_text_get (&same),
                  strchr (same.s, ',') ? "" : "s", c->account[0].stack->name);
  out->failed = out->failed || same.failed;
  rw_text_free (&same);
  for (size_t i = 1; i < c->n; i++)
    if (!c->agrees[i])
      write_verdict (c, i, out);
}

/* ---- keys ---- */

static void
add_keys (const rw_notes *notes, rw_note_kind kind, rw_text *out)
{
  for (size_t i = 0; i < notes->n; i++)
    if (notes->note[i].kind == kind)
      rw_text_addf (out, "%s%s", out->n ? ", " : "", notes->note[i].text);
}

/* Key paths in one line; those of the first stack (NULL for itself) are not said again.  */
static void
write_paths (const rw_notes *notes, const rw_notes *first, const char *first_name,
             rw_note_kind kind, const char *label, rw_text *out)
{
  rw_text list = { 0 }, known = { 0 };
  add_keys (notes, kind, &list);
  if (first)
    add_keys (first, kind, &known);
  if (list.n)
    {
      rw_text_addf (out, "  %-*s ", NAME, label);
      if (first && strcmp (rw_text_get (&list), rw_text_get (&known)) == 0)
        rw_text_addf (out, "the same as %s\n", first_name);
      else
        wrap (out, NAME + 3, rw_text_get (&list));
    }
  out->failed = out->failed || list.failed || known.failed;
  rw_text_free (&list);
  rw_text_free (&known);
}

static void
write_keys (const rw_comparison *c, size_t i, rw_text *out)
{
  const rw_account *a = &c->account[i], *first = &c->account[0];
  rw_notes notes = diff_notes (a), of_first = diff_notes (first), warnings = { 0 };
  const rw_notes *known = i ? &of_first : NULL;
  for (size_t k = 0; k < notes.n; k++)
    if (notes.note[k].kind == RW_NOTE_WARNING)
      rw_note_add (&warnings, RW_NOTE_WARNING, "%s", notes.note[k].text);
  if (notes.n)
    rw_text_addf (out, "\nwhat %s reads\n", a->stack->name);
  write_paths (&notes, known, first->stack->name, RW_NOTE_USED, "keys used", out);
  write_paths (&notes, known, first->stack->name, RW_NOTE_IGNORED, "keys ignored", out);
  write_notes (&warnings, "warnings", out);
  rw_notes_free (&notes);
  rw_notes_free (&of_first);
  rw_notes_free (&warnings);
}

void
diff_text (const rw_comparison *c, rw_text *out)
{
  rw_text_addf (out, "%s as %zu stacks compute it ", c->name, c->n);
  if (c->length > 0)
    rw_text_addf (out, "at %.0f tokens%s\n", c->length,
                  c->given ? "" : ", its max_position_embeddings");
  else
    rw_text_add (out, "before the first token\n");
  for (size_t t = 0; t < c->n_types; t++)
    write_type (c, t, out);
  write_verdicts (c, out);
  for (size_t i = 0; i < c->n; i++)
    write_keys (c, i, out);
}
