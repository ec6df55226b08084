#!/bin/sh
# Writes a C header that names the exact code of this build: a digest of every source file, so that a
# resumed run can tell that the program changed.  Needs neither git nor a clean tree.
cd "$1" || exit 1
id=$(find src -name '*.[ch]' ! -name registry.c ! -name build_id.h | LC_ALL=C sort | xargs cat | sha256sum | cut -c1-16)
echo "/* Made by scripts/build-id.sh: do not edit.  */"
echo "#define RW_BUILD_ID \"$id\""
