//go:build !race

package reader

// UnderRace reports whether the race detector watches.
const UnderRace = false
