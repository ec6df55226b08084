/* Tensor types: their values are gguf-py's, bit for bit, whatever the instructions.

   tests/golden/quants.tsv: random blocks of each type, among them zero, subnormal and largest
   scales, and what gguf.quants.dequantize (gguf 0.19) makes of them.  */
#include "model/quant.h"
#include "tap.h"

#include <stdint.h>

enum
{
  LINE = 1 << 18,
  ROOM = 1 << 16
};

static unsigned char bytes[ROOM + 1], want[ROOM];
static float got[ROOM / 4 + 16];

/* The bytes of a hex text up to a tab or the line's end.  */
static size_t
unhex (const char *s, unsigned char *to)
{
  size_t n = 0;
  for (unsigned x; sscanf (s, "%2x", &x) == 1 && *s != '\t'; s += 2)
    to[n++] = (unsigned char) x;
  return n;
}

static void
check_type (rw_quant type, const char *hex, const char *values)
{
  const size_t n_bytes = unhex (hex, bytes + 1), n = unhex (values, want) / 4;
  ok (n > 0 && n_bytes / rw_quant_bytes (type) * rw_quant_block (type) == n, "%s: %zu values",
      rw_quant_text (type), n);
  for (int simd = 0; simd <= (int) rw_simd_get (); simd++)
    {
      memset (got, 0x55, sizeof got);
      rw_quant_reader_of (type, (rw_simd) simd) (bytes + 1, n, got); /* at an odd address */
      size_t bad = 0;
      while (bad < n && memcmp (&got[bad], want + 4 * bad, 4) == 0)
        bad++;
      ok (bad == n, "%s, %s: bit for bit", rw_quant_text (type), rw_simd_text ((rw_simd) simd));
      if (bad < n)
        printf ("# value %zu is %a\n", bad, (double) got[bad]);
      uint32_t after;
      memcpy (&after, &got[n], sizeof after);
      ok (after == 0x55555555, "%s, %s: and nothing after", rw_quant_text (type),
          rw_simd_text ((rw_simd) simd));
    }
}

/* By GGUF's numbers; all that are known have a size.  */
static void
check_table (void)
{
  size_t known = 0, block, size;
  rw_quant type;
  for (uint32_t number = 0; number < 64; number++)
    if (rw_quant_find (number, &type))
      {
        known++;
        ok (rw_quant_ggml_size (number, &block, &size) && block == rw_quant_block (type)
                && size == rw_quant_bytes (type)
                && strcmp (rw_quant_ggml_text (number), rw_quant_text (type)) == 0,
            "type %u is %s", number, rw_quant_text (type));
      }
  ok (known == RW_QUANTS, "%zu types have numbers", known);
  ok (!rw_quant_find (17, &type) && strcmp (rw_quant_ggml_text (17), "IQ2_XS") == 0
          && rw_quant_ggml_size (17, &block, &size) && block == 256 && size == 74,
      "a type that is not read has a name and a size");
  ok (!rw_quant_find (4, &type) && !rw_quant_ggml_text (4)
          && !rw_quant_ggml_size (4, &block, &size),
      "a number that was taken back is none");
}

int
main (void)
{
  char path[4096];
  char *line = malloc (LINE);
  const char *top = getenv ("top_srcdir");
  size_t seen = 0;
  snprintf (path, sizeof path, "%s/tests/golden/quants.tsv", top ? top : ".");
  FILE *file = fopen (path, "r");
  if (!ok (file && line, "the golden values are there"))
    return tap_end ();
  while (fgets (line, LINE, file))
    for (int t = 0; t < RW_QUANTS; t++)
      {
        const size_t n = strlen (rw_quant_text ((rw_quant) t));
        char *values = strrchr (line, '\t');
        if (strncmp (line, rw_quant_text ((rw_quant) t), n) == 0 && line[n] == '\t')
          {
            check_type ((rw_quant) t, line + n + 1, values + 1);
            seen++;
          }
      }
  ok (seen == RW_QUANTS, "%zu types were compared", seen);
  fclose (file);
  free (line);
  check_table ();
  return tap_end ();
}
