/* page: what every figure shares: terminal, looks, margins, axes, the mark; see drawing.h.  */
#include "config.h"

#include "cli/drawing.h"
#include "cli/gnuplot.h"

#include <math.h>
#include <string.h>

static const double svg_dots = 96 / 2.54;  /* a centimetre in CSS pixels */
static const double png_dots = 300 / 2.54; /* the same at 300 dots an inch, as journals ask */
static const double x_tick_room = 0.85, y_tick_room = 0.6; /* centimetres a tick label wants */

const unsigned char drawing_viridis[VIRIDIS][3]
    = { { 68, 1, 84 },    { 65, 68, 135 },  { 42, 120, 142 },
        { 34, 168, 132 }, { 122, 209, 81 }, { 253, 231, 37 } };

double
drawing_width (const char *text)
{
  return (double) rw_characters (text) * CHARACTER_CM;
}

/* gnuplot means pixels by points: 96 an inch in SVG, so that 8 pt are 10.7 of them; cairo's
   terminals are told by their fontscale.  */
double
drawing_font (drawing_format format)
{
  return format == FORMAT_SVG ? FONT_POINTS * 96.0 / 72 : FONT_POINTS;
}

void
drawing_page (drawing_format format, double width, double height, rw_text *out)
{
  static const char *const font = "Helvetica";
  const double zoom = 300.0 / 96;
  switch (format)
    {
    case FORMAT_PDF:
      rw_text_addf (
          out,
          "set terminal pdfcairo noenhanced size %.4fcm,%.4fcm fontscale 0.75 dashlength 1.5"
          " linewidth 1.4 font '%s,%d'\n",
          width, height, font, FONT_POINTS);
      break;
    case FORMAT_PNG:
      rw_text_addf (out,
                    "set terminal pngcairo noenhanced size %.0f,%.0f fontscale %g dashlength 1.5"
                    " linewidth %g pointscale %g font '%s,%d'\n",
                    width * png_dots, height * png_dots, zoom, zoom, zoom, font, FONT_POINTS);
      break;
    default:
      rw_text_addf (out,
                    "set terminal svg noenhanced size %.0f,%.0f linewidth 1 background"
                    " '#ffffff' font '%s,%g'\n",
                    width * svg_dots, height * svg_dots, font, drawing_font (format));
    }
  rw_text_add (out, "set encoding utf8\n"
                    "set border 3 lw 0.7 lc rgb '#333333'\n"
                    "set tics nomirror out scale 0.5,0.25 tc rgb '#222222'\n"
                    "set xtics offset 0,0.3\n"
                    "set grid lt 1 lw 0.4 lc rgb '#e2e2e2'\n"
                    "set bars 0\n");
}

void
drawing_margins (double page_width, double page_height, double x, double y, double width,
                 double height, rw_text *out)
{
  rw_text_addf (out, "set lmargin at screen %.6f\nset rmargin at screen %.6f\n", x / page_width,
                (x + width) / page_width);
  rw_text_addf (out, "set bmargin at screen %.6f\nset tmargin at screen %.6f\n", y / page_height,
                (y + height) / page_height);
}

bool
drawing_turned (const axis *a, double centimetres)
{
  double width = 0;
  for (size_t i = 0; a->scale == AXIS_TEXT && i < a->n; i++)
    width = fmax (width, drawing_width (a->text[i]) + CHARACTER_CM);
  return width * (double) a->n > centimetres;
}

size_t
drawing_ticks (char which, double centimetres)
{
  return (size_t) fmax (2, centimetres / (which == 'x' ? x_tick_room : y_tick_room));
}

void
drawing_axis (char which, const axis *a, double centimetres, bool bare, rw_text *out)
{
  const bool turned = which == 'x' && !bare && drawing_turned (a, centimetres);
  if (a->scale == AXIS_LOG2 || a->scale == AXIS_LOG10)
    rw_text_addf (out, "set logscale %c %d\n", which, a->scale == AXIS_LOG2 ? 2 : 10);
  else
    rw_text_addf (out, "unset logscale %c\n", which);
  rw_text_addf (out, "set %crange [%.17g:%.17g] noextend\n", which, a->lo, a->hi);
  rw_text_addf (out, "set %ctics %s ", which, turned ? "rotate by 35 right" : "norotate");
  axis_ticks (a, drawing_ticks (which, centimetres), bare, out);
  rw_text_add (out, "\n");
}

void
drawing_mark (const axis *x, double mark, double centimetres, rw_text *out)
{
  const double place = axis_place (x, mark);
  const double rim = 0.005; /* on the frame itself it would say nothing */
  if (!(place > rim && place < 1 - rim))
    return;
  rw_text_addf (out,
                "set arrow 1 from first %.17g, graph 0 to first %.17g, graph 1 nohead back"
                " lw 0.9 dt (6,4) lc rgb '#777777'\n",
                mark, mark);
  static const char *const name = "trained";
  const bool right = (1 - place) * centimetres < drawing_width (name) + 2 * CHARACTER_CM;
  rw_text_addf (out,
                "set label 1 '%s' at first %.17g, graph 1.0 %s offset character %s,-0.6"
                " tc rgb '#777777' front\n",
                name, mark, right ? "right" : "left", right ? "-0.5" : "0.5");
}
