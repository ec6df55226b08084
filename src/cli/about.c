/* about: version, build, libraries, processor.  */
#include "config.h"

#include "base/module.h"
#include "cli/door.h"
#include "lab/build_id.h"

#include <cjson/cJSON.h>
#include <gsl/gsl_version.h>
#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static error_t
parse (int key, char *arg, struct argp_state *state)
{
  (void) arg;
  if (key == ARGP_KEY_INIT)
    state->child_inputs[0] = state->input;
  return key == ARGP_KEY_INIT ? 0 : ARGP_ERR_UNKNOWN;
}

static const struct argp_child children[] = { { &door_argp, 0, NULL, 0 }, { 0 } };
static const struct argp argp
    = { .parser = parse,
        .children = children,
        .doc
        = "Prints version, build, libraries and processor.\vExample:\n  ropewalk about --json" };

/* The widest vector set of this processor that a kernel may pick.  */
static const char *
processor (void)
{
#if defined __x86_64__
  if (__builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512dq"))
    return "x86-64 avx512";
  if (__builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma"))
    return "x86-64 avx2";
  return "x86-64";
#else
  return "plain";
#endif
}

int
door_about (int argc, char **argv)
{
  door_common common = { 0 };
  argp_parse (&argp, argc, argv, 0, NULL, &common);
  unsigned major, minor, release;
  H5get_libversion (&major, &minor, &release);
  char hdf5[32], abi[16];
  snprintf (hdf5, sizeof hdf5, "%u.%u.%u", major, minor, release);
  snprintf (abi, sizeof abi, "%d", RW_ABI);
  const struct
  {
    const char *key, *value;
  } rows[] = { { "version", PACKAGE_VERSION },
               { "build_id", RW_BUILD_ID },
               { "plugin_abi", abi },
               { "compiler", __VERSION__ },
               { "hdf5", hdf5 },
               { "cjson", cJSON_Version () },
               { "gsl", gsl_version },
               { "processor", processor () } };
  const size_t n = sizeof rows / sizeof *rows;
  cJSON *object = cJSON_CreateObject ();
  for (size_t i = 0; i < n; i++)
    if (common.json)
      cJSON_AddStringToObject (object, rows[i].key, rows[i].value);
    else
      printf ("%-11s %s\n", rows[i].key, rows[i].value);
  if (common.json)
    {
      char *text = cJSON_Print (object);
      puts (text ? text : "{}");
      free (text);
    }
  cJSON_Delete (object);
  return door_close (argv[0], 0);
}
