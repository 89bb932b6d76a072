#!/bin/bash
# Makes the NumPy wheel for Pyodide again, from NumPy's source distribution.
#
#   web/vendor/build-numpy.sh <output folder> [<Debian mirror>]
#
# Needs root (it makes a chroot), debootstrap with a script for forky, and the npm packages installed. The mirror and the
# Python package index are those that this machine is set up for. README.md beside this file says what comes out.
set -euo pipefail

NUMPY_VERSION=2.4.6
NUMPY_SHA256=f3a3570c4a2a16746ac2c31a7c7c7b0c186b95ce902e33db6f28094ed7387dda
MESON_PYTHON_VERSION=0.22.1
CYTHON_VERSION=3.3.1
SUITE=forky
PLATFORM=pyemscripten_2026_0_wasm32
SYSCONFIG=_sysconfigdata__emscripten_wasm32-emscripten
SOURCE_DATE=1767225600 # 2026-01-01, the date of every file in the wheel

here=$(cd "$(dirname "$0")" && pwd)
output=$(mkdir -p "${1:?usage: build-numpy.sh <output folder> [<Debian mirror>]}" && cd "$1" && pwd)
mirror=${2:-$(awk '$1 == "deb" { for (i = 2; i <= NF; i++) if ($i ~ /^https?:/) { print $i; exit } }
                   $1 == "URIs:" { print $2; exit }' /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null)}
library=$here/../../node_modules/pyodide/python_stdlib.zip
root=$(mktemp -d)

leave() {
  mountpoint -q "$root/dev" && umount "$root/dev"
  mountpoint -q "$root/proc" && umount "$root/proc"
  # Never delete through a mount that could not be undone.
  mountpoint -q "$root/dev" || mountpoint -q "$root/proc" || rm -rf "$root"
}
trap leave EXIT

make_chroot() {
  debootstrap --variant=minbase \
    --include=ca-certificates,emscripten,clang-21,lld-21,python3.14-dev,python3.14-venv,build-essential,git,unzip \
    "$SUITE" "$root" "$mirror"
  mount -t proc proc "$root/proc"
  mount --bind /dev "$root/dev"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
  # A network with its own certificate authority and package index is known inside as it is outside.
  cp -r /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
  if [ -e /etc/pip.conf ]; then cp /etc/pip.conf "$root/etc/pip.conf"; fi
  chroot "$root" update-ca-certificates
}

put_inputs() {
  mkdir -p "$root/build/tools" "$root/build/target" "$root/build/dist"
  unzip -q -o "$library" "$SYSCONFIG.py" -d "$root/build/target"
  cp "$here/numpy_target.py" "$here/slim_numpy.py" "$root/build/"
}

# Every compiler call gets the flags of Pyodide's main module; an extension is linked as a side module that shows only its
# init function. Meson's checks link programs, so they must stay without those.
put_compilers() {
  cat >"$root/build/tools/emcc" <<'WRAPPER'
#!/bin/bash
name=$(basename "$0")
flags=(-fPIC -fwasm-exceptions -sSUPPORT_LONGJMP=wasm -sWASM_LEGACY_EXCEPTIONS=1 -g0)
arguments=()
out=
previous=
for argument in "$@"; do
  [ "$previous" = -o ] && out=$argument
  previous=$argument
  case $argument in
    -pthread | -shared) ;;
    *) arguments+=("$argument") ;;
  esac
done
if [[ $out == *.so ]]; then
  module=$(basename "$out")
  flags+=(-sSIDE_MODULE=2 "-sEXPORTED_FUNCTIONS=_PyInit_${module%%.*}" -sWASM_BIGINT -Os)
fi
exec "/usr/bin/$name" "${arguments[@]}" "${flags[@]}"
WRAPPER
  chmod +x "$root/build/tools/emcc"
  ln -sf emcc "$root/build/tools/em++"
}

put_cross_file() {
  cat >"$root/build/cross.ini" <<'CROSS'
[binaries]
c = '/build/tools/emcc'
cpp = '/build/tools/em++'
ar = '/usr/bin/emar'
ranlib = '/usr/bin/emranlib'
strip = '/usr/bin/emstrip'
cython = '/build/venv/bin/cython'
python = '/build/venv/bin/python'
pkg-config = 'false'
exe_wrapper = 'node'

[properties]
needs_exe_wrapper = true
skip_sanity_check = true
longdouble_format = 'IEEE_QUAD_LE'

[host_machine]
system = 'emscripten'
cpu_family = 'wasm32'
cpu = 'wasm'
endian = 'little'

[built-in options]
c_args = ['-Os', '-Wno-return-type']
cpp_args = ['-Os', '-Wno-return-type']
CROSS
}

# The rest happens inside: tools, sources, the target's headers, the wheel, and its slimming.
build_inside() {
  chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    NUMPY_VERSION=$NUMPY_VERSION NUMPY_SHA256=$NUMPY_SHA256 CYTHON_VERSION=$CYTHON_VERSION \
    MESON_PYTHON_VERSION=$MESON_PYTHON_VERSION PLATFORM=$PLATFORM SYSCONFIG=$SYSCONFIG SOURCE_DATE=$SOURCE_DATE \
    bash -euo pipefail <<'INSIDE'
cd /build
python3.14 -m venv venv
venv/bin/pip install -q "meson-python==$MESON_PYTHON_VERSION" "Cython==$CYTHON_VERSION" ninja build
PATH=/build/venv/bin:$PATH venv/bin/pip download -q --no-deps --no-build-isolation --no-binary numpy "numpy==$NUMPY_VERSION"
echo "$NUMPY_SHA256  numpy-$NUMPY_VERSION.tar.gz" | sha256sum --check --strict
tar xf "numpy-$NUMPY_VERSION.tar.gz"

export PYODIDE_ROOT=/build/pyodide
venv/bin/python numpy_target.py "/build/target/$SYSCONFIG.py" /usr/include/python3.14

export PATH=/build/venv/bin:$PATH
export PYTHONPATH=/build/target
export _PYTHON_SYSCONFIGDATA_NAME=$SYSCONFIG
export _PYTHON_HOST_PLATFORM=$PLATFORM
export SOURCE_DATE_EPOCH=$SOURCE_DATE
export EM_CACHE=/build/emscripten-cache
cd "numpy-$NUMPY_VERSION"
python -m build --wheel --no-isolation --skip-dependency-check --outdir /build/dist \
  -Csetup-args=--cross-file=/build/cross.ini \
  -Csetup-args=-Dallow-noblas=true -Csetup-args=-Dblas=none -Csetup-args=-Dlapack=none
cd ..
unset PYTHONPATH _PYTHON_SYSCONFIGDATA_NAME _PYTHON_HOST_PLATFORM
mkdir slim
python slim_numpy.py dist/numpy-*.whl slim
INSIDE
}

make_chroot
put_inputs
put_compilers
put_cross_file
build_inside
cp "$root"/build/slim/numpy-*.whl "$output/"
sha256sum "$output"/numpy-*.whl
