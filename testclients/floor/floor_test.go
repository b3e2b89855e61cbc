package floor_test

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"testing"
	"time"

	"rhapsode/testclients/bench"
	"rhapsode/testclients/floor"
)

// TestMain lets the test's own program become the floors that it starts.
func TestMain(m *testing.M) {
	if asked, err := floor.Main(os.Args[1:]); asked {
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func TestBareAnswersWhatBenchAsks(t *testing.T) {
	bare, err := floor.StartBare(6 << 10)
	if err != nil {
		t.Fatal(err)
	}
	for _, mode := range []bench.Mode{bench.Read, bench.Cond} {
		r, err := bench.Run(context.Background(), bench.Options{
			Mode: mode, URL: bare.URL, AsIs: true, Conns: 2, Files: 10,
			For: 100 * time.Millisecond, WarmUp: 10 * time.Millisecond,
		})
		if err != nil || r.Ops == 0 || r.Failed != 0 {
			t.Errorf("%s: %v, %v", mode, r, err)
		}
	}
	if err := bare.Stop(); err != nil {
		t.Errorf("it did not end well: %v", err)
	}
	if _, err := http.Get(bare.URL); err == nil {
		t.Error("it answers after its end")
	}
}

func TestEtcdTakesPuts(t *testing.T) {
	ctx := context.Background()
	etcd, err := floor.StartEtcd(ctx, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, writers := range []int{1, 4} {
		p := etcd.Put(ctx, writers, 1<<10, 50*time.Millisecond, 300*time.Millisecond)
		t.Logf("%d writers: %+v", writers, p)
		if p.Rate <= 0 || p.P50 <= 0 || p.P50 > p.P99 || p.Failed != 0 {
			t.Errorf("%d writers: these are no figures: %+v", writers, p)
		}
	}
	if err := etcd.Stop(); err != nil {
		t.Errorf("it did not end well: %v", err)
	}
}
