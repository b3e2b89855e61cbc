package history

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Verdict is what a log says about the service.
type Verdict struct {
	Seed         uint64
	Documents    int
	Operations   int
	Acknowledged int // writes
	Refused      int
	Unknown      int
	LongestGap   time.Duration // without an acknowledged write

	NotLinearizable []string // documents whose operations no order explains
	Undecided       []string // documents for which the time was up
	Lost            []string
	Stale           []string
	Ambiguous       []string // entity tags
	Surprises       []string
}

// Judge holds l against what was promised. A document that cannot be judged
// until the time within is up for all of them is Undecided, which is a failure.
func (l *Log) Judge(within time.Duration) Verdict {
	deadline := time.Now().Add(within)
	v := Verdict{Seed: l.Seed, Operations: len(l.Ops), LongestGap: longestGap(l), Surprises: l.Surprises}
	for _, op := range l.Ops {
		switch {
		case op.Outcome == Refused:
			v.Refused++
		case op.Outcome == Unknown:
			v.Unknown++
		case op.Kind != Read:
			v.Acknowledged++
		}
	}
	docs := l.byDoc()
	v.Documents = len(docs)
	for _, doc := range slices.Sorted(maps.Keys(docs)) {
		ops := docs[doc]
		v.Lost = append(v.Lost, lost(ops, l.Histories[doc])...)
		v.Stale = append(v.Stale, stale(ops)...)
		v.Ambiguous = append(v.Ambiguous, ambiguous(ops)...)
		switch yes, decided := linearizable(ops, max(time.Until(deadline), time.Nanosecond)); {
		case !decided:
			v.Undecided = append(v.Undecided, doc)
		case !yes:
			v.NotLinearizable = append(v.NotLinearizable, doc)
		}
	}
	return v
}

// OK says whether every promise was kept. A run without an acknowledged write shows nothing.
func (v Verdict) OK() bool {
	return v.Acknowledged > 0 && len(v.NotLinearizable)+len(v.Undecided)+len(v.Lost)+
		len(v.Stale)+len(v.Ambiguous)+len(v.Surprises) == 0
}

func (v Verdict) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d operations on %d documents (seed %d): %d writes acknowledged, %d refused, %d unknown; longest time without one %v\n",
		v.Operations, v.Documents, v.Seed, v.Acknowledged, v.Refused, v.Unknown, v.LongestGap.Round(time.Millisecond))
	fmt.Fprintf(&b, "%d lost, %d stale, %d not linearizable, %d undecided, %d ambiguous tags, %d surprises\n",
		len(v.Lost), len(v.Stale), len(v.NotLinearizable), len(v.Undecided), len(v.Ambiguous), len(v.Surprises))
	examples(&b, "lost", v.Lost)
	examples(&b, "stale", v.Stale)
	examples(&b, "not linearizable", v.NotLinearizable)
	examples(&b, "undecided", v.Undecided)
	examples(&b, "ambiguous", v.Ambiguous)
	examples(&b, "surprise", v.Surprises)
	return b.String()
}

func examples(b *strings.Builder, what string, found []string) {
	const most = 5
	for _, f := range found[:min(len(found), most)] {
		fmt.Fprintf(b, "  %s: %s\n", what, f)
	}
}
