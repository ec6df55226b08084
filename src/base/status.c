/* status: error codes and messages; see status.h.  */
#include "base/status.h"

#include <stdio.h>
#include <string.h>

static const struct
{
  const char *text;
  int exit;
} rows[] = {
#define X(name, exit, text) { text, exit },
  RW_STATUS_LIST (X)
#undef X
};

rw_status
rw_fail (rw_error *err, rw_status status, const char *format, ...)
{
  if (err)
    {
      va_list args;
      va_start (args, format);
      vsnprintf (err->text, sizeof err->text, format, args);
      va_end (args);
      err->status = status;
      err->hint[0] = 0;
    }
  return status;
}

rw_status
rw_hint (rw_error *err, const char *format, ...)
{
  if (!err)
    return RW_EINVAL;
  va_list args;
  va_start (args, format);
  vsnprintf (err->hint, sizeof err->hint, format, args);
  va_end (args);
  return err->status;
}

rw_status
rw_within (rw_error *err, rw_status status, const char *format, ...)
{
  if (status == RW_OK || !err)
    return status;
  char old[sizeof err->text], context[sizeof err->text];
  memcpy (old, err->text, sizeof old);
  va_list args;
  va_start (args, format);
  vsnprintf (context, sizeof context, format, args);
  va_end (args);
  size_t n = strlen (context);
  if (n > sizeof err->text - 3)
    n = sizeof err->text - 3;
  memcpy (err->text, context, n);
  memcpy (err->text + n, ": ", 2);
  size_t room = sizeof err->text - n - 3, m = strlen (old);
  if (m > room)
    m = room;
  memcpy (err->text + n + 2, old, m);
  err->text[n + 2 + m] = 0;
  return status;
}

const char *
rw_status_text (rw_status status)
{
  return (size_t) status < sizeof rows / sizeof *rows ? rows[status].text : "unknown status";
}

int
rw_status_exit (rw_status status)
{
  return (size_t) status < sizeof rows / sizeof *rows ? rows[status].exit : 3;
}
