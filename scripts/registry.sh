#!/bin/sh
# Makes a registry from the file list of a modules.am:
#   registry.sh TYPE HEADER KIND NOUN KEY PREFIX FILE...
# writes C that defines the rw_kind KIND with every PREFIX_name of the files, in their order.
type=$1 header=$2 kind=$3 noun=$4 key=$5 prefix=$6
shift 6
echo "/* Made from modules.am by scripts/registry.sh: do not edit.  */"
echo "#include \"$header\""
for f; do n=$(basename "$f" .c); echo "extern const $type ${prefix}_$n;"; done
echo "static const rw_module *const builtin_$kind[] = {"
for f; do n=$(basename "$f" .c); echo "  &${prefix}_$n.as,"; done
echo "  NULL"
echo "};"
echo "rw_kind $kind = { .noun = \"$noun\", .key = \"$key\", .builtin = builtin_$kind };"
