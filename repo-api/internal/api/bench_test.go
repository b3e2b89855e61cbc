package api_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rhapsode/content"
	"rhapsode/fs-service/fsapi"
	"rhapsode/fs-service/fstest"
	"rhapsode/repo-api/internal/api"
)

// shelf holds one document, and answers at once: what is left is the cost of HTTP.
type shelf struct {
	fsapi.FS
	stat fsapi.Stat
}

func (s shelf) Stat(context.Context, fsapi.StatQuestion) (fsapi.Stat, error) { return s.stat, nil }

func BenchmarkDocument(b *testing.B) {
	text := []byte(strings.Repeat("x", 6<<10))
	body := content.InlineBody(text)
	h := api.New(api.Config{Clock: time.Now, Log: fstest.Log(b), FS: shelf{stat: fsapi.Stat{
		Commit: body.Digest, Modified: time.Now().Add(-time.Hour), Inline: text,
		Entry: content.Entry{Name: "a.cnxml", Mode: content.ModeRegular, Digest: body.Digest, Size: body.Size},
	}}})
	for name, tag := range map[string]string{"read": "", "unchanged": `"` + body.Digest.String() + `"`} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, "/content/book@main/chapters/one/index.cnxml", nil)
			if tag != "" {
				r.Header.Set("If-None-Match", tag)
			}
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(sink{http.Header{}}, r)
			}
		})
	}
}

// sink is a ResponseWriter that costs nothing.
type sink struct{ header http.Header }

func (s sink) Header() http.Header         { return s.header }
func (s sink) Write(p []byte) (int, error) { return len(p), nil }
func (s sink) WriteHeader(int)             {}
