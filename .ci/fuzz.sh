#!/bin/sh
# Usage: fuzz.sh FUZZTIME
# Runs each fuzz target of the module for FUZZTIME, one after another: go test takes only one at a time.
set -eu
fuzztime=$1
count=0
packages=$(go list ./...)
for pkg in $packages; do
	# The summary line of go test is not a target; a package that does not build ends the script here.
	list=$(go test -list '^Fuzz' "$pkg")
	for target in $(printf '%s\n' "$list" | grep '^Fuzz' || true); do
		echo "+ go test -run ^\$ -fuzz ^$target\$ -fuzztime $fuzztime $pkg"
		go test -run '^$' -fuzz "^$target\$" -fuzztime "$fuzztime" "$pkg"
		count=$((count + 1))
	done
done
echo "fuzz: $count targets, no failure"
