package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"rhapsode/testclients/bench"
	"rhapsode/testclients/floor"
)

// publishing is what came of publishing a book, and of reading it beside a bare server whose
// answers are as long as its pages.
type publishing struct {
	ours bench.PublishReport
	bare bench.Report
}

// readers is how many read pages at a time.
const readers = 16

// publish publishes the book, if there is one, and reads it.
func (c *contest) publish(ctx context.Context) (p publishing, err error) {
	fmt.Fprintln(c.log, "publishing", c.o.book)
	p.ours, err = bench.Publish(ctx, bench.PublishOptions{
		URL: c.url(direct), Book: c.o.book, Rounds: c.o.rounds, Conns: readers, For: c.o.count,
	})
	if err != nil {
		return p, err
	}
	bare, err := floor.StartBare(p.ours.Pages.Size)
	if err != nil {
		return p, err
	}
	p.bare, err = bench.Run(ctx, bench.Options{
		Mode: bench.Read, URL: bare.URL, Conns: readers, Files: p.ours.Pages.Files, Size: p.ours.Pages.Size, For: c.o.count, AsIs: true,
	})
	return p, errors.Join(err, bare.Stop())
}

// writePublishing writes its part of the page.
func writePublishing(w io.Writer, p publishing) {
	r := p.ours
	fmt.Fprintf(w, "\n| publishing %d works, %d downloads of %.1f MB | direct | aim |\n|---|---:|---:|\n", r.Works, r.Downloads, float64(r.Bytes)/1e6)
	fmt.Fprintf(w, "| first edition, from POST to done | %.0f ms | < 2000 ms |\n", r.FirstP50)
	fmt.Fprintf(w, "| minor edition after one module's change | %.0f ms, %.2f of that | ≤ 0.25 |\n", r.MinorP50, r.MinorP50/r.FirstP50)
	fmt.Fprintf(w, "| reads of its pages, %d connections | %.0f/s, %.2f of a bare server's %.0f/s | ≥ 0.50 |\n",
		readers, r.Pages.Rate, r.Pages.Rate/p.bare.Rate, p.bare.Rate)
}
