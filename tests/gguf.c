/* The GGUF reader: what it says of a good file, and of bad ones: cut, flipped, lying.  */
#include "gguf_help.h"
#include "model/gguf_part.h"

#include <sys/resource.h>
#include <unistd.h>

static rw_error err;

/* A small file with every type of value and three tensors.  */
static void
fill_small (gguf_file *f)
{
  static const char *const words[] = { "<s>", "",
                                       "\xe2\x96\x81"
                                       "a",
                                       NULL };
  const int8_t i8 = -8;
  const int16_t i16 = -1616;
  const int32_t i32 = -323232, list[3] = { 1, -2, 3 };
  const int64_t i64 = -6464646464;
  const uint64_t u64 = 1ULL << 53;
  const uint8_t u8 = 200;
  const double f64 = 0.1;
  const float row[8] = { 1, 2, 3, 4, 5, 6, 7, 2.385F };
  add_text (f, "general.architecture", "llama");
  add_u32 (f, "a.u32", 4000000000U);
  add_u16 (f, "a.u16", 65000);
  add_f32 (f, "a.f32", 2.5F);
  add_bool (f, "a.bool", true);
  add_key (f, "a.u8", RW_GGUF_UINT8, &u8, 1);
  add_key (f, "a.i8", RW_GGUF_INT8, &i8, 1);
  add_key (f, "a.i16", RW_GGUF_INT16, &i16, 2);
  add_key (f, "a.i32", RW_GGUF_INT32, &i32, 4);
  add_key (f, "a.i64", RW_GGUF_INT64, &i64, 8);
  add_key (f, "a.u64", RW_GGUF_UINT64, &u64, 8);
  add_key (f, "a.f64", RW_GGUF_FLOAT64, &f64, 8);
  add_array (f, "list", RW_GGUF_INT32, 3, list, sizeof list);
  add_array (f, "words", RW_GGUF_STRING, 3, "", 0);
  for (size_t i = 0; words[i]; i++)
    put_text (&f->meta, words[i]);
  add_array (f, "none", RW_GGUF_FLOAT32, 0, "", 0);
  add_tensor (f, "x.weight", 0, 4, 2, row, sizeof row);
  add_tensor (f, "y.weight", 8, 32, 1, NULL, 34);
  add_tensor (f, "z.weight", 17, 256, 2, NULL, 148);
}

static void
small (bytes *out)
{
  gguf_file f = { 0 };
  fill_small (&f);
  finish_file (&f, out);
}

/* ---- good files ---- */

static void
check_values (const rw_gguf *g)
{
  static const struct
  {
    const char *key;
    double want;
  } rows[]
      = { { "a.u32", 4e9 },         { "a.u16", 65000 },  { "a.f32", 2.5 },   { "a.bool", 1 },
          { "a.u8", 200 },          { "a.i8", -8 },      { "a.i16", -1616 }, { "a.i32", -323232 },
          { "a.i64", -6464646464 }, { "a.u64", 0x1p53 }, { "a.f64", 0.1 },   { NULL, 0 } };
  double x = 0;
  for (size_t i = 0; rows[i].key; i++)
    {
      const rw_gguf_value *v = rw_gguf_find (g, rows[i].key);
      ok (v && !v->array && v->n == 1 && rw_gguf_number (v, 0, &x) && x == rows[i].want, "%s is %g",
          rows[i].key, rows[i].want);
      ok (v && !rw_gguf_number (v, 1, &x), "%s has no second item", rows[i].key);
    }
  const rw_gguf_value *list = rw_gguf_find (g, "list"), *words = rw_gguf_find (g, "words");
  ok (list && list->array && list->n == 3 && rw_gguf_number (list, 1, &x) && x == -2, "a list");
  ok (words && words->array && words->n == 3 && words->text[2].n == 4
          && memcmp (words->text[2].s,
                     "\xe2\x96\x81"
                     "a",
                     4)
                 == 0
          && words->text[1].n == 0 && !rw_gguf_number (words, 0, &x),
      "texts, which are no numbers");
  const rw_gguf_value *none = rw_gguf_find (g, "none");
  ok (none && none->array && none->n == 0 && !rw_gguf_number (none, 0, &x), "an empty list");
  ok (!rw_gguf_find (g, "a.u") && !rw_gguf_find (g, "a.u322") && !rw_gguf_find (g, ""),
      "keys that are not there are not found");
}

