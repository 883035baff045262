// Package demo holds what is made up: the people of the demo, what each of them
// can prove with, their one password, and the clock that visitors move.
//
// It owns those people and how they get into an empty store. It refuses to
// show pages and to run servers (cmd does), and to do anything to an
// installation in which real people are.
package demo
