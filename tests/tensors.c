/* tensors: NPY and safetensors, every type and order, and everything that can be wrong with them.
   Files are made byte by byte here, so that nothing is held beside our own writing.  */
#include "base/digest.h"
#include "base/mapping.h"
#include "base/npy.h"
#include "json/safetensors.h"
#include "tensor_help.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static bytes file;

/* ---- NPY ---- */

static void
npy_orders (void)
{
  static const struct
  {
    const char *descr;
    rw_dtype type;
  } types[] = { { "<f2", RW_FLOAT16 }, { "<f4", RW_FLOAT32 }, { "<f8", RW_FLOAT64 } };
  rw_tensor t;
  rw_error err = { 0 };
  char dict[256];
  int good = 1, seen = 0;
  for (size_t k = 0; k < 3; k++)
    for (int version = 1; version <= 3; version++, seen++)
      {
        snprintf (dict, sizeof dict,
                  "{'descr': '%s', 'fortran_order': False, 'shape': (3, 5, 7), }", types[k].descr);
        add_npy (&file, version, dict);
        add_elements (&file, types[k].type, 0, 105);
        good &= !rw_npy_read ("x.npy", file.bytes, file.n, &t, &err) && t.type == types[k].type
                && t.rank == 3 && t.shape[0] == 3 && t.shape[2] == 7 && t.stride[0] == 35
                && t.stride[2] == 1 && whole (&t);
      }
  ok (good && seen == 9, "NPY: every type and version, C order");

  add_npy (&file, 1, "{'shape':(3,5),\"fortran_order\":True,'descr':\"<f4\"}");
  for (size_t j = 0; j < 5; j++)
    for (size_t i = 0; i < 3; i++)
      add_elements (&file, RW_FLOAT32, i * 5 + j, 1);
  ok (!rw_npy_read ("x.npy", file.bytes, file.n, &t, &err) && t.stride[0] == 1 && t.stride[1] == 3
          && whole (&t),
      "NPY: Fortran order has the first dimension fastest; keys in any order and quotes");

  add_npy (&file, 2, "{'descr': '<f4', 'fortran_order': False, 'shape': (2,1,3,1,2,1,1,2), }");
  add_elements (&file, RW_FLOAT32, 0, 24);
  ok (!rw_npy_read ("x.npy", file.bytes, file.n, &t, &err) && t.rank == 8 && whole (&t),
      "NPY: eight dimensions");
  add_npy (&file, 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (), }");
  add_elements (&file, RW_FLOAT64, 0, 1);
  ok (!rw_npy_read ("x.npy", file.bytes, file.n, &t, &err) && t.rank == 0 && whole (&t),
      "NPY: a single number");
  add_npy (&file, 1, "{'descr': '<f8', 'fortran_order': False, 'shape': (4, 0), }");
  ok (!rw_npy_read ("x.npy", file.bytes, file.n, &t, &err) && t.shape[1] == 0,
      "NPY: a dimension of 0 has no values");
}

