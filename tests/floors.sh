#!/bin/sh
# floors: an include may only go down, siblings do not include each other, the files of a room do
# not call each other in a circle, and the libraries that belong to one floor are named nowhere
# else.  doc/design.md draws the house.
cd "${top_srcdir:-.}" || exit 99
n=0 bad=0
floor () {
  case $1 in
    base) echo 1 ;; rope) echo 2 ;; schedule | rule) echo 3 ;;
    score | model) echo 4 ;; metric | source) echo 5 ;; json) echo 6 ;; stack) echo 7 ;; plan) echo 8 ;;
    lab) echo 9 ;; claim) echo 10 ;; cli) echo 11 ;;
    *) echo 0 ;;
  esac
}
result () { # result STATUS NAME
  n=$((n + 1))
  if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; bad=1; fi
}

for room in src/*/; do
  room=$(basename "$room")
  here=$(floor "$room")
  [ "$here" != 0 ]; result $? "src/$room has a floor"
  wrong=0
  for line in $(grep -noE '^# *include "[a-z]+/' "src/$room"/*.[ch] | sed 's/# *include "//; s/ //g'); do
    there=${line##*:}; there=${there%/}
    if [ "$there" != "$room" ] && [ "$(floor "$there")" -ge "$here" ]; then
      echo "# ${line%:*} includes $there, which is not below $room"; wrong=1
    fi
  done
  result $wrong "src/$room includes only what lies below it"
done

# calls ROOM: a line "FILE USED" for every file of the room that names a function of another.
calls () {
  awk '
    FNR == 1 { here = FILENAME; sub (/.*\//, "", here); last = "" }
    /^[a-z_0-9]+ \(/ && last !~ /^static/ { name = $1; home[name] = here }
    { text[here] = text[here] "\n" $0; last = $0 }
    END {
      for (file in text) {
        gsub (/\/\*[^*]*\*+([^\/*][^*]*\*+)*\//, " ", text[file])
        n = split (text[file], word, /[^A-Za-z0-9_]+/)
        for (i = 1; i <= n; i++)
          if (word[i] in home && home[word[i]] != file)
            print file, home[word[i]]
      }
    }' "src/$1"/*.c | sort -u
}
# An object may be the value of a parameter and holds parameters itself: that circle is in the thing.
for room in src/*/; do
  room=$(basename "$room")
  ls "src/$room"/*.c >/dev/null 2>&1 || continue
  loop=$(calls "$room" | grep -v '^param.c module.c$' | tsort 2>&1 >/dev/null | sed 's/^/# /')
  [ -n "$loop" ] && echo "$loop"
  [ -z "$loop" ]; result $? "no files of src/$room call each other in a circle"
done

only () { # only PATTERN NAME ROOM...: the header is included nowhere else
  pattern=$1 name=$2; shift 2
  where=$(grep -lE "^# *include <$pattern" src/*/*.[ch] 2>/dev/null)
  wrong=0
  for file in $where; do
    room=$(basename "$(dirname "$file")")
    case " $* " in *" $room "*) ;; *) echo "# $file names $name"; wrong=1 ;; esac
  done
  result $wrong "$name is named only in: $*"
}
only 'cjson/' cJSON json stack plan lab claim cli
only 'hdf5' HDF5 lab
only 'dlfcn' dlopen lab
only 'argp' argp cli
only 'pcre2' PCRE2 model
only 'dnnl' oneDNN model

! grep -nE '\b(exit|abort) \(|\b(puts|printf) \(|stdout' src/base/*.c src/rope/*.c src/schedule/*.c src/rule/*.c \
    src/score/*.c src/model/*.c src/metric/*.c src/source/*.c src/json/*.c src/stack/*.c src/plan/*.c src/lab/*.c src/claim/*.c 2>/dev/null \
    | grep -vE '(fprintf|snprintf|vsnprintf) \(|/\*' | sed 's/^/# /' | grep .
result $? "the library neither exits nor prints"

long=$(wc -l src/*/*.[ch] | awk '$2 != "total" && $1 > 400 { print "# " $2 ": " $1 " lines" }')
[ -n "$long" ] && echo "$long"
[ -z "$long" ]; result $? "no file is longer than 400 lines"

# make check names the log of tests/x.sh and of tests/x.c's program x.log: one of the two would not run.
twice=$(for f in tests/*.c tests/*.sh tests/*.py; do basename "${f%.*}"; done | sort | uniq -d)
[ -n "$twice" ] && echo "# $twice"
[ -z "$twice" ]; result $? "no two tests share a name"
echo "1..$n"
exit $bad
