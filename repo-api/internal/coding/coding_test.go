package coding_test

import (
	"bytes"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"go.uber.org/goleak"

	"rhapsode/repo-api/flow"
	"rhapsode/repo-api/internal/coding"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func decode(t *testing.T, name string, coded []byte) string {
	t.Helper()
	var r io.Reader
	var err error
	switch name {
	case "br":
		r = brotli.NewReader(bytes.NewReader(coded))
	case "gzip":
		r, err = gzip.NewReader(bytes.NewReader(coded))
	case "zstd":
		var d *zstd.Decoder
		d, err = zstd.NewReader(bytes.NewReader(coded))
		defer d.Close()
		r = d
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestWhatIsCodedComesBackAndIsAlwaysTheSame(t *testing.T) {
	plain := strings.Repeat("a paragraph of a book, ", 200)
	var wait sync.WaitGroup
	for _, name := range coding.New(1).Codings() {
		first, err := coding.New(1).Code(`"a"`, name, []byte(plain))
		if err != nil || len(first) >= len(plain) || decode(t, name, first) != plain {
			t.Fatalf("%s: %d of %d bytes, %v", name, len(first), len(plain), err)
		}
		other := coding.New(2) // as another instance would
		for range 8 {
			wait.Go(func() {
				if again, err := other.Code(`"a"`, name, []byte(plain)); err != nil || !bytes.Equal(again, first) {
					t.Errorf("%s differs: %v", name, err)
				}
			})
		}
	}
	wait.Wait()
}

func TestACodingIsKeptByItsTag(t *testing.T) {
	c := coding.New(1)
	code := func(tag flow.Tag, name, plain string) string {
		coded, err := c.Code(tag, name, []byte(plain))
		if err != nil {
			t.Fatal(err)
		}
		return decode(t, name, coded)
	}
	for _, tt := range []struct {
		tag               flow.Tag
		name, plain, want string
	}{
		{`"a"`, "gzip", "one", "one"},
		{`"a"`, "gzip", "not looked at", "one"},
		{`"a"`, "br", "another coding", "another coding"},
		{`"b"`, "gzip", "another tag", "another tag"},
		{"", "gzip", "no tag", "no tag"},
		{"", "gzip", "no tag again", "no tag again"},
	} {
		if got := code(tt.tag, tt.name, tt.plain); got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.tag, tt.name, got, tt.want)
		}
	}
	if _, err := c.Code(`"a"`, "compress", nil); err == nil {
		t.Error("there is a coding that there is not")
	}
}
