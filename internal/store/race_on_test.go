//go:build race

package store

// detectsRaces reports whether the test runs under the race detector.
const detectsRaces = true
