package main

import (
	"bytes"
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"rhapsode/testclients/door"
	"rhapsode/testclients/toytest"
)

func TestWalk(t *testing.T) {
	tests := []struct {
		name   string
		faults toytest.Faults
		want   string // in the error; "": none
	}{
		{"a sound service", toytest.Faults{}, ""},
		{"updates that do not look at If-Match", toytest.Faults{LostUpdate: 1}, "not [412]"},
		{"writes acknowledged and lost", toytest.Faults{LostWrite: 1}, "404, not [200]"},
		{"commits missing from the history", toytest.Faults{Forgotten: 2}, "history:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			toy := toytest.New(nil)
			toy.Break(tt.faults, toytest.Doubts{})
			server := httptest.NewServer(toy)
			defer server.Close()
			d := door.New(server.URL, 1, 5*time.Second)
			defer d.Close()
			var out bytes.Buffer
			err := walk(context.Background(), d, "book", &out)
			switch {
			case tt.want == "" && err != nil:
				t.Errorf("%v\n%s", err, &out)
			case tt.want == "" && strings.Count(out.String(), "PUT /content/book@main/") != 4:
				t.Errorf("the requests are not told:\n%s", &out)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("the surprise is %v, not %q", err, tt.want)
			}
		})
	}
}
