/* ids: token ids from NPY files of every integer type and order, and what is refused of them; JSON
   stands in run_inputs.c.  */
#include "lab/ids.h"
#include "base/npy.h"
#include "tensor_help.h"

#include <unistd.h>

static const char path[] = "ids-test.npy";
static bytes file;
static rw_error err;

/* The big-endian or little-endian bytes of x.  */
static void
add_number (int64_t x, size_t size, int big)
{
  for (size_t i = 0; i < size; i++)
    file.bytes[file.n++] = (unsigned char) ((uint64_t) x >> 8 * (big ? size - 1 - i : i));
}

/* Number i of the array: small enough for every type, and negative where the type can be.  */
static int64_t
number (size_t i, int negative)
{
  const int64_t x = (int64_t) (i * 37 % 101);
  return negative && i % 3 == 1 ? -x - 1 : x;
}

static void
write_numbers (const char *type, const char *shape, int fortran, size_t n, int negative)
{
  char dict[256];
  snprintf (dict, sizeof dict, "{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }", type,
            fortran ? "True" : "False", shape);
  add_npy (&file, 1, dict);
  for (size_t i = 0; i < n; i++)
    add_number (number (i, negative), (size_t) (type[2] - '0'), type[0] == '>');
  write_file (path, &file);
}

static void
every_type (void)
{
  static const char *const types[]
      = { "|i1", "|u1", "<i2", "<u2", "<i4", "<u4", "<i8", "<u8", ">i2", ">u4", ">i8" };
  for (size_t k = 0; k < sizeof types / sizeof *types; k++)
    {
      rw_npy_integers a;
      const int negative = types[k][1] == 'i';
      write_numbers (types[k], "7, ", 0, 7, negative);
      int good = !rw_npy_integers_read (path, file.bytes, file.n, &a, &err) && a.rank == 1
                 && a.shape[0] == 7 && a.stride[0] == 1;
      for (size_t i = 0; good && i < 7; i++)
        {
          int64_t x;
          good = rw_npy_integer (&a, i, &x) && x == number (i, negative);
        }
      ok (good, "%s", types[k]);
    }
}

static void
the_ends_of_a_type (void)
{
  rw_npy_integers a;
  int64_t x;
  write_numbers ("<i8", "2, ", 0, 0, 0);
  add_number (INT64_MIN, 8, 0);
  add_number (INT64_MAX, 8, 0);
  ok (!rw_npy_integers_read (path, file.bytes, file.n, &a, &err) && rw_npy_integer (&a, 0, &x)
          && x == INT64_MIN && rw_npy_integer (&a, 1, &x) && x == INT64_MAX,
      "the least and the largest of 64 bits");
  write_numbers ("<u8", "1, ", 0, 0, 0);
  add_number (INT64_MIN, 8, 0);
  ok (!rw_npy_integers_read (path, file.bytes, file.n, &a, &err) && !rw_npy_integer (&a, 0, &x),
      "what is beyond them is said to be");
}

/* (3, 4): element (d, i) is number 4 d + i of the file, or 3 i + d in Fortran's order.  */
static void
rows_are_documents (void)
{
  for (int fortran = 0; fortran < 2; fortran++)
    {
      rw_ids *list = NULL;
      size_t n = 0;
      write_numbers ("<u2", "3, 4", fortran, 12, 0);
      int good = !rw_ids_read (path, 101, &list, &n, &err) && n == 3;
      for (size_t d = 0; good && d < 3; d++)
        for (size_t i = 0; i < 4; i++)
          good &= list[d].n == 4 && list[d].id[i] == number (fortran ? 3 * i + d : 4 * d + i, 0);
      ok (good, "rows are documents, %s order", fortran ? "Fortran's" : "C's");
      rw_ids_list_free (list, n);
    }
}

static void
refuses (rw_status want, const char *says)
{
  rw_ids *list = NULL;
  size_t n = 0;
  err = (rw_error){ 0 };
  ok (rw_ids_read (path, 101, &list, &n, &err) == want, "refused");
  has (err.text, says, says);
  rw_ids_list_free (list, n);
}

static void
refusals (void)
{
  write_numbers ("<i4", "7, ", 0, 7, 1);
  refuses (RW_EINVAL, "ids-test.npy: [1]: -38 is no id of a vocabulary of 101, counted from 0");
  write_numbers ("<i4", "2, 2", 0, 3, 0);
  add_number (101, 4, 0);
  write_file (path, &file);
  refuses (RW_EINVAL, "[1][1]: 101 is no id");
  write_numbers ("<u8", "1, ", 0, 0, 0);
  add_number (-1, 8, 0);
  write_file (path, &file);
  refuses (RW_EINVAL, "[0]: inf is no id");
  write_numbers ("<f4", "2, ", 0, 2, 0);
  refuses (RW_EIO, "NPY type '<f4'; expected integers, such as '<i4'");
  write_numbers ("<i3", "2, ", 0, 2, 0);
  refuses (RW_EIO, "NPY type '<i3'");
  write_numbers ("<i4", "2, ", 0, 3, 0);
  refuses (RW_EIO, "the shape wants 8 bytes, the file has 12 after its header");
  write_numbers ("<i4", "4294967296, 4294967296", 0, 3, 0);
  refuses (RW_EIO, "the shape wants more than");
  write_numbers ("<i4", "", 0, 1, 0);
  refuses (RW_EIO, "an array of 0 dimensions; expected one, or two");
  write_numbers ("<i4", "1, 1, 1", 0, 1, 0);
  refuses (RW_EIO, "an array of 3 dimensions");
  write_numbers ("<i4", "0, ", 0, 0, 0);
  refuses (RW_EIO, "ids-test.npy: holds no ids");
  write_numbers ("<i4", "2, 0", 0, 0, 0);
  refuses (RW_EIO, "[0] holds no ids");
  file.n = 9;
  write_file (path, &file);
  refuses (RW_EIO, "the NPY header is cut");
}

int
main (void)
{
  every_type ();
  the_ends_of_a_type ();
  rows_are_documents ();
  refusals ();
  unlink (path);
  return tap_end ();
}
