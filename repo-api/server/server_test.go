package server_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/server"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// hall is a file system of which only one question is answered, when the test
// says so: what these tests are about is the door.
type hall struct {
	fsapi.FS
	entered chan struct{}
	leave   chan struct{}
}

func newHall() *hall { return &hall{entered: make(chan struct{}), leave: make(chan struct{})} }

func (*hall) Notes(context.Context, string, fsapi.Page) (fsapi.NotePage, error) {
	return fsapi.NotePage{}, nil
}

func (h *hall) Repo(ctx context.Context, id content.RepoID) (fsapi.Repo, error) {
	if id.String() == "bug" {
		panic("a bug")
	}
	h.entered <- struct{}{}
	<-h.leave
	return fsapi.Repo{}, fault.Newf(fault.NotFound, "repository", "none")
}

// log is the lines that a server wrote.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer // guarded by mu
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// lines returns those whose message is msg.
func (l *log) lines(t *testing.T, msg string) (lines []map[string]any) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		var fields map[string]any
		if err := json.Unmarshal([]byte(line), &fields); err != nil {
			t.Fatal(err)
		}
		if fields["msg"] == msg {
			lines = append(lines, fields)
		}
	}
	return lines
}

// start runs a server; stop ends it and returns what Run returned.
func start(t *testing.T, c server.Config) (s *server.Server, l *log, stop func() error) {
	t.Helper()
	l = &log{}
	c.Listen = "127.0.0.1:0"
	c.Log = slog.New(slog.NewJSONHandler(l, nil))
	s, err := server.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	var once sync.Once
	var result error
	stop = func() error {
		once.Do(func() {
			cancel()
			result = <-ended
		})
		return result
	}
	t.Cleanup(func() { stop() })
	return s, l, stop
}

func get(t *testing.T, url string, fields ...string) (*http.Response, string) {
	t.Helper()
	return do(t, http.MethodGet, url, fields...)
}

func do(t *testing.T, method, url string, fields ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true // no connection outlives its test
	for i := 0; i < len(fields); i += 2 {
		r.Header.Set(fields[i], fields[i+1])
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestARequestUnderWayIsFinishedAtTheEnd(t *testing.T) {
	h := newHall()
	s, _, stop := start(t, server.Config{FS: h})
	answered := make(chan int)
	go func() {
		resp, _ := get(t, "http://"+s.Addr().String()+"/repos/x")
		answered <- resp.StatusCode
	}()
	<-h.entered
	ended := make(chan error)
	go func() { ended <- stop() }()
	for { // until the door is shut
		conn, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			break
		}
		conn.Close()
	}
	select {
	case <-ended:
		t.Fatal("the server left a request behind")
	default:
	}
	close(h.leave)
	if status := <-answered; status != 404 {
		t.Errorf("answered %d", status)
	}
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
}

func TestEveryRequestIsLoggedAndCounted(t *testing.T) {
	h := newHall()
	s, l, stop := start(t, server.Config{FS: h})
	base := "http://" + s.Addr().String()
	resp, _ := get(t, base+"/healthz", "X-Request-Id", "mine")
	if resp.Header.Get("X-Request-Id") != "mine" {
		t.Errorf("the id came back as %q", resp.Header.Get("X-Request-Id"))
	}
	if resp, _ := get(t, base+"/healthz", "X-Request-Id", "not mine"); len(resp.Header.Get("X-Request-Id")) < 20 {
		t.Errorf("a bad id came back as %q", resp.Header.Get("X-Request-Id"))
	}
	do(t, "BREW", base+"/repos/x")
	get(t, base+"/nowhere")
	_, figures := get(t, base+"/metrics")
	for _, want := range []string{
		`rhapsode_http_requests_total{method="GET",route="/healthz",status="200"} 2`,
		`rhapsode_http_requests_total{method="other",route="/repos/{repo}",status="501"} 1`,
		`rhapsode_http_requests_total{method="GET",route="none",status="404"} 1`,
		`rhapsode_http_requests_in_flight 1`,
		`rhapsode_http_request_duration_seconds_count{method="GET",route="/healthz"} 2`,
	} {
		if !strings.Contains(figures, want) {
			t.Errorf("no %s in\n%s", want, figures)
		}
	}
	stop()
	lines := l.lines(t, "request")
	if len(lines) != 5 {
		t.Fatalf("%d lines", len(lines))
	}
	if lines[0]["request_id"] != "mine" || lines[0]["status"] != 200.0 || lines[0]["route"] != "/healthz" || lines[0]["bytes"] == 0.0 {
		t.Errorf("%v", lines[0])
	}
}

func TestReadyAsksWhoKnows(t *testing.T) {
	ready := errors.New("no quorum")
	s, _, _ := start(t, server.Config{FS: newHall(), Ready: func(context.Context) error { return ready }})
	if resp, body := get(t, "http://"+s.Addr().String()+"/readyz"); resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || strings.Contains(body, "quorum") {
		t.Errorf("%d %v %s", resp.StatusCode, resp.Header, body)
	}
	ready = nil
	if resp, _ := get(t, "http://"+s.Addr().String()+"/readyz"); resp.StatusCode != 200 {
		t.Errorf("%d", resp.StatusCode)
	}
}

func TestMetricsHaveADoorOfTheirOwn(t *testing.T) {
	s, _, _ := start(t, server.Config{FS: newHall(), MetricsListen: "127.0.0.1:0"})
	if resp, _ := get(t, "http://"+s.Addr().String()+"/metrics"); resp.StatusCode != 404 {
		t.Errorf("at the front door: %d", resp.StatusCode)
	}
	if resp, body := get(t, "http://"+s.MetricsAddr().String()+"/metrics"); resp.StatusCode != 200 || !strings.Contains(body, "rhapsode_http_requests_total") {
		t.Errorf("%d %s", resp.StatusCode, body)
	}
}

func TestAPanicEndsOneConnectionOnly(t *testing.T) {
	s, l, stop := start(t, server.Config{FS: newHall()})
	base := "http://" + s.Addr().String()
	if resp, err := http.Get(base + "/repos/bug"); err == nil {
		resp.Body.Close()
		t.Errorf("answered %d", resp.StatusCode)
	}
	if resp, _ := get(t, base+"/healthz"); resp.StatusCode != 200 {
		t.Errorf("afterwards: %d", resp.StatusCode)
	}
	stop()
	if lines := l.lines(t, "handler panicked"); len(lines) != 1 || !strings.Contains(lines[0]["stack"].(string), "hall") {
		t.Errorf("%v", lines)
	}
}

func TestAnAddressThatIsTakenIsSaid(t *testing.T) {
	s, _, _ := start(t, server.Config{FS: newHall()})
	_, err := server.New(server.Config{FS: newHall(), Listen: s.Addr().String()})
	if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), s.Addr().String()) {
		t.Errorf("%v", err)
	}
}

