package conformance

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Level is how binding a rule is.
type Level string

// The levels. Under Choice a rule leaves the server free within the answers
// that its case allows.
const (
	Must   Level = "MUST"
	Should Level = "SHOULD"
	Choice Level = "choice"
)

// Rule is what one case is about. Its ID begins with the RFC, or the name of a draft,
// and the section, as in "9110/13.1.1/weak".
type Rule struct {
	ID    string `json:"id"`
	Level Level  `json:"level"`
	Text  string `json:"rule"`
}

// Section returns the rule's reference, as in "RFC 9110 13.1.1".
func (r Rule) Section() string {
	parts := strings.SplitN(r.ID, "/", 3)
	return source(parts[0]) + " " + parts[1]
}

// source names an RFC by its number, and a draft by its name.
func source(id string) string {
	if strings.HasPrefix(id, "draft-") {
		return id
	}
	return "RFC " + id
}

// Outcome is what came of a case.
type Outcome int

// The outcomes. NotApplicable is always given with a reason.
const (
	Pass Outcome = iota
	Fail
	NotApplicable
)

var outcomes = []string{"pass", "fail", "not applicable"}

func (o Outcome) String() string { return outcomes[o] }

// MarshalJSON makes an outcome readable.
func (o Outcome) MarshalJSON() ([]byte, error) { return json.Marshal(o.String()) }

// Result is one case, judged.
type Result struct {
	Rule
	Outcome   Outcome    `json:"outcome"`
	Due       string     `json:"due,omitempty"` // what should have come
	Why       string     `json:"why,omitempty"` // what came instead, or why the case does not apply
	Exchanges []Exchange `json:"exchanges,omitempty"`
	Requests  int        `json:"requests"`
}

// Exchange is a request and its answer as text, shortened.
type Exchange struct {
	Sent string `json:"sent"`
	Came string `json:"came"`
}

// charge is a rule and how to try it.
type charge struct {
	id    string
	level Level
	text  string
	try   func(*trial)
}

func (c charge) rule() Rule { return Rule{c.id, c.level, c.text} }

// charges returns every case, a file for each RFC or each chapter of RFC 9110.
func charges() []charge {
	return slices.Concat(
		messages(), validators(), methods(), context9110(), authentication(), negotiation(), conditions(), precedence(), product(),
		ranges(), successes(), redirections(), refusals(), caching(), framing(), smuggling(),
		patching(), mergePatches(), jsonPatches(), textDiffs(), forms(), moreStatuses(), lockedAndWithheld(), rateLimits(),
		problems(), digests(), preferences(), idempotencyKeys(), links(), versionLinks(), mementos(), immutability(),
	)
}

// List returns every rule, in the order in which they are tried.
func List() []Rule {
	var rules []Rule
	for _, c := range charges() {
		rules = append(rules, c.rule())
	}
	return rules
}

// selected returns the cases that one of only names: an ID, a beginning of one
// that ends at a slash, or a pattern of path.Match. No names select everything.
func selected(only []string) ([]charge, error) {
	all := charges()
	if len(only) == 0 {
		return all, nil
	}
	var chosen []charge
	used := make([]bool, len(only))
	for _, c := range all {
		hit := false
		for i, name := range only {
			if within, err := names(name, c.id); err != nil {
				return nil, fmt.Errorf("%q: %w", name, err)
			} else if within {
				hit, used[i] = true, true
			}
		}
		if hit {
			chosen = append(chosen, c)
		}
	}
	if i := slices.Index(used, false); i >= 0 {
		return nil, fmt.Errorf("%q names no case", only[i])
	}
	return chosen, nil
}

func names(name, id string) (bool, error) {
	if strings.HasPrefix(id, strings.TrimSuffix(name, "/")+"/") {
		return true, nil
	}
	return path.Match(name, id)
}
