package specimen

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy"
)

// TestAPieceOfTheNumberLineElsewhereIsTold holds what no reader of digits takes for
// a number: optional data of letters and digits mixed.
func TestAPieceOfTheNumberLineElsewhereIsTold(t *testing.T) {
	t.Parallel()
	for i, name := range []string{"number pasted elsewhere", "number pasted elsewhere, light on dark", "number pasted elsewhere, in yellow"} {
		model := []Model{VisaA, VisaB, VisaA}[i]
		a := Attacks()[slices.IndexFunc(Attacks(), func(a Attack) bool { return a.Name == name })]
		random := rand.New(rand.NewPCG(5, 5))
		s := Ten()[at130(t)].Take(generator(t, 7000).Document(model), random).Subject(safecopy.Mark{For: asked.For, Date: asked.Today, Case: asked.Case})
		if !a.On(s) {
			t.Fatalf("%s has nothing to paste", model)
		}
		file, err := a.File(s, random)
		if err != nil {
			t.Fatal(err)
		}
		v := safecopy.Check(file, asked)
		if !slices.ContainsFunc(v.Reasons, func(r safecopy.Reason) bool { return r.Code == safecopy.OtherLine }) {
			t.Errorf("%s on %s: %s %+v", name, model, v.Answer, v.Reasons)
		}
	}
}
