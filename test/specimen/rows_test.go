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
	at := slices.IndexFunc(Attacks(), func(a Attack) bool { return a.Name == "number pasted elsewhere" })
	for _, model := range []Model{VisaA, VisaB} {
		random := rand.New(rand.NewPCG(5, 5))
		sample := Ten()[at130(t)].Take(generator(t, 7000).Document(model), random)
		s := sample.Subject(safecopy.Mark{For: asked.For, Date: asked.Today, Case: asked.Case})
		if !Attacks()[at].On(s) {
			t.Fatalf("%s has nothing to paste", model)
		}
		file, err := Attacks()[at].File(s, random)
		if err != nil {
			t.Fatal(err)
		}
		v := safecopy.Check(file, asked)
		if !slices.ContainsFunc(v.Reasons, func(r safecopy.Reason) bool { return r.Code == safecopy.OtherLine }) {
			t.Errorf("%s: %s %+v", model, v.Answer, v.Reasons)
		}
	}
}
