package conformance

import (
	"slices"
	"testing"
)

// TestDue reads as RFC 9110 13.2.2, with 13.1 and 13.2.1 beside it.
func TestDue(t *testing.T) {
	all := freedom{offered: true, dated: true, ranges: true, condition: true}
	tests := []struct {
		name string
		q    question
		free freedom
		want []int
	}{
		{"13.2.1: 404 without the condition is 404 with it", question{method: "GET", match: "miss"}, all, []int{404}},
		{"13.2.1: so for DELETE", question{method: "DELETE", match: "star"}, all, []int{404}},
		{"13.2.1: and 405", question{method: "POST", match: "miss", exists: true}, freedom{}, []int{405, 501}},
		{"13.1.1: * asks for something to be there", question{method: "PUT", match: "star"}, all, []int{412}},
		{"13.1.1: strong comparison", question{method: "PUT", match: "weak", exists: true}, all, []int{412}},
		{"13.1.1: one of a list is enough", question{method: "PUT", match: "list", exists: true}, all, []int{200, 202, 204}},
		{"13.1.1: GET too", question{method: "GET", match: "miss", exists: true}, all, []int{412}},
		{"step 1 true: step 2 is passed over", question{method: "PUT", match: "hit", unmodified: "old", exists: true}, all, []int{200, 202, 204}},
		{"step 2 false", question{method: "GET", unmodified: "old", exists: true}, all, []int{412}},
		{"13.1.4: a bad date is ignored", question{method: "GET", unmodified: "junk", exists: true}, all, []int{200}},
		{"13.1.4: nothing to compare with", question{method: "PUT", unmodified: "old"}, all, []int{201}},
		{"13.1.4: documents without dates", question{method: "GET", unmodified: "old", exists: true}, freedom{offered: true}, []int{200}},
		{"step 3 false for GET", question{method: "GET", none: "hit", exists: true}, all, []int{304}},
		{"step 3: weak comparison", question{method: "HEAD", none: "weak", exists: true}, all, []int{304}},
		{"step 3 false for PUT", question{method: "PUT", none: "star", exists: true}, all, []int{412}},
		{"step 3 true where nothing is", question{method: "PUT", none: "star"}, all, []int{201}},
		{"step 3 true: step 4 is passed over", question{method: "GET", none: "miss", modified: "equal", exists: true}, all, []int{200}},
		{"step 1 before step 3", question{method: "GET", match: "miss", none: "hit", exists: true}, all, []int{412}},
		{"step 4 false", question{method: "GET", modified: "equal", exists: true}, all, []int{304}},
		{"step 4 true", question{method: "GET", modified: "before", exists: true}, all, []int{200}},
		{"13.1.3: only for GET and HEAD", question{method: "DELETE", match: "hit", modified: "after", exists: true}, all, []int{200, 202, 204}},
		{"step 5", question{method: "GET", ranged: "ok", exists: true}, all, []int{206}},
		{"step 5: not the same state", question{method: "GET", ranged: "stale", exists: true}, all, []int{200}},
		{"step 5: not for HEAD", question{method: "HEAD", ranged: "ok", exists: true}, all, []int{200}},
		{"step 5: after step 4", question{method: "GET", modified: "equal", ranged: "ok", exists: true}, all, []int{304}},
		{"6585: no condition", question{method: "PUT", exists: true}, all, []int{428}},
		{"6585: a bad date is none", question{method: "DELETE", unmodified: "junk", exists: true}, all, []int{428}},
		{"6585: if the server does not say, either", question{method: "PUT", exists: true}, freedom{offered: true}, []int{200, 202, 204, 428}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := due(tt.q, tt.free); !slices.Equal(got, tt.want) {
				t.Errorf("%v, not %v", got, tt.want)
			}
		})
	}
}

func TestTheProductIsWhole(t *testing.T) {
	seen := map[question]bool{}
	for _, method := range []string{"GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"} {
		for _, q := range questions(method) {
			seen[q] = true
		}
	}
	if want := 6 * 6 * 4 * 5 * 5 * 3 * 2; len(seen) != want {
		t.Errorf("%d different questions, not %d", len(seen), want)
	}
}
