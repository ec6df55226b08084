/* axis: which scale an axis gets, and ticks that can be read.  */
#include "cli/axis.h"
#include "cli/gnuplot.h"
#include "tap.h"

static size_t
count (const char *text, char c)
{
  size_t n = 0;
  for (; *text; text++)
    n += *text == c;
  return n;
}

static const char *
ticks (const axis *a, size_t most, bool bare)
{
  static rw_text t;
  rw_text_free (&t);
  axis_ticks (a, most, bare, &t);
  return rw_text_get (&t);
}

static void
scales_follow_the_data (void)
{
  const double distance[] = { 0, 1, 17, 2385, 32768 }, narrow[] = { 3000, 4096, 5000 };
  const double factor[] = { 2, 4, 8, 16 }, even[] = { 2, 4, 6, 8 };
  const double wide[] = { 1, NAN, 2.4e-5 }, mixed[] = { -1, 2385, 1e-9 };
  const char *const names[] = { "linear", "yarn" };
  axis a = axis_along (distance, NULL, 5, "tokens");
  ok (a.scale == AXIS_LOG2, "tokens over many octaves stand on a log2 axis");
  near (a.lo, 1, 1e-8, "from the least positive one"); /* widened by a hair for its ticks */
  ok (isnan (axis_place (&a, 0)), "on which 0 has no place");
  near (axis_place (&a, 32768), 1, 1e-8, "and the last one stands at the end");
  ok (axis_along (narrow, NULL, 3, "tokens").scale == AXIS_LINEAR, "not over less than two");
  ok (axis_along (factor, NULL, 4, NULL).scale == AXIS_LOG2, "2 4 8 16 is geometric");
  ok (axis_along (even, NULL, 4, NULL).scale == AXIS_LINEAR, "2 4 6 8 is not");
  ok (axis_over (wide, 3).scale == AXIS_LOG10, "positive values over decades are logarithmic");
  ok (axis_over (mixed, 3).scale == AXIS_LINEAR, "with a negative one they cannot be");
  a = axis_along (NULL, names, 2, NULL);
  ok (a.scale == AXIS_TEXT && axis_place (&a, 0) == 0.25,
      "names stand in the middle of their share");
  a = axis_over (&(double){ NAN }, 1);
  ok (a.hi > a.lo, "no value at all still gives a range");
  a = axis_over (&(double){ 2385 }, 1);
  ok (a.lo < 2385 && a.hi > 2385, "one value stands inside its range");
}

static void
ticks_are_few_and_short (void)
{
  const double length[] = { 4096, 1048576 }, value[] = { -3.2, 17.9 }, small[] = { 2e-7, 1 };
  axis a = axis_along (length, NULL, 2, "tokens");
  has (ticks (&a, 9, false), "'4k' 4096", "4096 tokens are 4k");
  has (ticks (&a, 9, false), "'1M' 1048576", "1048576 are 1M");
  a = axis_over (small, 2);
  has (ticks (&a, 9, false), "'10⁻⁴' ", "a ten-thousandth is a power of ten");
  has (ticks (&a, 9, false), "'0.1' ", "a tenth is a tenth");
  a = axis_over (value, 2);
  has (ticks (&a, 5, false), "'0' 0", "nought is nought");
  int few = 1;
  for (size_t most = 2; most < 12; most++)
    for (int k = 0; k < 3; k++)
      {
        a = k == 0 ? axis_along (length, NULL, 2, "tokens") : axis_over (k == 1 ? value : small, 2);
        few = few && count (ticks (&a, most, false), ',') <= most; /* n ticks have n - 1 commas */
      }
  ok (few, "never more than asked for, one aside");
  a = axis_over (value, 2);
  has (ticks (&a, 5, true), "'' 0", "bare ticks have no label");
  const char *const names[] = { "100 %d", "it's `id`" };
  a = axis_along (NULL, names, 2, NULL);
  has (ticks (&a, 5, false), "'100 %%d' 0", "a per cent sign is no format");
  ok (count (ticks (&a, 5, false), '\'') == 4, "a quote in a name does not end the string");
}

static void
texts_stand_for_themselves (void)
{
  rw_text t = { 0 };
  gnuplot_quote (&t, "a'b\n\x01\"`$(c)\\");
  ok (strcmp (rw_text_get (&t), "'a’b  \"`$(c)\\'") == 0, "quoted: %s", rw_text_get (&t));
  rw_text_free (&t);
  gnuplot_quote (&t, NULL);
  ok (strcmp (rw_text_get (&t), "''") == 0, "no text is an empty one");
  rw_text_free (&t);
  char buf[32];
  ok (strcmp (axis_tokens (1536, buf), "1536") == 0, "1536 is no whole number of 1024s");
  ok (strcmp (axis_tokens (1000, buf), "1000") == 0, "nor is 1000");
}

int
main (void)
{
  scales_follow_the_data ();
  ticks_are_few_and_short ();
  texts_stand_for_themselves ();
  return tap_end ();
}
