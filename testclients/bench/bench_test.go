package bench_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rhapsode/testclients/bench"
	"rhapsode/testclients/toytest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	tests := []struct {
		name  string
		mode  bench.Mode
		doubt toytest.Doubts
		fault toytest.Faults
		kind  string // of the errors; "": none
	}{
		{name: "reads", mode: bench.Read},
		{name: "revalidations", mode: bench.Cond},
		{name: "writes", mode: bench.Write},
		{name: "writes that are sometimes refused for now", mode: bench.Write, doubt: toytest.Doubts{Undone: 50}, kind: "status 503"},
		{name: "writes whose connection is cut", mode: bench.Write, doubt: toytest.Doubts{Severed: 50}, kind: "connection"},
		{name: "writes lost, so that the next is refused", mode: bench.Write, fault: toytest.Faults{LostWrite: 50}, kind: "status 412"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			toy := toytest.New(nil)
			server := httptest.NewServer(toy)
			defer server.Close()
			o := bench.Options{
				Mode: tt.mode, URL: server.URL, Files: 40, Size: 600, Conns: 4,
				For: 300 * time.Millisecond, WarmUp: 50 * time.Millisecond, Seed: 7,
			}
			if err := bench.Prepare(context.Background(), o); err != nil {
				t.Fatal(err)
			}
			toy.Break(tt.fault, tt.doubt)
			r, err := bench.Run(context.Background(), o)
			if err != nil {
				t.Fatal(err)
			}
			t.Log(r)
			switch {
			case r.Ops == 0 || r.Rate <= 0 || r.P50 <= 0 || r.P50 > r.P90 || r.P90 > r.P99 || r.P99 > r.Max:
				t.Errorf("these are no figures: %+v", r)
			case tt.kind == "" && r.Failed != 0:
				t.Errorf("errors of a sound service: %v", r.Errors)
			case tt.kind != "" && (r.Errors[tt.kind] == 0 || r.Errors[tt.kind] != r.Failed):
				t.Errorf("errors %v, all of which should be %s", r.Errors, tt.kind)
			}
		})
	}
}

func TestReportIsJSON(t *testing.T) {
	server := httptest.NewServer(toytest.New(nil))
	defer server.Close()
	r, err := bench.Run(context.Background(), bench.Options{
		Mode: bench.Read, URL: server.URL, Files: 2, Size: 64, Conns: 1, For: 50 * time.Millisecond, WarmUp: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{`"rate":`, `"p50_ms":`, `"p99_ms":`, `"errors":{}`, `"mode":"read"`} {
		if !strings.Contains(string(text), key) {
			t.Errorf("%s lacks %s", text, key)
		}
	}
}

// TestShortBodiesAreErrors: a service that truncates must not look fast.
func TestShortBodiesAreErrors(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte("short"))
	}))
	defer server.Close()
	r, err := bench.Run(context.Background(), bench.Options{
		Mode: bench.Read, URL: server.URL, AsIs: true, Conns: 2, For: 100 * time.Millisecond, WarmUp: time.Millisecond,
	})
	if err != nil || r.Ops != 0 || r.Errors["length"] == 0 {
		t.Errorf("ops %d, errors %v, %v", r.Ops, r.Errors, err)
	}
}

func TestOptionsThatMakeNoSense(t *testing.T) {
	good := bench.Options{Mode: bench.Read, URL: "http://127.0.0.1:1"}
	for name, spoil := range map[string]func(*bench.Options){
		"no mode":                    func(o *bench.Options) { o.Mode = "fast" },
		"no URL":                     func(o *bench.Options) { o.URL = "" },
		"negative connections":       func(o *bench.Options) { o.Conns = -1 },
		"tiny documents":             func(o *bench.Options) { o.Size = 3 },
		"fewer files than writers":   func(o *bench.Options) { o.Mode, o.Files = bench.Write, 4 },
		"nobody answers at this URL": func(*bench.Options) {},
	} {
		o := good
		spoil(&o)
		if _, err := bench.Run(context.Background(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// TestPrepareImports has git itself read the bundle that Prepare sends.
func TestPrepareImports(t *testing.T) {
	if _, err := exec.LookPath("git"); err != nil {
		t.Skip("left out: git, the second opinion on a bundle, is not installed")
	}
	imported := 0
	toy := toytest.New(func(bundle []byte) (map[string][]byte, error) {
		docs := unbundle(t, bundle)
		imported = len(docs)
		return docs, nil
	})
	server := httptest.NewServer(toy)
	defer server.Close()
	o := bench.Options{Mode: bench.Read, URL: server.URL, Files: 1234}
	for range 2 { // the second finds it there
		if err := bench.Prepare(context.Background(), o); err != nil {
			t.Fatal(err)
		}
	}
	if imported != o.Files {
		t.Errorf("%d documents came by import, not %d", imported, o.Files)
	}
}

// unbundle lets git check and read a bundle.
func unbundle(t *testing.T, bundle []byte) map[string][]byte {
	t.Helper()
	dir := t.TempDir()
	file, clone := filepath.Join(dir, "b.bundle"), filepath.Join(dir, "clone")
	if err := os.WriteFile(file, bundle, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"clone", "-q", "-b", "main", file, clone}, {"-C", clone, "fsck", "--strict"}} {
		if out, err := exec.Command("git", args...).CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	docs := map[string][]byte{}
	err := filepath.WalkDir(clone, func(path string, e os.DirEntry, err error) error {
		name, _ := filepath.Rel(clone, path) // path is below clone
		switch {
		case err != nil:
			return err
		case name == ".git":
			return filepath.SkipDir
		case e.IsDir():
			return nil
		}
		docs[filepath.ToSlash(name)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return docs
}
