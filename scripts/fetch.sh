# fetch.sh: sourced by the scripts that fetch what is not shipped: NAME (of the script) and SHA256 (of the file) are set.
#   fetch_fail TEXT [HINT]     says why and exits with 3
#   fetch_right FILE           whether it is the file expected
#   fetch_folder ARGUMENT...   takes -h and one FOLDER; sets $folder (models/ here by default)
#   fetch_have FILE            prints it and exits where it is there already and right
#   fetch_place TEMP FILE      checks TEMP, moves it to FILE whole or not at all, prints FILE

fetch_fail () { echo "$NAME: $1" >&2; [ -z "${2-}" ] || echo "hint: $2" >&2; exit 3; }
fetch_right () { [ "$(sha256sum <"$1" | cut -d ' ' -f 1)" = "$SHA256" ]; }

fetch_folder () {
  folder=$(cd "$(dirname "$0")/.." && pwd)/models
  case ${1-} in
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    ?*) folder=$1 ;;
  esac
  [ $# -le 1 ] || { usage >&2; exit 2; }
}

fetch_have () {
  [ -e "$1" ] || return 0
  fetch_right "$1" || fetch_fail "$1 is there, but it is another file" "move it away and run this again"
  echo "$1"
  exit 0
}

fetch_place () {
  fetch_right "$1" || fetch_fail "what was fetched is not the file expected" "SHA-256 $SHA256 was expected"
  mkdir -p "$(dirname "$2")"
  mv "$1" "$2.part" && mv "$2.part" "$2"
  echo "$2"
}