static void
check_tensors (const rw_gguf *g)
{
  const rw_gguf_tensor *x = rw_gguf_tensor_find (g, "x.weight");
  const rw_gguf_tensor *z = rw_gguf_tensor_find (g, "z.weight");
  float last = 0;
  if (ok (x && x->type == RW_QUANT_F32 && x->rank == 2 && x->shape[0] == 4 && x->shape[1] == 2
              && x->shape[2] == 1 && x->shape[3] == 1 && x->bytes == 32,
          "a tensor's type and shape"))
    memcpy (&last, (const char *) x->data + 28, 4);
  ok (last == 2.385F, "and its values");
  ok (z && z->type == RW_QUANTS && z->ggml_type == 17 && z->bytes == 148,
      "a tensor of a type that is not read is there with its size");
  ok (!rw_gguf_tensor_find (g, "x") && !rw_gguf_tensor_at (g, 3) && rw_gguf_tensors (g) == 3
          && rw_gguf_tensor_at (g, 1) == rw_gguf_tensor_find (g, "y.weight"),
      "tensors by number");
}

static void
check_needs (const rw_gguf *g)
{
  double x = 7;
  char *text = NULL;
  ok (rw_gguf_may_number (g, "gone", 0, 1, &x, &err) == RW_OK && x == 7,
      "a number that may be missing is left alone");
  ok (rw_gguf_need_number (g, "gone", 0, 1, &x, &err) == RW_EINVAL, "one that may not, is not");
  has (err.text, "small: gone: not in the metadata", "with file and key");
  ok (rw_gguf_need_number (g, "a.f32", 0, 2, &x, &err) == RW_EINVAL && x == 7, "out of range");
  has (err.text, "a.f32: 2.5; expected 0 to 2", "with the range");
  ok (rw_gguf_need_number (g, "list", 0, 2, &x, &err) == RW_EINVAL, "a list is no number");
  has (err.text, "expected a number, got numbers", "and says so");
  ok (rw_gguf_may_text (g, "general.architecture", &text, &err) == RW_OK && text
          && strcmp (text, "llama") == 0,
      "a text");
  free (text);
  ok (rw_gguf_may_text (g, "gone", &text, &err) == RW_OK && !text, "a text may be missing");
  ok (rw_gguf_may_text (g, "a.f32", &text, &err) == RW_EINVAL, "a number is no text");
  has (err.text, "expected a text, got a number", "and says so");
}

static void
good_files (void)
{
  bytes b;
  rw_gguf *g = NULL;
  small (&b);
  if (ok (rw_gguf_parse ("small", b.s, b.n, &g, &err) == RW_OK, "a small file is read"))
    {
      ok (rw_gguf_version (g) == 3 && strcmp (rw_gguf_path (g), "small") == 0
              && rw_gguf_values (g) == 15 && !rw_gguf_value_at (g, 15)
              && rw_gguf_equal (rw_gguf_value_at (g, 1)->key, "a.u32"),
          "version, name, values");
      check_values (g);
      check_tensors (g);
      check_needs (g);
    }
  rw_gguf_close (g);
  b.s[4] = 2;
  ok (rw_gguf_parse ("small", b.s, b.n, &g, &err) == RW_OK && rw_gguf_version (g) == 2,
      "version 2 is the same");
  rw_gguf_close (g);
  rw_gguf_close (NULL);
  free (b.s);
}

/* ---- bad files ---- */

/* Reads everything that a parsed file offers.  */
static double
touch (const rw_gguf *g)
{
  double sum = 0, x;
  for (size_t i = 0; i < rw_gguf_values (g); i++)
    {
      const rw_gguf_value *v = rw_gguf_value_at (g, i);
      for (size_t k = 0; k < v->n; k++)
        if (rw_gguf_number (v, k, &x))
          sum += x == 2.385;
        else if (v->text[k].n)
          sum += v->text[k].s[0] + v->text[k].s[v->text[k].n - 1];
    }
  for (size_t i = 0; i < rw_gguf_tensors (g); i++)
    {
      const rw_gguf_tensor *t = rw_gguf_tensor_at (g, i);
      sum += ((const unsigned char *) t->data)[0] + ((const unsigned char *) t->data)[t->bytes - 1];
    }
  return sum;
}

