package door_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"rhapsode/testclients/door"
)

func serve(t *testing.T, h http.HandlerFunc) *door.Client {
	t.Helper()
	s := httptest.NewServer(h)
	d := door.New(s.URL+"/", 2, 5*time.Second)
	t.Cleanup(func() { d.Close(); s.Close() })
	return d
}

func TestPaths(t *testing.T) {
	tests := []struct{ got, want string }{
		{door.Document("book", "main", "a/b.txt"), "/content/book@main/a/b.txt"},
		{door.Document("book", "pull/1", "a b/ü?#%.txt"), "/content/book@pull%2F1/a%20b/%C3%BC%3F%23%25.txt"},
		{door.History("book", "pull/1", "a b"), "/repos/book/history/a%20b?ref=pull%2F1"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s, not %s", tt.got, tt.want)
		}
	}
}

func TestPathsArriveAsTheyAre(t *testing.T) {
	var came string
	d := serve(t, func(_ http.ResponseWriter, r *http.Request) { came = r.RequestURI })
	for _, path := range []string{"/a//b", "/a/../b", "/a/%2e%2e/b", "/a%2Fb", "/a%00b?x=%20"} {
		if _, err := d.Do(context.Background(), door.Ask{Method: "GET", Path: path}); err != nil || came != path {
			t.Errorf("%s came as %s, %v", path, came, err)
		}
	}
}

func TestCommitOfAnAnswer(t *testing.T) {
	id := strings.Repeat("0a", 20)
	tests := []struct {
		name   string
		header http.Header
		want   string
	}{
		{"none", http.Header{}, ""},
		{"Content-Location", http.Header{"Content-Location": {"/content/book@" + id + "/a.txt"}}, id},
		{"a branch is no version", http.Header{"Content-Location": {"/content/book@main/a.txt"}}, ""},
		{"Link", http.Header{"Link": {"</repos/book>; rel=up", "<http://h/content/book@" + id + "/a.txt>; rel=version"}}, id},
	}
	for _, tt := range tests {
		if got := (door.Answer{Header: tt.header}).Commit(); got != tt.want {
			t.Errorf("%s: %q, not %q", tt.name, got, tt.want)
		}
	}
}

func TestPagesFollowLinksToTheEnd(t *testing.T) {
	d := serve(t, func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("after"))
		if n < 3 {
			w.Header().Set("Link", fmt.Sprintf(`</up>; rel="up", <?after=%d>; rel="next"`, n+1))
		}
		fmt.Fprint(w, n)
	})
	var pages []string
	err := d.Pages(context.Background(), "/list", func(b []byte) error { pages = append(pages, string(b)); return nil })
	if got := strings.Join(pages, " "); err != nil || got != "0 1 2 3" {
		t.Errorf("pages %s, %v", got, err)
	}
}

func TestWantTellsTheSurprise(t *testing.T) {
	d := serve(t, func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "not now", 503) })
	_, err := d.Want(context.Background(), door.Ask{Method: "GET", Path: "/x"}, 200, 304)
	var s *door.Surprise
	if !errors.As(err, &s) || s.Answer.Status != 503 || !strings.Contains(err.Error(), "not now") {
		t.Errorf("the error is %v", err)
	}
}

// TestImportGoesOn: what has arrived is not sent again, and a failure is told.
func TestImportGoesOn(t *testing.T) {
	bundle := bytes.Repeat([]byte("0123456789abcdef"), (2*door.Piece+100)/16)
	sum := sha256.Sum256(bundle)
	for _, tt := range []struct {
		name    string
		there   int // bytes that arrived earlier
		phase   string
		wantErr string
	}{
		{"from the start", 0, "done", ""},
		{"from the middle", door.Piece, "done", ""},
		{"from an odd place", 12345, "done", ""},
		{"nothing left to send", len(bundle), "done", ""},
		{"refused in the end", 0, "failed", "object 7 is broken"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			have := append([]byte{}, bundle[:tt.there]...)
			complete := tt.there == len(bundle)
			d := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/repos/book/imports/"+hex.EncodeToString(sum[:]) {
					http.NotFound(w, r)
					return
				}
				w.Header().Set("Upload-Offset", strconv.Itoa(len(have)))
				switch r.Method {
				case "HEAD":
					if complete {
						w.Header().Set("Upload-Complete", "?1")
					}
				case "PATCH":
					if r.Header.Get("Upload-Offset") != strconv.Itoa(len(have)) || r.Header.Get("Content-Type") != "application/partial-upload" {
						w.WriteHeader(http.StatusConflict)
						return
					}
					piece, _ := io.ReadAll(r.Body) // a short one shows in the end
					have, complete = append(have, piece...), r.Header.Get("Upload-Complete") == "?1"
				case "GET":
					fmt.Fprintf(w, `{"phase":%q,"error":"object 7 is broken"}`, tt.phase)
				}
			})
			err := d.Import(context.Background(), "book", bytes.NewReader(bundle), int64(len(bundle)))
			switch {
			case tt.wantErr == "" && err != nil:
				t.Error(err)
			case tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr)):
				t.Errorf("the error is %v", err)
			case !bytes.Equal(have, bundle) || !complete:
				t.Errorf("%d bytes arrived, not %d (complete: %v)", len(have), len(bundle), complete)
			}
		})
	}
}
