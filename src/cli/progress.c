/* progress: the line on stderr; see progress.h.  */
#include "config.h"

#include "cli/progress.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum
{
  COLUMNS = 80, /* of a terminal that does not say */
  MINUTE = 60,
  HOUR = 3600,
  DAY = 86400
};

progress
progress_begin (const rw_plan *plan, bool quiet)
{
  return (progress){ .plan = plan, .quiet = quiet, .tty = isatty (STDERR_FILENO) };
}

char *
progress_duration (double seconds, char buf[32])
{
  const long s = seconds < 1e9 ? lround (seconds) : 1000000000;
  if (s < MINUTE)
    snprintf (buf, 32, "%lds", s);
  else if (s < HOUR)
    snprintf (buf, 32, "%ldm%02lds", s / MINUTE, s % MINUTE);
  else if (s < DAY)
    snprintf (buf, 32, "%ldh%02ldm", s / HOUR, s % HOUR / MINUTE);
  else
    snprintf (buf, 32, "%ldd%02ldh", s / DAY, s % DAY / HOUR);
  return buf;
}

static size_t
columns (void)
{
  struct winsize w;
  return ioctl (STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : COLUMNS;
}

static void
line (const progress *p, size_t done, size_t total, double seconds, size_t point, char *buf,
      size_t size)
{
  char count[32], eta[32] = "?", label[256];
  const size_t mine = done - p->kept;
  const int width = snprintf (count, sizeof count, "%zu", total);
  if (mine > 0)
    progress_duration (seconds / (double) mine * (double) (total - done), eta);
  snprintf (buf, size, "[%*zu/%zu] %zu %% eta %s %s", width, done, total,
            total ? 100 * done / total : 100, eta,
            rw_plan_label (p->plan, point, label, sizeof label));
}

void
progress_step (void *data, size_t done, size_t total, double seconds, size_t point)
{
  progress *p = data;
  if (!p->begun)
    {
      p->begun = true;
      p->kept = done;
      return;
    }
  if (p->quiet || (!p->tty && seconds - p->told < MINUTE))
    return;
  char text[512];
  line (p, done, total, seconds, point, text, sizeof text);
  p->told = seconds;
  if (!p->tty)
    {
      fprintf (stderr, "%s\n", text);
      return;
    }
  const size_t wide = columns () - 1; /* a full line would wrap */
  if (strlen (text) > wide && wide < sizeof text)
    text[wide] = '\0';
  const size_t drawn = strlen (text);
  fprintf (stderr, "\r%s%*s", text, drawn < p->drawn ? (int) (p->drawn - drawn) : 0, "");
  fflush (stderr);
  p->drawn = drawn;
}

void
progress_end (progress *p)
{
  if (p->drawn)
    fprintf (stderr, "\r%*s\r", (int) p->drawn, "");
  p->drawn = 0;
}
