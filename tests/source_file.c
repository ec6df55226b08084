/* source_file: q, k and v of every layer and head reach the metrics as they stand in the file,
   whatever the format, type and order of the axes; and what does not fit is refused in words.  */
#include "lab/inputs.h"
#include "plan_help.h"
#include "tensor_help.h"

#include <hdf5.h>
#include <sys/stat.h>
#include <unistd.h>

enum
{
  LAYERS = 3,
  HEADS = 6,
  KV_HEADS = 2,
  TOKENS = 11,
  CHANNELS = 4,
  V_CHANNELS = 5,
  ARRAY_MAX = LAYERS * HEADS * TOKENS * V_CHANNELS
};

static char folder[] = "source-XXXXXX";
static bytes file;

/* ---- what stands in every file ---- */

/* 'q', 'k' or 'v'; distinct enough that no two of them agree along any axis.  */
static double
value (char what, size_t layer, size_t head, size_t token, size_t channel)
{
  return element (((layer * HEADS + head) * TOKENS + token) * 13 + channel) + (what - 'q') * 0.375;
}

static size_t
size_of (char what, char axis)
{
  switch (axis)
    {
    case 'b':
      return 1;
    case 'l':
      return LAYERS;
    case 'h':
      return what == 'q' ? HEADS : KV_HEADS;
    case 't':
      return TOKENS;
    default:
      return what == 'v' ? V_CHANNELS : CHANNELS;
    }
}

/* An array whose axes stand in the order of the letters; `layer` where they have no l.  */
static size_t
make_array (char what, const char *order, size_t layer, double *out)
{
  size_t n = 1;
  for (const char *c = order; *c; c++)
    n *= size_of (what, *c);
  for (size_t i = 0; i < n; i++)
    {
      size_t at['z'] = { ['l'] = layer }, left = i;
      for (size_t d = strlen (order); d-- > 0; left /= size_of (what, order[d]))
        at[(int) order[d]] = left % size_of (what, order[d]);
      out[i] = value (what, at['l'], at['h'], at['t'], at['c']);
    }
  return n;
}

static void
add_array (bytes *b, char what, const char *order, size_t layer, rw_dtype type)
{
  double v[ARRAY_MAX];
  const size_t n = make_array (what, order, layer, v);
  rw_dtype_write (type, v, n, b->bytes + b->n);
  b->n += n * rw_dtype_size (type);
}

static size_t
shape_text (char what, const char *order, char *buf, size_t size)
{
  size_t n = 1, used = 0;
  for (const char *c = order; *c; n *= size_of (what, *c++))
    used += (size_t) snprintf (buf + used, size - used, "%s%zu", used ? "," : "",
                               size_of (what, *c));
  return n;
}

/* ---- files ---- */

static char *
path_of (const char *name)
{
  static char path[600];
  snprintf (path, sizeof path, "%s/%s", folder, name);
  return path;
}

/* One array for all layers where `order` has an l, else one a layer, called like 1.q.  */
static void
write_safetensors (const char *name, const char *order, rw_dtype type, const char *metadata)
{
  static const char *const types[] = { "F32", "BF16", "F16", "F64" };
  const size_t files = strchr (order, 'l') ? 1 : LAYERS;
  char header[4096], shape[64];
  size_t at = 0;
  snprintf (header, sizeof header, "{'__metadata__':{%s}", metadata);
  for (size_t l = 0; l < files; l++)
    for (const char *w = "qkv"; *w; w++)
      {
        const size_t n = shape_text (*w, order, shape, sizeof shape) * rw_dtype_size (type);
        char *end = header + strlen (header);
        snprintf (end, sizeof header - (size_t) (end - header),
                  ",'%zu.%c':{'dtype':'%s','shape':[%s],'data_offsets':[%zu,%zu]}", l, *w,
                  types[type], shape, at, at + n);
        at += n;
      }
  strcat (header, "}");
  add_safetensors (&file, header);
  for (size_t l = 0; l < files; l++)
    for (const char *w = "qkv"; *w; w++)
      add_array (&file, *w, order, l, type);
  write_file (path_of (name), &file);
}

