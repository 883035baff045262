package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/sparekey/sparekey/internal/imagework"
	"github.com/sparekey/sparekey/internal/safecopy"
)

func TestSafeWithoutTheSecondReaderIsSaidToBe(t *testing.T) {
	for _, test := range []struct {
		judged imagework.Judgement
		want   bool
	}{
		{imagework.Judgement{Answer: safecopy.Safe}, true},
		{imagework.Judgement{Answer: safecopy.Safe, Second: "tesseract"}, false},
		{imagework.Judgement{Answer: safecopy.CannotTell}, false},
		{imagework.Judgement{Answer: safecopy.Unsafe}, false},
	} {
		var out bytes.Buffer
		console{out: &out}.sayJudgement("copy.jpg", test.judged)
		if got := strings.Contains(out.String(), "tesseract"); got != test.want {
			t.Errorf("%+v: %q", test.judged, out.String())
		}
	}
}
