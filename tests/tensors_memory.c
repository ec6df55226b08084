/* tensors_memory: q and k are read from safetensors and from a compressed HDF5 file while every
   allocation in turn fails; see memory_help.h.  */
#include "lab/inputs.h"
#include "memory_help.h"
#include "plan_help.h"
#include "tensor_help.h"

#include <hdf5.h>

/* channels before tokens, so that rows are copied */
static const char *const text
    = "{'model': {'head_dim': 4, 'rope_theta': 10000, 'original_length': 6}, 'axes': {'source': ["
      "{'name': 'file', 'path': 'tensors_starved.st', 'q': 'q', 'k': 'k', 'axes': 'channel,token'},"
      "{'name': 'file', 'path': 'tensors_starved.h5', 'q': 'q', 'k': 'k', 'axes': 'channel,token'}"
      "]}}";

static rw_status
fill_all (const rw_plan *plan, const rw_inputs *inputs, rw_error *err)
{
  rw_point *point = NULL;
  rw_status s = rw_point_new (plan, &point, err);
  for (size_t i = 0; !s && i < plan->n_points; i++)
    {
      rw_qk qk = { 0 };
      rw_input in = { 0 };
      s = rw_plan_point (plan, i, point, err);
      if (!s)
        {
          rw_inputs_of_source (inputs, plan, point, &in);
          s = rw_inputs_fill (point, &in, inputs, &qk, err);
        }
      rw_qk_free (&qk);
    }
  rw_point_free (point);
  return s;
}

static int
run_once (const void *data)
{
  rw_plan *plan = NULL;
  rw_inputs inputs = { 0 };
  rw_error err;
  (void) data;
  rw_status s = make_plan (text, NULL, &plan, &err);
  if (!s)
    s = rw_inputs_open (plan, &inputs, &err);
  if (!s)
    s = fill_all (plan, &inputs, &err);
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
  return outcome (s, &err);
}

static void
make_files (void)
{
  static bytes b;
  double v[24];
  const hsize_t shape[] = { 4, 6 }, chunk[] = { 2, 3 };
  add_safetensors (&b, "{'__metadata__':{'layout':'half'},"
                       "'q':{'dtype':'F32','shape':[4,6],'data_offsets':[0,96]},"
                       "'k':{'dtype':'F32','shape':[4,6],'data_offsets':[96,192]}}");
  add_elements (&b, RW_FLOAT32, 0, 48);
  write_file ("tensors_starved.st", &b);
  for (size_t i = 0; i < 24; i++)
    v[i] = element (i);
  const hid_t out = H5Fcreate ("tensors_starved.h5", H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t made = H5Pcreate (H5P_DATASET_CREATE), space = H5Screate_simple (2, shape, NULL);
  H5Pset_chunk (made, 2, chunk);
  H5Pset_deflate (made, 1);
  for (int k = 0; k < 2; k++)
    {
      const hid_t set
          = H5Dcreate2 (out, k ? "k" : "q", H5T_IEEE_F32LE, space, H5P_DEFAULT, made, H5P_DEFAULT);
      H5Dwrite (set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, v);
      H5Dclose (set);
    }
  H5Sclose (space);
  H5Pclose (made);
  H5Fclose (out);
}

int
main (void)
{
  make_files ();
  starve_all (run_once, 100);
  unlink ("tensors_starved.st");
  unlink ("tensors_starved.h5");
  return tap_end ();
}