static void
write_npys (const char *order, const char *descr, rw_dtype type, int fortran)
{
  char dict[256], shape[64], name[32], turned[8] = "";
  for (size_t i = strlen (order); i-- > 0;)
    strncat (turned, &order[i], 1);
  for (const char *w = "qkv"; *w; w++)
    {
      shape_text (*w, order, shape, sizeof shape);
      snprintf (dict, sizeof dict, "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", descr,
                fortran ? "True" : "False", shape);
      add_npy (&file, 1, dict);
      add_array (&file, *w, fortran ? turned : order, 0, type);
      snprintf (name, sizeof name, "%c.npy", *w);
      write_file (path_of (name), &file);
    }
}

static hid_t
half (void)
{
  const hid_t type = H5Tcopy (H5T_IEEE_F32LE);
  H5Tset_fields (type, 15, 10, 5, 0, 10);
  H5Tset_size (type, 2);
  H5Tset_ebias (type, 15);
  return type;
}

/* packed: chunked and compressed.  */
static void
write_hdf5 (const char *name, const char *order, hid_t type, int packed, const char *layout)
{
  const size_t files = strchr (order, 'l') ? 1 : LAYERS;
  const hid_t out = H5Fcreate (path_of (name), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t made = H5Pcreate (H5P_DATASET_CREATE), link = H5Pcreate (H5P_LINK_CREATE);
  const hid_t text = H5Tcopy (H5T_C_S1), scalar = H5Screate (H5S_SCALAR);
  H5Pset_create_intermediate_group (link, 1);
  for (size_t l = 0; l < files; l++)
    for (const char *w = "qkv"; *w; w++)
      {
        double v[ARRAY_MAX];
        hsize_t shape[8], chunk[8];
        char set[32];
        const int rank = (int) strlen (order);
        for (int d = 0; d < rank; d++)
          {
            shape[d] = size_of (*w, order[d]);
            chunk[d] = (shape[d] + 1) / 2;
          }
        if (packed)
          {
            H5Pset_chunk (made, rank, chunk);
            H5Pset_deflate (made, 1);
          }
        make_array (*w, order, l, v);
        snprintf (set, sizeof set, "%zu/%c", l, *w);
        const hid_t space = H5Screate_simple (rank, shape, NULL);
        const hid_t d = H5Dcreate2 (out, set, type, space, link, made, H5P_DEFAULT);
        H5Dwrite (d, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, v);
        H5Dclose (d);
        H5Sclose (space);
      }
  H5Tset_size (text, H5T_VARIABLE);
  const hid_t a = H5Acreate2 (out, "layout", text, scalar, H5P_DEFAULT, H5P_DEFAULT);
  H5Awrite (a, text, &layout);
  H5Aclose (a);
  H5Sclose (scalar);
  H5Tclose (text);
  H5Pclose (made);
  H5Pclose (link);
  H5Fclose (out);
}

/* ---- reading ---- */

#define MODEL                                                                                      \
  "'model': {'head_dim': 4, 'rope_theta': 10000, 'original_length': 8,"                            \
  " 'layers': ['full_attention', 'full_attention', 'full_attention']}"

static rw_status
open_plan (const char *source, const char *axes, rw_plan **plan, rw_inputs *inputs, rw_error *err)
{
  char text[4096];
  snprintf (text, sizeof text, "{" MODEL ", 'source': {'name': 'file', %s}, 'axes': {%s}}", source,
            axes);
  for (char *c = text; *c; c++)
    if (*c == '\'')
      *c = '"';
  *plan = NULL;
  *inputs = (rw_inputs){ 0 };
  *err = (rw_error){ 0 };
  rw_status s = rw_plan_parse ("config.json", text, strlen (text), folder, NULL, plan, err);
  if (!s)
    s = rw_inputs_open (*plan, inputs, err);
  return s;
}

static int
same_rows (const rw_rows *rows, char what, size_t layer, size_t head, size_t n)
{
  double x[V_CHANNELS];
  if (rows->n != n || rows->dim != size_of (what, 'c'))
    return 0;
  for (size_t i = 0; i < n; i++)
    {
      rw_rows_at (rows, i, x);
      for (size_t c = 0; c < rows->dim; c++)
        if (x[c] != value (what, layer, head, i, c))
          {
            printf ("# %c of layer %zu, head %zu, token %zu, channel %zu is %g\n", what, layer,
                    head, i, c, x[c]);
            return 0;
          }
    }
  return 1;
}

/* One point, filled.  copied: whether rows are copies.  */
static int
same_point (const rw_plan *plan, const rw_point *point, const rw_inputs *inputs, int copied)
{
  rw_input in = { 0 };
  rw_qk qk;
  rw_error err = { 0 };
  rw_point_input (plan, point, &in);
  const size_t n = (size_t) in.length;
  int good = !rw_inputs_fill (point, &in, inputs, &qk, &err);
  if (!good)
    printf ("# %s\n", err.text);
  else
    good = same_rows (&qk.q, 'q', point->layer, point->head, n)
           && same_rows (&qk.k, 'k', point->layer, point->head / 3, n)
           && same_rows (&qk.v, 'v', point->layer, point->head / 3, n) && !qk.owned[0] == !copied
           && !qk.owned[2] == !copied && qk.sink == -INFINITY;
  rw_qk_free (&qk);
  return good;
}

static void
reads (const char *source, const char *axes, size_t points, int copied, const char *name)
{
  rw_plan *plan;
  rw_inputs inputs = { 0 };
  rw_point *point = NULL;
  rw_error err;
  rw_status s = open_plan (source, axes, &plan, &inputs, &err);
  int good = !s && plan->n_points == points && !rw_point_new (plan, &point, &err);
  for (size_t i = 0; good && i < plan->n_points; i++)
    good = !rw_plan_point (plan, i, point, &err) && same_point (plan, point, &inputs, copied);
  ok (good, "%s", name);
  if (s)
    printf ("# %s\n", err.text);
  rw_point_free (point);
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
}

#define ALL "'layer': [0, 1, 2], 'head': [0, 1, 2, 3, 4, 5]"

static void
every_order (void)
{
  write_safetensors ("a.st", "lhtc", RW_FLOAT32, "'layout':'half','rotary_dim':'4'");
  reads ("'path': 'a.st', 'q': '0.q', 'k': '0.k', 'v': '0.v'", ALL, 18, 0,
         "safetensors, float32, [layer, head, token, channel]: views");
  write_safetensors ("b.st", "htc", RW_FLOAT16, "");
  reads ("'path': 'b.st', 'q': '{layer}.q', 'k': '{layer}.k', 'v': '{layer}.v'", ALL, 18, 0,
         "safetensors, float16, an array a layer, [head, token, channel]: views");
  write_safetensors ("c.st", "thc", RW_BFLOAT16, "");
  reads ("'path': 'c.st', 'q': '{layer}.q', 'k': '{layer}.k', 'v': '{layer}.v',"
         " 'axes': 'token,head,channel', 'layout': 'half'",
         ALL, 18, 0, "safetensors, bfloat16, [token, head, channel]: views");
  write_safetensors ("d.st", "bhtc", RW_FLOAT64, "");
  reads ("'path': 'd.st', 'q': '{layer}.q', 'k': '{layer}.k', 'v': '{layer}.v'", ALL, 18, 0,
         "safetensors, float64, [batch, head, token, channel]: views");
  write_safetensors ("e.st", "lhct", RW_BFLOAT16, "");
  reads ("'path': 'e.st', 'q': '0.q', 'k': '0.k', 'v': '0.v',"
         " 'axes': 'layer, head, channel, token'",
         ALL, 18, 1, "channels apart: one head is copied at a time");
  reads ("'path': 'a.st', 'q': '0.q', 'k': '0.k', 'v': '0.v'",
         "'length': [1, 5, 11], 'layer,head': [[0, 5], [2, 3]]", 6, 0, "the first tokens");
  write_npys ("htc", "<f2", RW_FLOAT16, 0);
  reads ("'path': '.', 'q': 'q.npy', 'k': 'k.npy', 'v': 'v.npy'", "'head': [0, 3, 5]", 3, 0,
         "NPY, float16, C order: views");
  write_npys ("htc", "<f8", RW_FLOAT64, 1);
  reads ("'path': '.', 'q': 'q.npy', 'k': 'k.npy', 'v': 'v.npy'", "'head': [0, 3, 5]", 3, 1,
         "NPY, float64, Fortran order: copies");
  write_npys ("cth", "<f4", RW_FLOAT32, 1);
  reads ("'path': '', 'q': 'q.npy', 'k': 'k.npy', 'v': 'v.npy', 'axes': 'channel,token,head'",
         "'head': [0, 3, 5]", 3, 0, "NPY, float32, Fortran order with the channels first: views");
}

static void
every_dataset (void)
{
  const hid_t f16 = half ();
  write_hdf5 ("a.h5", "htc", f16, 0, "half");
  reads ("'path': 'a.h5', 'q': '{layer}/q', 'k': '/{layer}/k', 'v': '{layer}/v'", ALL, 18, 0,
         "HDF5, float16, contiguous: views");
  write_hdf5 ("b.h5", "lthc", H5T_IEEE_F32LE, 1, "half");
  reads ("'path': 'b.h5', 'q': '0/q', 'k': '0/k', 'v': '0/v', 'axes': 'layer,token,head,channel'",
         ALL, 18, 1, "HDF5, float32, compressed: one head is unpacked at a time");
  write_hdf5 ("c.h5", "lhct", H5T_IEEE_F64LE, 1, "half");
  reads ("'path': 'c.h5', 'q': '0/q', 'k': '0/k', 'v': '0/v', 'axes': 'layer,head,channel,token'",
         ALL, 18, 1, "HDF5, float64, compressed, channels apart");
  H5Tclose (f16);
}

/* ---- refusals ---- */

/* The source's check, made as the doors make it, must say so.  */
static void
refuses (const char *source, const char *axes, rw_status want, const char *says)
{
  rw_plan *plan;
  rw_inputs inputs = { 0 };
  rw_error err;
  const rw_status s = open_plan (source, axes, &plan, &inputs, &err);
  has (err.text, says, says);
  if (s != want)
    ok (0, "status %d: got %d", want, s);
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
}

#define A "'path': 'a.st', 'q': '0.q', 'k': '0.k'"
#define B "'path': 'b.st', 'q': '{layer}.q', 'k': '{layer}.k'"

static void
refusals (void)
{
  refuses ("'q': 'q', 'k': 'k'", "", RW_EINVAL, "path");
  refuses ("'path': 'a.st', 'q': '0.q'", "", RW_EINVAL, "k");
  refuses ("'path': 'no.st', 'q': 'q', 'k': 'k'", "", RW_EIO, "no.st: No such file");
  refuses ("'path': 'a.st', 'q': '0.p', 'k': '0.k'", "", RW_EINVAL, "q: source-");
  refuses ("'path': 'a.st', 'q': '0.p', 'k': '0.k'", "", RW_EINVAL,
           "no tensor '0.p'; known: 0.q, 0.k, 0.v; did you mean '0.q'?");
  refuses (B, "'layer': [0, 1, 3]", RW_EINVAL, "layer");
  refuses (A, "'length': [4, 12]", RW_EINVAL, "q: has 11 tokens, the point's length is 12");
  refuses (A, "'head': [0, 6]", RW_EINVAL, "head 6: q has 6, counted from 0");
  refuses ("'path': 'b.st', 'q': '0.q', 'k': '0.k'", "'layer': [0, 1]", RW_EINVAL,
           "q: layer 1: the array is of one layer");
  refuses ("'path': 'b.st', 'q': '0.q', 'k': '0.k', 'axes': 'layer,token,channel'", "'layer': [2]",
           RW_EINVAL, "k: layer 2: the array has 2, counted from 0");
  refuses ("'path': 'b.st', 'q': '0.v', 'k': '0.k'", "", RW_EINVAL,
           "q: has 5 channels, the model's heads 4");
  refuses ("'path': 'b.st', 'q': '0.k', 'k': '0.q'", "", RW_EINVAL,
           "k: 6 heads cannot be shared by the 2 of q");
  refuses ("'path': 'b.st', 'q': '0.q', 'k': '0.k', 'v': '0.q'", "", RW_EINVAL,
           "v: 6 heads; expected the 2 of k");
  refuses ("'path': 'b.st', 'q': '0.q', 'k': '0.k', 'sinks': '0.v'", "", RW_EINVAL,
           "sinks: float16 (2, 11, 5): expected as many dimensions as axes has words");
  refuses (A ", 'axes': 'layer,head,token'", "", RW_EINVAL,
           "q: float32 (3, 6, 11, 4): expected as many dimensions as axes has words");
  refuses (A ", 'axes': 'layer,head,token,chanel'", "", RW_EINVAL, "expected each of batch, layer");
  refuses (A ", 'axes': 'layer,head,head,channel'", "", RW_EINVAL, "expected each of batch, layer");
  refuses (A ", 'axes': 'layer head,token,channel'", "", RW_EINVAL,
           "expected each of batch, layer");
  refuses (A ", 'axes': 'batch,head,token,channel'", "", RW_EINVAL, "expected a batch of one text");
  refuses (A ", 'layout': 'interleaved'", "", RW_EINVAL,
           "layout: the file says 'half', the config 'interleaved'");
  refuses (B ", 'layout': 'interleaved'", "", RW_EINVAL,
           "layout: the channels of the file are 'interleaved', the model's 'half'");
  refuses (A ", 'layout': 'neox'", "", RW_EINVAL, "half");
  refuses ("'path': 'q.npy', 'q': 'x', 'k': 'y'", "", RW_EINVAL,
           "an NPY file holds one array, without a name; got the name 'x'");
  write_safetensors ("f.st", "htc", RW_FLOAT32, "'rotary_dim':'2'");
  refuses ("'path': 'f.st', 'q': '0.q', 'k': '0.k'", "", RW_EINVAL,
           "rotary_dim: the file's is 2, the model's 4");
  write_safetensors ("f.st", "htc", RW_FLOAT32, "'layout':'interleaved'");
  refuses ("'path': 'f.st', 'q': '0.q', 'k': '0.k'", "", RW_EINVAL,
           "layout: the channels of the file are 'interleaved', the model's 'half'");
  write_safetensors ("f.st", "htc", RW_FLOAT32, "'heads':'0,1,2'");
  refuses ("'path': 'f.st', 'q': '0.q', 'k': '0.k'", "", RW_EINVAL,
           "heads: the file names 3, its q has 6");
  write_safetensors ("f.st", "htc", RW_FLOAT32, "'heads':'0,one'");
  refuses ("'path': 'f.st', 'q': '0.q', 'k': '0.k'", "", RW_EINVAL, "expected numbers");
  write_safetensors ("f.st", "htc", RW_FLOAT32, "'heads':'3, 5, 8, 13, 21, 31'");
  refuses ("'path': 'f.st', 'q': '0.q', 'k': '0.k'", "'head': [5, 7]", RW_EINVAL,
           "head 7: the file has the heads 3, 5, 8, 13, 21, 31");
}

static void
other_files (void)
{
  static const struct
  {
    const char *begin, *says;
  } rows[] = { { "PK\3\4 and so on", "got a ZIP archive" },
               { "GGUF and so on", "got GGUF" },
               { "{\"a\": [1, 2, 3]}", "got something else" },
               { "", "got an empty one" },
               { "\x93NUMPY\1", "the NPY header is cut" },
               { "\x89HDF\r\n\x1a\n and nothing else", "x: " },
               { "\1\0\0\0\0\0\0\0{", "x: " } };
  static const size_t sizes[] = { 14, 14, 16, 0, 7, 25, 9 };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      file.n = 0;
      add (&file, rows[i].begin, sizes[i]);
      write_file (path_of ("x"), &file);
      refuses ("'path': 'x', 'q': 'q', 'k': 'k'", "", RW_EIO, rows[i].says);
    }
}

