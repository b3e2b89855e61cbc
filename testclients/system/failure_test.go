package system_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"rhapsode/testclients/bench"
	"rhapsode/testclients/door"
	"rhapsode/testclients/history"
	"rhapsode/testclients/rig"
)

// pause is how long the service may stand still when one process dies: what
// etcd takes for an election.
const pause = 5 * time.Second

// TestHistoryUnderKills: while one process after the other is killed, each
// document stays linearizable and no acknowledged write is lost.
func TestHistoryUnderKills(t *testing.T) {
	r := up(t, t.TempDir(), "--no-import")
	ctx, done := context.WithCancel(t.Context())
	killed := make(chan error, 1)
	go func() { killed <- killInTurn(ctx, r, 4*time.Second, "fs1", "api1", "fs2", "api2", "fs3") }()
	log, err := history.Run(t.Context(), history.Options{URLs: []string{r.Front()}, Clients: 4, For: 25 * time.Second})
	done()
	if killErr := <-killed; killErr != nil {
		t.Error(killErr)
	}
	if err != nil {
		t.Fatal(err)
	}
	verdict := log.Judge(time.Minute)
	t.Log(verdict)
	if !verdict.OK() {
		t.Errorf("a promise was broken; the log is in %s", keep(t, log))
	}
	if verdict.LongestGap > pause {
		t.Errorf("no write was acknowledged for %v", verdict.LongestGap)
	}
}

// killInTurn kills -9 one process after the other, each when the one before is
// back, and not sooner than every. It ends with ctx.
func killInTurn(ctx context.Context, r *rig.Rig, every time.Duration, names ...string) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for _, name := range names {
		select {
		case <-ctx.Done():
			return fmt.Errorf("the run ended before %s was killed", name)
		case <-tick.C:
		}
		pid, err := r.Signal(name, syscall.SIGKILL)
		if err != nil {
			return err
		}
		if err := r.AwaitSuccessor(ctx, name, pid); err != nil {
			return fmt.Errorf("%s was not started again: %w", name, err)
		}
	}
	return nil
}

// TestKilledAPI: the death of a repo-api costs no request that nginx may repeat;
// the request's id makes that harmless. An answer that has begun can't be
// repeated, so the documents here are so small that theirs begin and end at once.
func TestKilledAPI(t *testing.T) {
	r := up(t, t.TempDir(), "--no-import")
	makeRepo(t, dial(t, r.Front()), "bench")
	for i, mode := range []bench.Mode{bench.Read, bench.Write} {
		ctx, done := context.WithCancel(t.Context())
		killed := make(chan error, 1)
		go func() { killed <- killInTurn(ctx, r, 2*time.Second, fmt.Sprintf("api%d", i+1)) }()
		report, err := bench.Run(t.Context(), bench.Options{Mode: mode, URL: r.Front(), Conns: 4, Files: 40, Size: 1 << 10, For: 5 * time.Second})
		done()
		if killErr := <-killed; err != nil || killErr != nil {
			t.Fatal(err, killErr)
		}
		t.Log(report)
		if report.Failed > 0 || report.Ops == 0 {
			t.Errorf("%s: %d requests failed: %v", mode, report.Failed, report.Errors)
		}
	}
}

