package importer_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"rhapsode/cmd/rhapsode/internal/importer"
	"rhapsode/internal/fault"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// service is one that takes bundles and can be made to fail.
type service struct {
	*httptest.Server

	mu       sync.Mutex
	repo     bool
	received []byte
	complete bool
	polls    int
	pieces   []int64                                           // offsets
	spoil    func(w http.ResponseWriter, r *http.Request) bool // true: it has answered
	refuse   string                                            // why the bundle is broken
}

func serve(t *testing.T) *service {
	t.Helper()
	s := &service{}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.spoil != nil && s.spoil(w, r):
	case r.URL.Path == "/repos/book" && r.Method == http.MethodPut && r.Header.Get("If-None-Match") == "*":
		if s.repo {
			w.WriteHeader(http.StatusPreconditionFailed)
			return
		}
		s.repo = true
		w.WriteHeader(http.StatusCreated)
	case !s.repo || !strings.HasPrefix(r.URL.Path, "/repos/book/imports/"):
		w.WriteHeader(http.StatusNotFound)
	case r.Method == http.MethodPatch:
		s.patch(w, r)
	case s.received == nil:
		w.WriteHeader(http.StatusNotFound)
	default:
		json.NewEncoder(w).Encode(s.status(strings.TrimPrefix(r.URL.Path, "/repos/book/imports/")))
	}
}

func (s *service) patch(w http.ResponseWriter, r *http.Request) {
	offset, err := strconv.ParseInt(r.Header.Get("Upload-Offset"), 10, 64)
	if err != nil || r.Header.Get("Content-Type") != "application/partial-upload" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if offset != int64(len(s.received)) {
		w.WriteHeader(http.StatusConflict)
		return
	}
	b, err := io.ReadAll(r.Body)
	if err != nil || int64(len(b)) != r.ContentLength {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	s.received = append(s.received, b...)
	s.pieces = append(s.pieces, offset)
	s.complete = r.Header.Get("Upload-Complete") == "?1"
	w.WriteHeader(http.StatusAccepted)
}

func (s *service) status(id string) importer.Status {
	st := importer.Status{Phase: "receiving", Received: int64(len(s.received))}
	if !s.complete {
		return st
	}
	s.polls++
	sum := sha256.Sum256(s.received)
	switch {
	case s.polls == 1:
		st.Phase = "indexing"
	case s.refuse != "" || hex.EncodeToString(sum[:]) != id:
		st.Phase, st.Error = "failed", s.refuse
	default:
		st.Phase, st.Refs = "done", []importer.Ref{{Name: "refs/heads/main", Target: "abc"}}
	}
	return st
}

var bundle = bytes.Repeat([]byte("0123456789"), 1000)

func options(s *service) importer.Options {
	return importer.Options{
		URL: s.URL, Repo: "book", Bundle: bytes.NewReader(bundle), Size: int64(len(bundle)),
		SHA256: sha256.Sum256(bundle), Piece: 3000, Patience: 10 * time.Second,
	}
}

func TestWholeImport(t *testing.T) {
	s := serve(t)
	var phases []string
	o := options(s)
	o.Progress = func(st importer.Status) { phases = append(phases, st.Phase) }
	st, err := importer.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if st.Phase != "done" || len(st.Refs) != 1 || !bytes.Equal(s.received, bundle) || len(s.pieces) != 4 {
		t.Errorf("it ended with %+v after pieces at %v", st, s.pieces)
	}
	if got := strings.Join(phases, " "); got != "receiving receiving receiving receiving indexing done" {
		t.Errorf("progress was %s", got)
	}
	again, err := importer.Run(t.Context(), options(s))
	if err != nil || again.Phase != "done" || len(s.pieces) != 4 {
		t.Errorf("a second import: %+v, %v, pieces at %v", again, err, s.pieces)
	}
}

func TestInterruptedImportGoesOn(t *testing.T) {
	s := serve(t)
	ctx, cancel := context.WithCancel(t.Context())
	s.spoil = func(_ http.ResponseWriter, r *http.Request) bool {
		if len(s.pieces) == 2 {
			cancel()
		}
		return false
	}
	if _, err := importer.Run(ctx, options(s)); !errors.Is(err, context.Canceled) {
		t.Fatalf("interrupted: %v", err)
	}
	before := len(s.pieces)
	s.mu.Lock()
	s.spoil = nil
	s.mu.Unlock()
	st, err := importer.Run(t.Context(), options(s))
	if err != nil || st.Phase != "done" || before >= 4 || len(s.pieces) != 4 {
		t.Errorf("after %d pieces it went on to %v: %+v, %v", before, s.pieces, st, err)
	}
}

func TestFailuresThatPassAreBorne(t *testing.T) {
	once := func(f func(*service, http.ResponseWriter, *http.Request)) func(*service) func(http.ResponseWriter, *http.Request) bool {
		return func(s *service) func(http.ResponseWriter, *http.Request) bool {
			done := false
			return func(w http.ResponseWriter, r *http.Request) bool {
				if done || r.Method != http.MethodPatch || len(s.pieces) != 1 {
					return false
				}
				done = true
				f(s, w, r)
				return true
			}
		}
	}
	tests := []struct {
		name  string
		spoil func(*service) func(http.ResponseWriter, *http.Request) bool
	}{
		{"503", once(func(_ *service, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) })},
		{"a broken connection", once(func(*service, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })},
		{"an answer lost after the deed", once(func(s *service, w http.ResponseWriter, r *http.Request) {
			s.patch(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		})},
		{"everything received is lost", once(func(s *service, w http.ResponseWriter, _ *http.Request) {
			s.received = nil
			w.WriteHeader(http.StatusConflict)
		})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t)
			s.spoil = tt.spoil(s)
			st, err := importer.Run(t.Context(), options(s))
			if err != nil || st.Phase != "done" || !bytes.Equal(s.received, bundle) {
				t.Errorf("it ended with %+v, %v", st, err)
			}
		})
	}
}

func TestFailuresThatStay(t *testing.T) {
	answer := func(status int, body string) func(*service) {
		return func(s *service) {
			s.spoil = func(w http.ResponseWriter, _ *http.Request) bool {
				w.WriteHeader(status)
				io.WriteString(w, body)
				return true
			}
		}
	}
	tests := []struct {
		name  string
		spoil func(*service)
		kind  fault.Kind
		says  string
	}{
		{"a broken bundle", func(s *service) { s.refuse = "object 7 at 99 is broken" }, fault.Invalid, "object 7 at 99"},
		{"a refusal", answer(400, `{"title":"Bad Request","detail":"no such name"}`), fault.Invalid, "400 no such name"},
		{"an offset that never fits", func(s *service) {
			s.spoil = func(w http.ResponseWriter, r *http.Request) bool {
				if r.Method == http.MethodPatch {
					w.WriteHeader(http.StatusConflict)
				}
				return r.Method == http.MethodPatch
			}
		}, fault.Unavailable, "does not go on at byte 0"},
		{"nobody is ever there", answer(503, ""), fault.Unavailable, "503"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t)
			tt.spoil(s)
			o := options(s)
			o.Patience = 200 * time.Millisecond
			_, err := importer.Run(t.Context(), o)
			if !fault.Is(err, tt.kind) || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("error is %v, not %v with %q", err, tt.kind, tt.says)
			}
		})
	}
	o := importer.Options{URL: "books"}
	if _, err := importer.Run(t.Context(), o); !fault.Is(err, fault.Invalid) {
		t.Errorf("a bad URL: %v", err)
	}
}
