#!/bin/bash
# Checks the vendored NumPy wheel with pyodide-build: it needs no other library, and the interpreter has all that it imports.
#
#   web/build/audit.sh [<Python 3.12 or newer>]
#
# Needs a Python package index the first time. Says so and leaves without an error where no new enough Python is found.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tools=$here/../../.cache/pyodide-build
wheel=$(echo "$here"/../vendor/numpy-*.whl)
PYODIDE_BUILD_VERSION=0.39.2

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; }

find_python() {
  for python in "$@" python3.14 python3.13 python3.12 python3; do
    if is_new_enough "$python"; then
      echo "$python"
      return
    fi
  done
}

if [ ! -x "$tools/bin/pyodide" ]; then
  python=$(find_python "$@")
  if [ -z "$python" ]; then
    echo "audit: skipped, pyodide-build needs Python 3.12 or newer (name one: web/build/audit.sh /path/to/python3.13)"
    exit 0
  fi
  "$python" -m venv "$tools"
  "$tools/bin/pip" install -q "pyodide-build==$PYODIDE_BUILD_VERSION" pyodide-cli==0.5.0 auditwheel-emscripten==0.3.0 wheel
fi

export PATH="$tools/bin:$PATH" # pyodide-build runs the program `wheel`
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
interpreter=$here/../../node_modules/pyodide/pyodide.asm

# A symbol of the interpreter, of its script, or of the wheel itself.
known() {
  pyodide auditwheel exports "$interpreter.wasm" | awk '{ print $NF }'
  pyodide auditwheel exports "$wheel" | awk '{ print $NF }'
  tr -c 'A-Za-z0-9_$' '\n' <"$interpreter.mjs"
}

libraries=$(pyodide auditwheel show "$wheel" | grep -v -e ':$' -e '^$' || true)
pyodide auditwheel imports "$wheel" | awk '$2 == "FUNC" || $1 ~ /^GOT/ { print $3 }' | sort -u >"$work/imports"
known | sort -u >"$work/known"
missing=$(comm -23 "$work/imports" "$work/known")

echo "audit: $(basename "$wheel") imports $(wc -l <"$work/imports") symbols"
if [ -n "$libraries" ]; then printf 'audit: it needs other libraries:\n%s\n' "$libraries"; fi
if [ -n "$missing" ]; then printf 'audit: nothing has these:\n%s\n' "$missing"; fi
[ -z "$libraries$missing" ] && echo "audit: all of them are there, and it needs no other library"
