package reader

import (
	"math"
	"strings"

	"github.com/sparekey/sparekey/internal/safecopy/mrz"
)

// A guess is lines of a format, read at looks[line][index].
type guess struct {
	format mrz.Format
	looks  [][]look
	text   []string
	score  float64
	wrong  []mrz.Part

	// Of a zone that boxes partly cover: how many check digits are seen to be right.
	isPartly bool
	right    int
}

// plausible is what reading one character right weighs against chance, and
// hopeless bounds what a wrong one weighs. A place with no character in it
// says little: it may be covered.
const plausible, hopeless, covered = 1.6, -4.0, -0.3

// worth is how far the best character that may stand there speaks for the
// format.
func worth(l *look, alphabet string) (float64, byte) {
	best, which := float32(math.Inf(-1)), byte('<')
	for i := range len(alphabet) {
		if v := l.beliefs[classOf(alphabet[i])]; v > best {
			best, which = v, alphabet[i]
		}
	}
	w := max(float64(best), hopeless) + plausible
	if w < covered && l.beliefs[classes-1] > -0.7 {
		w = covered
	}
	return w, which
}

func classOf(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'Z':
		return int(c-'A') + 10
	}
	return 36
}

// guesses tries every format at every place of the page and returns the best
// one of each, before check digits count.
func (p *page) guesses() []guess {
	var out []guess
	for _, f := range mrz.Formats() {
		best := guess{score: math.Inf(-1)}
		isOptional := optionalAt(f)
		for _, rows := range p.stacks(f.Lines()) {
			for start := 0; start+f.Width() <= len(p.rows[0]); start++ {
				g := guess{format: f}
				for line, r := range rows {
					looks := p.rows[r][start : start+f.Width()]
					g.looks = append(g.looks, looks)
					for i := range looks {
						if looks[i].covered {
							g.score += coveredWorth(isOptional[line][i])
							continue
						}
						w, _ := worth(&looks[i], f.Alphabet(mrz.Position{Line: line, Index: i}))
						g.score += w
					}
				}
				if g.score > best.score {
					best = g
				}
			}
		}
		if best.format != mrz.None {
			out = append(out, best)
		}
	}
	return out
}

// stacks are the rows, that many, that could be the lines of one zone.
func (p *page) stacks(lines int) [][]int {
	var out [][]int
	gap := func(a, b int) float64 { return p.offsets[b] - p.offsets[a] }
	for a := range p.rows {
		if lines == 1 {
			out = append(out, []int{a})
			continue
		}
		for b := a + 1; b < len(p.rows); b++ {
			if gap(a, b) > 3.8 || gap(a, b) < nearestRow {
				continue
			}
			if lines == 2 {
				out = append(out, []int{a, b})
				continue
			}
			for c := b + 1; c < len(p.rows); c++ {
				if even := gap(b, c) / gap(a, b); even > 0.8 && even < 1.25 {
					out = append(out, []int{a, b, c})
				}
			}
		}
	}
	return out
}

// settle chooses the text: with all check digits right where that costs little
// belief, else with as many as possible; and counts them into the score.
func (g *guess) settle() {
	free, cost := g.decode(false, false)
	g.text = free
	if whole, at := g.decode(true, true); whole != nil && at > cost-yield {
		g.text, cost = whole, at
	} else if parts, at := g.decode(true, false); parts != nil && at > cost-yield {
		g.text, cost = parts, at
	}
	g.wrong = mrz.Wrong(g.format, g.text)
	g.withoutCovered()
	g.score += 2.3*float64(len(g.format.Checks())-len(g.wrong)) - 2.3*float64(len(g.wrong))
}

// yield is how much belief, in nats, the check digits may overrule.
const yield = 9.5

// An item is one character of the walk through a zone: what it counts in the
// check digit of its field and in the composite.
type item struct {
	at           mrz.Position
	own, overall int  // weights; 0 where it does not count
	begins, ends bool // of a field: its first character, its check digit
	closes       bool // it is the composite
	mayBeFiller  bool // a check digit that may be `<`
}

