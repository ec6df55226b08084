/* gguf_copy: a copied GGUF file keeps what was not changed byte for byte, in its order; what goes
   wrong leaves nothing behind.  */
#include "model/gguf_copy.h"
#include "gguf_help.h"

#include <dirent.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static rw_error err;
static char folder[] = "/tmp/gguf_copy.XXXXXX";

static float values[40];

static bytes
model_bytes (void)
{
  gguf_file f = { 0 };
  bytes b;
  const uint64_t wide = 1234;
  const float numbers[] = { 1.5F, 2.25F };
  for (size_t i = 0; i < 40; i++)
    values[i] = 0.375F * (float) i - 3;
  add_text (&f, "general.architecture", "llama");
  add_key (&f, "llama.context_length", RW_GGUF_UINT64, &wide, sizeof wide);
  add_array (&f, "some.numbers", RW_GGUF_FLOAT32, 2, numbers, sizeof numbers);
  add_f32 (&f, "llama.rope.freq_base", 10000);
  add_text (&f, "llama.rope.scaling.type", "linear");
  add_bool (&f, "last", true);
  add_tensor (&f, "a.weight", 0, 5, 2, values, 40);
  add_tensor (&f, "rope_freqs.weight", 0, 3, 1, values, 12);
  add_tensor (&f, "b.weight", 0, 7, 4, values + 5, 112);
  finish_file (&f, &b);
  return b;
}

static const double divisors[] = { 1, 2.5, 4, 8 };
static const rw_gguf_change changes[] = {
  { .key = "llama.context_length", .type = RW_GGUF_UINT32, .number = 4096 },
  { .key = "llama.rope.freq_base", .gone = true },
  { .key = "llama.rope.scaling.type", .type = RW_GGUF_STRING, .text = "yarn" },
  { .key = "llama.rope.scaling.factor", .type = RW_GGUF_FLOAT32, .number = 4.125 },
  { .key = "not.there", .gone = true },
};
static const rw_gguf_vector vectors[] = { { "rope_freqs.weight", divisors, 4 } };

static rw_gguf_edit
edit (void)
{
  return (rw_gguf_edit){ .change = changes,
                         .n_changes = sizeof changes / sizeof *changes,
                         .vector = vectors,
                         .n_vectors = 1 };
}

static size_t
files_in_folder (void)
{
  size_t n = 0;
  DIR *d = opendir (folder);
  while (readdir (d))
    n++;
  closedir (d);
  return n - 2; /* "." and ".." */
}

static const char *
in_folder (const char *name)
{
  static char path[4][128];
  static int turn;
  char *p = path[turn++ % 4];
  snprintf (p, sizeof path[0], "%s/%s", folder, name);
  return p;
}

static double
number (const rw_gguf *g, const char *key)
{
  double x = NAN;
  const rw_gguf_value *v = rw_gguf_find (g, key);
  return v && rw_gguf_number (v, 0, &x) ? x : NAN;
}

static int
holds (const rw_gguf *g, const char *name, const void *data, size_t n)
{
  const rw_gguf_tensor *t = rw_gguf_tensor_find (g, name);
  return t && t->bytes == n && memcmp (t->data, data, n) == 0;
}

static void
what_is_kept (const rw_gguf *g)
{
  static const char *const order[] = { "general.architecture",
                                       "llama.context_length",
                                       "some.numbers",
                                       "llama.rope.scaling.type",
                                       "last",
                                       "llama.rope.scaling.factor" };
  const float four[] = { 1, 2.5F, 4, 8 };
  size_t wrong = 0;
  ok (rw_gguf_values (g) == 6, "keys: %zu", rw_gguf_values (g));
  for (size_t i = 0; i < 6 && i < rw_gguf_values (g); i++)
    wrong += memcmp (rw_gguf_value_at (g, i)->key.s, order[i], strlen (order[i])) != 0;
  ok (!wrong, "keys keep their order, new ones come last");
  near (number (g, "llama.context_length"), 4096, 0, "a number is changed");
  ok (rw_gguf_find (g, "llama.context_length")->type == RW_GGUF_UINT64, "and keeps its wider type");
  near (number (g, "llama.rope.scaling.factor"), 4.125, 0, "a new number");
  ok (rw_gguf_find (g, "llama.rope.scaling.type")->text->n == 4, "a text is changed");
  ok (!rw_gguf_find (g, "llama.rope.freq_base"), "a key is gone");
  ok (holds (g, "a.weight", values, 40) && holds (g, "b.weight", values + 5, 112),
      "weights are the same bytes");
  ok (holds (g, "rope_freqs.weight", four, 16), "a vector takes the place of the old one");
  ok (rw_gguf_tensors (g) == 3, "no tensor is left over");
}