/* Each behind "{'descr': ", with 24 bytes of values after it.  */
static const struct
{
  const char *dict, *says;
} npy_faults[] = {
  { "'>f4', 'fortran_order': False, 'shape': (6,), }", "type '>f4'; expected" },
  { "'<i8', 'fortran_order': False, 'shape': (3,), }", "type '<i8'" },
  { "'|O', 'fortran_order': False, 'shape': (3,), }", "type '|O'" },
  { "[('a', '<f4')], 'fortran_order': False, 'shape': (6,), }", "expected a type" },
  { "'<f4', 'fortran_order': False, 'shape': (7,), }", "has 28 bytes, the file has 24" },
  { "'<f4', 'fortran_order': False, 'shape': (5,), }", "has 20 bytes, the file has 24" },
  { "'<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296), }", "more bytes than" },
  { "'<f4', 'fortran_order': False, 'shape': (0, 4294967296, 4294967296), }", "more bytes than" },
  { "'<f8', 'fortran_order': False, 'shape': (2305843009213693951,), }", "more bytes than" },
  { "'<f4', 'fortran_order': False, 'shape': (99999999999999999999,), }", "beyond 2^64" },
  { "'<f4', 'fortran_order': False, 'shape': (-6,), }", "expected a number of the shape" },
  { "'<f4', 'fortran_order': False, 'shape': (6 6), }", "expected ',' or ')'" },
  { "'<f4', 'fortran_order': False, 'shape': (1,1,1,1,1,1,1,1,6), }", "more than 8 dimensions" },
  { "'<f4', 'fortran_order': False, 'shape': 6, }", "expected '('" },
  { "'<f4', 'fortran_order': 0, 'shape': (6,), }", "expected True or False" },
  { "'<f4', 'fortran_order': False, }", "lacks descr, fortran_order or shape" },
  { "'<f4', 'fortran_order': False, 'shape': (6,), 'more': 1}", "'more' is not of the format" },
  { "'<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (6,)}", "'descr' stands there twice" },
  { "'<f4', 'fortran_order': False, 'shape': (6,)} + 1", "expected the end after '}'" },
  { "'<f4', 'fortran_order': False, 'shape': (6,)", "expected ',' or '}'" },
  { "'<f4', 'fortran_order': False, 'shape': (6", "expected ',' or ')'" },
  { "'<f4", "expected a type" },
};

static void
npy_refusals (void)
{
  rw_tensor t;
  rw_error err;
  char dict[256];
  for (size_t i = 0; i < sizeof npy_faults / sizeof *npy_faults; i++)
    {
      snprintf (dict, sizeof dict, "{'descr': %s", npy_faults[i].dict);
      add_npy (&file, 1, dict);
      add_elements (&file, RW_FLOAT32, 0, 6);
      err = (rw_error){ 0 };
      rw_npy_read ("x.npy", file.bytes, file.n, &t, &err);
      has (err.text, npy_faults[i].says, npy_faults[i].dict);
    }
  add_npy (&file, 1, "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), }");
  add_elements (&file, RW_FLOAT32, 0, 6);
  int good = !rw_npy_read ("x.npy", file.bytes, file.n, &t, &err);
  for (size_t n = 0; n < file.n; n++)
    {
      unsigned char *cut = malloc (n ? n : 1); /* so that a sanitizer sees a byte too many */
      memcpy (cut, file.bytes, n);
      good &= rw_npy_read ("x.npy", n ? cut : NULL, n, &t, &err) == RW_EINVAL && err.text[0];
      free (cut);
    }
  ok (good, "NPY: a file cut anywhere is refused");
  file.bytes[6] = 4;
  rw_npy_read ("x.npy", file.bytes, file.n, &t, &err);
  has (err.text, "NPY version 4; expected 1, 2 or 3", "NPY: another version");
  file.bytes[6] = 2;
  rw_npy_read ("x.npy", file.bytes, file.n, &t, &err);
  has (err.text, "header of", "NPY: a header beyond the limit");
}

/* ---- safetensors ---- */

static const char four[] = "{'__metadata__':{'layout':'half','rope':'{\\'factor\\': 4}'},"
                           "'b':{'dtype':'BF16','shape':[2,3],'data_offsets':[0,12]},"
                           "'h':{'dtype':'F16','shape':[3,1],'data_offsets':[12,18]},"
                           "'none':{'dtype':'F32','shape':[2,0],'data_offsets':[18,18]},"
                           "'ids':{'dtype':'U8','shape':[2],'data_offsets':[18,20]},"
                           "'odd':{'dtype':'F4','shape':[4],'data_offsets':[20,22]},"
                           "'d':{'dtype':'F64','shape':[5],'data_offsets':[50,90]},"
                           "'f':{'dtype':'F32','shape':[7],'data_offsets':[22,50]}}   ";

static void
make_four (void)
{
  add_safetensors (&file, four);
  add_elements (&file, RW_BFLOAT16, 0, 6);
  add_elements (&file, RW_FLOAT16, 0, 3);
  add_text (&file, "idod");
  add_elements (&file, RW_FLOAT32, 0, 7);
  add_elements (&file, RW_FLOAT64, 0, 5);
}

