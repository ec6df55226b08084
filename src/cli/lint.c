/* lint: what is wrong, ignored or risky in the rope config of a model.  */
#include "config.h"

#include "stack/lint.h"
#include "cli/door.h"
#include "cli/model_options.h"
#include "cli/output.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct
{
  door_common common;
  model_options of; /* length NaN: max_position_embeddings */
  const char *stack;
  bool rules;
  rw_lint_severity least;
} lint;

enum
{
  KEY_STACK = 256,
  KEY_RULES,
  KEY_SEVERITY
};

static const struct argp_option options[] = {
  { "stack", KEY_STACK, "NAME", 0, "only what concerns this stack (default: all of them)", 1 },
  { "severity", KEY_SEVERITY, "error|warning|info", 0, "the least that is shown (default info)",
    1 },
  { "rules", KEY_RULES, NULL, 0, "print the rules instead; no MODEL", 1 },
  { 0 },
};

static rw_lint_severity
parse_severity (const char *text, const char *verb)
{
  for (int s = RW_LINT_INFO; s <= RW_LINT_ERROR; s++)
    if (strcmp (text, rw_lint_severity_text ((rw_lint_severity) s)) == 0)
      return (rw_lint_severity) s;
  exit (door_usage (verb, "--severity '%s': error, warning or info was expected", text));
}

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  lint *t = state->input;
  switch (key)
    {
    case ARGP_KEY_INIT:
      state->child_inputs[0] = &t->common;
      state->child_inputs[1] = &t->of;
      return 0;
    case KEY_STACK:
      t->stack = arg;
      return 0;
    case KEY_SEVERITY:
      t->least = parse_severity (arg, state->name);
      return 0;
    case KEY_RULES:
      t->rules = true;
      t->of.model = t->of.model ? t->of.model : "";
      return 0;
    default:
      return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child children[]
    = { { &door_argp, 0, NULL, 0 }, { &model_options_argp, 0, NULL, 0 }, { 0 } };
static const struct argp argp = {
  .options = options,
  .parser = parse,
  .children = children,
  .args_doc = "MODEL",
  .doc
  = "Says what is wrong, ignored or risky in the rope config of a model: a preset, a Hugging Face "
    "config.json, a folder holding one, a GGUF file, or - for stdin. Exit 1 where there are "
    "errors."
    "\vA finding that concerns past versions only (transformers 4, vLLM before 56446) is a step "
    "milder, unless --stack names one.\n\nExamples:\n"
    "  ropewalk lint qwen3-8b --rope '{\"rope_type\": \"yarn\", \"factor\": 4, "
    "\"original_max_position_embeddings\": 32768}' --length 16384\n"
    "  ropewalk lint gpt-oss-20b --stack llama.cpp\n"
    "  ropewalk lint kimi-k2-instruct --json\n"
    "  ropewalk lint --rules",
};

/* ---- names of stacks ---- */

static void
add_stacks (rw_text *out, unsigned stacks)
{
  if (stacks == RW_LINT_ALL)
    {
      rw_text_add (out, "all stacks");
      return;
    }
  const char *between = "";
  for (size_t k = 0; rw_lint_stack_name (k); k++)
    if (stacks >> k & 1)
      {
        rw_text_addf (out, "%s%s", between, rw_lint_stack_name (k));
        between = ", ";
      }
}

static cJSON *
stacks_json (unsigned stacks)
{
  cJSON *list = cJSON_CreateArray ();
  for (size_t k = 0; rw_lint_stack_name (k); k++)
    if (stacks >> k & 1)
      cJSON_AddItemToArray (list, cJSON_CreateString (rw_lint_stack_name (k)));
  return list;
}

/* ---- the rules ---- */

static cJSON *
rule_json (const rw_lint_rule *rule)
{
  cJSON *row = cJSON_CreateObject ();
  cJSON_AddStringToObject (row, "id", rule->id);
  cJSON_AddStringToObject (row, "severity", rw_lint_severity_text (rule->severity));
  cJSON_AddItemToObject (row, "stacks", stacks_json (rule->stacks));
  cJSON_AddStringToObject (row, "text", rule->text);
  cJSON_AddStringToObject (row, "fix", rule->fix);
  cJSON_AddStringToObject (row, "source", rule->source);
  return row;
}

/* The table as it stands in doc/lint.md.  */
static void
write_rules (bool json, rw_text *out)
{
  const rw_lint_rule *rule;
  cJSON *list = cJSON_CreateArray ();
  if (!json)
    rw_text_add (out, "| id | severity | stacks | what is the matter | fix | source |\n"
                      "|---|---|---|---|---|---|\n");
  for (size_t i = 0; (rule = rw_lint_rule_at (i)); i++)
    {
      cJSON_AddItemToArray (list, rule_json (rule));
      if (json)
        continue;
      rw_text_addf (out, "| `%s` | %s | ", rule->id, rw_lint_severity_text (rule->severity));
      add_stacks (out, rule->stacks);
      rw_text_addf (out, " | %s | %s | %s |\n", rule->text, rule->fix, rule->source);
    }
  if (json)
    rw_json_print (list, out);
  cJSON_Delete (list);
}

/* ---- findings ---- */

static void
add_line (rw_text *out, const char *word, const rw_text *text)
{
  if (text->n)
    rw_text_addf (out, "  %-6s %s\n", word, rw_text_get (text));
}

static void
write_text (const lint *t, const rw_findings *findings, rw_text *out)
{
  for (size_t i = 0; i < findings->n; i++)
    {
      const rw_finding *f = &findings->at[i];
      if (f->severity < t->least)
        continue;
      rw_text_addf (out, "%s %s: %s\n", rw_lint_severity_text (f->severity), f->rule->id,
                    f->rule->text);
      if (f->key.n || f->layer_type[0])
        rw_text_addf (out, "  %-6s %s%s%s%s\n", "at", rw_text_get (&f->key),
                      f->layer_type[0] ? " (" : "", f->layer_type, f->layer_type[0] ? ")" : "");
      add_line (out, "is", &f->found);
      add_line (out, "does", &f->effect);
      add_line (out, "fix", &f->fix);
      rw_text_add (out, "  stacks ");
      add_stacks (out, f->stacks);
      rw_text_addf (out, "\n  source %s\n\n", f->rule->source);
    }
  rw_text_addf (
      out, "%zu errors, %zu warnings, %zu infos\n", rw_findings_count (findings, RW_LINT_ERROR),
      rw_findings_count (findings, RW_LINT_WARNING), rw_findings_count (findings, RW_LINT_INFO));
}

static cJSON *
finding_json (const rw_finding *f)
{
  cJSON *row = cJSON_CreateObject ();
  cJSON_AddStringToObject (row, "id", f->rule->id);
  cJSON_AddStringToObject (row, "severity", rw_lint_severity_text (f->severity));
  cJSON_AddStringToObject (row, "layer_type", f->layer_type);
  cJSON_AddStringToObject (row, "key", rw_text_get (&f->key));
  cJSON_AddItemToObject (row, "stacks", stacks_json (f->stacks));
  cJSON_AddStringToObject (row, "text", f->rule->text);
  cJSON_AddStringToObject (row, "found", rw_text_get (&f->found));
  cJSON_AddStringToObject (row, "effect", rw_text_get (&f->effect));
  cJSON_AddStringToObject (row, "fix", rw_text_get (&f->fix));
  cJSON_AddStringToObject (row, "source", f->rule->source);
  return row;
}

static void
write_json (const lint *t, const rw_findings *findings, rw_text *out)
{
  cJSON *object = cJSON_CreateObject ();
  cJSON_AddStringToObject (object, "model", t->of.model);
  cJSON_AddItemToObject (object, "stack",
                         t->stack ? cJSON_CreateString (t->stack) : cJSON_CreateNull ());
  cJSON_AddItemToObject (object, "length",
                         isnan (t->of.length) ? cJSON_CreateNull ()
                                              : cJSON_CreateNumber (t->of.length));
  cJSON_AddNumberToObject (object, "errors", (double) rw_findings_count (findings, RW_LINT_ERROR));
  cJSON_AddNumberToObject (object, "warnings",
                           (double) rw_findings_count (findings, RW_LINT_WARNING));
  cJSON_AddNumberToObject (object, "infos", (double) rw_findings_count (findings, RW_LINT_INFO));
  cJSON *list = cJSON_AddArrayToObject (object, "findings");
  for (size_t i = 0; i < findings->n; i++)
    if (findings->at[i].severity >= t->least)
      cJSON_AddItemToArray (list, finding_json (&findings->at[i]));
  rw_json_print (object, out);
  cJSON_Delete (object);
}

int
door_lint (int argc, char **argv)
{
  lint t = { .of = { .length = NAN, .least = 1 } };
  argp_parse (&argp, argc, argv, 0, NULL, &t);
  rw_lint_request ask = { .model = t.of.model, .rope = t.of.rope, .length = t.of.length };
  rw_findings findings = { 0 };
  rw_text out = { 0 };
  rw_error err = { 0 };
  rw_status s = t.stack ? rw_stack_find (t.stack, &ask.stack, &err) : RW_OK;
  if (!s && !t.rules)
    s = rw_lint_model (&ask, &findings, &err);
  if (!s && t.rules)
    write_rules (t.common.json, &out);
  else if (!s && t.common.json)
    write_json (&t, &findings, &out);
  else if (!s)
    write_text (&t, &findings, &out);
  if (!s)
    s = output_write (NULL, &out, true, &err);
  const int code = rw_findings_count (&findings, RW_LINT_ERROR) ? 1 : 0;
  rw_text_free (&out);
  rw_findings_free (&findings);
  return s ? door_fail (argv[0], &err) : door_close (argv[0], code);
}