static void
copies (const rw_gguf *from)
{
  rw_gguf *g = NULL;
  const rw_gguf_edit e = edit ();
  ok (!rw_gguf_copy (from, in_folder ("new.gguf"), &e, &err), "copied: %s", err.text);
  ok (files_in_folder () == 2, "no temporary file is left");
  if (ok (!rw_gguf_open (in_folder ("new.gguf"), &g, &err), "reads back: %s", err.text))
    what_is_kept (g);
  rw_gguf_close (g);
  ok (rw_gguf_copy (from, in_folder ("new.gguf"), &e, &err) == RW_EEXIST, "an existing one: %s",
      err.text);
}

static void
nothing_changed_is_the_same_file (const rw_gguf *from, const bytes *want)
{
  const rw_gguf_edit e = { 0 };
  struct stat st;
  ok (!rw_gguf_copy (from, in_folder ("same.gguf"), &e, &err), "copied");
  FILE *file = fopen (in_folder ("same.gguf"), "rb");
  char *got = calloc (1, want->n);
  const size_t n = file ? fread (got, 1, want->n, file) : 0;
  ok (n == want->n && memcmp (got, want->s, n) == 0 && !stat (in_folder ("same.gguf"), &st)
          && (size_t) st.st_size == n,
      "without a change it is the same file, byte for byte");
  if (file)
    fclose (file);
  free (got);
  unlink (in_folder ("same.gguf"));
}

static void
onto_itself (void)
{
  rw_gguf *g = NULL, *again = NULL;
  rw_gguf_edit e = edit ();
  e.replace = true;
  ok (!rw_gguf_open (in_folder ("old.gguf"), &g, &err)
          && !rw_gguf_copy (g, in_folder ("old.gguf"), &e, &err),
      "a file may be replaced by its own copy: %s", err.text);
  if (ok (!rw_gguf_open (in_folder ("old.gguf"), &again, &err), "and reads back"))
    what_is_kept (again);
  rw_gguf_close (again);
  rw_gguf_close (g);
}

static rw_status
no (const char *path, void *data, rw_error *e)
{
  *(int *) data += access (path, F_OK) == 0;
  return rw_fail (e, RW_EDOMAIN, "not this one");
}

static void
failures_leave_nothing (const rw_gguf *from)
{
  static const double bad[] = { 1, 1e300 };
  static const rw_gguf_vector huge = { "rope_freqs.weight", bad, 2 };
  static const rw_gguf_change fraction
      = { .key = "n", .type = RW_GGUF_UINT32, .number = 4294967296.0 };
  static const rw_gguf_change nan = { .key = "x", .type = RW_GGUF_FLOAT32, .number = NAN };
  static const sig_atomic_t stop = 1;
  const size_t before = files_in_folder ();
  int seen = 0;
  const char *path = in_folder ("none.gguf");
  rw_gguf_edit e = edit ();
  e.check = no;
  e.data = &seen;
  ok (rw_gguf_copy (from, path, &e, &err) == RW_EDOMAIN && seen == 1, "a check may refuse it");
  e = (rw_gguf_edit){ .vector = &huge, .n_vectors = 1 };
  ok (rw_gguf_copy (from, path, &e, &err) == RW_EINVAL, "not finite as float32: %s", err.text);
  e = (rw_gguf_edit){ .change = &fraction, .n_changes = 1 };
  ok (rw_gguf_copy (from, path, &e, &err) == RW_EINVAL, "no 32-bit number: %s", err.text);
  e = (rw_gguf_edit){ .change = &nan, .n_changes = 1 };
  ok (rw_gguf_copy (from, path, &e, &err) == RW_EINVAL, "not a number: %s", err.text);
  e = (rw_gguf_edit){ .stop = &stop };
  ok (rw_gguf_copy (from, path, &e, &err) == RW_EINTR, "a stop is heard: %s", err.text);
  e = (rw_gguf_edit){ 0 };
  ok (rw_gguf_copy (from, in_folder ("no/none.gguf"), &e, &err) == RW_EIO, "no such folder: %s",
      err.text);
  struct rlimit old, small = { 200, 200 };
  getrlimit (RLIMIT_FSIZE, &old);
  small.rlim_max = old.rlim_max;
  signal (SIGXFSZ, SIG_IGN);
  setrlimit (RLIMIT_FSIZE, &small);
  const rw_status s = rw_gguf_copy (from, path, &e, &err);
  setrlimit (RLIMIT_FSIZE, &old);
  ok (s == RW_EIO, "a limit on file sizes: %s", err.text);
  has (err.hint, "ulimit -f", "with a hint");
  ok (files_in_folder () == before, "nothing is left of any of them");
}

