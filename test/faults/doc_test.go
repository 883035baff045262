// Package faults breaks what a real installation stands on, and looks whether
// it keeps its promises: nothing acknowledged is lost, nothing works twice,
// and it is back at work by itself.
//
// It owns processes of the built program, PostgreSQL servers to kill, a proxy
// that spoils the wire (toxiproxy) and a mail server. It refuses to look inside
// the program while that runs: what counts is what clients were told over HTTP,
// what arrived by mail, and what is in the database afterwards. Each test says
// in one line what it did.
package faults
