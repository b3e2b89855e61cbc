package problem_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"rhapsode/internal/fault"
	"rhapsode/internal/reqid"
	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/problem"
)

func TestStatus(t *testing.T) {
	tests := map[fault.Kind]int{
		fault.Internal: 500, fault.Invalid: 400, fault.NotFound: 404, fault.Gone: 410, fault.Stale: 412,
		fault.Conflict: 409, fault.ReadOnly: 405, fault.TooLarge: 413, fault.Unavailable: 503, fault.Unknown: 503,
		fault.Misplaced: 503, fault.Corrupt: 500, fault.Full: 507, fault.Canceled: 503, fault.Unauthenticated: 401,
		fault.Forbidden: 403, fault.Locked: 423, fault.Moved: 409, fault.Withheld: 451,
	}
	for k := fault.Internal; k <= fault.Withheld; k++ {
		want, known := tests[k]
		if got := problem.Status(fmt.Errorf("wrapped: %w", fault.Newf(k, "test", "why"))); !known || got != want {
			t.Errorf("%v: %d, want %d", k, got, want)
		}
	}
	if got := problem.Status(errors.New("a bug")); got != 500 {
		t.Errorf("an error without a kind: %d", got)
	}
}

func TestExplain(t *testing.T) {
	secret := errors.New("disk 7 of rack 3")
	tests := []struct {
		name    string
		refusal flow.Refusal
		slug    string
		detail  string // is part of it
		member  string // is part of the body
		field   string // is set
		logged  bool
	}{
		{"the words of a fault", flow.Refusal{Status: 400, Err: fault.Newf(fault.Invalid, "path", `".." leaves`)},
			"invalid", `path: ".." leaves`, "", "", false},
		{"but not those around it", flow.Refusal{Status: 404, Err: fmt.Errorf("node 3: %w", fault.Newf(fault.NotFound, "path", "gone"))},
			"not-found", "path: gone", "", "", false},
		{"what broke here is not told", flow.Refusal{Status: 500, Err: fault.New(fault.Corrupt, "read", "x", secret)},
			"corrupt", "not served", "", "", true},
		{"nor what nobody foresaw", flow.Refusal{Status: 500, Err: secret}, "internal", "log has more", "", "", true},
		{"when to try again", flow.Refusal{Status: 503, Err: fault.Newf(fault.Unavailable, "quorum", "no")},
			"unavailable", "Nothing was done", "", "Retry-After", true},
		{"that the outcome is unknown", flow.Refusal{Status: 503, Err: fault.Newf(fault.Unknown, "quorum", "no")},
			"unknown-outcome", "same X-Request-Id", "", "Retry-After", true},
		{"what is allowed", flow.Refusal{Status: 405, Allowed: flow.GET},
			"method-not-allowed", "", `"allow":["GET","HEAD","OPTIONS"]`, "", false},
		{"what never changes", flow.Refusal{Status: 405, Err: fault.Newf(fault.ReadOnly, "change", "a tag")},
			"read-only", "a tag", "", "", false},
		{"what is there now", flow.Refusal{Status: 412, Tag: `"x"`}, "stale", "read it again", `"current":"\"x\""`, "", false},
		{"that a condition is missing", flow.Refusal{Status: 428, Tag: `"x"`, Err: flow.ErrUnconditional},
			"condition-required", "If-Match", `"current":"\"x\""`, "", false},
		{"the limit", flow.Refusal{Status: 413, Limit: 7}, "too-large", "", `"limit":7`, "", false},
		{"the size", flow.Refusal{Status: 416, Size: 0}, "range", "", `"size":0`, "", false},
		{"facts that were added", flow.Refusal{Status: 409, Err: problem.With(fault.Newf(fault.Conflict, "import", "no"),
			map[string]any{"expected-offset": 3}, http.Header{"Upload-Offset": {"3"}})},
			"conflict", "import: no", `"expected-offset":3`, "Upload-Offset", false},
		{"long and broken text is cut and mended", flow.Refusal{Status: 400,
			Err: fault.Newf(fault.Invalid, "path", "\xff%s", strings.Repeat("x", 5000))},
			"invalid", "\uFFFDxx", "", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var log bytes.Buffer
			w := httptest.NewRecorder()
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Accept", "image/png") // no body depends on it
			r = r.WithContext(reqid.NewContext(r.Context(), "id-1"))
			problem.Writer{Log: slog.New(slog.NewTextHandler(&log, nil))}.Explain(w, r, tt.refusal)
			var body struct {
				Type, Title, Detail, Instance string
				Status                        int
			}
			text := w.Body.String()
			if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
				t.Fatal(err)
			}
			if body.Type != problem.Prefix+tt.slug || body.Title == "" || body.Status != w.Code || w.Code != tt.refusal.Status ||
				!strings.Contains(body.Detail, tt.detail) || len(body.Detail) > 1100 || body.Instance != "urn:rhapsode:request:id-1" {
				t.Errorf("%d %s", w.Code, text)
			}
			if !strings.Contains(text, tt.member) || strings.Contains(text, "rack") || strings.Contains(text, "node 3") {
				t.Errorf("%s", text)
			}
			h := w.Header()
			if h.Get("Content-Type") != "application/problem+json" || h.Get("Cache-Control") != "no-store" || tt.field != "" && h.Get(tt.field) == "" {
				t.Errorf("%v", h)
			}
			if tt.logged != (log.Len() > 0) {
				t.Errorf("logged: %s", log.String())
			}
		})
	}
}

func TestEveryTypeIsDescribed(t *testing.T) {
	slugs := map[string]bool{}
	for _, typ := range problem.Types() {
		if slugs[typ.Slug] || typ.Title == "" || typ.Detail == "" || typ.Status < 400 {
			t.Errorf("%+v", typ)
		}
		slugs[typ.Slug] = true
	}
}
