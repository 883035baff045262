// Package ledger is the sealed log: how entries are authenticated and chained,
// what a checkpoint says, and what is wrong with a log that somebody changed.
//
// An entry carries a MAC from the moment it is recorded, so one that another
// program wrote or changed is known by itself. Sealed, it is a leaf of a Merkle
// tree (RFC 6962, as golang.org/x/mod/sumdb/tlog has it), whose head is signed:
// a checkpoint kept elsewhere shows whether the whole is still the same.
//
// It owns the keys' use, the tree, the form of a checkpoint and the judgement.
// It refuses to read or write any of them, and to know the time.
package ledger
