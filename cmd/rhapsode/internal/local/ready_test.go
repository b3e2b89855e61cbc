package local

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"
)

// A door that is ready now and then, as during nginx's reload, is not ready.
func TestReadyIsReadyWithoutABreak(t *testing.T) {
	const lastRefusal, unbroken = 12, 5 * readyInterval
	var asked atomic.Int64
	var refused atomic.Int64 // when it was last, in nanoseconds
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := asked.Add(1); n%3 == 0 && n <= lastRefusal {
			refused.Store(time.Now().UnixNano())
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	if err := awaitReady(t.Context(), server.Client(), server.URL, unbroken); err != nil {
		t.Fatal(err)
	}
	if n, quiet := asked.Load(), time.Since(time.Unix(0, refused.Load())); n <= lastRefusal || quiet < unbroken {
		t.Errorf("ready after %d requests, %v after one was refused", n, quiet)
	}
	begun := asked.Load()
	if err := awaitReady(t.Context(), server.Client(), server.URL, 0); err != nil || asked.Load() != begun+1 {
		t.Errorf("what needs one answer took %d: %v", asked.Load()-begun, err)
	}
}