// keep saves a log that must not be lost where CI or a person finds it.
func keep(t *testing.T, log *history.Log) string {
	t.Helper()
	f, err := os.CreateTemp("", fmt.Sprintf("history-%d-*.json", log.Seed))
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(log.Save(f), f.Close()); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// TestNoQuorum: with two of three fs-services gone, what was committed stays
// readable, writes are refused for now, and all goes on when they are back.
func TestNoQuorum(t *testing.T) {
	signal := func(sig syscall.Signal) func(*rig.Rig, string) error {
		return func(r *rig.Rig, name string) error { _, err := r.Signal(name, sig); return err }
	}
	tests := []struct {
		name       string
		lose, back func(r *rig.Rig, name string) error
	}{
		{"stopped", signal(syscall.SIGSTOP), signal(syscall.SIGCONT)},
		{"killed", killForGood, (*rig.Rig).Release},
	}
	for _, tt := range tests {
		for _, victims := range [][]string{{"fs1", "fs2"}, {"fs3", "fs1"}} {
			t.Run(fmt.Sprintf("%s %v", tt.name, victims), func(t *testing.T) {
				r := up(t, t.TempDir(), "--no-import")
				front := dial(t, r.Front())
				makeRepo(t, front, "book")
				doc := door.Document("book", "main", "a.txt")
				made := want(t, front, door.Ask{Method: "PUT", Path: doc, Body: []byte("first"), Header: map[string]string{"If-None-Match": "*"}}, 201)
				commit := door.Ask{Method: "GET", Path: door.Document("book", made.Commit(), "a.txt")}

				for _, v := range victims {
					if err := tt.lose(r, v); err != nil {
						t.Fatal(err)
					}
				}
				// A stopped process, unlike a dead one, uses up its callers' patience first.
				until(t, 2*pause, "a read of a commit", func() error { _, err := front.Want(t.Context(), commit, 200); return err })
				for range 5 {
					begun := time.Now()
					got := want(t, front, commit, 200)
					if took := time.Since(begun); string(got.Body) != "first" || took > pause {
						t.Errorf("the commit has %q, after %v", got.Body, took)
					} else {
						t.Logf("a read of a commit took %v", took.Round(time.Millisecond))
					}
				}
				refusedForNow(t, front, doc)
				for _, v := range victims {
					if err := tt.back(r, v); err != nil {
						t.Fatal(err)
					}
				}
				until(t, 30*time.Second, "a write after their return", func() error { return rewrite(t.Context(), front, doc) })
			})
		}
	}
}

// killForGood kills a process that up does not start again until its release.
func killForGood(r *rig.Rig, name string) error {
	if err := r.Hold(name); err != nil {
		return err
	}
	_, err := r.Signal(name, syscall.SIGKILL)
	return err
}

// refusedForNow writes while there is no quorum: 503 with Retry-After and a problem document.
func refusedForNow(t *testing.T, d *door.Client, doc string) {
	t.Helper()
	begun := time.Now()
	defer func() { t.Logf("a refusal: after %v", time.Since(begun).Round(time.Millisecond)) }()
	got, err := d.Do(t.Context(), door.Ask{Method: "PUT", Path: doc, Body: []byte("no quorum"), Header: map[string]string{"If-Match": "*"}})
	switch {
	case err != nil:
		t.Errorf("a write without a quorum: %v", err)
	case got.Header.Get("Retry-After") == "":
		t.Errorf("a write without a quorum: %d without Retry-After: %.300s", got.Status, got.Body)
	default:
		problem(t, got, http.StatusServiceUnavailable)
	}
}

// rewrite changes doc, whatever it holds.
func rewrite(ctx context.Context, d *door.Client, doc string) error {
	_, err := d.Want(ctx, door.Ask{Method: "PUT", Path: doc, Body: []byte(time.Now().String()), Header: map[string]string{"If-Match": "*"}}, 200, 204)
	return err
}

// TestInterrupt: Ctrl-C ends everything within 5 s, and the next start finds everything there.
func TestInterrupt(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	r := up(t, data, "--no-import")
	front := dial(t, r.Front())
	makeRepo(t, front, "book")
	doc := door.Document("book", "main", "kept.txt")
	made := want(t, front, door.Ask{Method: "PUT", Path: doc, Body: []byte("kept"), Header: map[string]string{"If-None-Match": "*"}}, 201)

	pids, err := r.Processes()
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	if err := r.Stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(begun); took > rig.StopTime {
		t.Errorf("to stop took %v", took)
	}
	for name, pid := range pids {
		if rig.Alive(pid) {
			t.Errorf("%s (%d) outlived Ctrl-C", name, pid)
		}
	}
	if left := rig.Mentioning(data); len(left) > 0 {
		t.Errorf("these still run: %v", left)
	}

	front = dial(t, up(t, data, "--no-import").Front())
	if got := want(t, front, door.Ask{Method: "GET", Path: doc}, 200); string(got.Body) != "kept" || got.ETag() != made.ETag() {
		t.Errorf("after a restart it is %q, %s", got.Body, got.ETag())
	}
	want(t, front, door.Ask{Method: "GET", Path: door.Document("book", made.Commit(), "kept.txt")}, 200)
}

// TestKillOfAll: after kill -9 of everything at once, the next start has every
// acknowledged write.
func TestKillOfAll(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	r := up(t, data, "--no-import")
	front := dial(t, r.Front())
	makeRepo(t, front, "book")
	const documents = 20
	for i := range documents {
		doc := door.Document("book", "main", fmt.Sprintf("%d.txt", i))
		want(t, front, door.Ask{Method: "PUT", Path: doc, Body: fmt.Append(nil, i), Header: map[string]string{"If-None-Match": "*"}}, 201)
	}
	if err := r.KillAll(); err != nil {
		t.Fatal(err)
	}
	front = dial(t, up(t, data, "--no-import").Front())
	for i := range documents {
		got := want(t, front, door.Ask{Method: "GET", Path: door.Document("book", "main", fmt.Sprintf("%d.txt", i))}, 200)
		if string(got.Body) != fmt.Sprint(i) {
			t.Errorf("document %d is %q", i, got.Body)
		}
	}
}
