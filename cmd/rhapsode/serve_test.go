package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience is how long a test waits for what should happen much sooner.
const patience = 30 * time.Second

// served is `rhapsode serve` in this process.
type served struct {
	url  string
	said []string // lines; the first says that it is ready
	stop func()
}

// open lets everybody do everything.
const open = "--anonymous=admin"

// serve starts it on dir and returns once it has said all that it says.
func serve(t *testing.T, dir string, flags ...string) *served {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, in := io.Pipe()
	var log bytes.Buffer
	ended := make(chan int, 1)
	go func() {
		ended <- execute(ctx, append([]string{"serve", "--data", dir, "--listen", "127.0.0.1:0", "--log-level", "warn"}, flags...), in, &log)
		in.Close()
	}()
	s := &served{stop: func() {
		cancel()
		select {
		case code := <-ended:
			if code != 0 {
				t.Errorf("serve: exit code %d: %s", code, log.String())
			}
		case <-time.After(patience):
			t.Fatal("serve does not end")
		}
	}}
	all := make([]byte, 8<<10)
	n, err := out.Read(all)     // it is said at once
	go io.Copy(io.Discard, out) // ends with serve, which closes the pipe
	s.said = strings.Split(strings.TrimSuffix(string(all[:n]), "\n"), "\n")
	words := strings.Fields(s.said[0])
	if err != nil || len(words) < 5 || !strings.HasPrefix(words[4], "http://") {
		t.Fatalf("serve said %q, %v: %s", all[:n], err, log.String())
	}
	s.url = words[4]
	return s
}

// do sends a request without a connection that would outlive it.
func do(t *testing.T, method, url, body, field, value string) (status int, back string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if field != "" {
		req.Header.Set(field, value)
	}
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

// TestServeImportsAndLasts goes in by the commands that a person types.
func TestServeImportsAndLasts(t *testing.T) {
	folder, data := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "a.txt"), []byte("as it is\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := serve(t, data, open)
	code, out, errOut := command(t, "import", folder, "--repo", "book", "--url", s.url, "--json")
	var st struct {
		Phase string
		Refs  []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(out), &st); code != 0 || err != nil || st.Phase != "done" || len(st.Refs) != 1 || st.Refs[0].Name != "refs/heads/main" {
		t.Fatalf("import: exit code %d, %v, %q, %q", code, err, out, errOut)
	}
	if code, out, errOut := command(t, "import", folder, "--repo", "book", "--url", s.url); code != 0 || !strings.Contains(out, "1 refs are in") {
		t.Errorf("a second import: exit code %d, %q, %q", code, out, errOut)
	}
	if status, _ := do(t, http.MethodPut, s.url+"/content/book@main/b.txt", "new", "If-None-Match", "*"); status != http.StatusCreated {
		t.Errorf("PUT: %d", status)
	}
	s.stop()

	s = serve(t, data, open)
	defer s.stop()
	for path, want := range map[string]string{"a.txt": "as it is\r\n", "b.txt": "new"} {
		if status, body := do(t, http.MethodGet, s.url+"/content/book@main/"+path, "", "", ""); status != http.StatusOK || body != want {
			t.Errorf("%s, after a restart: %d %q", path, status, body)
		}
	}
}

func TestImportSaysWhatIsWrong(t *testing.T) {
	s := serve(t, t.TempDir(), open)
	defer s.stop()
	broken := filepath.Join(t.TempDir(), "broken.bundle")
	head := "# v2 git bundle\n" + strings.Repeat("1", 40) + " refs/heads/main\n\n"
	if err := os.WriteFile(broken, []byte(head+"PACKnonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errOut := command(t, "import", broken, "--repo", "book", "--url", s.url, "--quiet")
	if code != 1 || strings.Count(errOut, "\n") != 1 {
		t.Errorf("a broken bundle: exit code %d, %q", code, errOut)
	}
	if status, _ := do(t, http.MethodGet, s.url+"/content/book@main/", "", "", ""); status != http.StatusNotFound {
		t.Errorf("after that the branch is %d", status)
	}
}