static void
safetensors_types (void)
{
  static const struct
  {
    const char *name;
    rw_dtype type;
    size_t rank;
  } rows[] = {
    { "b", RW_BFLOAT16, 2 }, { "h", RW_FLOAT16, 2 }, { "f", RW_FLOAT32, 1 }, { "d", RW_FLOAT64, 1 }
  };
  rw_safetensors *f;
  rw_tensor t;
  rw_error err = { 0 };
  make_four ();
  if (!ok (!rw_safetensors_open ("x.st", file.bytes, file.n, &f, &err), "safetensors: read"))
    {
      printf ("# %s\n", err.text);
      return;
    }
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    ok (!rw_safetensors_get (f, rows[i].name, &t, &err) && t.type == rows[i].type
            && t.rank == rows[i].rank && whole (&t),
        "safetensors: %s", rw_dtype_text (rows[i].type));
  ok (rw_tensor_says (&t, "layout") && !strcmp (rw_tensor_says (&t, "layout"), "half")
          && !strcmp (rw_tensor_says (&t, "rope"), "{\"factor\": 4}")
          && !rw_tensor_says (&t, "rotary_dim"),
      "safetensors: the metadata are every tensor's notes");
  ok (!rw_safetensors_get (f, "none", &t, &err) && t.shape[1] == 0, "safetensors: no values");
  rw_safetensors_get (f, "ids", &t, &err);
  has (err.text, "'ids': type U8; expected F16, BF16, F32 or F64",
       "safetensors: integers are refused");
  rw_safetensors_get (f, "odd", &t, &err);
  has (err.text, "'odd': type F4", "safetensors: and a type of half bytes");
  rw_safetensors_get (f, "nome", &t, &err);
  has (err.text, "no tensor 'nome'; known: b, h, none, ids, odd, f, d; did you mean 'none'?",
       "safetensors: an unknown name lists the known");
  rw_safetensors_get (f, NULL, &t, &err);
  has (err.text, "expected the name of one of its 7 tensors", "safetensors: a name is needed");
  rw_safetensors_free (f);

  add_safetensors (&file, "{'only':{'dtype':'F32','shape':[],'data_offsets':[0,4]}}");
  add_elements (&file, RW_FLOAT32, 0, 1);
  ok (!rw_safetensors_open ("x.st", file.bytes, file.n, &f, &err)
          && !rw_safetensors_get (f, NULL, &t, &err) && t.rank == 0 && whole (&t),
      "safetensors: the only tensor needs no name");
  rw_safetensors_free (f);
}

