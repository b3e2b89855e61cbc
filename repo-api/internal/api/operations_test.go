package api_test

import (
	"context"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
	"rhapsode/internal/fault"
	"rhapsode/repo-api/internal/api"
)

// slow is a file system whose merges wait until the test lets them go.
type slow struct {
	fsapi.FS
	begun chan struct{}
	leave chan struct{}
}

func newSlow(t *testing.T) *slow {
	return &slow{fstest.Memory(t), make(chan struct{}, 8), make(chan struct{})}
}

func (s *slow) Merge(ctx context.Context, m fsapi.Merge) (fsapi.Merged, error) {
	s.begun <- struct{}{}
	select {
	case <-s.leave:
	case <-ctx.Done():
		return fsapi.Merged{}, ctx.Err()
	}
	return s.FS.Merge(ctx, m)
}

// shelved makes a book with a branch side that is one commit ahead of main.
func shelved(t *testing.T, fs fsapi.FS) *site {
	t.Helper()
	s := siteOver(t, fs)
	s.want(201, "PUT", "/repos/book", "{}", "If-None-Match", "*")
	s.want(201, "PUT", "/content/book@main/a.txt", "one", "If-None-Match", "*")
	s.want(201, "POST", "/repos/book/branches", `{"name":"side","from":"main"}`)
	s.want(204, "PUT", "/content/book@side/a.txt", "two", "If-Match", "*")
	return s
}

const mergeSide = `{"into":"main","from":"side"}`

func TestARepeatWithAKeyGetsTheFirstAnswer(t *testing.T) {
	fs := fstest.Memory(t)
	s, other := shelved(t, fs), siteOver(t, fs) // two front ends of one file system
	const order = `{"branch":"main","changes":[{"op":"put","path":"b.txt","text":"b"}]}`
	first := s.want(201, "POST", "/repos/book/changesets", order, "Idempotency-Key", `"k1"`, "Rhapsode-Message", "Once")
	if first.Header.Get("Idempotency-Replayed") != "" {
		t.Error("the first answer is marked as a repeat")
	}
	for _, at := range []*site{s, other} {
		again := at.want(201, "POST", "/repos/book/changesets", order, "Idempotency-Key", `"k1"`, "Rhapsode-Message", "Once")
		for _, field := range []string{"Location", "Etag", "Content-Type", "Vary", "Cache-Control"} {
			if got, want := again.Header.Get(field), first.Header.Get(field); got != want {
				t.Errorf("%s: %q, not %q", field, got, want)
			}
		}
		if again.body != first.body || again.Header.Get("Idempotency-Replayed") != "true" {
			t.Errorf("again: %s, %v", again.body, again.Header)
		}
	}
	s.want(422, "POST", "/repos/book/changesets", strings.Replace(order, `"b"`, `"c"`, 1), "Idempotency-Key", `"k1"`, "Rhapsode-Message", "Once")
	s.want(422, "POST", "/repos/book/changesets", order, "Idempotency-Key", `"k1"`, "Rhapsode-Message", "Twice")
	s.want(400, "POST", "/repos/book/changesets", order, "Idempotency-Key", `k1`)
	s.want(201, "POST", "/repos/book/branches", `{"name":"c","from":"main"}`, "Idempotency-Key", `"k1"`) // of another resource

	// Another caller's key is another key, and finds that it is there.
	token, _ := s.want(201, "POST", "/tokens", `{"user":"ada","admin":true}`).member(t, "token").(string)
	s.want(428, "POST", "/repos/book/changesets", order, "Idempotency-Key", `"k1"`, "Authorization", "Bearer "+token)
}

func TestARefusalIsRepeatedToo(t *testing.T) {
	s := shelved(t, fstest.Memory(t))
	const make = `{"name":"side","from":"main"}`
	first := s.want(409, "POST", "/repos/book/branches", make, "Idempotency-Key", `"k"`)
	s.want(204, "DELETE", "/repos/book/branches/side", "", "If-Match", "*")
	if again := s.want(409, "POST", "/repos/book/branches", make, "Idempotency-Key", `"k"`); again.body != first.body {
		t.Errorf("again: %s\nfirst: %s", again.body, first.body)
	}
	s.want(201, "POST", "/repos/book/branches", make, "Idempotency-Key", `"l"`)
}

