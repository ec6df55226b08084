/* shelf: experiments are found by name, by the beginning of one, and by path.  */
#include "claim/shelf.h"
#include "tap.h"

#include <sys/stat.h>
#include <unistd.h>

static char root[] = "shelf-test-XXXXXX";
static rw_error err;

/* The folders of the test, and the files in them; the second column: has an expected.json.  */
static const struct
{
  const char *folder;
  bool config, claims;
} made[] = { { "experiments", false, false },
             { "experiments/01-glance", true, false },
             { "experiments/04-base", true, true },
             { "experiments/04-base-more", true, true },
             { "experiments/10-decay", true, true },
             { "experiments/11-draft", false, true },
             { "experiments/.hidden", true, true },
             { "elsewhere", false, false },
             { "elsewhere/04-base", true, true },
             { "elsewhere/own", true, false },
             { NULL, false, false } };

static char *
path_of (const char *a, const char *b)
{
  static char path[4][256];
  static int turn;
  char *p = path[turn++ % 4];
  snprintf (p, sizeof path[0], "%s/%s%s%s", root, a, *b ? "/" : "", b);
  return p;
}

static void
touch (const char *path)
{
  FILE *f = fopen (path, "w");
  if (f)
    fclose (f);
}

static void
make (void)
{
  for (size_t i = 0; made[i].folder; i++)
    {
      mkdir (path_of (made[i].folder, ""), 0777);
      if (made[i].config)
        touch (path_of (made[i].folder, "config.json"));
      if (made[i].claims)
        touch (path_of (made[i].folder, "expected.json"));
    }
  setenv ("ROPEWALK_DATADIR", root, 1);
}

static void
clear (void)
{
  size_t n = 0;
  while (made[n].folder)
    n++;
  while (n-- > 0)
    {
      unlink (path_of (made[n].folder, "config.json"));
      unlink (path_of (made[n].folder, "expected.json"));
      rmdir (path_of (made[n].folder, ""));
    }
  rmdir (root);
}

/* The names found, joined by commas, or the error.  */
static const char *
found (const char *const *names, size_t n)
{
  static char text[1024];
  rw_shelf shelf;
  err = (rw_error){ 0 };
  text[0] = 0;
  if (rw_shelf_open (names, n, &shelf, &err))
    {
      ok (shelf.n == 0 && !shelf.item, "after an error nothing is owned");
      return err.text;
    }
  for (size_t i = 0; i < shelf.n; i++)
    snprintf (text + strlen (text), sizeof text - strlen (text), "%s%s%s", i ? "," : "",
              shelf.item[i].name, shelf.item[i].claims ? "" : "*");
  rw_shelf_free (&shelf);
  ok (!shelf.n && !shelf.item, "a freed shelf is empty");
  return text;
}

#define FOUND(...)                                                                                 \
  found ((const char *const[]){ __VA_ARGS__ },                                                     \
         sizeof (const char *const[]){ __VA_ARGS__ } / sizeof (char *))

int
main (void)
{
  if (!mkdtemp (root))
    return 99;
  make ();
  const char *got = found (NULL, 0);
  ok (strcmp (got, "01-glance*,04-base,04-base-more,10-decay") == 0,
      "all folders with a config, by name; those without claims too: %s", got);
  ok (strcmp (FOUND ("10", "01-glance"), "10-decay,01-glance*") == 0,
      "a beginning and a whole name, in the order given");
  ok (strcmp (FOUND ("04-base"), "04-base") == 0, "a whole name that begins another");
  ok (strcmp (FOUND ("10", "10-decay", path_of ("experiments", "10-decay/")), "10-decay") == 0,
      "named three ways it comes once");
  has (FOUND ("04"), "'04' is the beginning of several experiments: 04-base, 04-base-more",
       "an ambiguous beginning");
  has (FOUND ("10-deacy"),
       "no experiment '10-deacy'; did you mean '10-decay'?; there are: 01-glance, ",
       "an unknown name lists the known ones");
  has (err.hint, "./10-deacy", "and how a folder elsewhere is named");
  has (FOUND (""), "no experiment ''", "the empty name is none");
  has (FOUND ("11-draft"), "no experiment '11-draft'", "nor is a folder without a config");
  ok (strcmp (FOUND (path_of ("elsewhere", "own")), "own*") == 0, "a folder elsewhere");
  has (FOUND ("04-base", path_of ("elsewhere", "04-base")), "are both called 04-base",
       "two of one name");
  has (FOUND (path_of ("elsewhere", "none")), "No such file", "a path that is not there");
  has (FOUND (path_of ("elsewhere", "")), "holds no config.json", "a folder that is no experiment");
  if (chdir (path_of ("elsewhere", "own")))
    return 99;
  setenv ("ROPEWALK_DATADIR", "/nonexistent/ropewalk", 1);
  ok (strcmp (FOUND ("."), "own*") == 0, "the folder here; no folder of experiments is needed");
  has (FOUND ("04"), "/nonexistent/ropewalk/experiments: No such file", "but for a name it is");
  if (chdir ("../../.."))
    return 99;
  clear ();
  return tap_end ();
}
