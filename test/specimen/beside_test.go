package specimen

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/sparekey/sparekey/internal/safecopy"
)

// TestASlipAtTheEdgeOfADocumentIsTold holds what lies where the edge and its shadow
// may be: at most a few millimetres below.
func TestASlipAtTheEdgeOfADocumentIsTold(t *testing.T) {
	t.Parallel()
	for name, on := range map[string]struct {
		model     Model
		condition string
	}{
		"slip with digits far apart":    {Passport2021, "blurred"},
		"slip with digits on two lines": {Licence2014, "turned 180"},
	} {
		model := on.model
		a := Attacks()[slices.IndexFunc(Attacks(), func(a Attack) bool { return a.Name == name })]
		ten := Ten()
		condition := ten[slices.IndexFunc(ten, func(c Condition) bool { return c.Name == on.condition })]
		random := rand.New(rand.NewPCG(9, 9))
		s := condition.Take(generator(t, 7100).Document(model), random).Subject(safecopy.Mark{For: asked.For, Date: asked.Today, Case: asked.Case})
		file, err := a.File(s, random)
		if err != nil {
			t.Fatal(err)
		}
		v := safecopy.Check(file, asked)
		if v.Answer == safecopy.Safe || !slices.ContainsFunc(v.Reasons, func(r safecopy.Reason) bool { return r.Code == safecopy.TextBeside }) {
			t.Errorf("%s on %s: %s %+v", name, model, v.Answer, v.Reasons)
		}
	}
}
