#!/bin/sh
# Prints the path of axe-core's script for the accessibility test, fetching it once with npm into the user's cache.
# Prints nothing and succeeds when there is none to be had; with CI=true that is a failure. Messages go to stderr.
set -eu
version=4.14.1

if [ -n "${FLAME_AXE:-}" ]; then
	echo "$FLAME_AXE"
	exit 0
fi
dir=${XDG_CACHE_HOME:-$HOME/.cache}/flame/axe-core-$version
script=$dir/node_modules/axe-core/axe.min.js
if [ ! -f "$script" ] && command -v npm >/dev/null; then
	echo "axe: installing axe-core@$version with npm into $dir" >&2
	mkdir -p "$dir"
	npm install --prefix "$dir" --no-save --no-audit --no-fund --ignore-scripts --loglevel=error "axe-core@$version" >&2 || true
fi
if [ -f "$script" ]; then
	echo "$script"
	exit 0
fi
if [ "${CI:-}" = true ]; then
	echo "axe: axe-core@$version could not be installed, and CI runs the accessibility test: install npm" >&2
	exit 1
fi
cat >&2 <<'END'
****************************************************************************
*  No axe-core: THE ACCESSIBILITY TEST IS SKIPPED.                         *
*  Install npm, or name the script in FLAME_AXE=/path/to/axe.min.js.       *
****************************************************************************
END