/* Headers with 24 bytes of values after them.  */
static const struct
{
  const char *name, *header, *says;
} faults[] = {
  { "too few bytes for the shape", "{'a':{'dtype':'F32','shape':[5],'data_offsets':[0,24]}}",
    "shape has 20 bytes of F32, its data_offsets 24" },
  { "an end behind the file's", "{'a':{'dtype':'F32','shape':[7],'data_offsets':[0,28]}}",
    "ends at byte 28 of 24" },
  { "overlapping tensors",
    "{'a':{'dtype':'F32','shape':[4],'data_offsets':[0,16]},'b':{'dtype':'F32','shape':[3],"
    "'data_offsets':[12,24]}}",
    "'b': begins at byte 12, inside the one before it, which ends at 16" },
  { "the same bytes twice",
    "{'a':{'dtype':'F32','shape':[6],'data_offsets':[0,24]},'b':{'dtype':'F32','shape':[6],"
    "'data_offsets':[0,24]}}",
    "begins at byte 0, inside" },
  { "a hole",
    "{'a':{'dtype':'F32','shape':[2],'data_offsets':[0,8]},'b':{'dtype':'F32','shape':[3],"
    "'data_offsets':[12,24]}}",
    "'b': begins at byte 12, after a hole that begins at 8" },
  { "bytes after the last", "{'a':{'dtype':'F32','shape':[5],'data_offsets':[0,20]}}",
    "4 bytes after the last tensor" },
  { "no tensors", "{}", "24 bytes after the last tensor" },
  { "falling offsets", "{'a':{'dtype':'F32','shape':[6],'data_offsets':[24,0]}}", "rising" },
  { "negative offsets", "{'a':{'dtype':'F32','shape':[6],'data_offsets':[-24,0]}}", "rising" },
  { "one offset", "{'a':{'dtype':'F32','shape':[6],'data_offsets':[24]}}", "two data_offsets" },
  { "offsets beyond 2^53", "{'a':{'dtype':'F32','shape':[6],'data_offsets':[0,1e300]}}", "rising" },
  { "an absurd shape",
    "{'a':{'dtype':'F32','shape':[4294967296,4294967296],'data_offsets':[0,24]}}",
    "more values than memory" },
  { "absurd behind a zero",
    "{'a':{'dtype':'F32','shape':[0,4294967296,4294967296],'data_offsets':[0,0]}}",
    "more values than memory" },
  { "a broken number in the shape", "{'a':{'dtype':'F32','shape':[6.5],'data_offsets':[0,24]}}",
    "whole numbers" },
  { "nine dimensions", "{'a':{'dtype':'F32','shape':[1,1,1,1,1,1,1,1,6],'data_offsets':[0,24]}}",
    "more than 8" },
  { "a text as shape", "{'a':{'dtype':'F32','shape':'6','data_offsets':[0,24]}}",
    "a list as shape" },
  { "no dtype", "{'a':{'shape':[6],'data_offsets':[0,24]}}", "expected dtype, shape and" },
  { "a dtype that is no text", "{'a':{'dtype':4,'shape':[6],'data_offsets':[0,24]}}",
    "expected dtype, shape and" },
  { "another key", "{'a':{'dtype':'F32','shape':[6],'data_offsets':[0,24],'x':1}}",
    "nothing else" },
  { "a tensor that is a list", "{'a':[]}", "expected dtype, shape and" },
  { "a name twice",
    "{'a':{'dtype':'F32','shape':[6],'data_offsets':[0,24]},'a':{'dtype':'F32','shape':[0],"
    "'data_offsets':[24,24]}}",
    "the key \"a\" stands here twice" },
  { "a key of a tensor twice",
    "{'a':{'dtype':'F32','dtype':'F32','shape':[6],'data_offsets':[0,24]}}", "stands here twice" },
  { "metadata that are no texts",
    "{'__metadata__':{'n':1},'a':{'dtype':'F32','shape':[6],'data_offsets':[0,24]}}",
    "__metadata__.n: expected a text, got a number" },
  { "metadata that are a list",
    "{'__metadata__':[],'a':{'dtype':'F32','shape':[6],'data_offsets':[0,24]}}",
    "__metadata__: expected an object" },
  { "text after the header", "{} {}", "expected the end after the value" },
  { "a header that is no object", " {}", "does not begin with '{'" },
  { "a broken header", "{'a':", "safetensors header:1:6: expected a value" },
};

static void
safetensors_refusals (void)
{
  rw_safetensors *f = NULL;
  rw_error err;
  for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
    {
      add_safetensors (&file, faults[i].header);
      add_elements (&file, RW_FLOAT32, 0, 6);
      err = (rw_error){ 0 };
      rw_safetensors_open ("x.st", file.bytes, file.n, &f, &err);
      has (err.text, faults[i].says, faults[i].name);
      rw_safetensors_free (f);
    }
  make_four ();
  int good = 1;
  for (size_t n = 0; n < file.n; n++)
    {
      unsigned char *cut = malloc (n ? n : 1);
      memcpy (cut, file.bytes, n);
      good &= rw_safetensors_open ("x.st", n ? cut : NULL, n, &f, &err) == RW_EINVAL && !f;
      free (cut);
    }
  ok (good, "safetensors: a file cut anywhere is refused");
  for (size_t i = 0; i < 8; i++)
    file.bytes[i] = 255;
  rw_safetensors_open ("x.st", file.bytes, file.n, &f, &err);
  has (err.text, "header of 18446744073709551615 bytes; expected at most",
       "a header of 2^64 bytes");
  file.bytes[6] = file.bytes[7] = 0;
  file.bytes[0] = file.bytes[1] = file.bytes[2] = file.bytes[3] = file.bytes[4] = file.bytes[5] = 0;
  file.bytes[2] = 1;
  rw_safetensors_open ("x.st", file.bytes, file.n, &f, &err);
  has (err.text, "header is cut", "a header longer than the file");
}

