/* machine: model, cores, kernels; see machine.h.  */
#include "config.h"

#include "cli/machine.h"
#include "base/simd.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* As Linux tells it on x86; elsewhere the architecture.  */
static void
add_cpu (rw_text *out)
{
  struct utsname name;
  char line[256];
  FILE *info = fopen ("/proc/cpuinfo", "r");
  bool found = false;
  while (info && !found && fgets (line, sizeof line, info))
    {
      const char *value = strncmp (line, "model name", 10) == 0 ? strstr (line, ": ") : NULL;
      if (!value)
        continue;
      found = true;
      rw_text_addn (out, value + 2, strcspn (value + 2, "\n"));
    }
  if (info)
    fclose (info);
  if (!found)
    rw_text_add (out, uname (&name) == 0 ? name.machine : "a CPU that does not say which");
}

void
machine_add (rw_text *out)
{
  const long cores = sysconf (_SC_NPROCESSORS_ONLN);
  add_cpu (out);
  rw_text_addf (out, ", %ld core%s, kernels %s", cores, cores == 1 ? "" : "s",
                rw_simd_text (rw_simd_get ()));
}
