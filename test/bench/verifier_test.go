package main

import (
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy"
)

func TestOneUnsafeFileThatIsCalledSafeMissesTheBar(t *testing.T) {
	judged := func(safe, unsafe int) *verdicts {
		n := &verdicts{}
		for range safe {
			n.unsafe.count(safecopy.Verdict{Answer: safecopy.Safe}, 1)
		}
		for range unsafe {
			n.unsafe.count(safecopy.Verdict{Answer: safecopy.Unsafe, Reasons: []safecopy.Reason{{Code: safecopy.DigitsOpen}}}, 2)
		}
		sum := &verdicts{}
		sum.add(n)
		return sum
	}
	for _, test := range []struct {
		safe, unsafe int
		want         verdict
	}{{0, leastUnsafe, met}, {1, leastUnsafe, missed}, {1, 3, missed}, {0, leastUnsafe - 1, notMeasured}} {
		if got := judged(test.safe, test.unsafe).figures()[0]; got.verdict != test.want {
			t.Errorf("%d of %d called safe: %+v, want %s", test.safe, test.safe+test.unsafe, got, test.want)
		}
	}
}

func TestTheDefaultRunJudgesEnough(t *testing.T) {
	if verifierCopies*attacksEach < leastUnsafe || verifierCopies < leastOwn {
		t.Errorf("%d documents with %d attacks each", verifierCopies, attacksEach)
	}
}
