/* h5: quiet calls, files, attributes; see h5.h.  */
#include "config.h"

#include "lab/h5.h"

#include <stdio.h>
#include <string.h>

rw_h5_voice
rw_h5_quiet (void)
{
  rw_h5_voice voice = { NULL, NULL };
  H5Eget_auto2 (H5E_DEFAULT, &voice.print, &voice.data);
  H5Eset_auto2 (H5E_DEFAULT, NULL, NULL);
  return voice;
}

void
rw_h5_loud (rw_h5_voice voice)
{
  H5Eset_auto2 (H5E_DEFAULT, voice.print, voice.data);
}

static herr_t
deepest (unsigned n, const H5E_error2_t *error, void *data)
{
  if (n == 0)
    snprintf (data, 256, "%s", error->desc ? error->desc : "");
  return 0;
}

rw_status
rw_h5_fail (rw_error *err, const char *path, const char *doing)
{
  char why[256] = "";
  H5Ewalk2 (H5E_DEFAULT, H5E_WALK_UPWARD, deepest, why);
  H5Eclear2 (H5E_DEFAULT);
  return rw_fail (err, RW_EIO, "%s: %s%s%s", path, doing, why[0] ? ": " : "", why);
}

/* ---- files and groups ---- */

static hid_t
access_list (void)
{
  const hid_t list = H5Pcreate (H5P_FILE_ACCESS);
  H5Pset_libver_bounds (list, H5F_LIBVER_V18, H5F_LIBVER_V18);
  H5Pset_fclose_degree (list, H5F_CLOSE_STRONG); /* so that an error path closes everything */
#if H5_VERSION_GE(1, 10, 7)
  H5Pset_file_locking (list, false, true);
#endif
  return list;
}

static const unsigned ordered = H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED;

hid_t
rw_h5_create (const char *path, rw_h5_fault *fault)
{
  const hid_t how = access_list (), made = H5Pcreate (H5P_FILE_CREATE);
  rw_h5_disk_use (how, fault);
  H5Pset_link_creation_order (made, ordered);
  H5Pset_attr_creation_order (made, ordered);
  H5Pset_obj_track_times (made, false);
  const hid_t file = H5Fcreate (path, H5F_ACC_TRUNC, made, how);
  H5Pclose (made);
  H5Pclose (how);
  return file;
}

rw_status
rw_h5_finish (hid_t file, const char *path, rw_h5_fault *fault, rw_status status, rw_error *err)
{
  if (file < 0)
    status = rw_h5_fail (err, path, "creating");
  else if (H5Fclose (file) < 0 && !status)
    status = rw_h5_fail (err, path, "closing");
  if (!fault->error.status)
    return status;
  if (err)
    *err = fault->error;
  return fault->error.status;
}

hid_t
rw_h5_open (const char *path)
{
  const hid_t how = access_list ();
  H5Pset_libver_bounds (how, H5F_LIBVER_EARLIEST, H5F_LIBVER_LATEST); /* others' files too */
  const hid_t file = H5Fopen (path, H5F_ACC_RDONLY, how);
  H5Pclose (how);
  return file;
}

hid_t
rw_h5_group (hid_t where, const char *name)
{
  const hid_t made = H5Pcreate (H5P_GROUP_CREATE);
  H5Pset_link_creation_order (made, ordered);
  H5Pset_attr_creation_order (made, ordered);
  H5Pset_obj_track_times (made, false);
  const hid_t group = H5Gcreate2 (where, name, H5P_DEFAULT, made, H5P_DEFAULT);
  H5Pclose (made);
  return group;
}

hid_t
rw_h5_text_type (void)
{
  const hid_t type = H5Tcopy (H5T_C_S1);
  H5Tset_size (type, H5T_VARIABLE);
  H5Tset_cset (type, H5T_CSET_UTF8);
  return type;
}

/* ---- attributes out ---- */