static void
deep_header (void)
{
  rw_safetensors *f;
  rw_error err = { 0 };
  char header[2048] = "{\"a\":";
  for (size_t i = 0; i < 1000; i++)
    strcat (header, "[");
  add_safetensors (&file, header);
  ok (rw_safetensors_open ("x.st", file.bytes, file.n, &f, &err) == RW_EINVAL
          && strstr (err.text, "more than 64 lists and objects"),
      "safetensors: a deep header is refused");
}

/* ---- whole files ---- */

static void
files (const char *folder)
{
  char path[512], hex[65], again[65];
  uint64_t n;
  rw_mapping m;
  rw_error err;
  snprintf (path, sizeof path, "%s/abc", folder);
  ok (rw_mapping_open (folder, &m, &err) == RW_EIO && strstr (err.text, "got a folder"),
      "a folder is no file");
  ok (rw_mapping_open (path, &m, &err) == RW_EIO && strstr (err.text, "No such file"),
      "a missing file");
  file.n = 0;
  write_file (path, &file);
  ok (!rw_mapping_open (path, &m, &err) && m.size == 0, "an empty file");
  rw_mapping_close (&m);
  add_text (&file, "abc");
  write_file (path, &file);
  ok (!rw_mapping_open (path, &m, &err) && m.size == 3 && !memcmp (m.data, "abc", 3)
          && !rw_mapping_check (&m, path, &err),
      "a file is seen in place");
  ok (!truncate (path, 2) && rw_mapping_check (&m, path, &err) == RW_EIO
          && strstr (err.text, "has changed since"),
      "a file that was cut is noticed");
  rw_mapping_close (&m);
  rw_mapping_close (NULL);
  unlink (path);
  if (mkfifo (path, 0600))
    printf ("# no pipe can be made here\n");
  ok (rw_mapping_open (path, &m, &err) == RW_EIO && strstr (err.text, "a pipe or device"),
      "a pipe is no file, and is not waited for");
  unlink (path);
  write_file (path, &file);
  /* FIPS 180-2, appendix B.1 */
  ok (!rw_digest_file (path, hex, &n, &err) && n == 3
          && !strcmp (hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      "the digest of a small file is its SHA-256");
  ok (!truncate (path, (off_t) RW_DIGEST_WHOLE + 12345) && !rw_digest_file (path, hex, &n, &err)
          && n == (uint64_t) RW_DIGEST_WHOLE + 12345,
      "a large file");
  const int fd = open (path, O_WRONLY);
  ok (pwrite (fd, "x", 1, (off_t) RW_DIGEST_WHOLE + 12344) == 1
          && !rw_digest_file (path, again, &n, &err) && strcmp (hex, again) != 0,
      "its last byte counts");
  close (fd);
  ok (!truncate (path, (off_t) RW_DIGEST_WHOLE + 12346) && !rw_digest_file (path, hex, &n, &err)
          && strcmp (hex, again) != 0,
      "and its size");
  unlink (path);
}

int
main (void)
{
  char folder[] = "tensors-XXXXXX";
  if (!mkdtemp (folder))
    return 99;
  npy_orders ();
  npy_refusals ();
  safetensors_types ();
  safetensors_refusals ();
  deep_header ();
  files (folder);
  rmdir (folder);
  return tap_end ();
}
