# need.sh: sourced by the scripts: says or installs what a Debian machine lacks.
#   need_packages PACKAGE...   installs the missing ones as root or with sudo, else names them and exits 3

need_packages () {
  missing=
  for p; do
    dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'install ok installed' || missing="$missing $p"
  done
  [ -z "$missing" ] && return 0
  if [ "$(id -u)" = 0 ]; then
    as_root=
  elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
    as_root=sudo
  else
    echo "these packages are missing:$missing" >&2
    echo "hint: ask your administrator for: apt-get install$missing" >&2
    exit 3
  fi
  echo "installing:$missing" >&2
  quiet='DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes'
  # shellcheck disable=SC2086
  $as_root env $quiet apt-get update -qq >/dev/null || true
  # shellcheck disable=SC2086
  $as_root env $quiet apt-get install -y -qq --no-install-recommends $missing >/dev/null || {
    echo "apt-get could not install:$missing" >&2
    echo "hint: check the network, then run: apt-get install$missing" >&2
    exit 3
  }
}

build_packages='gcc make autoconf automake libtool pkg-config libhdf5-dev libcjson-dev libgsl-dev libmd-dev librandom123-dev libpcre2-dev libdnnl-dev'
figure_packages='gnuplot-nox'

# build FOLDER CONFIGURE-OPTION...: bootstraps, configures out of tree and builds, quietly; the log is shown on failure.
build () {
  folder=$1; shift
  mkdir -p "$folder"
  if ! { { [ -x configure ] || ./bootstrap; } && ( cd "$folder" && { [ -f Makefile ] || "$top/configure" "$@"; } && make -j"$(nproc)" ); } >"$folder/build.log" 2>&1; then
    tail -n 40 "$folder/build.log" >&2
    echo "the build failed; the whole log is $folder/build.log" >&2
    exit 3
  fi
}