// A client that waits with its content learns at once that it would be too large.
func TestARefusalDoesNotWaitForTheContent(t *testing.T) {
	fs := fstest.Memory(t)
	book, _ := content.ParseRepoID("book")
	if _, _, err := fs.PutRepo(t.Context(), fsapi.RepoChange{ID: book}); err != nil {
		t.Fatal(err)
	}
	s, _, _ := start(t, server.Config{FS: fs, MaxBody: 1 << 20})
	for _, expect := range []string{"", "Expect: 100-continue\r\n"} {
		conn, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		fmt.Fprintf(conn, "PUT /content/book@main/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n%s\r\n", expect)
		resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge {
			t.Errorf("%q: %v, %v", expect, resp, err)
		}
		conn.Close()
	}
}

func TestAnAnswerTellsItsTraceAndItsTime(t *testing.T) {
	const trace = "0af7651916cd43dd8448eb211c80319c"
	tests := []struct {
		parent, id string // id "": it is not passed back
	}{
		{"00-" + trace + "-b7ad6b7169203331-01", trace},
		{"", ""},
		{"00-" + strings.Repeat("0", 32) + "-b7ad6b7169203331-01", ""},
		{"00-" + trace + "-0000000000000000-01", ""},
		{"01-" + trace + "-b7ad6b7169203331-01", ""},
		{"00-" + strings.ToUpper(trace) + "-b7ad6b7169203331-01", ""},
		{"00-" + trace + "-b7ad6b7169203331", ""},
	}
	s, l, stop := start(t, server.Config{FS: newHall()})
	for _, tt := range tests {
		resp, _ := get(t, "http://"+s.Addr().String()+"/healthz", "Traceparent", tt.parent)
		want := tt.parent
		if tt.id == "" {
			want = ""
		}
		if resp.Header.Get("Traceparent") != want || !strings.HasPrefix(resp.Header.Get("Server-Timing"), "app;dur=") {
			t.Errorf("%s: %v", tt.parent, resp.Header)
		}
	}
	stop()
	lines := l.lines(t, "request")
	for i, tt := range tests {
		if id, _ := lines[i]["trace_id"].(string); id != tt.id {
			t.Errorf("%s: %v", tt.parent, lines[i])
		}
	}
}

// Content that says twice where it ends could hide a second request in it.
func TestNothingIsReadBehindContentWithTwoEnds(t *testing.T) {
	s, l, stop := start(t, server.Config{FS: newHall()})
	conn, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	fmt.Fprint(conn, "POST /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"+
		"0\r\n\r\nGET /hidden HTTP/1.1\r\nHost: x\r\n\r\n")
	if _, err := io.ReadAll(conn); err != nil {
		t.Fatalf("the connection goes on: %v", err)
	}
	if err := stop(); err != nil {
		t.Fatal(err)
	}
	if n := len(l.lines(t, "request")); n != 1 {
		t.Errorf("%d requests were read", n)
	}
}