/* Writes an attribute and closes space.  */
static herr_t
put (hid_t object, const char *name, hid_t type, hid_t memory, hid_t space, const void *value)
{
  const hid_t a = H5Acreate2 (object, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  const herr_t e = a < 0 ? -1 : H5Awrite (a, memory, value);
  if (a >= 0)
    H5Aclose (a);
  H5Sclose (space);
  return e;
}

herr_t
rw_h5_put_text (hid_t object, const char *name, const char *text)
{
  const char *value = text ? text : "";
  const hid_t type = rw_h5_text_type ();
  const herr_t e = put (object, name, type, type, H5Screate (H5S_SCALAR), &value);
  H5Tclose (type);
  return e;
}

herr_t
rw_h5_put_texts (hid_t object, const char *name, size_t n, const char *const *texts)
{
  const hsize_t shape = n;
  const hid_t type = rw_h5_text_type ();
  const herr_t e = put (object, name, type, type, H5Screate_simple (1, &shape, NULL), texts);
  H5Tclose (type);
  return e;
}

/* The file's type is little-endian whatever the machine's is.  */
static hid_t
stored (hid_t memory)
{
  if (H5Tget_class (memory) == H5T_FLOAT)
    return H5T_IEEE_F64LE;
  return H5Tget_sign (memory) == H5T_SGN_NONE ? H5T_STD_U64LE : H5T_STD_I64LE;
}

herr_t
rw_h5_put_number (hid_t object, const char *name, hid_t type, const void *value)
{
  return put (object, name, stored (type), type, H5Screate (H5S_SCALAR), value);
}

herr_t
rw_h5_put_numbers (hid_t object, const char *name, hid_t type, size_t n, const void *v)
{
  const hsize_t shape = n;
  return put (object, name, stored (type), type, H5Screate_simple (1, &shape, NULL), v);
}

/* ---- attributes in ---- */

/* Opens an attribute that has between 1 and `most` items of the class; else negative.  */
static hid_t
get (hid_t object, const char *name, H5T_class_t class, size_t most, size_t *n)
{
  const hid_t a = H5Aexists (object, name) > 0 ? H5Aopen (object, name, H5P_DEFAULT) : -1;
  if (a < 0)
    return -1;
  const hid_t type = H5Aget_type (a), space = H5Aget_space (a);
  const hssize_t count = H5Sget_simple_extent_npoints (space);
  const H5T_class_t is = H5Tget_class (type);
  const bool right = is == class && (class != H5T_STRING || H5Tis_variable_str (type) > 0);
  H5Tclose (type);
  H5Sclose (space);
  if (right && count >= 1 && (size_t) count <= most)
    {
      *n = (size_t) count;
      return a;
    }
  H5Aclose (a);
  return -1;
}

size_t
rw_h5_get_texts (rw_outline *outline, hid_t object, const char *name, size_t most,
                 const char **texts)
{
  size_t n = 0;
  const hid_t a = get (object, name, H5T_STRING, most, &n);
  if (a < 0)
    return 0;
  const hid_t type = rw_h5_text_type (), space = H5Aget_space (a);
  char **got = rw_arena_take (outline->arena, n, sizeof *got);
  bool good = got && H5Aread (a, type, got) >= 0;
  for (size_t i = 0; good && i < n; i++)
    texts[i] = rw_outline_text (outline, got[i] ? got[i] : "");
  for (size_t i = 0; good && i < n; i++)
    good = texts[i] != NULL;
  if (got)
    H5Dvlen_reclaim (type, space, H5P_DEFAULT, got);
  H5Sclose (space);
  H5Tclose (type);
  H5Aclose (a);
  return good ? n : 0;
}

char *
rw_h5_get_text (rw_outline *outline, hid_t object, const char *name)
{
  const char *text = NULL;
  return rw_h5_get_texts (outline, object, name, 1, &text) ? (char *) text : NULL;
}

size_t
rw_h5_get_numbers (hid_t object, const char *name, size_t most, double *v)
{
  size_t n = 0;
  hid_t a = get (object, name, H5T_FLOAT, most, &n);
  if (a < 0)
    a = get (object, name, H5T_INTEGER, most, &n);
  if (a < 0)
    return 0;
  const herr_t e = H5Aread (a, H5T_NATIVE_DOUBLE, v);
  H5Aclose (a);
  return e < 0 ? 0 : n;
}

double
rw_h5_get_number (hid_t object, const char *name, double missing)
{
  double x;
  return rw_h5_get_numbers (object, name, 1, &x) ? x : missing;
}
