package floor_test

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"rhapsode/testclients/door"
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

func TestBareAnswersFromMemory(t *testing.T) {
	bare, err := floor.StartBare(6 << 10)
	if err != nil {
		t.Fatal(err)
	}
	d := door.New(bare.URL, 1, 5*time.Second)
	defer d.Close()
	ctx := context.Background()
	got, err := d.Want(ctx, door.Ask{Method: "GET", Path: "/any/path"}, 200)
	if err != nil || len(got.Body) != 6<<10 || got.ETag() == "" {
		t.Errorf("%d bytes with the tag %q, %v", len(got.Body), got.ETag(), err)
	}
	got, err = d.Want(ctx, door.Ask{Method: "GET", Path: "/any/path", Header: map[string]string{"If-None-Match": got.ETag()}}, 304)
	if err != nil || len(got.Body) != 0 {
		t.Errorf("%d bytes to whoever has them, %v", len(got.Body), err)
	}
	if err := bare.Stop(); err != nil {
		t.Errorf("it did not end well: %v", err)
	}
	if _, err := d.Do(ctx, door.Ask{Method: "GET", Path: "/"}); err == nil {
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
