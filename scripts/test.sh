#!/usr/bin/env bash
# Runs the tests of the given packages (default: all) with the race detector,
# and ends with one line that says how it went.
set -uo pipefail
cd "$(dirname "$0")/.."

[ $# -gt 0 ] || set -- ./...
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# SQLite is C that was turned into Go; scrypt, drawing and the reading of pictures are
# one thread's arithmetic, which starts no goroutine and shares nothing. Inside them
# the race detector and the checks of pointers find nothing of ours and take most of
# the time of what uses them, so they are built without; all that calls them is not.
spared=(
	'-gcflags=modernc.org/...=-d=checkptr=0'
	'-gcflags=modernc.org/sqlite/lib=-d=checkptr=0 -race=0'
	'-gcflags=golang.org/x/crypto/scrypt=-race=0'
	'-gcflags=image/...=-race=0'
	'-gcflags=golang.org/x/image/...=-race=0'
	'-gcflags=github.com/makiuchi-d/gozxing/...=-race=0'
	'-gcflags=github.com/sparekey/sparekey/internal/safecopy/...=-race=0'
	'-gcflags=github.com/sparekey/sparekey/test/specimen=-race=0'
)

# The race detector needs cgo, whatever the caller's environment says.
CGO_ENABLED=1 go test -race "${spared[@]}" -timeout 20m "$@" 2>&1 | tee "$log"
status=${PIPESTATUS[0]}

passed=$(grep -c '^ok ' "$log")
failed=$(awk '/^FAIL[[:space:]]+[^[:space:]]/ { print $2 }' "$log" | sort -u)
echo
if [ "$status" -eq 0 ]; then
	echo "test: all $passed packages with tests passed"
else
	echo "test: FAILED ($passed packages passed). Failed:" ${failed:-see above}
fi
exit "$status"
