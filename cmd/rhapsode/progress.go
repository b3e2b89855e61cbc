package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// progress shows a person how far something is. It is used by one goroutine.
type progress interface {
	show(phase string, done, total int64)
	end()
}

// newProgress is a bar on a terminal, and lines elsewhere.
func newProgress(w io.Writer, quiet bool) progress {
	if quiet {
		return silence{}
	}
	if f, ok := w.(*os.File); ok {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			return &bars{all: mpb.New(mpb.WithOutput(f), mpb.WithWidth(48))}
		}
	}
	return &lines{out: w}
}

// silence shows nothing.
type silence struct{}

func (silence) show(string, int64, int64) {}
func (silence) end()                      {}

// bars are one bar a phase, the earlier ones complete.
type bars struct {
	all   *mpb.Progress
	phase string
	bar   *mpb.Bar
}

func (b *bars) show(phase string, done, total int64) {
	if phase != b.phase {
		b.finish()
		b.phase = phase
		b.bar = b.all.AddBar(0, // a bar that begins with a total completes by itself only
			mpb.PrependDecorators(decor.Name(phase, decor.WCSyncSpaceR)),
			mpb.AppendDecorators(decor.CountersNoUnit("%d of %d", decor.WCSyncSpace), decor.Percentage(decor.WCSyncSpace)),
		)
	}
	if total > 0 {
		b.bar.SetTotal(total, false)
	}
	b.bar.SetCurrent(done)
}

func (b *bars) finish() {
	if b.bar != nil {
		b.bar.SetTotal(-1, true) // it is complete as it stands
	}
}

func (b *bars) end() {
	b.finish()
	b.all.Wait()
}

// lines are one line a phase, and one every few seconds of a long phase.
type lines struct {
	out   io.Writer
	phase string
	last  time.Time
}

const lineInterval = 3 * time.Second

func (l *lines) show(phase string, done, total int64) {
	if phase == l.phase && time.Since(l.last) < lineInterval {
		return
	}
	l.phase, l.last = phase, time.Now()
	if total > 0 {
		fmt.Fprintf(l.out, "%s: %d of %d\n", phase, done, total)
	} else {
		fmt.Fprintf(l.out, "%s\n", phase)
	}
}

func (l *lines) end() {}
