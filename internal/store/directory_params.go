package store

import (
	"iter"
)

// A statement that takes lists is compiled anew for each length. These give
// statements few lengths.

// filled returns n arguments: some, and the last of them again where they are
// fewer. It needs one at least.
func filled[T any](n int, some []T) []any {
	args := make([]any, n)
	for i := range args {
		args[i] = some[min(i, len(some)-1)]
	}
	return args
}

// portions returns list in its order, in parts of 64, 16, 4 or 1.
func portions[T any](list []T) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for size := 64; len(list) > 0; size /= 4 {
			for len(list) >= size {
				if !yield(list[:size]) {
					return
				}
				list = list[size:]
			}
		}
	}
}
