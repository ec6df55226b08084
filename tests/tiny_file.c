/* tiny_file: writes the small network of tiny_help.h, for the tests in other languages.  */
#include "tiny_help.h"

int
main (int argc, char **argv)
{
  if (argc != 2)
    return 2;
  net_write (argv[1], (net_options){ .seed = 1 });
  return tap_failed;
}
