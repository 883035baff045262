package ledger

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/sparekey/sparekey/internal/audit"
)

func keys(t testing.TB, seed byte) *Keys {
	t.Helper()
	k, err := NewKeys("test", bytes.Repeat([]byte{seed}, 32), bytes.Repeat([]byte{seed + 1}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestATreeGrowsAsTheLibrarysDoes(t *testing.T) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indices []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indices))
		for i, index := range indices {
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	var tree Tree
	for n := range int64(200) {
		want, err := tlog.TreeHash(n, reader)
		if err != nil || tree.Root() != want || tree.Size() != n {
			t.Fatalf("%d leaves: root %v, want %v, %v", n, tree.Root(), want, err)
		}
		frontier, _ := reader.ReadHashes(Frontier(n))
		again, err := GrownTree(n, frontier)
		if err != nil || again.Root() != want {
			t.Fatalf("%d leaves: grown anew %v, want %v, %v", n, again.Root(), want, err)
		}
		leaf := tlog.RecordHash(fmt.Append(nil, n))
		hashes, err := tlog.StoredHashesForRecordHash(n, leaf, reader)
		if err != nil {
			t.Fatal(err)
		}
		if made := tree.Append(leaf, nil); fmt.Sprint(made) != fmt.Sprint(hashes) {
			t.Fatalf("leaf %d: %v, want %v", n, made, hashes)
		}
		stored = append(stored, hashes...)
	}
	if _, err := GrownTree(3, stored[:1]); err == nil {
		t.Error("a tree grew out of too little")
	}
}

func TestAMACHangsOnKeyLeafAndPlace(t *testing.T) {
	e := audit.NewEntry(audit.Event{ID: "1", Kind: audit.SignedIn}, nil)
	leaf, _ := LeafHash(&e, nil)
	k := keys(t, 1)
	e.MAC = k.MAC(leaf, 7)
	if !k.Fits(&e, leaf, 7) {
		t.Fatal("it does not fit")
	}
	other := leaf
	other[0] ^= 1
	for name, fits := range map[string]bool{
		"another place": k.Fits(&e, leaf, 8), "unsealed": k.Fits(&e, leaf, audit.Unsealed),
		"another key": keys(t, 2).Fits(&e, leaf, 7), "another leaf": k.Fits(&e, other, 7),
	} {
		if fits {
			t.Errorf("%s: it fits", name)
		}
	}
	for _, shown := range []string{fmt.Sprint(k), fmt.Sprintf("%v %+v %#v", k, k, k)} {
		if strings.Contains(shown, "1 1 1") || strings.Contains(shown, "0x1, 0x1") {
			t.Errorf("%s shows the key", shown)
		}
	}
}

func TestACheckpointOpensWithItsKeyAlone(t *testing.T) {
	k := keys(t, 1)
	c, err := k.Checkpoint(42, tlog.RecordHash([]byte("x")))
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := k.Open(c.Note); err != nil || opened != c {
		t.Fatalf("%+v, %v", opened, err)
	}
	public, err := note.NewVerifier(k.VerifierKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := note.Open([]byte(c.Note), note.VerifierList(public)); err != nil {
		t.Errorf("it does not open with the public key: %v", err)
	}
	lines := strings.Split(c.Note, "\n")
	for name, want := range map[string]struct {
		text string
		err  error
	}{
		"nothing":             {"", ErrMalformed},
		"prose":               {"hello\n", ErrMalformed},
		"no signature":        {strings.Join(lines[:4], "\n"), ErrMalformed},
		"another size":        {strings.Replace(c.Note, "\n42\n", "\n43\n", 1), ErrForged},
		"another origin":      {strings.Replace(c.Note, "sparekey/test\n", "sparekey/best\n", 1), ErrForged},
		"another's":           {mustCheckpoint(t, keys(t, 5)).Note, ErrForeign},
		"a signature too few": {strings.Replace(c.Note, lines[4], lines[4][:len(lines[4])-8]+"AAAAAAA=", 1), ErrForged},
	} {
		if _, err := k.Open(want.text); !errors.Is(err, want.err) {
			t.Errorf("%s: %v, want %v", name, err, want.err)
		}
	}
	// Signed well, and no checkpoint nevertheless.
	for _, text := range []string{"sparekey/test\n", "sparekey/test\n1\n", "sparekey/test\n-1\n" + lines[2] + "\n", "sparekey/test\n+1\n" + lines[2] + "\n",
		"sparekey/test\n01\n" + lines[2] + "\n", "other\n1\n" + lines[2] + "\n", "sparekey/test\n1\nAAAA\n"} {
		signed, err := note.Sign(&note.Note{Text: text}, signer{k})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := k.Open(string(signed)); !errors.Is(err, ErrMalformed) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func mustCheckpoint(t testing.TB, k *Keys) Checkpoint {
	t.Helper()
	c, err := k.Checkpoint(7, tlog.Hash{7})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCheckpointsMayStandBehindOneAnother(t *testing.T) {
	k := keys(t, 1)
	one, two := mustCheckpoint(t, k), mustCheckpoint(t, k)
	for name, text := range map[string]string{
		"at once": one.Note + two.Note, "with a line between": "\n" + one.Note + "\n\n" + two.Note + "\n",
		"from Windows": strings.ReplaceAll(one.Note+"\n"+two.Note, "\n", "\r\n"),
	} {
		if all, err := k.OpenAll(text); err != nil || len(all) != 2 || all[0] != one || all[1] != two {
			t.Errorf("%s: %v, %v", name, all, err)
		}
	}
	if _, err := k.OpenAll(one.Note + "rubbish\n"); !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), "checkpoint 2") {
		t.Error(err)
	}
	if _, err := k.OpenAll("\n\n"); !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
}

// FuzzOpenAll holds that what opens was signed by the key, as it stands there.
func FuzzOpenAll(f *testing.F) {
	k := keys(f, 1)
	good := mustCheckpoint(f, k).Note
	for _, text := range []string{"", good, good + "\n" + good, strings.ReplaceAll(good, "\n", "\r\n"), good[:len(good)-3], "— \n", "a\n\n— b c\n"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := k.OpenAll(text)
		if err == nil && len(all) == 0 {
			t.Error("nothing opens as something")
		}
		for _, c := range all {
			if c.Size != 7 || c.Root != (tlog.Hash{7}) {
				t.Errorf("%+v was never signed", c)
			}
			if again, err := k.Open(c.Note); err != nil || again != c {
				t.Errorf("it does not open again: %v", err)
			}
		}
	})
}
