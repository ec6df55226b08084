/* source: what holds for any source; see source.h.  */
#include "source/source.h"

rw_corpus_wish
rw_source_corpus (const rw_object *source)
{
  const rw_source *type = (const rw_source *) source->module; /* rw_module is the first member */
  rw_corpus_wish wish = { 0 };
  if (type->corpus)
    type->corpus (source->self, &wish);
  return wish;
}

unsigned
rw_source_needs (const rw_object *source)
{
  const rw_source *type = (const rw_source *) source->module;
  return (type->needs ? type->needs (source->self) : 0)
         | (rw_source_corpus (source).text ? RW_NEEDS_NETWORK : 0);
}
