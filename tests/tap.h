/* tap: the test harness: prints the Test Anything Protocol, one line an assertion idea.

   A test file is a main() that calls ok()/near()/... and returns tap_end().  Tolerances are
   tiers; above TOL1 the line says why.  */
#ifndef RW_TESTS_TAP_H
#define RW_TESTS_TAP_H

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOL0 (2 * DBL_EPSILON)
#define TOL1 (16 * DBL_EPSILON)
#define TOL2 (256 * DBL_EPSILON)
#define TOL3 (2048 * DBL_EPSILON)
#define TOL4 (16384 * DBL_EPSILON)

static int tap_count, tap_failed;

__attribute__ ((format (printf, 2, 3), unused)) static int
ok (int yes, const char *format, ...)
{
  char text[512];
  va_list args;
  va_start (args, format);
  vsnprintf (text, sizeof text, format, args);
  va_end (args);
  tap_count++;
  tap_failed += !yes;
  printf ("%s %d - %s\n", yes ? "ok" : "not ok", tap_count, text);
  fflush (stdout);
  return yes;
}

/* |got - want| <= tol * max (|want|, 1e-300); NaN equals NaN.  */
__attribute__ ((unused)) static int
near (double got, double want, double tol, const char *text)
{
  const int yes = (isnan (got) && isnan (want)) || got == want
                  || fabs (got - want) <= tol * fmax (fabs (want), 1e-300);
  ok (yes, "%s", text);
  if (!yes)
    printf ("# got %.17g, expected %.17g, relative %.3g over %.3g\n", got, want,
            fabs (got - want) / fmax (fabs (want), 1e-300), tol);
  return yes;
}

/* The text holds the part; shows it where it does not.  */
__attribute__ ((unused)) static int
has (const char *text, const char *part, const char *name)
{
  const int yes = text && strstr (text, part) != NULL;
  ok (yes, "%s", name);
  if (!yes)
    printf ("# '%s' is not in: %s\n", part, text ? text : "(null)");
  return yes;
}

__attribute__ ((unused)) static void
skip (const char *why, const char *name)
{
  printf ("ok %d - %s # SKIP %s\n", ++tap_count, name, why);
}

__attribute__ ((unused)) static int
tap_end (void)
{
  printf ("1..%d\n", tap_count);
  return tap_failed ? 1 : 0;
}

#endif
