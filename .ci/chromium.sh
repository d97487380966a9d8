#!/bin/sh
# Prints the path of a Chromium or Chrome for the browser tests, installing Debian's when there is none and it may.
# Prints nothing and succeeds when there is none to be had; with CI=true that is a failure. Messages go to stderr.
set -eu

works() {
	"$1" --version >/dev/null 2>&1
}

find_browser() {
	for name in "${FLAME_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable chrome \
		"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome" \
		"/Applications/Chromium.app/Contents/MacOS/Chromium"; do
		[ -n "$name" ] || continue
		path=$(command -v "$name" 2>/dev/null) || continue
		# Being there is not enough: some distributions ship a stub that only asks for another package.
		if works "$path"; then
			echo "$path"
			return 0
		fi
	done
	return 1
}

# as_root prints the prefix that runs a command as root without asking for anything, or fails.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		echo env
	elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
		echo "sudo -n env"
	else
		return 1
	fi
}

install_browser() {
	command -v apt-get >/dev/null || return 1
	root=$(as_root) || return 1
	echo "chromium: none found, installing chromium and fonts-dejavu-core with apt-get" >&2
	$root DEBIAN_FRONTEND=noninteractive apt-get update -q >&2 || return 1
	$root DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium fonts-dejavu-core >&2
}

find_browser && exit 0
if install_browser && find_browser; then
	exit 0
fi
if [ "${CI:-}" = true ]; then
	echo "chromium: no browser found and none could be installed, and CI runs the browser tests: install chromium" >&2
	exit 1
fi
cat >&2 <<'END'
****************************************************************************
*  No Chromium or Chrome found: THE BROWSER TESTS ARE SKIPPED.             *
*  Install one, or name it in FLAME_CHROMIUM=/path/to/chromium.            *
****************************************************************************
END
