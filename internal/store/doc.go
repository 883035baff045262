// Package store keeps everything that is kept, in SQLite or PostgreSQL.
//
// It owns the schema, the SQL, and what a transaction covers: it loads a
// standing under a lock, has it decided on, and saves what was decided, whole
// or not at all. It refuses to decide anything itself, to keep an
// organisation's secrets in the clear, and to run on a database that another
// master key or a newer release has written.
//
// One set of statements serves both databases. Times are kept in whole
// milliseconds; the zero time is kept as 0. Whoever takes locks takes a
// member's row first, so that steps about one member run one after the other.
package store