/* ---- datasets that are refused ---- */

static void
add_dataset (hid_t out, const char *name, hid_t type, hid_t made)
{
  const hsize_t shape[] = { TOKENS, CHANNELS };
  const hid_t space = H5Screate_simple (2, shape, NULL);
  H5Dclose (H5Dcreate2 (out, name, type, space, H5P_DEFAULT, made, H5P_DEFAULT));
  H5Sclose (space);
}

static void
other_datasets (void)
{
  const hid_t out = H5Fcreate (path_of ("x.h5"), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t outside = H5Pcreate (H5P_DATASET_CREATE), now = H5Pcreate (H5P_DATASET_CREATE);
  H5Pset_external (outside, "/etc/passwd", 0, H5F_UNLIMITED);
  H5Pset_alloc_time (now, H5D_ALLOC_TIME_EARLY);
  add_dataset (out, "zeros", H5T_IEEE_F32LE, now);
  add_dataset (out, "never_written", H5T_IEEE_F32LE, H5P_DEFAULT);
  add_dataset (out, "integers", H5T_STD_I32LE, now);
  add_dataset (out, "big", H5T_IEEE_F32BE, now);
  add_dataset (out, "outside", H5T_IEEE_F32LE, outside);
  H5Pclose (outside);
  H5Pclose (now);
  H5Lcreate_external ("a.h5", "0/q", out, "linked", H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose (out);
  refuses ("'path': 'x.h5', 'q': 'integers', 'k': 'zeros'", "", RW_EINVAL,
           "dataset 'integers': its type is not little-endian float16, float32 or float64");
  refuses ("'path': 'x.h5', 'q': 'big', 'k': 'zeros'", "", RW_EINVAL, "dataset 'big': its type");
  refuses ("'path': 'x.h5', 'q': 'outside', 'k': 'zeros'", "", RW_EINVAL,
           "dataset 'outside': its values lie in other files");
  refuses ("'path': 'x.h5', 'q': 'linked', 'k': 'zeros'", "", RW_EINVAL, "no dataset 'linked'");
  refuses ("'path': 'x.h5', 'q': '/zero', 'k': 'zeros'", "", RW_EINVAL,
           "no dataset 'zero'; known: big, integers, never_written, outside, zeros; did you mean "
           "'zeros'?");
  refuses ("'path': 'x.h5', 'q': 'zeros', 'k': 'never_written'", "", RW_OK, "");
  struct stat st;
  if (stat (path_of ("a.h5"), &st) || truncate (path_of ("a.h5"), st.st_size - 100))
    ok (0, "a.h5 can be cut");
  refuses ("'path': 'a.h5', 'q': '0/q', 'k': '0/k'", "", RW_EIO, "a.h5: ");
}

/* ---- values ---- */

static void
fills (const char *source, const char *axes, rw_qk *qk, rw_plan **plan, rw_inputs *inputs,
       rw_error *err)
{
  rw_point *point = NULL;
  rw_input in = { 0 };
  *qk = (rw_qk){ 0 };
  if (open_plan (source, axes, plan, inputs, err) || rw_point_new (*plan, &point, err)
      || rw_plan_point (*plan, 0, point, err))
    {
      rw_point_free (point);
      return;
    }
  rw_point_input (*plan, point, &in);
  rw_inputs_fill (point, &in, inputs, qk, err);
  rw_point_free (point);
}

static void
bad_values (void)
{
  rw_plan *plan;
  rw_inputs inputs = { 0 };
  rw_error err;
  rw_qk qk;
  write_safetensors ("b.st", "htc", RW_FLOAT32, "");
  /* k of layer 0, head 1, token 7, channel 2 */
  const size_t header = 8 + file.bytes[0] + 256U * file.bytes[1];
  const size_t at = header + 4 * (HEADS * TOKENS * CHANNELS + (TOKENS + 7) * CHANNELS + 2);
  memcpy (file.bytes + at, "\0\0\xc0\x7f", 4);
  write_file (path_of ("b.st"), &file);
  fills (B, "'head': [0]", &qk, &plan, &inputs, &err);
  ok (!err.status && qk.k.n == 8, "a NaN in another head is no one's business");
  rw_qk_free (&qk);
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
  fills (B, "'head': [4]", &qk, &plan, &inputs, &err);
  has (err.text, "k: layer 0, head 1: token 7, channel 2 is nan", "a NaN is refused where it is");
  rw_qk_free (&qk);
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
  fills (B, "'head': [4], 'length': [7]", &qk, &plan, &inputs, &err);
  ok (!err.status, "tokens behind the length are not looked at");
  rw_qk_free (&qk);
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
  memcpy (file.bytes + at, "\0\0\x80\xff", 4);
  write_file (path_of ("b.st"), &file);
  fills (B, "'head': [4]", &qk, &plan, &inputs, &err);
  has (err.text, "token 7, channel 2 is -inf", "and so is infinity");
  rw_qk_free (&qk);
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
}

/* Sinks and the list of captured heads.  */
static void
sinks (void)
{
  rw_plan *plan;
  rw_inputs inputs = { 0 };
  rw_error err;
  rw_qk qk;
  add_safetensors (&file, "{'__metadata__':{'heads':'3,8'},"
                          "'q':{'dtype':'F64','shape':[2,9,4],'data_offsets':[0,576]},"
                          "'k':{'dtype':'F64','shape':[2,9,4],'data_offsets':[576,1152]},"
                          "'sinks':{'dtype':'F64','shape':[2],'data_offsets':[1152,1168]},"
                          "'all':{'dtype':'F32','shape':[2,2],'data_offsets':[1168,1184]}}");
  add_elements (&file, RW_FLOAT64, 0, 146);
  add_elements (&file, RW_FLOAT32, 0, 4);
  write_file (path_of ("s.st"), &file);
  fills ("'path': 's.st', 'q': 'q', 'k': 'k', 'sinks': 'sinks'", "'head': [8]", &qk, &plan, &inputs,
         &err);
  double x[4] = { 0 };
  if (qk.q.n)
    rw_rows_at (&qk.q, 1, x);
  ok (!err.status && qk.sink == element (145) && x[2] == element (36 + 4 + 2),
      "a head's number is looked up in the file's list");
  rw_qk_free (&qk);
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
  fills ("'path': 's.st', 'q': 'q', 'k': 'k', 'sinks': 'all', 'axes': 'head,token,channel'",
         "'head': [8]", &qk, &plan, &inputs, &err);
  ok (!err.status && qk.sink == element (1), "sinks of all layers");
  rw_qk_free (&qk);
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
}

/* ---- the hash ---- */

static void
hash_of (const char *source, char hex[65])
{
  rw_plan *plan;
  rw_inputs inputs = { 0 };
  rw_error err;
  hex[0] = 0;
  if (open_plan (source, "", &plan, &inputs, &err))
    printf ("# %s\n", err.text);
  else
    memcpy (hex, plan->sha256, 65);
  rw_inputs_close (&inputs);
  rw_plan_free (plan);
}

static void
hashes (void)
{
  char first[65], other[65];
  write_safetensors ("a.st", "htc", RW_FLOAT32, "");
  hash_of ("'path': 'a.st', 'q': '0.q', 'k': '0.k'", first);
  write_file (path_of ("moved.st"), &file);
  hash_of ("'path': './moved.st', 'q': '0.q', 'k': '0.k'", other);
  ok (first[0] && !strcmp (first, other), "a file that was moved has the same hash");
  hash_of ("'path': 'a.st', 'q': '1.q', 'k': '0.k'", other);
  ok (other[0] && strcmp (first, other) != 0, "another tensor has another");
  file.bytes[file.n - 1] ^= 1;
  write_file (path_of ("a.st"), &file);
  hash_of ("'path': 'a.st', 'q': '0.q', 'k': '0.k'", other);
  ok (other[0] && strcmp (first, other) != 0, "one bit of the file changes the hash");
}

int
main (void)
{
  char command[64];
  if (!mkdtemp (folder))
    return 99;
  every_order ();
  every_dataset ();
  refusals ();
  other_files ();
  other_datasets ();
  bad_values ();
  sinks ();
  hashes ();
  snprintf (command, sizeof command, "rm -rf %s", folder);
  if (system (command))
    printf ("# %s is left\n", folder);
  return tap_end ();
}
