/* report_html: report.html, one file that needs no other and no network; see report.h.  */
#include "config.h"

#include "cli/report.h"

static const char style[]
    = ":root{color-scheme:light dark;--ink:#1b1f24;--paper:#fff;--soft:#57606a;--line:#d0d7de;"
      "--link:#0550ae;--match:#116329;--slip:#7d4e00;--differs:#a40e26}\n"
      "@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#0d1117;--soft:#9da7b1;"
      "--line:#30363d;--link:#79c0ff;--match:#56d364;--slip:#e3b341;--differs:#ff7b72}}\n"
      "body{margin:0 auto;max-width:64rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;"
      "color:var(--ink);background:var(--paper);overflow-wrap:break-word}\n"
      "h1,h2{line-height:1.25}h2{margin-top:3rem;border-top:1px solid var(--line);"
      "padding-top:1rem}a{color:var(--link)}\n"
      ".wide{overflow-x:auto;margin:1rem 0}table{border-collapse:collapse;font-size:.9rem}\n"
      "th,td{padding:.3rem .6rem;border-bottom:1px solid var(--line);text-align:left;"
      "vertical-align:top;min-width:2.5rem}th{color:var(--soft)}\n"
      ".number{text-align:right;font-variant-numeric:tabular-nums}td.number{white-space:nowrap}\n"
      ".code{font-family:ui-monospace,monospace;font-size:.8rem}"
      "pre{overflow-x:auto;padding:.6rem;border:1px solid var(--line)}\n"
      "td.match,td.slip,td.differs,td.none{font-weight:600;white-space:nowrap}\n"
      ".match{color:var(--match)}.slip{color:var(--slip)}.differs{color:var(--differs)}"
      ".none{color:var(--soft)}\n"
      "figure{display:inline-block;vertical-align:top;max-width:100%;margin:0 1rem 1rem 0}"
      "figcaption{color:var(--soft);font-size:.85rem;max-width:40rem}\n"
      "img{display:block;max-width:100%;height:auto;background:#fff}\n"
      "@media(max-width:40rem){body{padding:.6rem}table{font-size:.8rem}"
      "th,td{padding:.2rem .35rem}ul{padding-left:1.2rem}}\n"
      "@media print{:root{color-scheme:light;--ink:#000;--paper:#fff;--soft:#444;--line:#999;"
      "--link:#000;--match:#000;--slip:#000;--differs:#000}body{max-width:none;padding:0;"
      "font-size:9pt}.wide{overflow:visible}tr,figure{break-inside:avoid}h2{break-after:avoid}}\n";

static bool
escape (rw_text *out, char c)
{
  static const struct
  {
    char c;
    const char *text;
  } rows[] = {
    { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" }
  };
  for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
    if (rows[k].c == c)
      {
        rw_text_add (out, rows[k].text);
        return true;
      }
  return false;
}

static void
add (rw_text *out, const char *text)
{
  report_text (out, text, escape);
}

/* RFC 4648.  */
static void
add_base64 (rw_text *out, const unsigned char *p, size_t n)
{
  static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (size_t i = 0; i < n; i += 3)
    {
      const size_t left = n - i;
      const unsigned bits
          = (unsigned) p[i] << 16 | (left > 1 ? p[i + 1] : 0U) << 8 | (left > 2 ? p[i + 2] : 0U);
      const char four[]
          = { digit[bits >> 18], digit[bits >> 12 & 63], left > 1 ? digit[bits >> 6 & 63] : '=',
              left > 2 ? digit[bits & 63] : '=' };
      rw_text_addn (out, four, sizeof four);
    }
}

static void
begin (rw_text *out, const char *title)
{
  rw_text_add (out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
                    "<title>");
  add (out, title);
  rw_text_addf (out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<h1>", style);
  add (out, title);
  rw_text_add (out, "</h1>\n");
}

static void
finish (rw_text *out)
{
  rw_text_add (out, "</main>\n</body>\n</html>\n");
}

static void
heading (rw_text *out, const char *text, const char *anchor)
{
  rw_text_addf (out, "<h2 id=\"%s\">", anchor);
  add (out, text);
  rw_text_add (out, "</h2>\n");
}

static void
paragraph (rw_text *out, const char *text)
{
  rw_text_add (out, "<p>");
  add (out, text);
  rw_text_add (out, "</p>\n");
}

static void
command (rw_text *out, const char *text)
{
  rw_text_add (out, "<pre><code>");
  add (out, text);
  rw_text_add (out, "</code></pre>\n");
}

static void
cells (rw_text *out, const char *tag, const report_cell *cell, size_t n)
{
  rw_text_add (out, "<tr>");
  for (size_t k = 0; k < n; k++)
    {
      rw_text_addf (out, "<%s", tag);
      if (cell[k].class)
        rw_text_addf (out, " class=\"%s\"", cell[k].class);
      rw_text_add (out, ">");
      if (cell[k].anchor)
        rw_text_addf (out, "<a href=\"#%s\">", cell[k].anchor);
      add (out, cell[k].text);
      rw_text_addf (out, "%s</%s>", cell[k].anchor ? "</a>" : "", tag);
    }
  rw_text_add (out, "</tr>\n");
}

/* What is too wide for a phone scrolls by itself, by keys too.  */
static void
heads (rw_text *out, const char *name, const report_cell *cell, size_t n)
{
  rw_text_add (out, "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"");
  add (out, name);
  rw_text_add (out, "\">\n<table>\n<thead>\n");
  cells (out, "th", cell, n);
  rw_text_add (out, "</thead>\n<tbody>\n");
}

static void
row (rw_text *out, const report_cell *cell, size_t n)
{
  cells (out, "td", cell, n);
}

static void
rows_end (rw_text *out)
{
  rw_text_add (out, "</tbody>\n</table>\n</div>\n");
}

static void
items (rw_text *out)
{
  rw_text_add (out, "<ul>\n");
}

static void
item (rw_text *out, const char *word, const char *text)
{
  rw_text_add (out, "<li><strong>");
  add (out, word);
  rw_text_add (out, "</strong>: ");
  add (out, text);
  rw_text_add (out, "</li>\n");
}

static void
items_end (rw_text *out)
{
  rw_text_add (out, "</ul>\n");
}

static void
picture (rw_text *out, const char *path, const rw_text *svg, const char *title)
{
  (void) path;
  rw_text_add (out, "<figure><img src=\"data:image/svg+xml;base64,");
  add_base64 (out, (const unsigned char *) rw_text_get (svg), svg->n);
  rw_text_add (out, "\" alt=\"");
  add (out, title);
  rw_text_add (out, "\"/>\n<figcaption>");
  add (out, title);
  rw_text_add (out, "</figcaption></figure>\n");
}

const report_form report_html = {
  .file = "report.html",
  .begin = begin,
  .finish = finish,
  .heading = heading,
  .paragraph = paragraph,
  .command = command,
  .heads = heads,
  .row = row,
  .rows_end = rows_end,
  .items = items,
  .item = item,
  .items_end = items_end,
  .embeds = true,
  .picture = picture,
};
