package safecopy

// CheckFile is the part of Check that reads the file and its mark, and leaves
// the readers out.
func CheckFile(file []byte, want Expect) Verdict {
	p, err := Open(file)
	if err != nil {
		return Check(file, want)
	}
	c := &check{want: want, Verdict: Verdict{Answer: Safe}}
	c.lookAtFile(p)
	c.lookAtMark(p.Image, p.Facts.Kind == PNG)
	return c.verdict()
}