static void
cut_files (void)
{
  bytes b;
  size_t odd = 0;
  small (&b);
  for (size_t n = 0; n < b.n; n++)
    {
      rw_gguf *g = NULL;
      unsigned char *part = malloc (n + 1); /* its own block: a read beyond it is seen */
      memcpy (part, b.s, n);
      const rw_status s = rw_gguf_parse ("cut", part, n, &g, &err);
      const bool whole = n + 12 >= b.n; /* the last 12 bytes are padding after the last tensor */
      odd += whole ? s != RW_OK : s != RW_EINVAL || g || !strstr (err.text, "cut: ");
      if (!s)
        touch (g);
      rw_gguf_close (g);
      free (part);
    }
  ok (odd == 0, "%zu lengths of a cut file are refused with its name, %zu are not", b.n - 12, odd);
  free (b.s);
}

static void
flipped_files (void)
{
  bytes b;
  size_t odd = 0, read = 0;
  double sum = 0;
  small (&b);
  for (size_t bit = 0; bit < 8 * b.n; bit++)
    {
      rw_gguf *g = NULL;
      b.s[bit / 8] ^= (unsigned char) (1 << bit % 8);
      const rw_status s = rw_gguf_parse ("flip", b.s, b.n, &g, &err);
      odd += s ? s != RW_EINVAL || !strstr (err.text, "flip: ") : !g;
      read += !s;
      if (!s)
        sum += touch (g);
      rw_gguf_close (g);
      b.s[bit / 8] ^= (unsigned char) (1 << bit % 8);
    }
  ok (odd == 0 && read > 0 && sum != 0, "%zu flipped bits: read or refused, never odd (%zu read)",
      8 * b.n, read);
  free (b.s);
}

/* A file that lies: says what, at the place.  */
static void
refused (gguf_file *f, const char *part, const char *name)
{
  bytes b;
  rw_gguf *g = NULL;
  finish_file (f, &b);
  ok (rw_gguf_parse ("bad", b.s, b.n, &g, &err) == RW_EINVAL && !g, "%s: refused", name);
  has (err.text, part, name);
  free (b.s);
}

static void
bad_headers (void)
{
  static const struct
  {
    size_t at;
    unsigned char byte;
    const char *part, *name;
  } rows[] = {
    { 0, 'g', "not a GGUF file: it begins with 'gGUF'", "another magic" },
    { 4, 1, "GGUF version 1; expected 2 or 3", "version 1" },
    { 4, 4, "GGUF version 4; expected 2 or 3", "version 4" },
    { 15, 1, "72057594037927939 tensors, for which the file is too short", "too many tensors" },
    { 23, 1, "72057594037927951 keys, for which the file is too short", "too many keys" },
    { 17, 1, "271 keys, for which the file is too short", "more keys than there is room" },
    { 31, 255, "byte 32: a metadata key: ", "a key longer than the file" },
    { 0, 0, NULL, NULL },
  };
  bytes b;
  rw_gguf *g = NULL;
  for (size_t i = 0; rows[i].part; i++)
    {
      small (&b);
      b.s[rows[i].at] = rows[i].byte;
      ok (rw_gguf_parse ("bad", b.s, b.n, &g, &err) == RW_EINVAL && !g, "%s: refused",
          rows[i].name);
      has (err.text, rows[i].part, rows[i].name);
      free (b.s);
    }
  const unsigned char big[] = "GGUF\0\0\0\3\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
  ok (rw_gguf_parse ("big", big, 24, &g, &err) == RW_EINVAL, "a big-endian file is refused");
  has (err.text, "big-endian", "and called so");
  const char lfs[] = "version https://git-lfs.github.com/spec/v1";
  ok (rw_gguf_parse ("lfs", lfs, sizeof lfs, &g, &err) == RW_EINVAL, "a pointer file is refused");
  has (err.hint, "git lfs pull", "with the way out");
  ok (rw_gguf_parse ("void", "", 0, &g, &err) == RW_EINVAL, "an empty file is refused");
}

