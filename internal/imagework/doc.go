// Package imagework looks at picture and PDF files of strangers where they can do
// no harm: each in a process of its own, with limits of time and memory, at low
// priority, and at most one per core at once, so that sign-ins feel nothing of it.
//
// It owns the processes: the program itself as a worker (Pool, Serve), and the
// programs of others that a worker needs (tesseract, poppler, libheif). What is
// safe it leaves to package safecopy, and it keeps no file longer than the work
// on it takes. Nothing of what a file says is in an error of it.
package imagework
