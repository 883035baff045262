//go:build js && wasm

package main

import (
	"syscall/js"

	"github.com/sparekey/sparekey/internal/safecopy"
	"github.com/sparekey/sparekey/internal/safecopy/plane"
)

// check takes the bytes of a copy and the mark it must carry, and returns the
// verdict.
func (t *tool) check(given []js.Value) (map[string]any, error) {
	file := bytesOf(given[0])
	m := mark(given[1])
	verdict := safecopy.Check(file, safecopy.Expect{Case: m.Case, For: m.For, Since: m.Date, Today: m.Date, Glance: true})
	reasons := make([]any, len(verdict.Reasons))
	for i, r := range verdict.Reasons {
		one := map[string]any{"code": string(r.Code)}
		if r.Region != (plane.Quad{}) {
			one["quad"] = corners(r.Region)
		}
		reasons[i] = one
	}
	return map[string]any{"answer": string(verdict.Answer), "reasons": reasons}, nil
}

// notes says what was found by codes that the page has words for.
func notes(list []safecopy.Note) []any {
	said := make([]any, len(list))
	for i, n := range list {
		said[i] = map[string]any{"code": string(n.Code), "args": strings(n.Args)}
	}
	return said
}

func strings(list []string) []any {
	all := make([]any, len(list))
	for i, s := range list {
		all[i] = s
	}
	return all
}
