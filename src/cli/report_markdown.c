/* report_markdown: REPORT.md, as GitHub reads it; see report.h.  */
#include "config.h"

#include "cli/report.h"

#include <string.h>

static bool
escape (rw_text *out, char c)
{
  if (c == '&' || c == '<' || c == '>')
    rw_text_add (out, c == '&' ? "&amp;" : c == '<' ? "&lt;" : "&gt;");
  else if (strchr ("\\`*_[]{}#|~$!", c))
    rw_text_addf (out, "\\%c", c);
  else
    return false;
  return true;
}

static void
add (rw_text *out, const char *text)
{
  report_text (out, text, escape);
}

static bool
escape_code (rw_text *out, char c)
{
  if (c != '`') /* would end it */
    return false;
  rw_text_add (out, "'");
  return true;
}

/* A path in a link: every byte that is not plain is %XX.  */
static void
add_path (rw_text *out, const char *path)
{
  for (const char *p = path; *p; p++)
    if (strchr ("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/", *p))
      rw_text_addn (out, p, 1);
    else
      rw_text_addf (out, "%%%02X", (unsigned char) *p);
}

static void
begin (rw_text *out, const char *title)
{
  rw_text_add (out, "# ");
  add (out, title);
  rw_text_add (out, "\n\n");
}

static void
finish (rw_text *out)
{
  (void) out;
}

static void
heading (rw_text *out, const char *text, const char *anchor)
{
  rw_text_addf (out, "<a id=\"%s\"></a>\n\n## ", anchor);
  add (out, text);
  rw_text_add (out, "\n\n");
}

static void
paragraph (rw_text *out, const char *text)
{
  add (out, text);
  rw_text_add (out, "\n\n");
}

static void
command (rw_text *out, const char *text)
{
  rw_text_add (out, "    "); /* an indented block: nothing in it is read as anything */
  report_text (out, text, escape_code);
  rw_text_add (out, "\n\n");
}

static void
row (rw_text *out, const report_cell *cell, size_t n)
{
  for (size_t k = 0; k < n; k++)
    {
      const char *text = cell[k].text;
      rw_text_add (out, "| ");
      if (cell[k].anchor)
        rw_text_add (out, "[");
      if (cell[k].class && strcmp (cell[k].class, "code") == 0 && *text)
        {
          rw_text_add (out, "<code>"); /* where a bar may be escaped, as in no `code` */
          add (out, text);
          rw_text_add (out, "</code>");
        }
      else
        add (out, text);
      if (cell[k].anchor)
        rw_text_addf (out, "](#%s)", cell[k].anchor);
      rw_text_add (out, " ");
    }
  rw_text_add (out, "|\n");
}

static void
heads (rw_text *out, const char *name, const report_cell *cell, size_t n)
{
  (void) name;
  row (out, cell, n);
  for (size_t k = 0; k < n; k++)
    rw_text_add (out,
                 cell[k].class && strcmp (cell[k].class, "number") == 0 ? "| ---: " : "| --- ");
  rw_text_add (out, "|\n");
}

static void
end (rw_text *out)
{
  rw_text_add (out, "\n");
}

static void
items (rw_text *out)
{
  (void) out;
}

static void
item (rw_text *out, const char *word, const char *text)
{
  rw_text_add (out, "- **");
  add (out, word);
  rw_text_add (out, "**: ");
  add (out, text);
  rw_text_add (out, "\n");
}

static void
picture (rw_text *out, const char *path, const rw_text *svg, const char *title)
{
  (void) svg;
  rw_text_add (out, "![");
  add (out, title);
  rw_text_add (out, "](");
  add_path (out, path);
  rw_text_add (out, ")\n\n");
}

const report_form report_markdown = {
  .file = "REPORT.md",
  .begin = begin,
  .finish = finish,
  .heading = heading,
  .paragraph = paragraph,
  .command = command,
  .heads = heads,
  .row = row,
  .rows_end = end,
  .items = items,
  .item = item,
  .items_end = end,
  .picture = picture,
};
