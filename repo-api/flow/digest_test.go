package flow_test

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"mime"
	"mime/multipart"
	"strconv"
	"strings"
	"testing"

	"rhapsode/repo-api/flow"
)

func sha(s string) string {
	sum := sha256.Sum256([]byte(s))
	return "sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

func sha2(s string) string {
	sum := sha512.Sum512([]byte(s))
	return "sha-512=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"
}

func TestADigestOfOtherContentIsRefused(t *testing.T) {
	tests := []struct {
		name, field, value string
		want               int
	}{
		{"of the content", "Content-Digest", sha("new"), 204},
		{"both of it", "Content-Digest", sha("new") + ", " + sha2("new"), 204},
		{"one of it, one of another", "Content-Digest", sha("new") + ", " + sha2("old"), 400},
		{"of another", "Content-Digest", sha("old"), 400},
		{"of another representation", "Repr-Digest", sha2("old"), 400},
		{"of the representation", "Repr-Digest", sha2("new"), 204},
		{"by what nobody knows", "Repr-Digest", "md5=:AAAA:, tea=:AAAA:", 204},
		{"too short", "Repr-Digest", "sha-256=:AAAA:", 400},
		{"no digest", "Content-Digest", "sha-256=5", 400},
		{"nonsense", "Content-Digest", "sha-256=:", 400},
	}
	for _, tt := range tests {
		for _, chunked := range []bool{false, true} {
			r := request("PUT", "/", "new", tt.field, tt.value)
			if chunked {
				r.ContentLength = -1
			}
			if w, _ := serve(t, newToy(), r); w.Code != tt.want {
				t.Errorf("%s: %d, want %d: %s", tt.name, w.Code, tt.want, w.Body)
			}
		}
	}
	if w, _ := serve(t, newToy(), request("PUT", "/", "", "Content-Digest", sha("x"))); w.Code != 400 {
		t.Errorf("a digest of what was not sent: %d", w.Code)
	}
	if w, _ := serve(t, newToy(), request("PUT", "/", "", "Content-Digest", sha(""))); w.Code != 204 {
		t.Errorf("a digest of nothing: %d", w.Code)
	}
}

func TestDigestsOfWhatIsSent(t *testing.T) {
	const backwards = "9876543210"
	tests := []struct {
		name          string
		fields        []string
		content, repr string
	}{
		{"nothing wanted", nil, "", ""},
		{"the representation", []string{"Want-Repr-Digest", "sha-256=1"}, "", sha(text)},
		{"the best", []string{"Want-Repr-Digest", "sha-256=1, sha-512=9, tea=10"}, "", sha2(text)},
		{"none", []string{"Want-Repr-Digest", "sha-256=0, tea=5"}, "", ""},
		{"nonsense", []string{"Want-Repr-Digest", "sha-256=11"}, "", ""},
		{"both", []string{"Want-Content-Digest", "sha-256=1", "Want-Repr-Digest", "sha-512=1"}, sha(text), sha2(text)},
		{"a part", []string{"Want-Content-Digest", "sha-256=1", "Want-Repr-Digest", "sha-256=1", "Range", "bytes=2-3"}, sha("23"), sha(text)},
		{"several parts", []string{"Want-Content-Digest", "sha-256=1", "Want-Repr-Digest", "sha-256=1", "Range", "bytes=2-3,5-5"}, "", sha(text)},
		{"a coding", []string{"Want-Content-Digest", "sha-256=1", "Want-Repr-Digest", "sha-256=1", "Accept-Encoding", "back"}, sha(backwards), sha(backwards)},
	}
	for _, tt := range tests {
		for _, at := range [][]byte{nil, []byte(text)} {
			y := newChoosy()
			y.bytes = at
			for _, method := range []string{"GET", "HEAD"} {
				if method == "HEAD" && strings.Contains(strings.Join(tt.fields, " "), "Range") {
					continue
				}
				w, _ := serve(t, y, request(method, "/", "", tt.fields...))
				if h := w.Header(); h.Get("Content-Digest") != tt.content || h.Get("Repr-Digest") != tt.repr {
					t.Errorf("%s, %s: %v", method, tt.name, h)
				}
			}
		}
	}
}

// TestEachPartHasItsDigest, and the length that was told is that of all of it.
func TestEachPartHasItsDigest(t *testing.T) {
	for _, at := range [][]byte{nil, []byte(text)} {
		y := newToy()
		y.bytes = at
		w, _ := serve(t, y, request("GET", "/", "", "Want-Content-Digest", "sha-256=1", "Range", "bytes=2-3,5-5"))
		if got := w.Header().Get("Content-Length"); got != strconv.Itoa(w.Body.Len()) {
			t.Errorf("%s bytes were told of, %d came", got, w.Body.Len())
		}
		_, params, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
		if err != nil {
			t.Fatal(err)
		}
		parts := multipart.NewReader(w.Body, params["boundary"])
		for _, want := range []string{"23", "5"} {
			part, err := parts.NextPart()
			if err != nil {
				t.Fatal(err)
			}
			if got := part.Header.Get("Content-Digest"); got != sha(want) {
				t.Errorf("%q: %s, not %s", want, got, sha(want))
			}
		}
	}
}

func FuzzParseDigest(f *testing.F) {
	for _, seed := range []string{sha("x"), sha2("x") + ", tea=:AA==:", "sha-256=1", `a="b";c`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, line string) {
		digests, err := flow.ParseDigest([]string{line})
		if err != nil && digests != nil {
			t.Fatal("both digests and an error")
		}
		for name, d := range digests {
			if name == "sha-256" && len(d) != 32 || name == "sha-512" && len(d) != 64 {
				t.Fatalf("%s of %d bytes", name, len(d))
			}
		}
	})
}
