package history_test

import (
	"bytes"
	"context"
	"net/http/httptest"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rhapsode/testclients/history"
	"rhapsode/testclients/toytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestJudge is the judge judged: a sound service passes, and each way of being
// wrong is found.
func TestJudge(t *testing.T) {
	tests := []struct {
		name    string
		faults  toytest.Faults
		doubts  toytest.Doubts
		blamed  func(history.Verdict) bool // nil: nothing is
		unknown bool
	}{
		{name: "a sound service"},
		{
			name:   "a sound service that leaves clients in doubt",
			doubts: toytest.Doubts{Done: 29, Undone: 31, Severed: 37}, unknown: true,
		},
		{
			name:   "reads from a stale cache",
			faults: toytest.Faults{StaleRead: 40},
			blamed: func(v history.Verdict) bool { return len(v.Stale) > 0 && len(v.NotLinearizable) > 0 },
		},
		{
			name:   "updates that do not look at If-Match",
			faults: toytest.Faults{LostUpdate: 3},
			blamed: func(v history.Verdict) bool { return len(v.Lost) > 0 && len(v.NotLinearizable) > 0 },
		},
		{
			name:   "writes acknowledged and lost",
			faults: toytest.Faults{LostWrite: 50},
			blamed: func(v history.Verdict) bool { return len(v.Lost) > 0 && len(v.NotLinearizable) > 0 },
		},
		{
			name:   "commits missing from the history",
			faults: toytest.Faults{Forgotten: 50},
			blamed: func(v history.Verdict) bool { return len(v.Lost) > 0 && len(v.NotLinearizable) == 0 },
		},
		{
			name:   "writes acknowledged and lost, among doubts",
			faults: toytest.Faults{LostWrite: 50}, doubts: toytest.Doubts{Done: 29, Undone: 31}, unknown: true,
			blamed: func(v history.Verdict) bool { return len(v.Lost) > 0 && len(v.NotLinearizable) > 0 },
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			toy := toytest.New(nil)
			toy.Break(tt.faults, tt.doubts)
			v := judged(t, toy).Judge(20 * time.Second)
			t.Log(v)
			switch {
			case tt.unknown != (v.Unknown > 0):
				t.Errorf("%d unknown outcomes", v.Unknown)
			case v.Acknowledged == 0 || v.Refused == 0:
				t.Error("the run tested nothing")
			case tt.blamed == nil && !v.OK():
				t.Error("a sound service was blamed")
			case tt.blamed != nil && (v.OK() || !tt.blamed(v)):
				t.Error("the fault was not found")
			}
		})
	}
}

func judged(t *testing.T, toy *toytest.Server) *history.Log {
	t.Helper()
	server := httptest.NewServer(toy)
	defer server.Close()
	log, err := history.Run(context.Background(), history.Options{
		URLs: []string{server.URL}, Documents: 3, For: 1500 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return log
}

func TestSavedLogIsJudgedTheSame(t *testing.T) {
	toy := toytest.New(nil)
	toy.Break(toytest.Faults{LostWrite: 50}, toytest.Doubts{})
	log := judged(t, toy)
	var saved bytes.Buffer
	if err := log.Save(&saved); err != nil {
		t.Fatal(err)
	}
	again, err := history.Load(&saved)
	if err != nil {
		t.Fatal(err)
	}
	if was, is := log.Judge(time.Minute).String(), again.Judge(time.Minute).String(); was != is {
		t.Errorf("it was\n%s, after loading\n%s", was, is)
	}
}

func TestRunNeedsSomebodyToTalkTo(t *testing.T) {
	gone := httptest.NewServer(toytest.New(nil))
	gone.Close()
	for name, urls := range map[string][]string{"no URL": nil, "nobody there": {gone.URL}} {
		if _, err := history.Run(context.Background(), history.Options{URLs: urls}); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