// items are all characters in the order in which check digits count them.
func items(f mrz.Format) []item {
	var out []item
	where := map[mrz.Position]int{}
	for line := range f.Lines() {
		for i := range f.Width() {
			where[mrz.Position{Line: line, Index: i}] = len(out)
			out = append(out, item{at: mrz.Position{Line: line, Index: i}})
		}
	}
	for _, c := range f.Checks() {
		n := 0
		for _, s := range c.Over {
			for i := s.From; i < s.To; i++ {
				it := &out[where[mrz.Position{Line: s.Line, Index: i}]]
				if c.Part == mrz.CompositePart {
					it.overall = mrz.Weight(n)
				} else {
					it.own, it.begins = mrz.Weight(n), n == 0
				}
				n++
			}
		}
		last := &out[where[c.At]]
		if c.Part == mrz.CompositePart {
			last.closes = true
		} else {
			last.ends = true
			last.mayBeFiller = strings.Contains(f.Alphabet(c.At), "<")
		}
	}
	return out
}

// A step remembers how a state was reached.
type step struct {
	char byte
	from int8
}

// A trellis holds, for every pair of remainders (of the field, of the
// composite), the best belief so far.
type trellis [100]float64

// decode is the likeliest text whose fields and composite agree with their
// check digits, as asked, and its belief in nats; nil when there is none.
func (g *guess) decode(fields, composite bool) ([]string, float64) {
	all := items(g.format)
	var now trellis
	for s := range now {
		now[s] = math.Inf(-1)
	}
	now[0] = 0
	steps := make([][100]step, len(all))
	for n, it := range all {
		var next trellis
		for s := range next {
			next[s] = math.Inf(-1)
		}
		l := &g.looks[it.at.Line][it.at.Index]
		alphabet := g.format.Alphabet(it.at)
		for i := range len(alphabet) {
			c := alphabet[i]
			belief := float64(l.beliefs[classOf(c)]) + rarity(c, alphabet)
			for s, was := range now {
				if math.IsInf(was, -1) {
					continue
				}
				to, allowed := it.move(s, c, fields, composite)
				if allowed && was+belief > next[to] {
					next[to], steps[n][to] = was+belief, step{c, int8(s)}
				}
			}
		}
		now = next
	}
	best := 0
	for s := range now {
		if now[s] > now[best] {
			best = s
		}
	}
	if math.IsInf(now[best], -1) {
		return nil, now[best]
	}
	return g.trace(all, steps, best), now[best]
}

// rarity is how much less likely, in nats, a character is than others where
// letters and digits are mixed. Issuers avoid the letters that look like digits
// in numbers, and most optional data is digits.
func rarity(c byte, alphabet string) float64 {
	if len(alphabet) < 37 {
		return 0
	}
	switch c {
	case 'O':
		return -2.5
	case 'I', 'Q':
		return -1
	}
	return 0
}

// move is the state after c, and whether c may stand there.
func (it *item) move(state int, c byte, fields, composite bool) (to int, allowed bool) {
	field, all, value := state/10, state%10, mrz.Value(c)
	if composite {
		if it.closes && value != all {
			return 0, false
		}
		all = (all + it.overall*value) % 10
	}
	if fields {
		if it.begins {
			field = 0
		}
		if it.ends {
			if value != field && !(c == '<' && it.mayBeFiller) {
				return 0, false
			}
			field = 0
		}
		field = (field + it.own*value) % 10
	}
	return field*10 + all, true
}

func (g *guess) trace(all []item, steps [][100]step, state int) []string {
	lines := make([][]byte, g.format.Lines())
	for i := range lines {
		lines[i] = make([]byte, g.format.Width())
	}
	for n := len(all) - 1; n >= 0; n-- {
		s := steps[n][state]
		lines[all[n].at.Line][all[n].at.Index] = s.char
		state = int(s.from)
	}
	text := make([]string, len(lines))
	for i := range lines {
		text[i] = string(lines[i])
	}
	return text
}

// zone is the guess as it is handed out.
func (g *guess) zone() Zone {
	z := Zone{Format: g.format, Exact: g.isExact()}
	if g.isPartly {
		z.Exact = len(g.wrong) == 0 && g.right >= 2
	}
	sum, count := 0.0, 0
	for n, text := range g.text {
		line := Line{Text: text}
		for i := range len(text) {
			l := &g.looks[n][i]
			sure := 0.0
			if !l.covered {
				sure = math.Exp(float64(l.beliefs[classOf(text[i])]))
			}
			line.Slots, line.Sure = append(line.Slots, l.quad), append(line.Sure, min(sure, 1))
			sum, count = sum+sure, count+1
		}
		z.Lines = append(z.Lines, line)
	}
	z.Sure = min(sum/float64(count), 1)
	return z
}