/* Part i of two; both have one tensor.  */
static void
write_part (uint16_t i)
{
  gguf_file f = { 0 };
  bytes b;
  const int32_t tensors = 2;
  if (i == 0)
    add_text (&f, "general.architecture", "llama");
  add_u16 (&f, "split.no", i);
  add_u16 (&f, "split.count", 2);
  add_key (&f, "split.tensors.count", RW_GGUF_INT32, &tensors, sizeof tensors);
  add_tensor (&f, i ? "b.weight" : "a.weight", 0, 5, 2, values + i, 40);
  finish_file (&f, &b);
  write_file (in_folder (i ? "m-00002-of-00002.gguf" : "m-00001-of-00002.gguf"), &b);
  free (b.s);
}

static void
parts_become_one (void)
{
  rw_gguf *from = NULL, *g = NULL;
  const rw_gguf_edit e = edit ();
  write_part (0);
  write_part (1);
  ok (!rw_gguf_open (in_folder ("m-00001-of-00002.gguf"), &from, &err)
          && !rw_gguf_copy (from, in_folder ("one.gguf"), &e, &err),
      "two parts copied: %s", err.text);
  if (ok (!rw_gguf_open (in_folder ("one.gguf"), &g, &err), "into a file: %s", err.text))
    {
      ok (!rw_gguf_find (g, "split.no") && !rw_gguf_find (g, "split.count")
              && !rw_gguf_find (g, "split.tensors.count"),
          "that says nothing of parts");
      ok (holds (g, "a.weight", values, 40) && holds (g, "b.weight", values + 1, 40),
          "and has the weights of both");
    }
  rw_gguf_close (g);
  rw_gguf_close (from);
  unlink (in_folder ("m-00001-of-00002.gguf"));
  unlink (in_folder ("m-00002-of-00002.gguf"));
  unlink (in_folder ("one.gguf"));
}

static void
the_files_alignment_holds (void)
{
  gguf_file f = { 0 };
  bytes b;
  rw_gguf *from = NULL, *g = NULL;
  const rw_gguf_edit e = edit ();
  const unsigned char *base;
  add_text (&f, "general.architecture", "llama");
  add_u32 (&f, "general.alignment", 8);
  add_tensor (&f, "a.weight", 0, 3, 1, values, 12);
  add_tensor (&f, "b.weight", 0, 5, 2, values + 7, 40);
  finish_file (&f, &b);
  ok (!rw_gguf_parse ("eight", b.s, b.n, &from, &err)
          && !rw_gguf_copy (from, in_folder ("eight.gguf"), &e, &err)
          && !rw_gguf_open (in_folder ("eight.gguf"), &g, &err),
      "a file on 8 bytes: %s", err.text);
  ok (g && holds (g, "a.weight", values, 12) && holds (g, "b.weight", values + 7, 40),
      "its weights are the same");
  base = g ? rw_gguf_tensor_find (g, "a.weight")->data : NULL;
  ok (g && (const unsigned char *) rw_gguf_tensor_find (g, "b.weight")->data - base == 16,
      "side by side on its own alignment");
  rw_gguf_close (g);
  rw_gguf_close (from);
  unlink (in_folder ("eight.gguf"));
  free (b.s);
}

int
main (void)
{
  bytes b = model_bytes ();
  rw_gguf *g = NULL;
  if (!mkdtemp (folder) || !write_file (in_folder ("old.gguf"), &b))
    return 99;
  ok (!rw_gguf_open (in_folder ("old.gguf"), &g, &err), "%s", err.text);
  nothing_changed_is_the_same_file (g, &b);
  copies (g);
  failures_leave_nothing (g);
  rw_gguf_close (g);
  ok (!rw_gguf_parse ("memory", b.s, b.n, &g, &err), "of bytes in memory");
  nothing_changed_is_the_same_file (g, &b);
  rw_gguf_close (g);
  parts_become_one ();
  the_files_alignment_holds ();
  onto_itself ();
  unlink (in_folder ("old.gguf"));
  unlink (in_folder ("new.gguf"));
  rmdir (folder);
  free (b.s);
  return tap_end ();
}
