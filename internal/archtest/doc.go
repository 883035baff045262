// Package archtest holds the rules of the house: which package may import
// which, and what the pure packages stay away from. house.go is the table to
// read and to extend; check.go applies it.
//
// It reads the Go files itself, so that a new file is seen at once, builds or
// not. It refuses to judge test files: a test may reach for whatever proves
// its point. No program imports it.
package archtest