func TestARepeatOfAPatchIsNotRefusedForWhatTheFirstDid(t *testing.T) {
	s := shelved(t, fstest.Memory(t))
	tag := s.want(201, "PUT", "/content/book@main/a.json", `{"n":[]}`, "If-None-Match", "*").etag()
	patch := []string{"Content-Type", "application/json-patch+json", "If-Match", tag, "Idempotency-Key", `"k"`}
	const add = `[{"op":"add","path":"/n/-","value":1}]`
	first := s.want(204, "PATCH", "/content/book@main/a.json", add, patch...)
	if again := s.want(204, "PATCH", "/content/book@main/a.json", add, patch...); again.etag() != first.etag() {
		t.Errorf("%s, not %s", again.etag(), first.etag())
	}
}

func TestARepeatWhileTheFirstIsUnderWayIsAConflict(t *testing.T) {
	fs := newSlow(t)
	s := shelved(t, fs)
	answered := make(chan answer)
	go func() {
		answered <- s.ask("POST", "/repos/book/merges", strings.NewReader(mergeSide), "Idempotency-Key", `"k"`)
	}()
	<-fs.begun
	if again := s.want(409, "POST", "/repos/book/merges", mergeSide, "Idempotency-Key", `"k"`); again.Header.Get("Retry-After") == "" {
		t.Error("it does not say when to come again")
	}
	s.want(422, "POST", "/repos/book/merges", `{"into":"side","from":"main"}`, "Idempotency-Key", `"k"`)
	close(fs.leave)
	first := <-answered
	if first.StatusCode != 201 {
		t.Fatalf("%d %s", first.StatusCode, first.body)
	}
	if again := s.want(201, "POST", "/repos/book/merges", mergeSide, "Idempotency-Key", `"k"`); again.body != first.body {
		t.Errorf("again: %s", again.body)
	}
}

func TestWhatNobodyWaitsForIsToldOfLater(t *testing.T) {
	fs := newSlow(t)
	s := shelved(t, fs)
	for i, prefer := range []string{"respond-async, wait=0", "wait=0"} {
		accepted := s.want(202, "POST", "/repos/book/merges", mergeSide, "Prefer", prefer)
		at := accepted.Header.Get("Location")
		if !strings.HasPrefix(at, "/operations/") || accepted.Header.Get("Retry-After") == "" || accepted.Header.Get("Preference-Applied") != prefer {
			t.Fatalf("%v", accepted.Header)
		}
		<-fs.begun
		running := s.want(200, "GET", at, "")
		if running.member(t, "state") != "running" || running.Header.Get("Retry-After") == "" || running.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s %v", running.body, running.Header)
		}
		s.want(200, "GET", at, "", "Accept", "text/html")
		s.want(404, "GET", at, "", "Authorization", "Bearer other")
		fs.leave <- struct{}{}
		over := s.until(at, "running")
		if i > 0 { // everything is merged
			if over.member(t, "state") != "succeeded" || over.member(t, "status") != 200. {
				t.Errorf("%s", over.body)
			}
		} else if result := over.Header.Get("Location"); over.StatusCode != 303 || !strings.HasPrefix(result, "/repos/book/") {
			t.Errorf("%d %v", over.StatusCode, over.Header)
		} else {
			s.want(200, "GET", result, "")
		}
	}
	s.want(404, "GET", "/operations/0123456789abcdef0123456789abcdef", "")
	s.want(404, "GET", "/operations/x", "")
}

// until reads at until its state is another.
func (s *site) until(at, state string) answer {
	s.t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		a := s.ask("GET", at, nil)
		if a.StatusCode != 200 || a.member(s.t, "state") != state {
			return a
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("%s is still %s", at, state)
		}
	}
}

func TestWhatWasRefusedMeanwhileSaysWhy(t *testing.T) {
	fs := newSlow(t)
	s := shelved(t, fs)
	s.want(204, "PUT", "/content/book@main/a.txt", "three", "If-Match", "*")
	at := s.want(202, "POST", "/repos/book/merges", mergeSide, "Prefer", "respond-async,wait=0").Header.Get("Location")
	close(fs.leave)
	failed := s.until(at, "running")
	problem, _ := failed.member(t, "content").(map[string]any)
	if failed.member(t, "state") != "failed" || failed.member(t, "status") != 409. || problem["conflicts"] == nil {
		t.Errorf("%s", failed.body)
	}
}

