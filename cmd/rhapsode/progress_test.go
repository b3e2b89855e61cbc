package main

import (
	"bytes"
	"io"
	"testing"
	"time"

	"github.com/vbauerster/mpb/v8"
)

// TestBarsEnd shows what importing shows: totals that are known at once, late or
// never, and phases that stop short.
func TestBarsEnd(t *testing.T) {
	b := &bars{all: mpb.New(mpb.WithOutput(io.Discard))}
	b.show("hashing", 5, 10)
	b.show("receiving", 0, 0)
	b.show("receiving", 3, 10)
	b.show("receiving", 10, 10)
	b.show("done", 0, 0)
	ended := make(chan struct{})
	go func() {
		b.end()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Fatal("they never end")
	}
}

func TestLinesAreFew(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, false)
	for i := range int64(1000) {
		p.show("receiving", i, 1000)
	}
	p.show("done", 0, 0)
	p.end()
	if got := out.String(); got != "receiving: 0 of 1000\ndone\n" {
		t.Errorf("it wrote %q", got)
	}
}
