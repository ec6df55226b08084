/* list_module: one module, as text and as JSON, from its parameter table.

   Everything shown stands in the module's own source file: name, sentence, paper, parameters, and
   for a metric its fields.  Text goes to stdout; the JSON object is the caller's.  */
#ifndef RW_CLI_LIST_MODULE_H
#define RW_CLI_LIST_MODULE_H

#include "base/module.h"
#include "metric/metric.h"

#include <cjson/cJSON.h>

/* `fields` is NULL for what is not a metric.  */
cJSON *list_module_object (const rw_module *m, const rw_field *fields);
/* Name, sentence, paper, then a line for each parameter of its own; `brief` is one line.  */
void list_module_print (const rw_module *m, const rw_field *fields, bool brief);

void list_param_print (const rw_param *p);

#endif
