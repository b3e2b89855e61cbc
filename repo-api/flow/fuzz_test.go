package flow_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"rhapsode/repo-api/flow"
)

// parsed are the fields that the flow reads.
var parsed = []string{
	"If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since", "If-Range", "Range",
	"Accept", "Accept-Language", "Accept-Encoding", "Prefer", "Content-Type", "Content-Encoding", "Content-Range",
	"Content-Digest", "Repr-Digest", "Want-Content-Digest", "Want-Repr-Digest",
}

// FuzzRequest: whatever two fields of a request hold, it is answered with a status
// that such a request can have; HEAD is answered as GET is, and a wrapped handler
// as a resource.
func FuzzRequest(f *testing.F) {
	for i, value := range []string{`"now"`, `W/"x", *`, "Sun, 06 Nov 1994 08:49:37 GMT", "bytes=1-2,-3", "text/*;q=0.5, */*;q=0", "gzip;q=0,*",
		`return=representation; x="y\"", trace`, "sha-256=:AAAA:", "sha-512=10", "bytes 0-0/9"} {
		f.Add(uint8(i), value, uint8(i+1), value)
		f.Add(uint8(2*i), value, uint8(i+7), "x")
	}
	wrapped := wrap(func(w http.ResponseWriter, r *http.Request) { w.Write([]byte(text)) })
	due := []int{200, 201, 204, 206, 304, 400, 406, 412, 415, 416}
	f.Fuzz(func(t *testing.T, one uint8, first string, two uint8, second string) {
		ask := func(method string) *http.Request {
			r := httptest.NewRequest(method, "/", nil)
			r.Header.Add(parsed[int(one)%len(parsed)], first)
			r.Header.Add(parsed[int(two)%len(parsed)], second)
			return r
		}
		for _, method := range []string{"GET", "PUT", "PATCH", "POST", "DELETE"} {
			for _, y := range []flow.Resource{newToy(), newChoosy()} {
				if w, path := serve(t, y, ask(method)); !slices.Contains(due, w.Code) {
					t.Fatalf("%s: %d by %s", method, w.Code, path)
				}
			}
		}
		for _, h := range []http.Handler{throughFlow(), wrapped} {
			get, head := httptest.NewRecorder(), httptest.NewRecorder()
			h.ServeHTTP(get, ask("GET"))
			h.ServeHTTP(head, ask("HEAD"))
			partial := get.Code == 206 || get.Code == 416 // Range is of GET only
			if !slices.Contains(due, get.Code) || get.Code != head.Code && !(partial && head.Code == 200) {
				t.Fatalf("GET %d, HEAD %d", get.Code, head.Code)
			}
		}
	})
}