static void
bad_values (void)
{
  gguf_file f = { 0 };
  fill_small (&f);
  add_u32 (&f, "a.u32", 1);
  refused (&f, "bad: key 'a.u32' stands there twice", "a key twice");
  fill_small (&f);
  add_key (&f, "odd", (rw_gguf_type) 13, "", 0);
  refused (&f, "key 'odd': metadata type 13; expected 0 to 12", "an unknown type");
  fill_small (&f);
  add_array (&f, "deep", RW_GGUF_ARRAY, 1, "", 0);
  refused (&f, "key 'deep': an array of arrays", "nested arrays");
  fill_small (&f);
  add_array (&f, "long", RW_GGUF_STRING, UINT64_MAX / 8, "", 0);
  refused (&f, "key 'long': 2305843009213693951 items, for which the file is too short",
           "an absurd array");
  fill_small (&f);
  add_array (&f, "long", RW_GGUF_FLOAT64, 1ULL << 61, "", 0);
  refused (&f, "key 'long': 2305843009213693952 items", "an array whose size overflows");
  fill_small (&f);
  add_u32 (&f, "", 1);
  refused (&f, "a metadata key: 0 bytes long; expected 1 to 65535", "an empty key");
  fill_small (&f);
  add_text (&f, "a\nb\033c", "d");
  add_text (&f, "a\nb\033c", "d");
  refused (&f, "key 'a?b?c' stands there twice", "a key that cannot be printed");
}

static void
bad_alignment (void)
{
  static const uint32_t sizes[] = { 0, 3, 48, 0x80000000U };
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    {
      gguf_file f = { 0 };
      fill_small (&f);
      add_u32 (&f, "general.alignment", sizes[i]);
      refused (&f, "general.alignment: expected a power of two", "a bad alignment");
    }
  gguf_file f = { 0 };
  fill_small (&f);
  add_text (&f, "general.alignment", "32");
  refused (&f, "general.alignment: expected a power of two", "an alignment that is a text");
  fill_small (&f);
  add_u32 (&f, "general.alignment", 64);
  refused (&f, "no multiple of the alignment 64", "offsets off the alignment");
}

/* A tensor table entry by hand.  */
static void
put_entry (gguf_file *f, const char *name, uint32_t rank, const uint64_t *shape, uint32_t type,
           uint64_t offset)
{
  put_text (&f->table, name);
  put_u32 (&f->table, rank);
  for (uint32_t d = 0; d < rank; d++)
    put_u64 (&f->table, shape[d]);
  put_u32 (&f->table, type);
  put_u64 (&f->table, offset);
  f->tensors++;
}

