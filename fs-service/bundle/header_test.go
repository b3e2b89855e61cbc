package bundle_test

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"rhapsode/content"
	"rhapsode/fs-service/bundle"
	"rhapsode/internal/fault"
)

func TestHeader(t *testing.T) {
	const id = "1111111111111111111111111111111111111111"
	d, err := content.ParseDigest(id)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, text string
		want       bundle.Header // Version 0: Invalid
		says       string
	}{
		{"version 2", "# v2 git bundle\n" + id + " refs/heads/main\n\nPACK", bundle.Header{Version: 2, Refs: []bundle.Ref{{Name: "refs/heads/main", Target: d}}}, ""},
		{"version 3", "# v3 git bundle\n@object-format=sha1\n" + id + " HEAD\n" + id + " refs/tags/v\n\nPACK",
			bundle.Header{Version: 3, HEAD: d, Refs: []bundle.Ref{{Name: "refs/tags/v", Target: d}}}, ""},
		{"prerequisites", "# v2 git bundle\n-" + id + " A subject\n-" + id + "\n\n", bundle.Header{Version: 2, Prerequisites: []content.Digest{d, d}}, ""},
		{"empty file", "", bundle.Header{}, "line 1: "},
		{"version 1", "# v1 git bundle\n\n", bundle.Header{}, "line 1: "},
		{"a pack", "PACK\x00\x00\x00\x02", bundle.Header{}, "line 1: "},
		{"SHA-256", "# v3 git bundle\n@object-format=sha256\n\n", bundle.Header{}, "line 2: "},
		{"filtered", "# v3 git bundle\n@object-format=sha1\n@filter=blob:none\n\n", bundle.Header{}, "line 3: "},
		{"a capability in version 2", "# v2 git bundle\n@object-format=sha1\n\n", bundle.Header{}, "line 2: "},
		{"a short digest", "# v2 git bundle\n" + id[1:] + " refs/heads/main\n\n", bundle.Header{}, "line 2: "},
		{"no name", "# v2 git bundle\n" + id + "\n\n", bundle.Header{}, "line 2: "},
		{"a name that climbs", "# v2 git bundle\n" + id + " refs/heads/../x\n\n", bundle.Header{}, "line 2: "},
		{"cut off", "# v2 git bundle\n" + id + " refs/heads/main\n", bundle.Header{}, "line 3: "},
		{"a line without end", "# v2 git bundle\n" + strings.Repeat("x", 1<<16), bundle.Header{}, "line 2: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := bundle.ParseHeader(strings.NewReader(tt.text))
			if tt.want.Version == 0 {
				if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), tt.says) {
					t.Errorf("%v, want an Invalid that says %q", err, tt.says)
				}
				return
			}
			tt.want.PackOffset = int64(strings.LastIndex(tt.text, "\n\n") + 2)
			if err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%+v, %v\nwant %+v", got, err, tt.want)
			}
		})
	}
}

func FuzzParseHeader(f *testing.F) {
	const id = "1111111111111111111111111111111111111111"
	f.Add([]byte("# v3 git bundle\n@object-format=sha1\n-" + id + " s\n" + id + " HEAD\n" + id + " refs/tags/v\n\nPACK"))
	f.Add([]byte("# v2 git bundle\n\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		h, err := bundle.ParseHeader(bytes.NewReader(data))
		switch {
		case err != nil && !fault.Is(err, fault.Invalid):
			t.Error(err)
		case err == nil && (h.PackOffset > int64(len(data)) || !bytes.HasSuffix(data[:h.PackOffset], []byte("\n\n"))):
			t.Errorf("the pack begins at %d", h.PackOffset)
		}
	})
}
