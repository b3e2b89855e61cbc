package service_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"rhapsode/cmd/rhapsode/internal/service"
	"rhapsode/internal/fault"
)

// TestWhatMayPassIsBorne: the service is away twice, and then answers.
func TestWhatMayPassIsBorne(t *testing.T) {
	tests := []struct {
		name     string
		statuses []int // one an answer
		patience time.Duration
		asked    int
		kind     fault.Kind // of the failure
		refused  int        // its status
	}{
		{"at once", []int{200}, time.Minute, 1, 0, 0},
		{"busy, then there", []int{503, 429, 200}, time.Minute, 3, 0, 0},
		{"no patience", []int{503, 200}, 0, 1, fault.Unavailable, 503},
		{"refused for good", []int{409, 200}, time.Minute, 1, 0, 409},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			keys := map[string]bool{}
			asked := 0
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				keys[r.Header.Get("Idempotency-Key")] = true
				status := tt.statuses[asked]
				asked++
				if status == 429 {
					w.Header().Set("Retry-After", "0")
				}
				if status >= 300 {
					w.Header().Set("Content-Type", "application/problem+json")
					w.WriteHeader(status)
					w.Write([]byte(`{"title":"No","detail":"not now"}`))
					return
				}
				w.Write([]byte(`{}`))
			}))
			defer server.Close()
			c, err := service.New(server.URL, "", tt.patience)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			_, err = c.Ask(t.Context(), http.MethodPost, "/", struct{}{})
			var refusal *service.Refusal
			switch {
			case tt.refused == 0 && err != nil:
				t.Error(err)
			case tt.refused != 0 && (!errors.As(err, &refusal) || refusal.Status != tt.refused || refusal.Error() != "No: not now"):
				t.Errorf("it is %v, not a refusal with %d", err, tt.refused)
			case tt.kind != 0 && !fault.Is(err, tt.kind):
				t.Errorf("%v is not %v", err, tt.kind)
			}
			if asked != tt.asked || len(keys) != 1 {
				t.Errorf("asked %d times, not %d, with the keys %v", asked, tt.asked, keys)
			}
		})
	}
}

func TestTheServiceSaysWhenToAskAgain(t *testing.T) {
	for value, want := range map[string]time.Duration{"": time.Second, "0": time.Second, "60": time.Minute, "soon": time.Second} {
		a := service.Answer{Header: http.Header{"Retry-After": {value}}}
		if got := a.RetryAfter(time.Second); got != want {
			t.Errorf("Retry-After: %q is %v, not %v", value, got, want)
		}
	}
}

func TestAPauseEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		if err := service.Pause(t.Context(), time.Hour); err != nil || time.Since(began) != time.Hour {
			t.Errorf("%v, after %v", err, time.Since(began))
		}
	})
}

func TestNoURL(t *testing.T) {
	for _, url := range []string{"", "127.0.0.1:8080", "ftp://x", "http://"} {
		if _, err := service.New(url, "", 0); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", url, err)
		}
	}
}
