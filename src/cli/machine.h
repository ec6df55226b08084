/* machine: what a result was measured on, for people.  */
#ifndef RW_CLI_MACHINE_H
#define RW_CLI_MACHINE_H

#include "base/text.h"

/* "AMD EPYC 9B14, 2 cores, kernels avx512": model of the CPU, cores that are on line, kernels in
   use.  */
void machine_add (rw_text *out);

#endif
