#!/bin/sh
# Usage: demo.sh FLAME SECONDS
# Starts FLAME's demo service on a free loopback port, captures three graphs from it over HTTP and stops it again.
set -eu
flame=$1
seconds=$2
graphs="torch.svg torch-heap.svg torch-wall.svg"

dir=$(mktemp -d "${TMPDIR:-/tmp}/flame-demo.XXXXXX")
target=
stop() {
	if [ -n "$target" ]; then
		kill "$target" 2>/dev/null || true
		wait "$target" 2>/dev/null || true
	fi
	target=
	rm -rf "$dir"
}
trap stop EXIT
trap 'exit 130' INT TERM

# A graph of an earlier run must not pass for one of this run.
rm -f $graphs

"$flame" demo --listen 127.0.0.1:0 --ready-file "$dir/url" >"$dir/log" 2>&1 &
target=$!
tries=0
while [ ! -s "$dir/url" ]; do
	tries=$((tries + 1))
	if ! kill -0 "$target" 2>/dev/null || [ "$tries" -gt 150 ]; then
		echo "demo: the service did not start:" >&2
		cat "$dir/log" >&2
		exit 1
	fi
	sleep 0.2
done
url=$(cat "$dir/url")
echo "demo: profiling the service at $url"

run() {
	echo "+ $*"
	"$@"
}
run "$flame" -u "$url" -t "$seconds" -f torch.svg
run "$flame" -u "$url/debug/pprof/heap" -f torch-heap.svg
# Hundreds of idle goroutines wait all the time: without the focus on requests they are the whole picture.
run "$flame" -u "$url/debug/fgprof" -t "$seconds" -focus 'serve[A-Z]' -f torch-wall.svg

for graph in $graphs; do
	if ! grep -q '<svg' "$graph"; then
		echo "demo: $graph is not an SVG" >&2
		exit 1
	fi
done

kill "$target"
code=0
wait "$target" || code=$?
target=
# 143 is 128 + SIGTERM: also a way to stop when asked to.
if [ "$code" -ne 0 ] && [ "$code" -ne 130 ] && [ "$code" -ne 143 ]; then
	echo "demo: the service stopped with exit code $code:" >&2
	cat "$dir/log" >&2
	exit 1
fi

root=$(pwd)
echo
echo "Open these in a browser:"
echo "  file://$root/torch.svg        where the CPU time went in $seconds s"
echo "  file://$root/torch-heap.svg   what holds the memory in use"
echo "  file://$root/torch-wall.svg   where requests spent their time, waits included (fgprof)"
