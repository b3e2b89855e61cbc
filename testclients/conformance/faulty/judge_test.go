package faulty_test

import (
	"context"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rhapsode/testclients/conformance"
	"rhapsode/testclients/conformance/faulty"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// target describes the server of this package, which claims everything.
func target() conformance.Target {
	bearer := func(who string) map[string]string { return map[string]string{"Authorization": "Bearer " + who} }
	fields := map[string]string{"If-None-Match": "*", "Content-Type": "text/plain"}
	there := func(path string) conformance.Step { // a fault may be about just this: it is seen in the cases
		return conformance.Step{Method: "PUT", Path: path, Fields: fields, Body: "a page", Expect: []int{201, 204, 428}}
	}
	return conformance.Target{
		Name:      "faulty",
		Fields:    bearer(faulty.Owner),
		People:    conformance.People{Reader: bearer(faulty.Reader), Stranger: bearer(faulty.Stranger)},
		Prepare:   []conformance.Step{there("/closed/page"), there("/locked/page")},
		Documents: "/d/{run}-{name}",
		Claims: []conformance.Claim{
			conformance.Tags, conformance.Dates, conformance.Allow, conformance.Ranges, conformance.Conditional,
			conformance.Problems, conformance.MergePatch, conformance.JSONPatch, conformance.Codings,
			conformance.Digests, conformance.Preferences, conformance.VersionHistory,
			conformance.TextDiff, conformance.Async, conformance.IdempotencyKeys, conformance.Memento,
			conformance.Authentication, conformance.RateLimits,
		},
		Places: conformance.Places{
			Gone: "/gone", Moved: "/moved", Limited: "/limited", Immutable: "{version}",
			Protected: "/closed/page", Unknown: "/closed/none", Locked: "/locked/page", Withheld: "/withheld",
			Form:       conformance.Form{Path: "/forms", Name: "name", Type: "text/plain", Value: "{name}"},
			Collection: conformance.Collection{Path: "/things", Type: "text/plain", Body: "a thing: {name}"},
			Negotiated: conformance.Negotiated{Path: "/index", Missing: "/index/none", Types: []string{"application/json", "text/html"}},
		},
	}
}

// judge runs the judge against a server with a fault.
func judge(t *testing.T, f faulty.Fault, only ...string) conformance.Report {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- faulty.New(f, time.Now).Run(ctx, l) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	report, err := conformance.Run(ctx, conformance.Options{URL: "http://" + l.Addr().String(), Target: target(), Only: only, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// notSent are the cases that do not apply even to a server that offers
// everything, because they are about fields that need not be there.
var notSent = []string{"9111/5.1/age", "9111/5.3/expires"}

// TestASoundServerPasses: every case applies to it, and passes.
func TestASoundServerPasses(t *testing.T) {
	report := judge(t, faulty.Fault{})
	for _, r := range report.Results {
		due := conformance.Pass
		if slices.Contains(notSent, r.ID) {
			due = conformance.NotApplicable
		}
		if r.Outcome != due {
			t.Errorf("%s: %v: due %s; came %s", r.ID, r.Outcome, r.Due, r.Why)
			for _, x := range r.Exchanges {
				t.Logf("%s\n%s", x.Sent, x.Came)
			}
		}
	}
	if len(report.Results) != len(conformance.List()) {
		t.Errorf("%d results of %d cases", len(report.Results), len(conformance.List()))
	}
	t.Logf("%d cases, %d requests in %v", len(report.Results), report.Requests(), report.Took)
}

// TestEveryFaultIsCaught by each case that is meant for it.
func TestEveryFaultIsCaught(t *testing.T) {
	faults := faulty.Faults()
	if len(faults) < 40 {
		t.Errorf("only %d faults", len(faults))
	}
	for _, f := range faults {
		t.Run(strings.ReplaceAll(f.Name, "/", "-"), func(t *testing.T) {
			t.Parallel()
			for _, r := range judge(t, f, f.Cases...).Results {
				if r.Outcome != conformance.Fail {
					t.Errorf("%s: %v: %s", r.ID, r.Outcome, r.Why)
				}
			}
		})
	}
}

// TestEveryCaseCanFail: there is a fault that it is meant to catch, and the test
// above shows that it does.
func TestEveryCaseCanFail(t *testing.T) {
	for _, rule := range conformance.List() {
		meant := slices.ContainsFunc(faulty.Faults(), func(f faulty.Fault) bool {
			return slices.ContainsFunc(f.Cases, func(c string) bool { return rule.ID == c || strings.HasPrefix(rule.ID, c+"/") })
		})
		if !meant {
			t.Errorf("no fault for %s", rule.ID)
		}
	}
}
