/* provenance: what this program is made of: version, build, libraries, kernels.

   `ropewalk about` prints it and every result file carries it.  */
#ifndef RW_LAB_PROVENANCE_H
#define RW_LAB_PROVENANCE_H

#include <stddef.h>

typedef struct
{
  const char *key; /* "version", "build_id", "plugin_abi", "compiler", a library, "kernels" */
  char value[128];
} rw_fact;

enum
{
  RW_FACTS = 9
};

/* Fills facts (RW_FACTS,) in the order above.  */
void rw_provenance (rw_fact *facts);

#endif
