/* provenance: version, build, libraries, kernels; see provenance.h.  */
#include "config.h"

#include "lab/provenance.h"
#include "base/module.h"
#include "base/simd.h"
#include "lab/build_id.h"
#include "model/gemm.h"

#include <cjson/cJSON.h>
#include <gsl/gsl_version.h>
#include <hdf5.h>
#include <stdio.h>

void
rw_provenance (rw_fact *facts)
{
  unsigned major = 0, minor = 0, release = 0;
  H5get_libversion (&major, &minor, &release);
  char hdf5[32], abi[16];
  snprintf (hdf5, sizeof hdf5, "%u.%u.%u", major, minor, release);
  snprintf (abi, sizeof abi, "%d", RW_ABI);
  const char *const rows[RW_FACTS][2] = {
    { "version", PACKAGE_VERSION },
    { "build_id", RW_BUILD_ID },
    { "plugin_abi", abi },
    { "compiler", __VERSION__ },
    { "hdf5", hdf5 },
    { "cjson", cJSON_Version () },
    { "gsl", gsl_version },
    { "gemm", rw_gemm_library () },
    { "kernels", rw_simd_text (rw_simd_get ()) },
  };
  for (size_t i = 0; i < RW_FACTS; i++)
    {
      facts[i].key = rows[i][0];
      snprintf (facts[i].value, sizeof facts[i].value, "%s", rows[i][1]);
    }
}