func TestWhatIsDoneInTimeIsAnsweredAtOnce(t *testing.T) {
	s := shelved(t, fstest.Memory(t))
	s.want(201, "POST", "/repos/book/merges", mergeSide, "Prefer", "respond-async, wait=20")
	s.want(201, "PUT", "/content/book@main/new.txt", "new", "Prefer", "wait=20", "If-None-Match", "*")
	for size, status := range map[int]int{40 << 10: 200, 60 << 10: 204} { // what can be kept is told
		text := strings.Repeat("x", size)
		a := s.want(status, "PUT", "/content/book@main/new.txt", text, "Prefer", "wait=20, return=representation", "If-Match", "*")
		if status == 200 && a.body != text {
			t.Errorf("%d bytes", len(a.body))
		}
	}
}

// dying is a file system whose front end dies as soon as something is done: it holds
// nothing, and no answer is kept.
type dying struct {
	fsapi.FS
	dead atomic.Bool
}

func (d *dying) BeginErrand(ctx context.Context, e content.Errand) (content.Attempt, error) {
	e.Hold = time.Second
	return d.FS.BeginErrand(ctx, e)
}

func (d *dying) FinishErrand(ctx context.Context, e content.Errand, answer []byte, final bool) error {
	if d.dead.Load() {
		return fault.Newf(fault.Unavailable, "finish errand", "dead")
	}
	return d.FS.FinishErrand(ctx, e, answer, final)
}

func TestWhoseFrontEndDiedIsCarriedOutOnce(t *testing.T) {
	fs := &dying{FS: fstest.Memory(t)}
	s := shelved(t, fs)
	s.want(201, "PUT", "/content/book@main/a.json", `{"n":[]}`, "If-None-Match", "*")
	patch := []string{"Content-Type", "application/json-patch+json", "If-Match", "*", "Idempotency-Key", `"k"`}
	const add = `[{"op":"add","path":"/n/-","value":1}]`
	fs.dead.Store(true)
	first := s.want(204, "PATCH", "/content/book@main/a.json", add, patch...)
	at := s.want(202, "POST", "/repos/book/branches", `{"name":"c","from":"main"}`, "Prefer", "respond-async, wait=0").Header.Get("Location")
	fs.dead.Store(false)
	again := s.ask("PATCH", "/content/book@main/a.json", strings.NewReader(add), patch...)
	for deadline := time.Now().Add(20 * time.Second); again.StatusCode == 409 && time.Now().Before(deadline); {
		again = s.ask("PATCH", "/content/book@main/a.json", strings.NewReader(add), patch...)
	}
	if again.StatusCode != 204 || again.Header.Get("Idempotency-Replayed") != "" || again.etag() != first.etag() {
		t.Errorf("%d %v", again.StatusCode, again.Header)
	}
	if now := s.want(200, "GET", "/content/book@main/a.json", ""); now.body != `{"n":[1]}` {
		t.Errorf("it was done more than once: %s", now.body)
	}
	if lost := s.until(at, "running"); lost.StatusCode == 200 && lost.member(t, "state") != "lost" {
		t.Errorf("%s", lost.body)
	}
}

func TestErrandsEndInOrder(t *testing.T) {
	fs := newSlow(t)
	s := shelved(t, fs)
	errands := api.NewErrands(fs, fstest.Log(t))
	ended := make(chan error, 1)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { ended <- errands.Run(ctx) }()
	front := siteWith(t, fs, errands)
	at := front.want(202, "POST", "/repos/book/merges", mergeSide, "Prefer", "respond-async, wait=0").Header.Get("Location")
	<-fs.begun
	cancel()
	select {
	case <-ended:
		t.Fatal("what was under way was left behind")
	case <-time.After(50 * time.Millisecond):
	}
	close(fs.leave)
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if a := s.want(http.StatusSeeOther, "GET", at, ""); a.Header.Get("Location") == "" {
		t.Errorf("%v", a.Header)
	}
	front.want(503, "POST", "/repos/book/merges", mergeSide, "Idempotency-Key", `"late"`)
	s.want(200, "POST", "/repos/book/merges", mergeSide, "Idempotency-Key", `"late"`) // another front end carries on
}
