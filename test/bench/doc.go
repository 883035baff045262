// Command bench measures what one installation costs, and writes down what it
// found: go run ./test/bench, or make bench. One part alone is measured with -only,
// and kept with -keep; the others then stay as they were measured.
//
// It measures the built program from outside, as whoever runs it would see it:
// processor time of the server's process, memory, time to the answer. It seeds
// a database through the store, starts "sparekey serve" on it, loads it over
// loopback from this process, and compares it with processes that do the bare
// minimum (an empty handler, one Argon2id hash), in turns, so that whatever
// else the machine does meets both alike.
//
// It refuses to judge: each figure stands beside its bar, and a missed bar is
// no failure of the run. It refuses to measure inside a test process, to touch
// any database but its own, and to leave a process or a folder behind. It runs
// on Linux alone, whose processes have a clock that others may read.
package main