static void
bad_tensors (void)
{
  static const struct
  {
    uint32_t rank;
    uint64_t shape[5];
    uint32_t type;
    uint64_t offset;
    const char *part;
  } rows[] = {
    { 0, { 0 }, 0, 0, "tensor 'w': 0 dimensions; expected 1 to 4" },
    { 5, { 1, 1, 1, 1, 1 }, 0, 0, "tensor 'w': 5 dimensions; expected 1 to 4" },
    { 4000000000U, { 0 }, 0, 0, "tensor 'w': 4000000000 dimensions" },
    { 1, { 0 }, 0, 0, "tensor 'w': dimension 0 is 0; expected 1 to 2^48" },
    { 2, { 4, 1ULL << 63 }, 0, 0, "dimension 1 is 9223372036854775808" },
    { 4, { 1ULL << 40, 1ULL << 40, 4, 4 }, 0, 0, "its shape has more values than memory" },
    { 3, { 1ULL << 31, 1ULL << 31, 1 }, 28, 0, "its shape has more values than memory" },
    { 1, { 33 }, 8, 0, "rows of 33 values are no whole blocks of Q8_0, which hold 32" },
    { 1, { 4 }, 5, 0, "tensor type 5, which is not known" },
    { 1, { 4 }, 4000, 0, "tensor type 4000, which is not known" },
    { 1, { 4 }, 0, 352, "16 bytes at 352 of 352 bytes of values" },
    { 1, { 4 }, 0, UINT64_MAX - 31, "16 bytes at 18446744073709551584 of" },
    { 1, { 1ULL << 40 }, 0, 0, "4398046511104 bytes at 0 of" },
    { 1, { 4 }, 0, 33, "offset 33 is no multiple of the alignment 32" },
    { 1, { 4 }, 0, 0, "inside the one before it" },
    { 1, { 4 }, 0, 128, "inside the one before it" },
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    {
      gguf_file f = { 0 };
      fill_small (&f);
      put (&f.data, NULL, 96);
      const uint32_t rank = rows[i].rank > 5 ? 0 : rows[i].rank;
      put_entry (&f, "w", rank, rows[i].shape, rows[i].type, rows[i].offset);
      if (rank != rows[i].rank) /* the entry says more than it holds */
        memcpy (f.table.s + f.table.n - 16, &rows[i].rank, 4);
      refused (&f, rows[i].part, "a bad tensor");
    }
  gguf_file f = { 0 };
  fill_small (&f);
  add_tensor (&f, "x.weight", 0, 4, 1, NULL, 16);
  refused (&f, "tensor 'x.weight' stands there twice", "a tensor twice");
}

/* ---- digests ---- */

static void
digest_of (const char *path, char hex[65])
{
  rw_gguf *g = NULL;
  hex[0] = 0;
  if (rw_gguf_open (path, &g, &err) == RW_OK)
    rw_gguf_digest (g, hex);
  rw_gguf_close (g);
}

/* A file of one tensor of n floats, all zeros, which take no room on the disk.  */
static void
write_zeros (const char *path, uint64_t n, uint32_t key)
{
  gguf_file f = { 0 };
  bytes b;
  add_u32 (&f, "key", key);
  put_text (&f.table, "x");
  put_u32 (&f.table, 1);
  put_u64 (&f.table, n);
  put_u32 (&f.table, 0);
  put_u64 (&f.table, 0);
  f.tensors = 1;
  finish_file (&f, &b);
  put (&b, NULL, (32 - b.n % 32) % 32);
  if (!write_file (path, &b) || truncate (path, (off_t) (b.n + 4 * n)) != 0)
    ok (0, "%s could not be written", path);
  free (b.s);
}

static void
write_byte (const char *path, long from_end)
{
  FILE *file = fopen (path, "r+b");
  if (!file || fseek (file, -from_end, SEEK_END) != 0 || fputc (1, file) == EOF)
    ok (0, "%s could not be changed", path);
  if (file)
    fclose (file);
}

static void
digests (void)
{
  static const uint64_t small_n = 30000, large_n = (64 << 20) + 1; /* floats: 256 MB and a bit */
  static const long beyond = 70000;                                /* bytes: more than 64 KB */
  char path[64], a[65], b[65];
  snprintf (path, sizeof path, "digest-%ld.gguf", (long) getpid ());
  write_zeros (path, small_n, 1);
  digest_of (path, a);
  digest_of (path, b);
  ok (strlen (a) == 64 && strcmp (a, b) == 0, "the same file has the same digest");
  write_byte (path, 1);
  digest_of (path, b);
  ok (strcmp (a, b) != 0, "another last value is another digest");
  write_zeros (path, small_n, 2);
  digest_of (path, b);
  ok (strcmp (a, b) != 0, "and so is another key's value");
  write_zeros (path, large_n, 1);
  digest_of (path, a);
  write_byte (path, 1);
  digest_of (path, b);
  ok (strlen (a) == 64 && strcmp (a, b) == 0, "of a large tensor the end does not count");
  write_byte (path, 4 * (long) large_n - beyond);
  digest_of (path, b);
  ok (strcmp (a, b) == 0, "nor what lies beyond 64 KB");
  write_byte (path, 4 * (long) large_n - 100);
  digest_of (path, b);
  ok (strcmp (a, b) != 0, "but its beginning does");
  unlink (path);
}

/* Names that all begin alike, in falling order: still found at once.  */
static void
many_names (void)
{
  enum
  {
    MANY = 20000
  };
  gguf_file f = { 0 };
  bytes b;
  rw_gguf *g = NULL;
  char key[64];
  double x = 0;
  for (uint32_t i = MANY; i-- > 0;)
    {
      snprintf (key, sizeof key, "the.same.beginning.of.all.of.them.%06u", i);
      add_u32 (&f, key, i);
    }
  finish_file (&f, &b);
  size_t bad = rw_gguf_parse ("many", b.s, b.n, &g, &err) != RW_OK;
  for (uint32_t i = 0; !bad && i < MANY; i++)
    {
      snprintf (key, sizeof key, "the.same.beginning.of.all.of.them.%06u", i);
      bad += rw_gguf_need_number (g, key, 0, MANY, &x, &err) != RW_OK || x != i;
    }
  ok (bad == 0, "%d keys are found", MANY);
  rw_gguf_close (g);
  free (b.s);
}

int
main (void)
{
  struct rusage before, after;
  getrusage (RUSAGE_SELF, &before);
  good_files ();
  cut_files ();
  flipped_files ();
  bad_headers ();
  bad_values ();
  bad_alignment ();
  bad_tensors ();
  getrusage (RUSAGE_SELF, &after);
  /* sanitizers keep up to 256 MB of freed blocks */
  ok (after.ru_maxrss - before.ru_maxrss < 400 << 10, "no input took more than 400 MB");
  many_names ();
  digests ();
  return tap_end ();
}
