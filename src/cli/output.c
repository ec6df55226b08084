/* output: data to stdout or to a file; see output.h.  */
#include "cli/output.h"
#include "base/mem.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The file under its temporary name, on disk.  */
static rw_status
write_part (const char *part, const rw_text *text, rw_error *err)
{
  FILE *file = fopen (part, "wb");
  if (!file)
    return rw_fail (err, RW_EIO, "%s: %s", part, strerror (errno));
  const bool good = fwrite (rw_text_get (text), 1, text->n, file) == text->n && fflush (file) == 0
                    && fsync (fileno (file)) == 0;
  const int error = errno;
  if (fclose (file) != 0 || !good)
    {
      unlink (part);
      return rw_fail (err, RW_EIO, "%s: %s", part, strerror (good ? errno : error));
    }
  return RW_OK;
}

rw_status
output_write (const char *path, const rw_text *text, bool replace, rw_error *err)
{
  if (text->failed)
    return rw_nomem (err, text->n);
  if (!path)
    {
      if (fwrite (rw_text_get (text), 1, text->n, stdout) != text->n)
        return rw_fail (err, RW_EIO, "stdout: %s", strerror (errno));
      return RW_OK;
    }
  if (!replace && access (path, F_OK) == 0)
    {
      rw_fail (err, RW_EEXIST, "%s: exists", path);
      return rw_hint (err, "add --force to replace it");
    }
  char *part = rw_format ("%s.part.%ld", path, (long) getpid ());
  if (!part)
    return rw_nomem (err, strlen (path));
  rw_status s = write_part (part, text, err);
  if (!s && rename (part, path) != 0)
    {
      s = rw_fail (err, RW_EIO, "%s: %s", path, strerror (errno));
      unlink (part);
    }
  rw_free (part);
  return s;
}
