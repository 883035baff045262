#!/usr/bin/env bash
# Runs every fuzz target of the repository, one after the other, for FUZZTIME
# each. Go can fuzz only one target per call, hence the loop.
set -euo pipefail
cd "$(dirname "$0")/.."

time=${FUZZTIME:-10s}
count=0
while IFS=: read -r file name; do
	echo "fuzz: $name in $(dirname "$file") for $time"
	go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "./$(dirname "$file")" </dev/null
	count=$((count + 1))
done < <(find cmd internal test -name '*_test.go' -not -path '*/node_modules/*' \
	-exec grep -HoE '^func Fuzz[A-Za-z0-9_]+' {} + | sed 's/func //' | sort)
echo "fuzz: $count targets, nothing found"
