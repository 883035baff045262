#!/usr/bin/env bash
# Fails if `go generate` changes any file: then someone changed a source of
# truth without `make docs`. Changes that were there before do not count, so
# it works in a tree that someone is editing.
set -euo pipefail
cd "$(dirname "$0")/.."

before=$(mktemp)
after=$(mktemp)
trap 'rm -f "$before" "$after"' EXIT

# snapshot lists every file git knows or would add, with its content's hash.
snapshot() {
	git ls-files -z --cached --others --exclude-standard |
		xargs -0 -r sha256sum 2>/dev/null | sort -k2 || true
}

snapshot >"$before"
go generate ./...
snapshot >"$after"

if ! cmp -s "$before" "$after"; then
	echo 'drift: these files were out of date; they are fresh now, so look and commit them:'
	{ diff "$before" "$after" || true; } | awk '/^[<>]/ { print "  " $3 }' | sort -u
	exit 1
fi
echo 'drift: generated files are up to date'
